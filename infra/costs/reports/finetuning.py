"""What fine-tuning costs, as text, as markdown and for programs: a training, a month of each side, the next steps."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from textwrap import wrap
from typing import Any, Final

from infra.costs.estimate import CURRENCY
from infra.costs.finetuning import Assumption, EndpointHours, FineTuned, Rival, Side, Step
from infra.costs.finetuning.compared import PARTS
from infra.costs.reports.machine import break_even_row
from infra.costs.reports.markdown import row_of, safe, table_of
from infra.costs.reports.report import verdict
from infra.costs.reports.text import COLUMNS, plain
from infra.costs.reports.words import Paint, decimal_of, exact, money, quantity, volume

LEAST_NAME: Final = 20
NOTHING: Final = "-"
TITLE: Final = "breakeven finetune, costs"
TOTAL: Final = "Total"
NEXT: Final = "Next, in the article's order"


def finetuning_text(
    found: FineTuned, steps: Sequence[Step] = (), paint: Paint = plain, name: str = "", *, whole: bool = True
) -> str:
    """The report for a terminal, at most 80 columns; `name` says of which stack.

    Without `whole` it ends before how each figure is counted and what is assumed, and says how many there are.
    """
    sections = [
        _head(found, paint, name),
        _titled("One training, USD", _trainings(found), paint),
        _month(found, paint),
        _titled("Endpoints, used or not", _endpoints(found), paint),
        _titled("Break-even", _break_evens(found), paint),
        _titled(f"{NEXT} (*: now)", _marked(steps), paint),
    ]
    if whole:
        sections += [
            _titled("How it is counted", _bases(found), paint),
            _titled("Not in these figures", found.left_out, paint),
            _titled("Assumed", (f"{a.key} = {_said(a)}  {a.about}" for a in found.assumptions), paint),
        ]
    else:
        sections.append(iter([f"{len(found.assumptions)} values are assumed or measured: --assumptions lists them."]))
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"


def finetuning_markdown(found: FineTuned, steps: Sequence[Step] = (), name: str = "") -> str:
    """The report as GitHub-flavoured markdown."""
    lines = [f"## {TITLE}{f': {safe(name)}' if name else ''}", "", safe(_subject(found)), ""]
    lines += [*table_of(_titles(found), 1), *(row_of(row) for row in _rows(found, _usd))]
    for title, texts in (
        ("One training, USD", _trainings(found)),
        ("Endpoints, used or not", _endpoints(found)),
        ("Break-even", _break_evens(found)),
        (NEXT, (f"**{text}**" if step.applies else text for step, text in _steps(steps))),
        ("How it is counted", _bases(found)),
        ("Not in these figures", found.left_out),
    ):
        held = list(texts)
        lines += ["", f"### {title}", "", *(f"- {safe(text)}" for text in held)] if held else []
    lines += ["", "### Assumed", "", *table_of(("key", "value", "meaning"), 3)]
    lines += [row_of((f"`{a.key}`", _said(a), a.about)) for a in found.assumptions]
    return "\n".join(lines) + "\n"


def finetuning_document(found: FineTuned, steps: Sequence[Step] = ()) -> dict[str, Any]:
    """The report for programs, every number a string; docs/finetune.md describes it."""
    limit = found.limit
    return {
        "currency": CURRENCY,
        "volume": {"unit": found.workload.volume.unit, "per_month": exact(found.volume)},
        "training": _training(found),
        "self_hosted": {
            **_side(found, found.own),
            "ends": limit and {"above": exact(limit.volume), "reason": limit.reason},
        },
        "apis": [_rival(found, rival) for rival in found.rivals],
        "cheapest_api": found.cheapest.api.key,
        "steps": [
            {"kind": step.kind, "applies": step.applies, "text": step.text, "because": step.because} for step in steps
        ],
        "notes": list(_notes(found)),
        "left_out": list(found.left_out),
        "assumptions": {a.key: {"value": _plain(a), "about": a.about} for a in found.assumptions},
    }


def _training(found: FineTuned) -> dict[str, Any]:
    training, cost = found.training, found.cost
    return {
        "examples": exact(Fraction(training.examples)),
        "characters_each": exact(training.characters_each),
        "unit": training.unit,
        "method": training.method,
        "hours": exact(training.hours),
        "measured": training.measured,
        "instance_type": training.instance_type or None,
        "region": cost.region or None,
        "bought": "spot" if training.spot else "on-demand",
        "on_demand": exact(cost.on_demand),
        "spot": {case: exact(cost.spot[case]) for case in ("low", "expected", "high")},
        "disk": None if cost.disk is None else exact(cost.disk),
        "total": {case: exact(cost.bought[case]) for case in ("low", "expected", "high")},
    }


def _side(found: FineTuned, side: Side) -> dict[str, Any]:
    total = side.at(found.volume)
    parts = [
        {
            "name": part.name,
            "monthly": None if total is None else exact(part.monthly.at(found.volume)),
            "basis": part.basis,
        }
        for part in side.parts
    ]
    return {"name": side.name, "monthly": None if total is None else exact(total), "parts": parts}


def _rival(found: FineTuned, rival: Rival) -> dict[str, Any]:
    return {
        "api": rival.api.key,
        **_side(found, rival.side),
        "one_training": exact(rival.one_training),
        "endpoint": _hours(rival.endpoint),
        **break_even_row(rival.with_people),
        "without_people": break_even_row(rival.without_people),
    }


def _hours(endpoint: EndpointHours | None) -> dict[str, str] | None:
    if endpoint is None:
        return None
    return {
        "units": exact(endpoint.units),
        "paid_hours": exact(endpoint.paid),
        "idle_hours": exact(endpoint.idle),
        "monthly": exact(endpoint.usd),
        "idle_monthly": exact(endpoint.idle_usd),
    }


def _head(found: FineTuned, paint: Paint, name: str) -> Iterator[str]:
    yield paint(TITLE, "bold") + (f"    {name}" if name else "")
    yield from _wrapped(_subject(found))


def _subject(found: FineTuned) -> str:
    training = found.training
    size = f" of {quantity(training.characters_each)} characters" if training.unit == "texts" else ""
    times = found.workload.ownership.fine_tunings_per_year
    trainings = f"{quantity(times)} training{'s' if times != 1 else ''} a year"
    asked = f"{quantity(found.volume)} {training.unit} a month"
    data = f"{training.examples:,} {training.unit}{size}"
    return f"{asked}; a model trained ({training.method}) on {data}; {trainings}"


def _titled(title: str, texts: Sequence[str] | Iterator[str], paint: Paint) -> list[str]:
    lines = [line for text in texts for line in _wrapped(text, "  ", "    ")]
    return [paint(title, "bold"), *lines] if lines else []


def _wrapped(text: str, first: str = "", others: str = "") -> list[str]:
    return wrap(text, COLUMNS, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)


def _trainings(found: FineTuned) -> Iterator[str]:
    """What one training costs on either side, with how that comes about."""
    training, cost = found.training, found.cost
    how = f"{quantity(training.hours)} hours, {training.known}"
    if not training.instance_type:
        yield f"{training.where}: 0.00 ({how}; not charged here)"
    else:
        spot = f"spot {_usd(cost.spot.expected)} ({_usd(cost.spot.low)} to {_usd(cost.spot.high)}; {cost.seen})"
        where = f"{training.instance_type} in {cost.region}"
        chosen = "as spot" if training.spot else "on demand"
        disk = f"its disk {_usd(cost.disk)}" if cost.disk is not None else "its disk not priced"
        total = f"bought {chosen} {_usd(cost.bought.expected)} in all"
        yield f"{where}: on demand {_usd(cost.on_demand)}; {spot}; {disk}; {total} ({how})"
    for rival in found.rivals:
        yield f"{rival.api.name}: {_usd(rival.one_training)} ({rival.basis})"


def _month(found: FineTuned, paint: Paint) -> Iterator[str]:
    """The table of a month: in cents where that leaves room for a name, else in fewer figures."""
    titles = _titles(found)
    for form in (_usd, _whole, volume):
        rows = list(_rows(found, form))
        widths = [max(len(row[n]) for row in (titles, *rows)) + 2 for n in range(1, len(titles))]
        room = COLUMNS - sum(widths)
        if room >= LEAST_NAME:
            break
    yield paint(_line(titles, widths, room), "bold")
    for row in rows:
        yield _line(row, widths, room)


def _titles(found: FineTuned) -> tuple[str, ...]:
    return ("USD a month", *PARTS, TOTAL)


def _rows(found: FineTuned, form: Callable[[Fraction], str]) -> Iterator[tuple[str, ...]]:
    for side in (found.own, *(rival.side for rival in found.rivals)):
        total = side.at(found.volume)
        if total is None:
            yield (side.name, *(NOTHING,) * (len(PARTS) + 1))
        else:
            yield (side.name, *(form(part.monthly.at(found.volume)) for part in side.parts), form(total))


def _line(cells: Sequence[str], widths: Sequence[int], room: int) -> str:
    name = cells[0] if len(cells[0]) < room else f"{cells[0][: max(room - 3, 0)].rstrip(', ')}.."
    numbers = "".join(f"{cell:>{width}}" for cell, width in zip(cells[1:], widths, strict=True))
    return f"{name:<{room}}{numbers}"


def _endpoints(found: FineTuned) -> Iterator[str]:
    """Hours of inference units that are paid, those of them that are idle, and what these cost."""
    for rival in found.rivals:
        hours = rival.endpoint
        if hours:
            run = f"{quantity(hours.units)} inference unit{'s' if hours.units != 1 else ''}"
            opened = f"{quantity(found.workload.open_hours)} open hours"
            share = f"{quantity(decimal_of(hours.idle_share * 100, 1))} %"
            idle = f"{quantity(decimal_of(hours.idle, 1))} of them idle ({share})"
            paid = f"{quantity(decimal_of(hours.paid, 1))} hours paid, {money(hours.usd)} USD"
            mark = f" (units a second {hours.mark})" if hours.mark else ""
            yield f"{rival.api.name}: {run}{mark} in {opened}: {paid}; {idle}, {money(hours.idle_usd)} USD"


def _break_evens(found: FineTuned) -> Iterator[str]:
    for rival in found.rivals:
        alone = verdict(rival.without_people)
        yield f"{rival.api.name}: {verdict(rival.with_people)}; without people: {alone}"
    if not found.sized:
        yield "As if the stack answered any volume: no rate of its instance type is known ([capacity])"
    limit = found.limit
    if limit:
        beyond = "; the volume asked for is above it" if found.volume > limit.volume else ""
        yield f"Above {volume(limit.volume)} a month infeasible: {limit.reason}{beyond}"


def _marked(steps: Sequence[Step]) -> Iterator[str]:
    """Those that are to be taken are marked."""
    return (f"{'*' if step.applies else ' '} {text}" for step, text in _steps(steps))


def _steps(steps: Sequence[Step]) -> Iterator[tuple[Step, str]]:
    """Each with its text, and with what makes it apply; the others say in their text why not."""
    for number, step in enumerate(steps, 1):
        yield step, f"{number} {step.text}{f' [{step.because}]' if step.applies else ''}"


def _bases(found: FineTuned) -> Iterator[str]:
    yield from (f"{found.own.name}, {part.name.lower()}: {part.basis}" for part in found.own.parts)
    for rival in found.rivals:
        serving = rival.side.parts[0]
        yield f"{rival.api.name}, {serving.name.lower()}: {serving.basis}"
    people = found.rivals[0].side.parts[1]
    yield f"any API, {people.name.lower()}: {people.basis}"
    yield from _notes(found)


def _notes(found: FineTuned) -> Iterator[str]:
    """What has to be known of a figure: a vendor's limits, a mark, what the estimate says of itself."""
    for rival in found.rivals:
        for said in (rival.api.note, rival.api.mark and f"prices {rival.api.mark}", rival.quota):
            if said:
                yield f"{rival.api.name}: {said}"
    yield from found.notes


def _said(one: Assumption) -> str:
    return one.value if isinstance(one.value, str) else quantity(one.value)


def _plain(one: Assumption) -> str:
    return one.value if isinstance(one.value, str) else exact(one.value)


def _usd(value: Fraction) -> str:
    """Money; what would be rounded to nothing says so."""
    return "<0.01" if 0 < value < Fraction(1, 200) else money(value)


def _whole(value: Fraction) -> str:
    return quantity(decimal_of(value, 0))
