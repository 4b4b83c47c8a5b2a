"""What a fluid run adds up as it goes: latencies by cell, and the series."""

from infra.scaling.fluid.service import Cell
from infra.scaling.latency import Latencies
from infra.scaling.result import Moment


class Tally:
    """Latencies of a whole run. What did not wait is kept as a weight of its cell, and spread out at the end only."""

    def __init__(self) -> None:
        self._cells: dict[Cell, float] = {}
        self._waited = Latencies()

    def add(self, cell: Cell, weight: float, wait: float, limit: float) -> float:
        """So many answers at a cell's latencies, each later by `wait` seconds; returns those that came within `limit`.

        The others are not counted.
        """
        if cell.most + wait <= limit and wait <= 0:
            self._cells[cell] = self._cells.get(cell, 0.0) + weight
            return weight
        counted = 0.0
        for seconds, share in cell.latencies.points():
            if seconds + wait <= limit:
                self._waited.add(seconds + wait, share * weight)
                counted += share * weight
        return counted

    def latencies(self) -> Latencies:
        """All of them."""
        found = Latencies()
        found.add_all(self._waited)
        for cell, weight in self._cells.items():
            found.add_all(cell.latencies, weight / cell.latencies.total)
        return found


class Window:
    """A step of the series while it is under way."""

    __slots__ = ("answered", "arrived", "begin", "desired", "lost", "p50", "p99", "running", "seconds", "serving")

    def __init__(self, begin: float) -> None:
        self.begin = begin
        self.seconds = self.arrived = self.answered = self.lost = 0.0
        self.desired = self.serving = self.running = self.p50 = self.p99 = 0.0

    def sizes(self, seconds: float, desired: int, serving: int, running: int) -> None:
        """How many instances there were for so long."""
        self.seconds += seconds
        self.desired += desired * seconds
        self.serving += serving * seconds
        self.running += running * seconds

    def latency(self, answered: float, p50: float, p99: float) -> None:
        """The quantiles of so many answers."""
        self.p50 += p50 * answered
        self.p99 = max(self.p99, p99)

    def moment(self) -> Moment:
        """The step as it went; p99 is that of its worst moment."""
        seconds = self.seconds or 1.0
        return Moment(
            begin=self.begin,
            seconds=self.seconds,
            arrived=self.arrived,
            answered=self.answered,
            lost=self.lost,
            desired=self.desired / seconds,
            serving=self.serving / seconds,
            running=self.running / seconds,
            p50=self.p50 / self.answered if self.answered else 0.0,
            p99=self.p99,
        )
