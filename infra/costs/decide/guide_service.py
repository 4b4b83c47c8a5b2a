"""The guide's rules about the service: quality and fine-tuning, who repairs it, security and privacy."""

from collections.abc import Iterator
from typing import Final

from infra.costs.decide.answer import Reason, Step
from infra.costs.decide.found import Found
from infra.costs.decide.hard import fact
from infra.costs.reports.words import quantity

LADDER: Final[dict[str, tuple[Step, str]]] = {
    "poor": ("invest-in-data", "its quality is poor: better data first, the hardest part on either side"),
    "poor-after-data": ("ask-provider", "still poor with better data: ask the provider, who sees more such cases"),
    "poor-after-provider": ("invest-in-ml", "still poor with the provider's help: only now pay for ML expertise"),
    "model-works": ("invest-in-mlops", "the model's quality is there: now ML engineering and DevOps to run it"),
}
"""If fine-tuning gives poor results: the next rung, and why."""


def ladder(found: Found) -> Iterator[Reason]:
    """Better data, ask the provider; if still poor, ML expertise; once that is there, ML engineering and DevOps."""
    rung = LADDER.get(found.situation.tried)
    if rung:
        side = "host" if rung[0] in ("invest-in-ml", "invest-in-mlops") else "api"
        yield Reason(rule=rung[0], text=rung[1], side=side)


def fine_tuning(found: Found) -> Iterator[Reason]:
    """Possible on both sides; what differs is how much can be customised and what effort that takes."""
    wanted = found.situation.customisation
    if wanted == "none":
        return
    if wanted == "full-control":
        text = "full control of architecture and parameters: open source alone gives it, to who knows them"
        yield Reason(rule="fine-tuning", text=text, side="host")
        return
    names = [o.name for o in found.board.options if o.key == "api"]
    offered = (
        f"{', '.join(names)} train on your labels and deploy it"
        if names
        else "no API of this task trains on labels here"
    )
    work = "hosted, someone must know the model. Data and labels cost the same work"
    text = f"both sides can be fine-tuned: {offered}; {work}"
    yield Reason(rule="fine-tuning", text=text, side="" if names else "host")


def main_business(found: Found) -> Iterator[Reason]:
    """One then maintains a small software service: fine as the main business, a risk as a supporting feature."""
    hosting = found.choice.side == "host"
    if found.situation.importance == "main":
        text = "it is the main business: a service of your own to maintain is fine"
        yield Reason(rule="main-business", text=text, side="host")
    else:
        text = "a supporting feature: a service of your own to maintain is a risk" + (
            " that this answer takes" if hosting else ""
        )
        yield Reason(rule="main-business", text=text, side="api")


def support(found: Found) -> Iterator[Reason]:
    """Who repairs it? Self-hosted, an engineer of one's own; commercial, an SLA."""
    situation = found.situation
    people = situation.engineers * situation.people_share
    on_call = found.board.workload.ownership.on_call_hours
    own = f"hosted, {quantity(people)} of a full-time engineer repairs it, {on_call} h on call"
    api = found.choice.api or next((o for o in found.board.options if o.key == "api"), None)
    promised = [(name, fact(api, name)) for name in ("availability", "support")] if api else []
    said = "; ".join(f"{name} {known.value}" for name, known in promised if known)
    theirs = f"; {api.name}: {said or 'its SLA is not known'}" if api else ""
    yield Reason(rule="support", text=f"{own}{theirs}", side="api" if situation.repair == "someone-else" else "")


def security(found: Found) -> Iterator[Reason]:
    """Self-hosted is not secure just because one runs it: a provider has a dedicated team."""
    if found.choice.side != "host":
        return
    if found.situation.security_expert:
        text = "hosted, its security is yours: your expert must keep up with a provider's dedicated team"
    else:
        text = "hosted is not secure because you run it: without a security expert a provider's team does better"
    yield Reason(rule="security", text=text, side="" if found.situation.security_expert else "api")


def privacy(found: Found) -> Iterator[Reason]:
    """Privacy is another matter: rules are followed; a worry about the provider is checked."""
    rule = found.situation.data_may_leave
    if rule == "no":
        yield Reason(rule="privacy", text="data may not leave: no API, and no fallback to one", side="host")
        return
    sends = [o for o in (found.choice.option, found.choice.api) if o is not None and o.api is not None]
    if not sends:
        apis = [o for o in found.board.options if o.key == "api"]
        if rule == "vetted" and all(any(block.rule == "vetted-vendor" for block in o.blocks) for o in apis):
            yield Reason(
                rule="privacy",
                text="no API is left that is known neither to keep data nor to train on them",
                side="host",
            )
        return
    known = [(name, fact(sends[0], name)) for name in ("training", "retention", "encryption", "residency")]
    said = "; ".join(f"{name}: {one.value}" for name, one in known if one)
    vendor = sends[0].api.vendor if sends[0].api else ""
    yield Reason(rule="privacy", text=f"data would go to {vendor}: {said or 'what it does with them is not known'}")
