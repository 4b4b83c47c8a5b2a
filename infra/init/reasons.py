"""Why each line is as it is, in the words of its file."""

from collections.abc import Callable, Mapping
from typing import Final

from infra.choose import Found, latency_words
from infra.init.answers import Answers
from infra.init.chosen import Chosen
from infra.init.rules import PERSONAL

ASSUMED: Final = "assumed; put your own here if you know it"
Reason = Callable[[Answers, Chosen], str]


def region_why(answers: Answers, chosen: Chosen) -> str:
    """Where the region is from, and what its prices had no say in."""
    why = answers.why("region")
    if chosen.priced_in == answers.region:
        return why
    return f"{why}. Not all of its prices are known, so those of {chosen.priced_in} chose what is cheapest below"


def chosen_why(key: str, answers: Answers, chosen: Chosen) -> str:
    """Why a setting has been chosen."""
    return SETTINGS[key](answers, chosen) if key in SETTINGS else "it follows from the instance type"


def workload_why(key: str, answers: Answers, chosen: Chosen) -> str:
    """Why a key of the workload has its value."""
    return WORKLOAD[key](answers, chosen) if key in WORKLOAD else ASSUMED


def _model(answers: Answers, chosen: Chosen) -> str:
    among = f"the cheapest of {', '.join(chosen.models)}" if len(chosen.models) > 1 else "the model"
    return f"{among} for {answers.task}; {_latency(answers, chosen.found)}"


def _latency(answers: Answers, found: Found) -> str:
    if found.latency == "not known":
        return f"whether it holds {answers.latency_ms} ms is not known: measure it (breakeven measure)"
    return f"{latency_words(found)} holds {answers.latency_ms} ms, gateway and network not in it"


def _types(answers: Answers, chosen: Chosen) -> str:
    found = chosen.found
    kind = found.capacity.kind if found.capacity else "stated"
    rate = f"{float(found.rate_per_second):.3g} {chosen.answer.unit} a second each ({kind})"
    priced = f"the cheapest of {chosen.answer.searched} options that were priced"
    return f"{rate}, {priced}. To compare others: breakeven cheapest, or compare --instance-type TYPE"


def _maximum(answers: Answers, chosen: Chosen) -> str:
    peak = f"{float(chosen.answer.peak_per_second):.3g} {chosen.answer.unit} a second"
    return (
        f"the busiest minute, {peak}, needs so many; raise it where yours is busier (peak_to_average in the workload)"
    )


def _base(answers: Answers, chosen: Chosen) -> str:
    if chosen.found.option.purchase.on_demand_percent == 100:
        return "all instances are on demand, so none has to be kept apart from spot"
    return "a lone spot instance can be taken away, so the smallest group is not spot"


def _above(answers: Answers, chosen: Chosen) -> str:
    bought = chosen.found.option.purchase
    if bought.on_demand_percent == 100 and chosen.found.option.maximum == chosen.found.option.minimum:
        return "a lone spot instance can be taken away; less than 100 would buy it as spot, with more types"
    if bought.on_demand_percent == 100:
        return "at this volume spot would save nothing: hardly an instance runs above the smallest group"
    return "the cheapest share of spot above the base; 100 where an interruption must not happen"


def _egress(answers: Answers, chosen: Chosen) -> str:
    if PERSONAL in answers.data_rules:
        return "data rules personal: the instances reach AWS alone; nat would let them reach the internet"
    return "the cheapest without public addresses; public saves the gateway, and `breakeven check` refuses it"


def _balancer(answers: Answers, chosen: Chosen) -> str:
    if chosen.found.option.shape.balancer:
        return "the cheapest way that was priced"
    return "no load balancer is paid for; true adds one, scales by requests instead of CPU and needs 2 zones"


SETTINGS: Final[Mapping[str, Reason]] = {
    "model": _model,
    "instanceTypes": _types,
    "amiParameter": lambda a, c: "the image for such an instance type; change both together",
    "rootDevice": lambda a, c: "that of the image",
    "rootVolumeGb": lambda a, c: "what the image needs",
    "minSize": lambda a, c: "the fewest that answer at any time; 2 where one may fail unnoticed, with zones 2",
    "maxSize": _maximum,
    "onDemandBase": _base,
    "onDemandPercentAboveBase": _above,
    "zones": lambda a, c: "the fewest that the entry allows; 2 or more where the failure of a zone must not stop it",
    "entry": lambda a, c: "the cheapest; rest adds API keys, quotas and a firewall, and needs the balancer",
    "balancer": _balancer,
    "egress": _egress,
    "throttleRatePerSecond": lambda a, c: "the busiest minute must come through; lower it to bound what callers cost",
    "throttleBurst": lambda a, c: "twice the rate",
}
WORKLOAD: Final[Mapping[str, Reason]] = {
    "volume.per_month": lambda a, c: a.why("volume"),
    "volume.unit": lambda a, c: f"what {c.answer.model} answers",
    "volume.peak_to_average": lambda a, c: f"{ASSUMED}: it decides maxSize",
    "volume.hours_open_per_day": lambda a, c: "assumed: at any hour; fewer hours need more instances at once",
    "request.units": lambda a, c: "assumed: one each; more in one request cost less at the entry",
    "request.kb_in": lambda a, c: f"assumed for {a.task}; put your own here",
    "request.kb_out": lambda a, c: f"assumed for {a.task}; put your own here",
    "request.tokens_in": lambda a, c: "500 characters at 4 a token (assumed)",
    "request.tokens_out": lambda a, c: "an API answers with a vector and charges for no tokens of it",
    "serving.utilisation": lambda a, c: "the share that targetUtilisationPercent holds, too; change both together",
    "documents.days_kept": lambda a, c: f"data rules {', '.join(a.data_rules)}: as intakeRetentionDays",
    "people.engineers": lambda a, c: "assumed; people often cost more than the machines: put your own here",
    "people.share": lambda a, c: "assumed; 0 leaves people out, as though they cost nothing",
    "compare.apis": lambda a, c: f"the default APIs of {c.answer.unit} do another task",
}
