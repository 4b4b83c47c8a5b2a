"""A simulation on a page: the charts are the run's series, the figures are the run's, and people can read both."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from xml.etree import ElementTree

import pytest

from infra.costs.bursts import WithBursts
from infra.costs.reports.words import money
from infra.page import traffic_page, traffic_section
from infra.page.scale import BOTTOM, LEFT, RIGHT, TOP, Scale, Times
from infra.page.series import Chart, Plotter, joined
from infra.scaling.result import Moment
from infra.scaling.traffic import Trace
from infra.simulate import Asked, Objective, Shown, simulate, simulated_group, trace_of, with_bursts
from scripts.cli.session import MODELS, Inputs
from tests.infra.page.conftest import Open
from tests.infra.page.probes import CONTRAST, spoken
from tests.infra.page.writing import stack_of

HOSTILE = "</style><script>document.title='taken'</script><img src=x>"
START = datetime(2026, 1, 5, tzinfo=UTC)
MOVE = re.compile(r"([MHVLZ])([-\d.]*) ?([-\d.]*)")


@dataclass(frozen=True)
class Page:
    html: str


@cache
def shown_of(stack: str, shape: str, volume: str, *, days: float = 1, peak: str = "3", bursts: bool = False) -> Shown:
    """A simulation of one of the project's stacks, as the verb makes it."""
    given = Inputs(volume=volume, peak=peak)
    steady, workload = given.price(stack_of(stack)), given.assumed()
    trace = trace_of(Asked(shape=shape, days=days), workload)
    group = simulated_group(stack_of(stack), workload, steady.capacity, MODELS)
    run = simulate(group.settings, trace, engine="fluid")
    shown = Shown.of(f"stack {stack}", trace, run, Objective(), steady, group)
    if not bursts:
        return shown
    found = with_bursts(shown.steady, group, trace, shown.objective)
    return replace(shown, break_even=WithBursts.of(shown.steady, found))


def overloaded() -> Shown:
    """One that loses requests and misses its objective."""
    return shown_of("small", "daily", "60_000_000", bursts=True)


def moments(*rows: tuple[float, float, float]) -> list[Moment]:
    """A minute each, of (arrived, instances, p99 seconds; 0 where nothing was answered)."""
    return [
        Moment(begin=60.0 * n, seconds=60, arrived=arrived, answered=arrived if p99 else 0, lost=0, desired=size,
               serving=size, running=size, p50=p99 / 2, p99=p99)
        for n, (arrived, size, p99) in enumerate(rows)
    ]  # fmt: skip


def plotted(series: list[Moment]) -> Plotter:
    return Plotter(series, Times(start=START, seconds=60.0 * len(series)))


def chart_of(shown: Shown, key: str) -> Chart:
    return next(chart for chart in traffic_section(shown).charts if chart.key == key)


def value_of(scale: Scale, y: float) -> float:
    """The figure that a height of the drawing stands for."""
    part = (BOTTOM - y) / (BOTTOM - TOP)
    return scale.low * (scale.high / scale.low) ** part if scale.logarithmic else part * scale.high


def drawn(chart: Chart, name: str, times: Times, ats: list[float]) -> list[float | None]:
    """What a step line shows at some times: read from its path alone."""
    path = next(mark.path for mark in chart.marks if mark.name == name)
    spans: list[tuple[float, float, float]] = []
    x = y = 0.0
    for sign, first, second in MOVE.findall(path):
        if sign == "M":
            x, y = float(first), float(second)
        elif sign == "V":
            y = float(first)
        elif sign == "H" and float(first) > x:
            spans.append((x, float(first), y))
            x = float(first)
    places = [LEFT + (RIGHT - LEFT) * at / times.seconds for at in ats]
    found = [next((y for begin, end, y in spans if begin <= place <= end), None) for place in places]
    return [None if y is None else value_of(chart.scale, y) for y in found]


def test_the_lines_show_every_moment_of_the_run() -> None:
    shown = overloaded()
    section, series = traffic_section(shown), shown.run.series
    middles = [m.begin + m.seconds / 2 for m in series]
    assert 200 < len(series) <= 500
    asked = {
        ("demand", "arrived"): [m.arrived / m.seconds for m in series],
        ("instances", "serving"): [m.serving for m in series],
        ("instances", "desired"): [m.desired for m in series],
        ("instances", "billed"): [m.running for m in series],
        ("lost", "lost"): [m.lost / m.seconds for m in series],
    }
    for (key, name), figures in asked.items():
        chart = chart_of(shown, key)
        # A tenth of the drawing's unit is what a path can say.
        exact = pytest.approx(figures, abs=chart.scale.high / (BOTTOM - TOP) / 10)
        assert drawn(chart, name, section.times, middles) == exact
    chart = chart_of(shown, "latency")
    tails = [m.p99 * 1000 if m.p99 else None for m in series]
    shown_tails = drawn(chart, "p99", section.times, middles)
    assert [value is None for value in shown_tails] == [value is None for value in tails]
    assert [v for v in shown_tails if v] == pytest.approx([v for v in tails if v], rel=0.02)


