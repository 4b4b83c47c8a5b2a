"""A run's series as charts: what is drawn of each figure, and the same in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Final

from infra.page.scale import BOTTOM, Scale, Times, figure, linear, logarithmic, moment
from infra.scaling.result import Moment

MOST_MOMENTS: Final = 500
"""Moments that are drawn as they are; of more, neighbours are joined."""
WIDE_RANGE: Final = 12
"""The largest latency over the smallest, from which on the axis is logarithmic."""
MS: Final = 1000


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One line, area or level of a chart: its look, its path and its name."""

    look: str
    path: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One figure over time."""

    key: str
    title: str
    unit: str
    words: str
    scale: Scale
    marks: tuple[Mark, ...]


def joined(series: Sequence[Moment], most: int = MOST_MOMENTS) -> tuple[Moment, ...]:
    """The series itself, or neighbours as one where there are more: sums, averages, the highest p99."""
    size = -(-len(series) // most) if len(series) > most else 1
    return tuple(_one(series[at : at + size]) for at in range(0, len(series), size)) if size > 1 else tuple(series)


def _one(found: Sequence[Moment]) -> Moment:
    seconds = sum(m.seconds for m in found)
    answered = sum(m.answered for m in found)

    def average(of: Callable[[Moment], float]) -> float:
        return sum(of(m) * m.seconds for m in found) / seconds if seconds else 0.0

    return Moment(
        begin=found[0].begin,
        seconds=seconds,
        arrived=sum(m.arrived for m in found),
        answered=answered,
        lost=sum(m.lost for m in found),
        desired=average(lambda m: m.desired),
        serving=average(lambda m: m.serving),
        running=average(lambda m: m.running),
        p50=sum(m.p50 * m.answered for m in found) / answered if answered else 0.0,
        p99=max(m.p99 for m in found),
    )


class Plotter:
    """Draws the figures of one series over the same time."""

    def __init__(self, series: Sequence[Moment], times: Times) -> None:
        self.series, self.times = series, times

    def demand(self) -> Chart:
        """Requests a second as they came."""
        rates = [_rate(m.arrived, m) for m in self.series]
        scale = linear(max(rates, default=0))
        total, seconds = sum(m.arrived for m in self.series), sum(m.seconds for m in self.series)
        average = total / seconds if seconds else 0.0
        words = f"{figure(average)} on average, {self._highest(rates)}."
        marks = (self._area("demand", rates, scale, "arrived"),)
        return Chart(key="demand", title="Demand", unit="requests/s", words=words, scale=scale, marks=marks)

    def instances(self) -> Chart:
        """Desired, serving and billed."""
        billed, serving = [m.running for m in self.series], [m.serving for m in self.series]
        desired = [m.desired for m in self.series]
        scale = linear(max((*billed, *serving, *desired), default=0), whole=True)
        words = f"Billed: {self._highest(billed)}. Serving: {self._lowest(serving)}."
        marks = (
            self._area("billed", billed, scale, "billed"),
            Mark(look="series-line desired", path=self._steps(desired, scale), name="desired"),
            Mark(look="series-line serving", path=self._steps(serving, scale), name="serving"),
        )
        return Chart(
            key="instances", title="Instances", unit="average of a step", words=words, scale=scale, marks=marks
        )

    def latency(self, objective: float) -> Chart:
        """p50 and p99 in ms, with gaps where nothing was answered, and the objective (in seconds) as a level."""
        halves = [m.p50 * MS if m.p50 > 0 else None for m in self.series]
        tails = [m.p99 * MS if m.p99 > 0 else None for m in self.series]
        known = [value for value in (*halves, *tails) if value is not None]
        level = objective * MS
        low, high = min((*known, level)), max((*known, level))
        scale = logarithmic(low, high) if high / low >= WIDE_RANGE else linear(high)
        most = [value or 0.0 for value in tails]
        words = (
            f"p99: {self._highest(most)}, that of the worst moment in each step." if known else "Nothing was answered."
        )
        marks = (
            Mark(look="series-line tail", path=self._steps(tails, scale), name="p99"),
            Mark(look="series-line half", path=self._steps(halves, scale), name="p50"),
            Mark(look="series-line goal", path=self._level(level, scale), name=f"objective, {level:,.6g} ms"),
        )
        unit = "ms, logarithmic" if scale.logarithmic else "ms"
        return Chart(key="latency", title="Latency", unit=unit, words=words, scale=scale, marks=marks)

    def lost(self) -> Chart:
        """Requests lost a second."""
        rates = [_rate(m.lost, m) for m in self.series]
        scale = linear(max(rates, default=0))
        count = sum(1 for rate in rates if rate > 0)
        words = f"In {count:,} of {len(rates):,} steps; {self._highest(rates)}." if count else "None."
        marks = (self._area("losses", rates, scale, "lost"),) if count else ()
        return Chart(key="lost", title="Lost", unit="requests/s", words=words, scale=scale, marks=marks)

    def cost(self, spent: Sequence[float], by_average: float) -> Chart:
        """USD so far at the end of each moment, beside what the average rule says for the whole of the time."""
        scale = linear(max((*spent, by_average), default=0))
        ends = [(m.begin + m.seconds, usd) for m, usd in zip(self.series, spent, strict=True)]
        last = spent[-1] if spent else 0.0
        marks = (
            Mark(look="series-line average", path=self._line([(0, 0), (self.times.seconds, by_average)], scale),
                 name="average rule"),
            Mark(look="series-line spent", path=self._line([(0, 0), *ends], scale), name="simulated"),
        )  # fmt: skip
        words = f"{last:,.2f} by the end; {by_average:,.2f} by the average rule."
        return Chart(key="cost", title="Cost so far", unit="USD", words=words, scale=scale, marks=marks)

    def _area(self, look: str, values: Sequence[float], scale: Scale, name: str) -> Mark:
        """The surface under steps, down to the axis."""
        path = self._steps(values, scale)
        if path:
            path = f"{path}V{BOTTOM}H{self.times.x(self.series[0].begin)}Z"
        return Mark(look=f"series-area {look}", path=path, name=name)

    def _steps(self, values: Sequence[float | None], scale: Scale) -> str:
        """A value for the whole of each moment, with a gap where there is none."""
        parts, drawn, height = [], False, ""
        for found, value in zip(self.series, values, strict=True):
            if value is None:
                drawn = False
                continue
            new = scale.y(value)
            if not drawn:
                parts.append(f"M{self.times.x(found.begin)} {new}")
            elif new == height:
                parts.pop()
            else:
                parts.append(f"V{new}")
            parts.append(f"H{self.times.x(found.begin + found.seconds)}")
            drawn, height = True, new
        return "".join(parts)

    def _line(self, points: Sequence[tuple[float, float]], scale: Scale) -> str:
        return "M" + "L".join(f"{self.times.x(at)} {scale.y(value)}" for at, value in points)

    def _level(self, value: float, scale: Scale) -> str:
        return self._line([(0, value), (self.times.seconds, value)], scale)

    def _highest(self, values: Sequence[float]) -> str:
        top = max(values, default=0.0)
        return f"{figure(top)} at most{self._when(values, top)}"

    def _lowest(self, values: Sequence[float]) -> str:
        least = min(values, default=0.0)
        return f"{figure(least)} at least{self._when(values, least)}"

    def _when(self, values: Sequence[float], value: float) -> str:
        """The first moment of a value, unless it is that of all."""
        if not values or all(isclose(one, value, rel_tol=1e-6, abs_tol=1e-9) for one in values):
            return ""
        at = next(m.begin for m, one in zip(self.series, values, strict=True) if one == value)
        return f" ({moment(self.times.at(at))})"


def _rate(count: float, found: Moment) -> float:
    return count / found.seconds if found.seconds else 0.0
