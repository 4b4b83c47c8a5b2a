"""A simulation as text, markdown and a document."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from infra.costs.reports.bursts import bursts_document, bursts_markdown, bursts_text
from infra.costs.reports.markdown import row_of, safe, table_of
from infra.costs.reports.text import wrapped
from infra.costs.reports.words import Paint, exact, money
from infra.simulate.plot import series_plot
from infra.simulate.shown import Shown

LEFT = 12


def simulation_text(shown: Shown, paint: Paint) -> str:
    """The report for a terminal."""
    return "\n".join(_text(shown, paint)) + "\n"


def _text(shown: Shown, paint: Paint) -> Iterator[str]:
    run = shown.run
    what = f"{shown.name}, {_length(run.seconds)} of {shown.trace.name or 'traffic'}"
    yield paint(f"breakeven simulate    {what}", "bold")
    yield from wrapped(f"{int(shown.volume):,} {shown.priced.workload.volume.unit} a month; {engine_of(shown)}")
    yield ""
    counted = f"{run.arrived:,.0f} arrived, {run.answered:,.0f} answered, {run.lost_total:,.0f} lost"
    yield from _row("Requests", counted)
    for _, words, count in shown.losses:
        yield f"{'':<{LEFT}}{count:,.0f} lost: {words}"
    latencies = "   ".join(f"{name} {milliseconds(seconds)}" for name, seconds in shown.latencies)
    yield f"{'Latency':<{LEFT}}{latencies}"
    yield from (paint(line, "good" if shown.holds else "bad") for line in _row("Objective", shown.verdict))
    yield from _row("Instances", _instances(shown))
    yield from _row("USD a month", f"{money(shown.monthly)} ({_against(shown)})")
    yield ""
    yield from series_plot(run.series, _length(run.seconds))
    if shown.notes:
        yield ""
    yield from (line for note in shown.notes for line in wrapped(f"Note: {note}", 6))
    if shown.break_even:
        yield ""
        yield bursts_text(shown.break_even, paint).rstrip("\n")


def _row(name: str, text: str) -> list[str]:
    return wrapped(f"{name:<{LEFT}}{text}", LEFT)


def simulation_markdown(shown: Shown) -> str:
    """The report for a pull request or a page."""
    run = shown.run
    lines = [f"## breakeven simulate: {safe(shown.name)}, {_length(run.seconds)} of {safe(shown.trace.name)}", ""]
    lines += table_of(("figure", "value"), 1)
    lines.append(row_of(("requests arrived", f"{run.arrived:,.0f}")))
    lines.append(row_of(("answered", f"{run.answered:,.0f}")))
    lines += [row_of((f"lost: {words}", f"{count:,.0f}")) for _, words, count in shown.losses]
    lines += [row_of((name, milliseconds(seconds))) for name, seconds in shown.latencies]
    lines.append(row_of(("instances", _instances(shown))))
    lines.append(row_of(("USD a month", f"{money(shown.monthly)} ({_against(shown)})")))
    lines += ["", f"**{safe(shown.verdict)}**", "", engine_of(shown)]
    lines += ["", *(f"- {safe(note)}" for note in shown.notes)] if shown.notes else []
    lines += ["", bursts_markdown(shown.break_even).rstrip("\n")] if shown.break_even else []
    return "\n".join(lines) + "\n"


def simulation_document(shown: Shown) -> dict[str, Any]:
    """The report for programs: numbers as strings, seconds and USD; docs/traffic.md describes it."""
    run = shown.run
    return {
        "stack": shown.name,
        "trace": {"name": shown.trace.name, "start": shown.trace.start.isoformat(), "seconds": _number(run.seconds)},
        "engine": run.engine,
        "volume": {"per_month": exact(shown.volume), "unit": shown.priced.workload.volume.unit},
        "requests": {
            "arrived": _number(run.arrived),
            "answered": _number(run.answered),
            "lost": {key: _number(count) for key, count in run.lost.items()},
            "waiting": _number(run.waiting),
        },
        "latency_seconds": {name: _number(seconds) for name, seconds in shown.latencies},
        "objective": {"words": shown.objective.words, "held": shown.holds},
        "instances": {
            "hours": [
                {"type": name, "spot": spot, "hours": _number(seconds / 3600)}
                for (name, spot), seconds in run.instance_seconds.items()
            ],
            "average": _number(run.average_instances()),
            "most": _number(run.most_running),
            "warm_average": _number(run.average_warm),
            "interrupted": str(run.interrupted),
            "failed": str(run.failed),
            "changes": str(run.activities),
        },
        "usd_a_month": {"simulated": exact(shown.monthly), "by_average": exact(shown.by_average)},
        "series": [
            {
                "begin": _number(m.begin),
                "seconds": _number(m.seconds),
                "arrived": _number(m.arrived),
                "lost": _number(m.lost),
                "desired": _number(m.desired),
                "serving": _number(m.serving),
                "billed": _number(m.running),
                "p50": _number(m.p50),
                "p99": _number(m.p99),
            }
            for m in run.series
        ],
        "notes": list(shown.notes),
        **({"break_even": bursts_document(shown.break_even)} if shown.break_even else {}),
    }


def engine_of(shown: Shown) -> str:
    """Which simulation, in words."""
    if shown.run.engine == "exact":
        return "exact: every request followed"
    return shown.run.notes[0] if shown.run.notes else shown.run.engine


def _instances(shown: Shown) -> str:
    run = shown.run
    spot = run.average_instances(spot=True)
    parts = f"{run.average_instances():.2f} billed on average"
    if spot:
        parts += f" ({spot:.2f} spot)"
    parts += f", {run.most_running:.0f} at most; {run.activities} changes of size"
    if run.warm_seconds:
        parts += f"; {run.average_warm:.2f} in the warm pool"
    if run.interrupted or run.failed:
        parts += f"; {run.interrupted} taken back, {run.failed} broke"
    return parts


def _against(shown: Shown) -> str:
    apart = shown.monthly - shown.by_average
    if not apart:
        return "as by the average rule"
    return f"{money(abs(apart))} {'more' if apart > 0 else 'less'} than the average rule says"


def _length(seconds: float) -> str:
    days = seconds / 86_400
    return f"{days:.3g} days" if days >= 2 else f"{seconds / 3600:.3g} hours"


def milliseconds(seconds: float) -> str:
    """A latency."""
    return f"{seconds * 1000:,.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.2g} ms"


def _number(value: float) -> str:
    return exact(Fraction(str(round(value, 6))))
