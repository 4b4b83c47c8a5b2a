"""Hard rules: what forbids an option whatever it costs. Each is one small function that returns its reason."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from infra.costs.decide.answer import Block
from infra.costs.decide.options import Option
from infra.costs.decide.situation import Situation
from infra.costs.traffic import GROUP
from infra.costs.vendors import Fact, vendors

Rule = Callable[[Option, Situation], str]
SEVERAL_FROM: Final = Decimal("99.9")
"""An availability from which one instance is not enough: nobody answers while it is replaced (assumed)."""
NOT_THE_JOB: Final = {
    "poor-after-provider": "its quality stayed poor with better data and the provider's help",
    "model-works": "its quality was poor; a model of your own does it",
}


def blocks_of(option: Option, situation: Situation) -> tuple[Block, ...]:
    """Every hard rule an option breaks, in the order of the table."""
    found = ((name, rule(option, situation)) for name, rule in HARD.items())
    return tuple(Block(rule=name, reason=reason) for name, reason in found if reason)


def fact(option: Option, name: str) -> Fact | None:
    """A fact about the vendor of an option's API; None where it is not known."""
    vendor = vendors().get(option.api.vendor) if option.api else None
    return vendor.facts.get(name) if vendor else None


def data_stays(option: Option, situation: Situation) -> str:
    """Data that may not leave the data centre cannot go through an API."""
    return "data may not leave" if option.api and situation.data_may_leave == "no" else ""


def vendor_vetted(option: Option, situation: Situation) -> str:
    """Check who the provider is: how long it keeps data, whether it trains on them, whether one can opt out."""
    if not option.api or situation.data_may_leave != "vetted":
        return ""
    trains, keeps = fact(option, "training"), fact(option, "retention")
    if trains is None or trains.number is None:
        return f"whether {option.api.vendor} trains on the data is not known"
    if trains.number and not situation.opt_out:
        return f"{option.api.vendor} uses data to improve its services unless one opts out (opt_out)"
    if keeps and keeps.number and keeps.number > situation.retention_days:
        return f"{option.api.vendor} keeps data up to {keeps.number} days, {situation.retention_days} allowed"
    return ""


def full_control(option: Option, situation: Situation) -> str:
    """An API is trained on one's own labels at the most; its architecture and parameters stay the provider's."""
    wanted = situation.customisation == "full-control"
    return "architecture and parameters of an API are its provider's" if option.api and wanted else ""


def quality(option: Option, situation: Situation) -> str:
    """An API whose quality stayed poor after better data and the provider's help does not do the job."""
    return NOT_THE_JOB.get(situation.tried, "") if option.api else ""


def nobody(option: Option, situation: Situation) -> str:
    """Self-hosted, at least one engineer spends time on it."""
    missing = option.side == "host" and not situation.has_people
    return "nobody has time to run it: self-hosting takes at least part of one engineer" if missing else ""


def repair(option: Option, situation: Situation) -> str:
    """Where someone else must repair it, that is an API, or a support contract that is stated."""
    if option.side == "api" or situation.repair == "own" or situation.support_per_month:
        return ""
    return "someone else must repair it, and no support contract is stated (support_per_month)"


def response(option: Option, situation: Situation) -> str:
    """An SLA says within how many hours somebody is at work: the vendor's, for what the API does."""
    if option.side != "api" or not situation.response_hours:
        return ""
    promised = fact(option, "support")
    if promised is None:
        return ""
    vendor, wanted = option.api.vendor if option.api else "", situation.response_hours
    if promised.number is None:
        return f"{vendor} promises no response time, {wanted} hours wanted"
    late = promised.number > wanted
    return f"{vendor} answers within {promised.number} hours at best, {wanted} wanted" if late else ""


def availability(option: Option, situation: Situation) -> str:
    """What must be promised must be promised by somebody, and one instance alone cannot keep it."""
    wanted = situation.availability_percent
    if not wanted:
        return ""
    if option.side == "api":
        promised = fact(option, "availability")
        if promised is None or promised.number is None or promised.number >= wanted:
            return ""
        said = f"{promised.number} %" if promised.number else "nothing"
        return f"{option.api.vendor if option.api else ''} promises {said}, {wanted} % wanted"
    least = option.candidate.least_instances if option.candidate else 0
    if option.key == "scale-to-zero" or (wanted >= SEVERAL_FROM and least < 2):
        kept = "none" if option.key == "scale-to-zero" else str(least)
        return f"{wanted} % wanted, and {kept} is kept running: nobody answers while an instance starts"
    return ""


def latency(option: Option, situation: Situation) -> str:
    """An answer must come back in time: over the network to an API, out of the model on an instance."""
    wanted = situation.latency_ms
    if not wanted:
        return ""
    if option.api and situation.api_round_trip_ms >= wanted:
        return f"the way to an API and back takes {situation.api_round_trip_ms} ms, {wanted} ms wanted"
    figure = option.candidate.figure if option.candidate else None
    if figure and figure.p99_ms is not None and figure.p99_ms > wanted:
        return f"{figure.instance_type} answers within {figure.p99_ms} ms (p99), {wanted} ms wanted"
    if option.key == "scale-to-zero":
        return f"after an idle time an instance takes minutes to start, {wanted} ms wanted"
    return ""


def capacity_known(option: Option, situation: Situation) -> str:
    """What nobody measured, published or assumed cannot be planned with."""
    if option.side == "api" or option.estimate is None or option.estimate.groups:
        return ""
    where = option.candidate.instance_type if option.candidate else ""
    return f"no capacity is known for {where or 'its instances'} with this task's model (rate_per_second)"


def priced(option: Option, situation: Situation) -> str:
    """Instances without a price would look free."""
    missing = [r for r in option.estimate.unpriced if r.resource.type == GROUP] if option.estimate else []
    return f"its instances are not priced: {missing[0].reason}" if missing else ""


def possible(option: Option, situation: Situation) -> str:
    """What the stack cannot do at all."""
    return option.scenario.impossible


HARD: Final[dict[str, Rule]] = {
    "data-stays": data_stays,
    "vetted-vendor": vendor_vetted,
    "full-control": full_control,
    "quality": quality,
    "nobody": nobody,
    "repair": repair,
    "response": response,
    "availability": availability,
    "latency": latency,
    "capacity-known": capacity_known,
    "priced": priced,
    "possible": possible,
}
"""Every hard rule by its key."""
