"""A plan as text, markdown and a document, and as the lines of a stack's file."""

import json
from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from infra.costs.reports.markdown import row_of, safe, table_of
from infra.costs.reports.text import wrapped
from infra.costs.reports.words import Paint, decimal_of, exact, money
from infra.simulate.types import Plan, Tried

WIDTH = 27
NO_PLAN = "no way was found that holds the objective"


def plan_text(plan: Plan, name: str, project: str, paint: Paint) -> str:
    """The plan for a terminal."""
    return "\n".join(_text(plan, name, project, paint)) + "\n"


def _text(plan: Plan, name: str, project: str, paint: Paint) -> Iterator[str]:
    yield paint(f"breakeven plan    {name}, {int(plan.per_month):,} {plan.unit} a month", "bold")
    yield from wrapped(f"{plan.objective.words}; {plan.simulations} simulations")
    for holds, said in ((True, "Hold the objective"), (False, "Miss it")):
        ways = [tried for tried in plan.tried if tried.holds is holds]
        if ways:
            yield ""
            yield f"{said:<{WIDTH}}{'USD a month':>12}{'instances':>10}{'p99 ms':>7}{'lost':>9}  first type"
        for tried in ways:
            yield from _row(tried)
    yield ""
    if plan.planned is None:
        yield NO_PLAN
    else:
        planned = f"Planned: {plan.planned.strategy}, {_types(plan.planned)}: {plan.planned.why}"
        yield from (paint(line, "good") for line in wrapped(planned, 2))
        yield from wrapped(_saving(plan), 2)
        yield ""
        yield from settings_lines(plan.planned.settings, project)
        yield ""
    yield from (line for note in plan.notes for line in wrapped(f"Note: {note}", 6))


def plan_markdown(plan: Plan, name: str, project: str) -> str:
    """The plan for a pull request or a page."""
    lines = [
        f"## breakeven plan: {safe(name)}, {int(plan.per_month):,} {plan.unit} a month",
        "",
        plan.objective.words,
        "",
    ]
    lines += table_of(("way", "types", "USD a month", "instances", "p99 ms", "lost", "holds"), 4)
    lines += [
        row_of((t.strategy, _types(t), money(t.monthly), _average(t), _p99(t), _lost(t), "yes" if t.holds else "no"))
        for t in plan.tried
    ]
    if plan.planned is None:
        lines += ["", f"**{NO_PLAN}**"]
    else:
        lines += ["", f"**Planned: {plan.planned.strategy}.** {_saving(plan)}", "", "```yaml"]
        lines += [*settings_lines(plan.planned.settings, project), "```"]
    lines += [f"- {safe(note)}" for note in plan.notes]
    return "\n".join(lines) + "\n"


def plan_document(plan: Plan, name: str) -> dict[str, Any]:
    """The plan for programs; numbers as strings."""
    return {
        "stack": name,
        "volume": {"per_month": exact(plan.per_month), "unit": plan.unit},
        "objective": plan.objective.words,
        "simulations": str(plan.simulations),
        "planned": _document(plan.planned) if plan.planned else None,
        "static": _document(plan.static) if plan.static else None,
        "saved_of_fleet": exact(plan.saved) if plan.saved is not None else None,
        "tried": [_document(tried) for tried in plan.tried],
        "notes": list(plan.notes),
    }


def settings_lines(settings: Mapping[str, object], project: str) -> list[str]:
    """The settings as a stack's file has them."""
    return [f"{project}:{key}: {json.dumps(value)}" for key, value in settings.items()]


def stack_file(values: Mapping[str, object], tried: Tried, project: str) -> str:
    """The whole stack file: what the stack had, with the planned settings in place of its own, and why."""
    merged = {**values, **{f"{project}:{key}": value for key, value in tried.settings.items()}}
    head = f"# {tried.strategy}: {tried.why}\n"
    return head + "config:\n" + "".join(f"  {key}: {json.dumps(value)}\n" for key, value in merged.items())


def _document(tried: Tried) -> dict[str, Any]:
    return {
        "way": tried.strategy,
        "settings": dict(tried.settings),
        "monthly": exact(tried.monthly),
        "fleet": exact(tried.fleet),
        "average_instances": _average(tried),
        "p99_seconds": str(round(tried.run.quantile(0.99), 4)),
        "lost_share": str(round(tried.run.lost_share, 8)),
        "holds": tried.holds,
        "why": tried.why,
    }


def _row(tried: Tried) -> list[str]:
    figures = f"{money(tried.monthly):>12}{_average(tried):>10}{_p99(tried):>7}{_lost(tried):>9}"
    first, *others = wrap(tried.strategy, WIDTH - 1, subsequent_indent="  ")
    return [f"{first:<{WIDTH}}{figures}  {tried.settings['instanceTypes'][0]}", *others]


def _saving(plan: Plan) -> str:
    if plan.saved is None or plan.static is None:
        return "No group of a fixed size holds the objective to compare with."
    percent = decimal_of(plan.saved * 100, 0)
    word = f"{abs(percent)} % {'less' if percent >= 0 else 'more'}"
    return f"Its instances cost {word} than {plan.static.settings['minSize']} x {_types(plan.static)} for the peak."


def _types(tried: Tried) -> str:
    return ", ".join(tried.settings["instanceTypes"])


def _average(tried: Tried) -> str:
    return f"{tried.run.average_instances():.2f}"


def _p99(tried: Tried) -> str:
    return f"{tried.run.quantile(0.99) * 1000:.0f}"


def _lost(tried: Tried) -> str:
    return f"{tried.run.lost_share:.3%}" if tried.run.lost_share > 5e-6 else "0"
