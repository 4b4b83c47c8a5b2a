"""Instances of a group as a simulation found them, over the monthly volume: in place of the average rule."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from infra.costs.curves import Curve, Piece
from infra.costs.errors import InputError
from infra.costs.names import nearest
from infra.costs.stack import Resource, Stack

Amount = int | float | Decimal | Fraction


class UsePoint(NamedTuple):
    """What a simulated month of `volume` units took: instances on average over all its hours, closed ones too.

    `warm` waited in the warm pool; they are in neither of the other two.
    """

    volume: Fraction
    on_demand: Fraction
    spot: Fraction = Fraction(0)
    warm: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedUse:
    """Average instances of one group over the whole month (closed hours in it), as curves of monthly volume.

    `words` say where they come from, in the estimate's own lines.
    """

    on_demand: Curve
    spot: Curve
    warm: Curve
    words: str

    @property
    def running(self) -> Curve:
        """On demand and spot together."""
        return self.on_demand + self.spot

    @property
    def basis(self) -> str:
        """Where the number of instances comes from, in words."""
        return f"simulated, {self.words}" if self.words else "simulated"

    @classmethod
    def through(
        cls, points: Iterable[tuple[Amount, Amount, Amount, Amount]], words: str, *, limit_reason: str = ""
    ) -> "SimulatedUse":
        """Straight lines between points (as UsePoint) of rising volume; below the first what that one took.

        With `limit_reason` the curves end at the last volume (requests were lost above it); the bill of more is then
        that of the last point. Without, the last line goes on where it rises, and what falls stays as it is.
        A float counts as the decimal it prints as: 0.1 is 1/10, the figure a reader sees, not the fraction beside it.
        Raises InputError for no points, volumes that do not rise, and numbers below 0 or that are none.
        """
        rows = [UsePoint(*(_exact(amount, words) for amount in point)) for point in points]
        if not rows:
            raise InputError(_thing(words), "no point", "give a volume and its instances at the least")
        for before, after in pairwise(rows):
            if after.volume <= before.volume:
                said = f"a volume of {float(after.volume):g} comes after {float(before.volume):g}"
                raise InputError(_thing(words), said, "give each volume once, in rising order")

        def curve(name: str) -> Curve:
            found = joined([(row.volume, getattr(row, name)) for row in rows], goes_on=not limit_reason)
            return found.limited(rows[-1].volume, limit_reason) if limit_reason else found

        return cls(on_demand=curve("on_demand"), spot=curve("spot"), warm=curve("warm"), words=words)


def joined(points: Sequence[tuple[Fraction, Fraction]], *, goes_on: bool) -> Curve:
    """Straight lines through (volume, value), volumes rising: flat before the first, and flat after the last.

    With `goes_on` the last line rises on after it.
    """
    first, level = points[0]
    pieces = [Piece(Fraction(0), level, Fraction(0))] if first else []
    for (start, value), (end, other) in pairwise(points):
        slope = (other - value) / (end - start)
        pieces.append(Piece(start, value - slope * start, slope))
    last, ending = points[-1]
    if not pieces or not (goes_on and pieces[-1].slope >= 0):
        pieces.append(Piece(last, ending, Fraction(0)))
    return Curve.total([Curve(level, tuple(pieces))])


def checked(simulated: Mapping[str, SimulatedUse], groups: Sequence[Resource]) -> Mapping[str, SimulatedUse]:
    """The same, where each name is one group's; raises InputError otherwise."""
    names = [group.name for group in groups]
    for name in simulated:
        if name not in names:
            known = f"its groups are {', '.join(names)}" if names else "it has no autoscaling group"
            raise InputError(f"simulated group {name}", f"not in the stack{nearest(name, names)}", known)
        if names.count(name) > 1:
            raise InputError(f"simulated group {name}", "several groups have this name", "give them different names")
    return simulated


def still_true(
    simulated: Mapping[str, SimulatedUse], before: Stack, after: Stack, group_type: str
) -> Mapping[str, SimulatedUse]:
    """What is still true of another stack: the simulation of a group with another size or purchase is not."""
    if after is before or not simulated:
        return simulated
    old, new = ({group.name: group.inputs for group in stack.of_type(group_type)} for stack in (before, after))
    return {name: use for name, use in simulated.items() if name in new and _alike(old[name], new[name])}


def _alike(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return one is other or dict(one) == dict(other)


def _exact(amount: Amount, words: str) -> Fraction:
    try:
        found = Fraction(str(amount)) if isinstance(amount, float) else Fraction(amount)
    except (ValueError, OverflowError):
        raise InputError(_thing(words), f"{amount} is not a number", "give a finite number") from None
    if found < 0:
        raise InputError(_thing(words), f"{amount} is below 0", "give volumes and instances of 0 or more")
    return found


def _thing(words: str) -> str:
    return f"simulated use ({words})" if words else "simulated use"