def test_the_table_holds_what_the_charts_draw() -> None:
    shown = overloaded()
    section, series = traffic_section(shown), shown.run.series
    assert len(section.moments) == len(series)
    lost = [float(row[7].replace(",", "").replace("<", "")) for row in section.moments]
    assert sum(lost) == pytest.approx(shown.run.lost_total, abs=len(series))
    assert section.moments[0][0] == f"{shown.run.start:%Y-%m-%d %H:%M}"
    assert [float(row[4]) for row in section.moments] == pytest.approx([m.running for m in series], abs=0.005)


def test_cost_so_far_ends_at_the_months_part_and_rises_with_the_instances() -> None:
    shown = shown_of("small", "daily", "2_000_000")
    rows = traffic_section(shown).moments
    so_far = [float(row[8].replace(",", "")) for row in rows]
    asked = float(shown.monthly) * shown.run.seconds / (730 * 3600)
    assert so_far[-1] == pytest.approx(asked, abs=0.005)
    assert so_far == sorted(so_far)
    rises = [b - a for a, b in zip([0.0, *so_far], so_far, strict=False)]
    most, least = (pick(shown.run.series, key=lambda m: m.running) for pick in (max, min))
    assert most.running > least.running
    at = {m.begin: rise for m, rise in zip(shown.run.series, rises, strict=True)}
    many = [at[m.begin] for m in shown.run.series if m.running == most.running]
    few = [at[m.begin] for m in shown.run.series if m.running == least.running]
    assert sum(many) / len(many) > sum(few) / len(few)


