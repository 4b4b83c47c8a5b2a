"""A simulation on a page: charts over time, what came of the run, and the figures behind the charts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.costs.bursts import BothWays, WithBursts
from infra.costs.compare import BreakEven
from infra.costs.reports.report import ranges
from infra.costs.reports.words import money, volume
from infra.page.rendering import asset, digest, environment
from infra.page.scale import Times, figure, moment
from infra.page.series import MS, Chart, Plotter, joined
from infra.scaling.result import Moment
from infra.scaling.traffic import MONDAY

if TYPE_CHECKING:
    from infra.simulate import Shown

STYLES = ("page", "chart", "traffic", "print")
NEVER = "the API wins"
NOTHING = "-"


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What the section shows; rows are cells in the order of their columns."""

    shown: "Shown"
    span: str
    step: str
    engine: str
    computed: str
    times: Times
    charts: tuple[Chart, ...]
    figures: tuple[tuple[str, str], ...]
    losses: tuple[tuple[str, str, str], ...]
    latencies: tuple[tuple[str, str], ...]
    hours: tuple[tuple[str, str, str, str], ...]
    moments: tuple[tuple[str, ...], ...]
    break_even: dict[str, Any] | None


def traffic_section(shown: "Shown") -> Traffic:
    """A run as the section of a page."""
    from infra.simulate.report import engine_of, milliseconds

    run = shown.run
    series = joined(run.series)
    end = max((m.begin + m.seconds for m in series), default=0.0)
    times = Times(start=run.start, seconds=max(run.seconds, end) or 1.0)
    spent = _spent(shown, series)
    plotter = Plotter(series, times)
    return Traffic(
        shown=shown,
        span=_span(shown, times),
        step=_step(series, run.series),
        engine=engine_of(shown),
        computed=_computed(shown),
        times=times,
        charts=(
            plotter.demand(),
            plotter.instances(),
            plotter.latency(shown.objective.seconds),
            plotter.lost(),
            plotter.cost(spent, float(shown.by_average) * shown.months),
        ),
        figures=tuple(_figures(shown)),
        losses=tuple((words, _count(count), f"{count / run.arrived:.4%}") for _, words, count in shown.losses),
        latencies=tuple((name, milliseconds(seconds) if seconds else NOTHING) for name, seconds in shown.latencies),
        hours=tuple(_hours(shown)),
        moments=tuple(_rows(series, spent, times)),
        break_even=_break_even(shown.break_even) if shown.break_even else None,
    )


def traffic_page(shown: "Shown") -> str:
    """The section as a page of its own, without a script; raises InputError where jinja2 is not installed."""
    style = "\n".join(asset(f"{name}.css") for name in STYLES)
    policy = f"default-src 'none'; style-src {digest(style)}; base-uri 'none'; form-action 'none'"
    template = environment().get_template("simulation.html")
    return template.render(traffic=traffic_section(shown), slid=False, style=style, policy=policy)


def _span(shown: "Shown", times: Times) -> str:
    said = f"{moment(times.start)} to {moment(times.at(shown.run.seconds))} UTC"
    return f"{said} (a Monday, for traffic without a date)" if times.start == MONDAY else said


def _spent(shown: "Shown", series: Sequence[Moment]) -> list[float]:
    """USD by the end of each moment: the instances' part by how many were billed, the rest evenly."""
    total, fleet = float(shown.monthly) * shown.months, float(shown.fleet) * shown.months
    seconds = sum(m.seconds for m in series) or 1.0
    billed = sum(m.running * m.seconds for m in series)
    if not billed:
        fleet = 0.0
    sums, so_far = [], 0.0
    for found in series:
        so_far += fleet * found.running * found.seconds / (billed or 1.0) + (total - fleet) * found.seconds / seconds
        sums.append(so_far)
    return sums


def _computed(shown: "Shown") -> str:
    days = shown.run.seconds / 86_400
    return (
        f"Cost so far is the month's {money(shown.monthly)} USD for {days:.3g} of its "
        f"{days / shown.months:.3g} days: the part of the instances ({money(shown.fleet)}) spread by how many were "
        "billed at the time, the rest evenly."
    )


def _step(drawn: Sequence[Moment], series: Sequence[Moment]) -> str:
    if not drawn:
        return "Nothing was simulated."
    minutes = drawn[0].seconds / 60
    size = f"{minutes / 60:.4g} hours" if minutes >= 120 else f"{minutes:.4g} minutes" if minutes != 1 else "a minute"
    joint = f", each {-(-len(series) // len(drawn))} of the simulation's" if len(drawn) < len(series) else ""
    return f"{len(drawn):,} steps of {size}{joint}."


def _figures(shown: "Shown") -> Iterator[tuple[str, str]]:
    run = shown.run
    yield "Requests", _count(run.arrived)
    yield "Lost", _count(run.lost_total) if run.lost_total else "none"
    yield "Lost, of all", f"{run.lost_share:.3%}"
    yield "Instances billed, average", f"{run.average_instances():.2f}"
    yield "Instances billed, most", figure(run.most_running)
    yield "Changes of size", f"{run.activities:,}"
    yield "USD a month, simulated", money(shown.monthly)
    yield "USD a month, average rule", money(shown.by_average)


def _hours(shown: "Shown") -> Iterator[tuple[str, str, str, str]]:
    run = shown.run
    for (name, spot), seconds in run.instance_seconds.items():
        yield name, "spot" if spot else "on demand", f"{seconds / 3600:,.1f}", f"{seconds / run.seconds:.2f}"
    if run.warm_seconds:
        yield "any", "warm pool, stopped", f"{run.warm_seconds / 3600:,.1f}", f"{run.average_warm:.2f}"


def _rows(series: Sequence[Moment], spent: Sequence[float], times: Times) -> Iterator[tuple[str, ...]]:
    for found, usd in zip(series, spent, strict=True):
        seconds = found.seconds or 1.0
        yield (
            f"{times.at(found.begin):%Y-%m-%d %H:%M:%S}".removesuffix(":00"),
            figure(found.arrived / seconds),
            *(f"{value:.2f}" for value in (found.desired, found.serving, found.running)),
            *(figure(value * MS) if value > 0 else NOTHING for value in (found.p50, found.p99)),
            _count(found.lost),
            f"{usd:,.2f}",
        )


def _break_even(found: WithBursts) -> dict[str, Any]:
    """Ranges of volume in which self-hosting wins, and what is said about them."""
    steady, bursts = (volume(limit.volume) if limit else NOTHING for limit in found.limits)
    limit = found.limits[1]
    return {
        "people": money(found.people) if found.people else "",
        "rows": [(row.api.name, *_ways(row, alone=not found.people)) for row in found.rows],
        "limits": (steady, bursts),
        "reason": f"With bursts, up to {volume(limit.volume)}: {limit.reason}." if limit else "",
        "words": [f"Instances of {name}: {words}." for name, words in found.words.items()],
    }


def _ways(row: BothWays, *, alone: bool) -> Iterator[str]:
    """Steady and with bursts; first with people, unless nobody is paid."""
    for people in (False,) if alone else (True, False):
        yield from map(_cell, row.break_evens(people=people))


def _cell(result: BreakEven) -> str:
    return ranges(result) or NEVER


def _count(value: float) -> str:
    """Requests: whole, but a part of one is not none."""
    return f"{value:,.0f}" if not 0 < value < 0.5 else "<1"
