"""An answer as text for a terminal and as markdown: the winner to paste, what the others cost more, what is out."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from textwrap import wrap
from typing import Final

from infra.choose.types import Answer, Found, RuledOut
from infra.costs.reports.markdown import row_of
from infra.costs.reports.text import COLUMNS
from infra.costs.reports.words import Paint, decimal_of, money

SHOWN: Final = 8
MEASURE: Final = "measure one on such a machine: breakeven measure MODEL --instance-type TYPE"
Reader = Callable[[Found], str]
CHOICES: Final[Mapping[str, Reader]] = {
    "Instance type": lambda found: found.option.instance_type,
    "Purchase": lambda found: found.option.purchase.words,
    "Entry": lambda found: found.option.shape.entry_words,
    "Way out": lambda found: found.option.shape.egress,
}


def cheapest_text(answer: Answer, project: str, most: int, paint: Paint) -> str:
    """The whole answer as text; `most` is the number of options shown."""
    sections = (_head(answer, paint), _winner(answer, project, paint), _table(answer, most, paint))
    tail = (_choices(answer, paint), _out(answer, paint), _notes(answer, paint))
    return "\n\n".join("\n".join(lines) for lines in map(list, (*sections, *tail)) if lines) + "\n"


def cheapest_markdown(answer: Answer, project: str, most: int) -> str:
    """The same for a pull request or a page."""
    lines = [f"### Cheapest stack for {answer.model} in {answer.region}", "", *demand_words(answer), ""]
    if answer.winner:
        lines += ["```yaml", *config_lines(answer, answer.winner, project), "```", ""]
    lines += ["| option | USD a month | with people | more | latency | why |", "|---|---:|---:|---:|---|---|"]
    for found in answer.found[:most]:
        own = money(found.monthly.expected)
        more, why = money(more_than_best(answer, found)), why_more(answer, found)
        people = money(found.monthly.expected + answer.people_monthly)
        lines.append(row_of((found.option.words, own, people, more, latency_words(found), why)))
    lines += ["", "| choice | | USD a month | more |", "|---|---|---:|---:|"]
    for title, rows in choices(answer).items():
        for name, best in rows.items():
            more = money(more_than_best(answer, best))
            lines.append(row_of((title, name, money(best.monthly.expected), more)))
    lines += ["", *(f"- {_ruled(row)}" for row in answer.ruled_out), f"- {_unknown_types(answer)}"]
    return "\n".join((*lines, *(f"- {note}" for note in answer.notes))) + "\n"


def config_lines(answer: Answer, found: Found, project: str) -> Iterator[str]:
    """The option as lines of a stack's file, below `config:`."""
    yield f"  aws:region: {answer.region}"
    yield f"  {project}:model: {answer.model}"
    for key, value in found.option.settings.items():
        text = value if isinstance(value, str) else json.dumps(value).replace('"', "")
        yield f"  {project}:{key}: {text}"


def choices(answer: Answer) -> Mapping[str, Mapping[str, Found]]:
    """For each thing that was chosen the best option with each of its values, the best value first."""
    found: dict[str, dict[str, Found]] = {title: {} for title in CHOICES}
    for option in answer.found:
        for title, read in CHOICES.items():
            found[title].setdefault(read(option), option)
    return found


def more_than_best(answer: Answer, found: Found) -> Fraction:
    """USD a month above the first option; below 0 where the first is dearer but known to be quick enough."""
    return found.monthly.expected - answer.found[0].monthly.expected


def why_more(answer: Answer, found: Found) -> str:
    """Which components make the difference from the first option, the largest two."""
    best = answer.found[0].parts
    names = {*best, *found.parts}
    apart = {name: found.parts.get(name, Fraction(0)) - best.get(name, Fraction(0)) for name in names}
    rows = sorted(((name, by) for name, by in apart.items() if money(by) not in ("0.00", "-0.00")), key=_by_size)
    return ", ".join(f"{name} {'+' if by > 0 else ''}{money(by)}" for name, by in rows[:2])


def latency_words(found: Found) -> str:
    """What is known of the option's latency."""
    figure = found.capacity
    if figure is None or figure.p99_ms is None:
        return "latency not known"
    return f"p99 {figure.p99_ms} ms ({figure.kind})"


def demand_words(answer: Answer) -> Iterator[str]:
    """What is asked for and how much was looked at."""
    goal = answer.goal
    asked = [f"{answer.per_month:,.0f} {answer.unit} a month", f"{_short(answer.peak_per_second)} a second at the peak"]
    asked += [f"p99 within {goal.latency_ms} ms"] if goal.latency_ms is not None else []
    asked += [f"{goal.zones} zones"] if goal.zones > 1 else []
    yield from _wrapped(f"{', '.join(asked)}. Priced: {answer.searched} options in {answer.shapes} shapes.")