def test_the_cost_of_a_group_that_slept_is_spread_evenly() -> None:
    shown = shown_of("small", "daily", "2_000_000")
    asleep = tuple(replace(m, running=0.0) for m in shown.run.series)
    section = traffic_section(replace(shown, run=replace(shown.run, series=asleep)))
    so_far = [float(row[8].replace(",", "")) for row in section.moments]
    assert so_far[len(so_far) // 2 - 1] == pytest.approx(so_far[-1] / 2, abs=0.02)


def test_where_nothing_was_answered_the_latency_has_a_gap() -> None:
    found = plotted(moments((60, 1, 0.2), (0, 1, 0), (60, 1, 0.3))).latency(0.5)
    assert drawn(found, "p99", Times(start=START, seconds=180), [30, 90, 150]) == [
        pytest.approx(200, rel=0.01), None, pytest.approx(300, rel=0.01),
    ]  # fmt: skip
    nothing = plotted(moments((0, 1, 0), (0, 1, 0))).latency(0.5)
    assert nothing.words == "Nothing was answered."


@pytest.mark.parametrize(("worst", "asked"), [(0.6, False), (30, True)])
def test_the_latency_axis_is_logarithmic_where_the_range_asks_for_it(worst: float, asked: bool) -> None:
    found = plotted(moments((60, 1, 0.3), (60, 1, worst))).latency(0.5)
    assert found.scale.logarithmic == asked
    goal = next(mark.path for mark in found.marks if mark.name.startswith("objective"))
    (height,) = {float(y) for y in re.findall(r" ([\d.]+)", goal)}
    assert value_of(found.scale, height) == pytest.approx(500, rel=0.02)
    assert found.scale.low <= 150 <= worst * 1000 <= found.scale.high


def test_long_series_are_joined_without_losing_anything() -> None:
    series = moments(*((float(n % 7), n % 3, 0.1 + n / 10_000) for n in range(10_080)))
    found = joined(series)
    assert 400 <= len(found) <= 500
    assert sum(m.arrived for m in found) == sum(m.arrived for m in series)
    assert sum(m.seconds for m in found) == sum(m.seconds for m in series)
    assert sum(m.running * m.seconds for m in found) == pytest.approx(sum(m.running * m.seconds for m in series))
    assert max(m.p99 for m in found) == max(m.p99 for m in series)
    assert [m.begin for m in found[1:]] == [m.begin + m.seconds for m in found[:-1]]
    assert joined(series[:500]) == tuple(series[:500])


def test_the_page_is_one_file_without_a_script_and_every_picture_has_words() -> None:
    html = traffic_page(overloaded())
    assert re.findall(r"<(?:script|link|img|iframe)\b|\bsrc=|@import|url\(|https?:", html) == []
    assert 'http-equiv="Content-Security-Policy" content="default-src' in html
    pictures = re.findall(r'<svg [^>]*role="img".*?</svg>', html, re.DOTALL)
    assert len(pictures) == 5
    for picture in pictures:
        root = ElementTree.fromstring(picture)  # noqa: S314 - our own page
        title, words = root.find("title"), root.find("desc")
        assert title is not None
        assert words is not None
        assert root.get("aria-labelledby") == f"{title.get('id')} {words.get('id')}"
        assert len(words.text or "") > 20
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len({*ids})


def test_the_figures_are_those_of_the_run() -> None:
    shown = overloaded()
    run, section = shown.run, traffic_section(shown)
    figures = dict(section.figures)
    assert figures["Requests"] == f"{run.arrived:,.0f}"
    assert figures["USD a month, simulated"] == money(shown.monthly)
    assert figures["USD a month, average rule"] == money(shown.by_average)
    assert len(section.losses) == sum(1 for count in run.lost.values() if count > 0) > 0
    hours = sum(float(row[2].replace(",", "")) for row in section.hours)
    assert hours == pytest.approx(run.instance_hours(), abs=0.1 * len(section.hours))
    html = traffic_page(shown)
    assert "Objective missed" in html
    assert "Objective held" in traffic_page(shown_of("small", "daily", "2_000_000"))


def test_the_break_evens_stand_beside_each_other() -> None:
    shown = overloaded()
    found = traffic_section(shown).break_even
    assert shown.break_even
    assert found
    assert [row[0] for row in found["rows"]] == [row.api.name for row in shown.break_even.rows]
    steady, bursts = found["limits"]
    assert steady != bursts
    assert all(bursts in row[2] or row[2] == "the API wins" for row in found["rows"])
    assert "Break-even with bursts" in traffic_page(shown)
    assert "Break-even with bursts" not in traffic_page(replace(shown, break_even=None))


def test_without_a_request_there_is_a_page() -> None:
    shown = shown_of("small", "daily", "2_000_000")
    group = simulated_group(stack_of("small"), shown.priced.workload, shown.priced.capacity, MODELS)
    trace = Trace(counts=(0.0,) * 10, step_seconds=60)
    html = traffic_page(Shown.of("idle", trace, simulate(group.settings, trace), Objective(), shown.steady, group))
    assert "Nothing was answered." in html


def test_names_are_text_wherever_they_stand() -> None:
    shown = overloaded()
    html = traffic_page(replace(shown, name=HOSTILE, trace=replace(shown.trace, name=HOSTILE), notes=(HOSTILE,)))
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;img src=x&gt;" in html


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_offline_and_text_stands_out(scheme: str, opened: Open) -> None:
    found = opened(Page(traffic_page(overloaded())), color_scheme=scheme)
    page = found.page
    page.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    assert page.evaluate(CONTRAST) == []
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (max(paper) < 128) == (scheme == "dark")
    assert found.said == []
    assert [url.split("#")[0] for url in found.asked] == [found.url]


def test_lines_of_a_chart_differ_by_more_than_colour(opened: Open) -> None:
    page = opened(Page(traffic_page(overloaded()))).page
    looks = page.evaluate("""() => [...document.querySelectorAll(".series > svg")].map((svg) =>
      [...svg.querySelectorAll(".series-line, .series-area")].map((node) => {
        const style = getComputedStyle(node);
        return [style.fill === "none", style.strokeDasharray, style.strokeWidth].join("|");
      }))""")
    assert len(looks) == 5
    assert all(len({*chart}) == len(chart) for chart in looks)


def test_pictures_and_regions_have_names(opened: Open) -> None:
    found = opened(Page(traffic_page(overloaded())))
    found.page.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    names = spoken(found.context, found.page)
    assert [role for role, name in names if not name] == []
    pictures = [name for role, name in names if role in {"image", "img"}]
    assert [name.split(" over time")[0] for name in pictures] == [
        "Demand", "Instances", "Latency", "Lost", "Cost so far",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [1280, 375])
def test_nothing_runs_out_of_the_window(width: int, opened: Open) -> None:
    page = opened(Page(traffic_page(overloaded())), viewport={"width": width, "height": 800}).page
    page.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_on_paper_the_charts_are_there_and_light(opened: Open) -> None:
    page = opened(Page(traffic_page(overloaded())), color_scheme="dark").page
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(CONTRAST) == []
    assert all(chart.is_visible() for chart in page.locator(".series > svg").all())
    assert not page.locator("details.moments").is_visible()
