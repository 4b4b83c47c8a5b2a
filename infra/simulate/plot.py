"""Series over time in plain characters: columns of eighths, one row of them for each figure."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from infra.scaling.result import Moment

WIDTH = 46
"""Columns; what stands on both sides of them fits into 80, up to a million requests a second."""
BLOCKS = " ▁▂▃▄▅▆▇█"
Figure = Callable[[Moment], float]

FIGURES: tuple[tuple[str, str, Figure, Callable[[Sequence[float]], float]], ...] = (
    ("demand", "requests/s", lambda m: m.arrived / (m.seconds or 1), max),
    ("instances", "billed", lambda m: m.running, max),
    ("p99", "ms", lambda m: m.p99 * 1000, max),
    ("lost", "requests", lambda m: m.lost, sum),
)


def series_plot(series: Sequence[Moment], length: str) -> list[str]:
    """A line for each figure over the run, its largest value at the end; a column stands for many steps."""
    rows = []
    for name, unit, figure, join in FIGURES:
        values = _columns([figure(moment) for moment in series], join)
        top = max(values, default=0.0)
        marks = "".join(_mark(value, top) for value in values)
        most = f"{top:,.0f}" if top >= 10 else f"{top:.3g}"
        rows.append(f"{name:<10}|{marks:<{WIDTH}}| up to {most} {unit}")
    rows.append(f"{'':<10}0{length:>{WIDTH}}")
    return rows


def _columns(values: Sequence[float], join: Callable[[Sequence[float]], float]) -> list[float]:
    count = min(WIDTH, len(values))
    edges = [len(values) * n // count for n in range(count + 1)] if count else []
    return [join(values[a:b]) for a, b in pairwise(edges)]


def _mark(value: float, top: float) -> str:
    if value <= 0 or top <= 0:
        return " "
    return BLOCKS[max(1, min(round(value / top * (len(BLOCKS) - 1)), len(BLOCKS) - 1))]
