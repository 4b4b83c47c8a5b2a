"""The answer of `decide` for a terminal, a page and a program."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from textwrap import wrap
from typing import Any, Final

from infra.costs.decide import Answer, BreakEvenRow, Flip, OptionRow, Range, Situation
from infra.costs.estimate import CURRENCY
from infra.costs.reports.markdown import row_of, safe, table_of
from infra.costs.reports.text import COLUMNS, plain
from infra.costs.reports.words import Paint, decimal_of, exact, money, quantity, volume

TITLES: Final = {
    "api": "use the managed API",
    "api-first": "try the managed API first",
    "host": "host it yourself",
    "host-with-fallback": "host it yourself, with the API for what the instances cannot answer",
    "scale-to-zero": "host it yourself, with no instance while nobody calls",
    "neither": "neither: nothing is feasible",
}
BY: Final = {
    "cheapest": "the lowest total",
    "within-budget": "it does the job within the budget, though hosting costs less",
    "only-option": "nothing else is possible",
    "nothing-feasible": "every option is forbidden",
}
STEPS: Final = {
    "try-api": "try the API on your own data",
    "negotiate": "ask the vendor for a discount",
    "invest-in-data": "get better data and labels",
    "ask-provider": "ask the provider for help",
    "invest-in-ml": "invest in ML expertise",
    "invest-in-mlops": "invest in ML engineering and DevOps to bring it into production",
}
WAYS: Final = {"api": "", "self-hosted": "", "fallback": " + API", "scale-to-zero": ", to zero"}
SHOWN: Final = 5
NAME: Final = 32
WIDTHS: Final = (12, 12, 10, 14)
"""Columns of the table: a name, then USD a month, without people, once, over all months."""


def decide_text(answer: Answer, paint: Paint = plain) -> str:
    """The answer as text of at most 80 columns."""
    sections = [
        _head(answer, paint),
        _reasons(answer, paint),
        _numbers(answer, paint),
        _flips(answer, paint),
        _listed("What it does not know", answer.unknown, paint),
    ]
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"


def _head(answer: Answer, paint: Paint) -> Iterator[str]:
    said = answer.situation
    yield paint("breakeven decide", "bold") + f"    {said.task}, {quantity(said.volume_per_month)} {said.unit} a month"
    yield from _wrapped(
        f"Recommendation: {title(answer)}", paint, "good" if answer.recommendation != "neither" else "bad"
    )
    yield from _wrapped(f"Because: {BY[answer.rule]}.")
    if answer.next_steps:
        yield from _wrapped(f"Next: {'; '.join(STEPS[step] for step in answer.next_steps)}.")


def title(answer: Answer) -> str:
    """The recommendation in words, with what it names."""
    named = f" ({answer.option})" if answer.option else ""
    return f"{TITLES[answer.recommendation]}{named}"


def _reasons(answer: Answer, paint: Paint) -> Iterator[str]:
    yield paint("Reasons", "bold")
    for reason in answer.reasons:
        mark = {"api": "API ", "host": "host"}.get(reason.side, "    ")
        yield from _wrapped(f"{mark} {reason.rule}: {reason.text}", hang=5)


def _numbers(answer: Answer, paint: Paint) -> Iterator[str]:
    months = answer.numbers.months
    titles = zip(("a month", "no people", "once", f"{months} months"), WIDTHS, strict=True)
    yield paint(f"{'USD':<{NAME}}" + "".join(f"{name:>{width}}" for name, width in titles), "bold")
    # Exactly these are possible: an option that is forbidden says why below.
    yield from _rows([row for row in answer.numbers.options if not row.blocks])
    for row in answer.numbers.options:
        if row.blocks and row.key in ("api", "self-hosted"):
            yield from _wrapped(f"Not {named(row)}: {row.blocks[0].reason}", paint, "dim", hang=4)
    for pair in answer.numbers.break_evens[:SHOWN]:
        yield from _wrapped(_break_even(pair, answer), hang=4)
    spans = "; ".join(_range(span) for span in answer.numbers.ranges)
    yield from _wrapped(f"Over {months} months, with what is paid once: {spans}", hang=4)


def _rows(rows: Sequence[OptionRow]) -> Iterator[str]:
    """The possible options: with cents where that leaves a space between columns, else in whole USD, else in words."""
    for form in (money, _whole, volume):
        cells = [[_cell(amount, form) for amount in _amounts(row)] for row in rows]
        if all(len(cell) < width for line in cells for cell, width in zip(line, WIDTHS, strict=True)):
            break
    for row, line in zip(rows, cells, strict=True):
        way = WAYS[row.key]
        name = f"{row.name[: NAME - 1 - len(way)]}{way}"
        yield f"{name:<{NAME}}" + "".join(f"{cell:>{width}}" for cell, width in zip(line, WIDTHS, strict=True))


def _amounts(row: OptionRow) -> tuple[Fraction | None, ...]:
    return row.with_people, row.without_people, row.once, row.total


def _cell(amount: Fraction | None, form: Callable[[Fraction], str] = money) -> str:
    return "-" if amount is None else form(amount)


def _whole(amount: Fraction) -> str:
    return quantity(decimal_of(amount, 0))


def named(row: OptionRow) -> str:
    """An option by the name of its API or stack, and how it is hosted."""
    return row.name if row.key == "api" else f"{row.name}{WAYS[row.key]}"


def _break_even(pair: BreakEvenRow, answer: Answer) -> str:
    both = ", ".join(volume(v) for v in pair.with_people) or "none"
    alone = ", ".join(volume(v) for v in pair.without_people) or "none"
    return f"Break-even of {pair.stack} with {pair.api}: {both} {answer.numbers.unit} a month, {alone} without people"


def _range(span: Range) -> str:
    side = {"api": "the API wins", "host": "hosting wins", "neither": "nothing is feasible"}[span.side]
    where = f"up to {volume(span.end)}" if span.end is not None else f"above {volume(span.start)}"
    if span.start and span.end is not None:
        where = f"{volume(span.start)} to {volume(span.end)}"
    if not span.start and span.end is None:
        where = "at every volume"
    return f"{side} {where}{f' ({span.why})' if span.why else ''}"


def _flips(answer: Answer, paint: Paint) -> Iterator[str]:
    yield paint("What would change the answer, the smallest change first", "bold")
    for flip in answer.flips:
        if flip.reachable:
            yield from _wrapped(
                f"{flip.assumption} {amount(flip.now)} -> {flip_at(flip)}: {TITLES[flip.answer]}", hang=4
            )
    stays = [flip.assumption for flip in answer.flips if not flip.reachable]
    if stays:
        yield from _wrapped(f"No allowed value of these does: {', '.join(stays)}.", hang=4)


def flip_at(flip: Flip) -> str:
    """The value with its unit, and how well it is known."""
    about = "about " if flip.within else ""
    return f"{about}{amount(flip.at or Fraction(0))} {flip.unit}"


def amount(value: Fraction) -> str:
    """A value in four figures or so: volumes as 2.9 M, shares with their places."""
    if abs(value) >= 1000:
        return volume(value) if abs(value) >= 1_000_000 else quantity(decimal_of(value, 0))
    return quantity(decimal_of(value, 4))


def _listed(heading: str, lines: tuple[str, ...], paint: Paint) -> Iterator[str]:
    if lines:
        yield paint(heading, "bold")
    for line in lines:
        yield from _wrapped(f"- {line}", hang=2)


def _wrapped(text: str, paint: Paint = plain, look: str = "", hang: int = 0) -> Iterator[str]:
    # Long sources hold no spaces to break at; a line must not be longer for them.
    for line in wrap(text, COLUMNS, subsequent_indent=" " * hang):
        yield paint(line, look)


def decide_markdown(answer: Answer) -> str:
    """The answer as GitHub-flavoured markdown."""
    return "\n".join(_markdown(answer)) + "\n"


def _markdown(answer: Answer) -> Iterator[str]:
    yield f"## breakeven decide: {safe(title(answer))}\n"
    yield f"{BY[answer.rule].capitalize()}.\n"
    yield from _table(("speaks for", "rule", "found"), ((r.side, r.rule, r.text) for r in answer.reasons))
    months = answer.numbers.months
    rows = (
        (
            named(r),
            *map(_cell, _amounts(r)),
            _why(r),
        )
        for r in answer.numbers.options
    )
    yield from _table(("USD", "a month", "no people", "once", f"{months} months", "forbidden"), rows)
    flips = ((f.assumption, amount(f.now), flip_at(f), f.answer) for f in answer.flips if f.reachable)
    yield from _table(("assumption", "now", "flips at", "then"), flips)
    yield from (f"- not known: {safe(line)}" for line in answer.unknown)


def _why(row: OptionRow) -> str:
    return "; ".join(block.reason for block in row.blocks)


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield from table_of(titles, len(titles))
    yield from map(row_of, rows)
    yield ""


def answer_document(answer: Answer) -> dict[str, Any]:
    """The answer for programs: stable keys, every number a string; docs/decide.md describes it."""
    numbers = answer.numbers
    return {
        "currency": CURRENCY,
        "situation": situation_document(answer.situation),
        "recommendation": answer.recommendation,
        "option": answer.option,
        "side": answer.side,
        "decided_by": answer.rule,
        "rules": list(answer.rules),
        "reasons": [{"rule": r.rule, "text": r.text, "side": r.side, "decides": r.decides} for r in answer.reasons],
        "next_steps": list(answer.next_steps),
        "numbers": {
            "unit": numbers.unit,
            "volume": exact(numbers.volume),
            "months": str(numbers.months),
            "options": [_option(row) for row in numbers.options],
            "break_evens": [
                {
                    "stack": row.stack,
                    "api": row.api,
                    "with_people": [exact(v) for v in row.with_people],
                    "without_people": [exact(v) for v in row.without_people],
                }
                for row in numbers.break_evens
            ],
            "ranges": [
                {"above": exact(r.start), "up_to": _maybe(r.end), "side": r.side, "why": r.why} for r in numbers.ranges
            ],
        },
        "flips": [_flip(flip) for flip in answer.flips],
        "unknown": list(answer.unknown),
    }


def situation_document(situation: Situation) -> dict[str, Any]:
    """Every value of a situation: numbers as strings, null where none is given."""
    values = {f.name: getattr(situation, f.name) for f in fields(situation)}
    return {key: exact(value) if isinstance(value, Decimal) else value for key, value in values.items()}


def _option(row: OptionRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "monthly_with_people": _maybe(row.with_people),
        "monthly_without_people": _maybe(row.without_people),
        "once": exact(row.once),
        "total": _maybe(row.total),
        "forbidden": [{"rule": block.rule, "reason": block.reason} for block in row.blocks],
    }


def _flip(flip: Flip) -> dict[str, Any]:
    return {
        "assumption": flip.assumption,
        "now": exact(flip.now),
        "at": _maybe(flip.at),
        "unit": flip.unit,
        "answer": flip.answer,
        "reachable": flip.reachable,
        "allowed": [exact(flip.low), exact(flip.high)],
        "within": exact(flip.within),
        "change": _maybe(flip.change),
    }


def _maybe(value: Fraction | None) -> str | None:
    return None if value is None else exact(value)