def _by_size(row: tuple[str, Fraction]) -> tuple[Fraction, str]:
    return -abs(row[1]), row[0]


def _short(value: Fraction) -> str:
    return f"{float(value):.3g}" if value < 100 else f"{decimal_of(value, 0):,}"


def _head(answer: Answer, paint: Paint) -> Iterator[str]:
    yield f"{paint('breakeven cheapest', 'bold')}    {answer.model}, {answer.region}"
    yield from demand_words(answer)


def _winner(answer: Answer, project: str, paint: Paint) -> Iterator[str]:
    found = answer.winner
    if found is None:
        why = f"is known to hold {answer.goal.latency_ms} ms" if answer.found else "can be had"
        yield paint(f"No option {why}.", "bad")
        return
    monthly = found.monthly
    span = f"{money(monthly.low)} to {money(monthly.high)}"
    yield paint(f"Cheapest: {money(monthly.expected)} USD a month ({span})", "good")
    yield from _wrapped(f"  {found.option.words}", 2)
    kind = found.capacity.kind if found.capacity else "stated in the workload"
    rate = f"{_short(found.rate_per_second)} a second each ({kind})"
    yield from _wrapped(f"  {rate}, {latency_words(found)}", 2)
    if answer.people_monthly:
        yield f"  with people {money(monthly.expected + answer.people_monthly)}"
    yield ""
    yield paint("config:", "dim")
    yield from config_lines(answer, found, project)
    bought = found.option.purchase.reservation
    if bought:
        what = f"{bought.count} x {found.option.instance_type}, standard, {bought.term}, {bought.payment}"
        yield f"Reserve: {what}"


def _table(answer: Answer, most: int, paint: Paint) -> Iterator[str]:
    if not answer.found:
        return
    yield paint(f"{'Options by expected cost':<56}{'USD':>12}{'more':>12}", "bold")
    for found in answer.found[:most]:
        more = more_than_best(answer, found)
        numbers = f"{money(found.monthly.expected):>12}{money(more):>12}"
        first, *others = wrap(found.option.words, 54, subsequent_indent="  ")
        yield f"{first:<56}{numbers}"
        yield from others
        said = [why_more(answer, found)]
        said += ["latency not known"] if found.latency == "not known" else []
        if any(said):
            yield paint(f"    {'; '.join(filter(None, said))}", "dim")
    if len(answer.found) > most:
        yield paint(f"  and {len(answer.found) - most} more (--max-candidates)", "dim")


def _choices(answer: Answer, paint: Paint) -> Iterator[str]:
    """What it costs to decide one thing otherwise, the rest chosen anew."""
    if not answer.found:
        return
    yield paint(f"{'What each choice costs, the rest chosen anew':<56}{'USD':>12}{'more':>12}", "bold")
    for title, rows in choices(answer).items():
        for name, best in rows.items():
            late = " (latency not known)" if best.latency == "not known" else ""
            numbers = f"{money(best.monthly.expected):>12}{money(more_than_best(answer, best)):>12}"
            yield f"{title:<15}{(name + late)[:40]:<41}{numbers}"
            title = ""


def _out(answer: Answer, paint: Paint) -> Iterator[str]:
    if answer.ruled_out:
        yield paint("Ruled out", "bold")
        for row in answer.ruled_out[:SHOWN]:
            yield from _wrapped(f"  {_ruled(row)}", 4)
        if len(answer.ruled_out) > SHOWN:
            yield f"  and {len(answer.ruled_out) - SHOWN} more reasons (--format json has them all)"
    yield from _wrapped(_unknown_types(answer), 2)


def _ruled(row: RuledOut) -> str:
    action = f"; {row.action}" if row.action else ""
    count = f" ({row.options} option{'s' if row.options > 1 else ''})" if row.options else ""
    return f"{row.what}: {row.reason}{action}{count}"


def _unknown_types(answer: Answer) -> str:
    count = len(answer.not_considered)
    return f"Not considered: {count} instance types whose capacity with {answer.model} is not known; {MEASURE}"


def _notes(answer: Answer, paint: Paint) -> Iterator[str]:
    for note in answer.notes:
        yield from (paint(line, "dim") for line in _wrapped(f"Note: {note}", 6))


def _wrapped(text: str, hang: int = 0) -> Sequence[str]:
    lead = " " * (len(text) - len(text.lstrip()))
    return wrap(text.lstrip(), COLUMNS, initial_indent=lead, subsequent_indent=" " * hang)
