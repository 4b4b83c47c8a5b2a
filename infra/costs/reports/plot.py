"""A small plot of cost over volume in plain characters."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from infra.costs.curves import Curve
from infra.costs.reports.words import money, volume

WIDTH = 58
HEIGHT = 9


@dataclass(frozen=True)
class Line:
    """One curve with the character it is drawn in and its name."""

    mark: str
    name: str
    curve: Curve


def plot(lines: Sequence[Line], up_to: Fraction, unit: str) -> list[str]:
    """Rows of text: cost upwards, volume to the right from 0 to `up_to`, a legend below. Later lines lie on top."""
    columns = [up_to * (n + 1) / WIDTH for n in range(WIDTH)]
    # A curve ends where its limit is: nothing is drawn beyond it.
    values = [[_value(line.curve, at) for at in columns] for line in lines]
    top = max((v for row in values for v in row if v is not None), default=Fraction(0)) or Fraction(1)
    grid = [[" "] * WIDTH for _ in range(HEIGHT)]
    for line, row in zip(lines, values, strict=True):
        for x, value in enumerate(row):
            if value is not None:
                y = min(int(value * HEIGHT / top), HEIGHT - 1)
                grid[HEIGHT - 1 - y][x] = line.mark
    labels = {0: money(top).split(".")[0], HEIGHT - 1: "0"}
    rows = [f"{labels.get(n, ''):>12} |{''.join(cells).rstrip()}" for n, cells in enumerate(grid)]
    right = f"{volume(up_to)} {unit}"
    rows.append(f"{'':12} +{'-' * WIDTH}")
    rows.append(f"{'':14}0{right:>{WIDTH - 1}}")
    return [*rows, *_legend(lines)]


def _legend(lines: Sequence[Line]) -> list[str]:
    """The marks with their names, on as many rows as they need; a name is never broken."""
    rows: list[str] = []
    for line in lines:
        entry = f"{line.mark} {line.name}"
        if rows and len(rows[-1]) + 3 + len(entry) <= 14 + WIDTH:
            rows[-1] += f"   {entry}"
        else:
            rows.append(f"{'':14}{entry}")
    return rows


def _value(curve: Curve, at: Fraction) -> Fraction | None:
    return None if curve.limit and at > curve.limit.volume else curve.unlimited_at(at)
