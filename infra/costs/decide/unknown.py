"""What the answer does not know: figures that were assumed, facts that are missing, what was never seen running."""

from collections.abc import Iterator, Sequence
from typing import Final

from infra.costs.decide.board import Board
from infra.costs.decide.choice import Choice
from infra.costs.decide.hard import fact
from infra.costs.decide.options import Option
from infra.costs.vendors import FROM_MEMORY

GPU: Final = ("g", "p")


def unknown_of(board: Board, choice: Choice) -> tuple[str, ...]:
    """One line for each, about the recommended option and the cheapest of the other side."""
    options = [o for o in dict.fromkeys((choice.option, choice.host, choice.api)) if o is not None]
    lines = [
        line for option in options for line in (*_prices(option), *_capacity(option, board), *_facts(option, board))
    ]
    lines += [line for option in options for line in option.scenario.unknown]
    lines += list(_always(board, options))
    return tuple(dict.fromkeys(lines))


def _capacity(option: Option, board: Board) -> Iterator[str]:
    candidate = option.candidate
    if candidate is None:
        return
    figure, situation = candidate.figure, board.situation
    if situation.rate_per_second and figure is None:
        yield f"{candidate.name}: its rate, {situation.rate_per_second} a second, is as stated"
    elif figure and figure.kind != "measured":
        rate = f"{float(figure.rate_per_second):.3g} a second"
        where = f"{candidate.name}: its rate on {figure.instance_type}, {rate}"
        yield f"{where}, is {figure.kind}, not measured: {figure.source}"
    if situation.latency_ms and (figure is None or figure.p99_ms is None):
        yield f"{candidate.name}: whether it answers within {situation.latency_ms} ms was not measured"
    if candidate.instance_type.startswith(GPU):
        yield f"{candidate.name}: the speed of a GPU ({candidate.instance_type}) was not seen by this project"


def _prices(option: Option) -> Iterator[str]:
    if option.estimate is not None and option.candidate is not None:
        name = option.candidate.name
        prices = {item.price.key: item.price for item in option.estimate.items}
        if any(key.startswith("ec2_spot") and not price.checked for key, price in prices.items()):
            yield f"{name}: spot prices are undated"
        remembered = sum(bool(price.mark) for price in prices.values())
        if remembered:
            yield f"{name}: {remembered} prices have no public source"
        if option.estimate.unpriced:
            yield f"{name}: {len(option.estimate.unpriced)} resources are not priced, so it costs more than is said"
    if option.api and (option.api.mark or any(t.mark for meter in option.api.meters for t in meter.tiers)):
        yield f"{option.api.name}: its prices are from memory or secondary sources ({option.api.source})"


def _facts(option: Option, board: Board) -> Iterator[str]:
    """What of a vendor's facts a rule of this situation needed and did not have, or has from memory only."""
    situation = board.situation
    if not option.api:
        return
    needed = {
        "availability": bool(situation.availability_percent),
        "support": bool(situation.response_hours),
        "training": situation.data_may_leave == "vetted",
        "retention": situation.data_may_leave == "vetted",
    }
    for name in (name for name, wanted in needed.items() if wanted):
        known = fact(option, name)
        if known is None:
            yield f"{option.api.vendor}: its {name} is not known"
        elif known.number is None:
            yield f"{option.api.vendor}: its {name} is known in words alone: {known.value}"
        elif known.mark:
            how = "from memory" if known.mark == FROM_MEMORY else "from secondary sources"
            yield f"{option.api.vendor}: its {name} is known {how}"
    if situation.region:
        where = fact(option, "residency")
        said = f"; it says: {where.value}" if where else ""
        yield f"{option.api.vendor}: whether data stay in {situation.region} is for you to check{said}"


def _always(board: Board, options: Sequence[Option]) -> Iterator[str]:
    situation = board.situation
    yield f"the quality of either model on your own data: try both on the same {situation.unit}"
    if any(option.side == "host" for option in options):
        yield "a real AWS account: the stacks were proven against an emulator"
    if any(option.api for option in options) and situation.latency_ms:
        way = situation.api_round_trip_ms
        yield f"how fast the API answers: {way} ms to it and back is assumed, its own time not known"
    for option in options:
        regions = option.candidate.regions if option.candidate else ()
        elsewhere = [r for r in regions if situation.region and not r.startswith(situation.region)]
        if elsewhere:
            yield f"{option.name} is priced in {', '.join(elsewhere)}; in {situation.region} it costs something else"
