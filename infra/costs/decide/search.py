"""Flips of assumptions that change the stacks themselves: priced again, first where the allowed range ends.

That tells whether anything changes at all; between, the values at which an instance more is needed or capacity ends are
tried, which are exact, and only inside them the rest is halved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Final

from infra.costs.decide.answer import Flip
from infra.costs.decide.board import Board
from infra.costs.decide.choice import Choice, allowed, choose
from infra.costs.decide.options import Option, amounts
from infra.costs.decide.varied import Assumption, Varied, flip, no_flip
from infra.costs.tco.scenarios import API, STACK
from infra.costs.tco.total import volumes_of

HALVINGS: Final = 3
CHEAP_HALVINGS: Final = 12
NUDGE: Final = Fraction(1, 10**9)
GROWTH: Final = "growth_per_month"
PEAK: Final = "peak_to_average"
RATE: Final = "rate_factor"
UTILISATION: Final = "utilisation"
SPOT: Final = "spot_share"
SEARCHED: Final = (
    Assumption(key=GROWTH, unit="a month", low=Fraction(0), high=Fraction(1, 5)),
    Assumption(key=PEAK, unit="times the average", low=Fraction(1), high=Fraction(100), for_hosting=False),
    Assumption(key=RATE, unit="times the rate", low=Fraction(1, 10), high=Fraction(10), for_hosting=True),
    Assumption(key=UTILISATION, unit="of the rate", low=Fraction(1, 10), high=Fraction(1), for_hosting=True),
    Assumption(
        key=SPOT,
        unit="above the on-demand base",
        low=Fraction(0),
        high=Fraction(1),
        for_hosting=True,
        step=Fraction(1, 100),
    ),
)
"""Those that change the stacks, and growth, which changes the volumes."""


def searched(varied: Varied, one: Assumption) -> Flip:
    """The flip of one of them, the nearer of both directions."""
    now = varied.now(one.key)
    if one.key == PEAK and any(o.api and any(m.endpoint for m in o.api.meters) for o in varied.board.open):
        # Inference units of an API follow the peak as instances do.
        one = replace(one, for_hosting=None)
    found = []
    for end in (end for end in (one.low, one.high) if end != now and _promising(varied, one, end)):
        options = _that_matter(varied, one)
        probe = _Probe(varied=varied, one=one, options=options, champion=varied.choice.host)
        if options and not probe.stays(end):
            if varied.choice.side != "host" and one.for_hosting is not None:
                # What does not win at the best value wins at none before it.
                probe.options = _winning(varied.again(one.key, end, options), options)
            found.append(_between(probe, end))
    return min(found, key=lambda f: f.change or 0) if found else no_flip(varied, one)


def _promising(varied: Varied, one: Assumption, end: Fraction) -> bool:
    """Whether going that way can change the side: what speaks for hosting cannot make hosting lose."""
    if one.for_hosting is None:
        return True
    more = end > varied.now(one.key)
    return (more == one.for_hosting) == (varied.choice.side != "host")


def _that_matter(varied: Varied, one: Assumption) -> tuple[Option, ...]:
    """Options that can be chosen at some value on the way.

    Where hosting gets dearer: hosts that win now. Where it gets cheaper: those that cost less than the API without what
    a stack costs above its least.
    """
    options, api = varied.board.open, varied.choice.api
    if one.for_hosting is None:
        return options
    if varied.choice.side == "host":
        return _winning(varied.board, options)
    if api is None or varied.choice.rule == "within-budget":
        return options
    bar = amounts(api, varied.board.volumes).total or Fraction(0)
    hosts = [o for o in options if o.side == "host" and _floor(varied, one, o) < bar]
    return (*(o for o in options if o.side == "api"), *hosts) if hosts else ()


def _winning(board: Board, options: Sequence[Option]) -> tuple[Option, ...]:
    """Of options that a board holds as its open ones: the APIs, and the hosts that no API beats there.

    Fallbacks stay: what they send to the API may rise with every instance less, and fall with the next.
    """
    costs = [amounts(o, board.volumes) for o in board.open]
    sure = [c.total for o, c in zip(board.open, costs, strict=True) if o.side == "api" and allowed(c, board.situation)]
    bar = min((total for total in sure if total is not None), default=None)
    kept = []
    for option, cost in zip(options, costs, strict=True):
        beaten = not allowed(cost, board.situation) or (
            bar is not None and cost.total is not None and cost.total >= bar
        )
        if option.side == "api" or option.key == "fallback" or not beaten:
            kept.append(option)
    return tuple(kept)


def _floor(varied: Varied, one: Assumption, option: Option) -> Fraction:
    """USD over all months that an option costs at the least: with one instance, or for another purchase with none."""
    months = len(varied.board.volumes)
    fixed = Fraction(0)
    for part in option.scenario.parts:
        if part.name not in (STACK, API) or (part.name == STACK and one.key != SPOT):
            fixed += part.monthly.at_zero
    return option.scenario.paid_once + fixed * months


@dataclass(kw_only=True)
class _Probe:
    """Asks for the side at values of one assumption. `champion` is the host that won last."""

    varied: Varied
    one: Assumption
    options: Sequence[Option]
    champion: Option | None

    def choice(self, value: Fraction, options: Sequence[Option] | None = None) -> Choice:
        """What is chosen at a value, among all options or some."""
        among = self.options if options is None else options
        if self.one.key != GROWTH:
            return self.varied.choice_at(self.one.key, value, among)
        # No line of a stack depends on it: the same options at other volumes.
        board, situation = self.varied.board, self.varied.at(self.one.key, value)
        owned = replace(board.workload.ownership, growth_per_month=situation.growth_per_month)
        volumes = volumes_of(replace(board.workload, ownership=owned))
        return choose(situation, among, [amounts(option, volumes) for option in among])

    def stays(self, value: Fraction) -> bool:
        """Whether the side is the same at a value.

        One host that beats every API settles that hosting wins, whatever others cost: the last winner is asked first.
        """
        here = self.varied.choice.side
        few = [o for o in self.options if o.side == "api" or o is self.champion]
        if self.champion and len(few) < len(self.options) and self.choice(value, few).side == "host":
            return here == "host"
        found = self.choice(value)
        if found.host is not None:
            name, key = found.host.name, found.host.key
            self.champion = next((o for o in self.options if (o.name, o.key) == (name, key)), self.champion)
        return found.side == here


def _between(probe: _Probe, end: Fraction) -> Flip:
    """Between now and a value with another answer: exact at the steps of instances and capacity, else halved."""
    varied, one = probe.varied, probe.one
    same, other = varied.now(one.key), end
    hints = sorted(set(_hints(varied, one, end, probe.options)), reverse=end < same)
    outward = 1 if end > same else -1
    while hints:
        half = len(hints) // 2
        if probe.stays(hints[half] * (1 + outward * NUDGE)):
            same, hints = hints[half], hints[half + 1 :]
        else:
            other, hints = hints[half], hints[:half]
    if other != end and probe.stays(other * (1 - outward * NUDGE)):
        return flip(varied, one, other, probe.choice(other * (1 + outward * NUDGE)))
    for _ in range(CHEAP_HALVINGS if one.key == GROWTH else HALVINGS):
        middle = _middle(one, same, other)
        if middle in (same, other):
            break
        same, other = (middle, other) if probe.stays(middle) else (same, middle)
    return flip(varied, one, other, probe.choice(other), abs(other - same))


def _middle(one: Assumption, same: Fraction, other: Fraction) -> Fraction:
    middle = (same + other) / 2
    if one.step is None:
        return middle
    return (floor(middle / one.step) if other > same else ceil(middle / one.step)) * one.step


def _hints(varied: Varied, one: Assumption, end: Fraction, options: Sequence[Option]) -> Iterator[Fraction]:
    """Values at which a group needs another instance, or its capacity ends."""
    now, volumes = varied.now(one.key), varied.board.volumes
    for option in options:
        values: list[Fraction] = []
        limit = option.scenario.limit
        if limit and max(volumes):
            ratio = limit.volume / max(volumes)
            values += [now * ratio] if one.key == PEAK else [now / ratio] if one.key == RATE else []
        if option.estimate and one.key in (RATE, UTILISATION):
            starts = [p.start for group in option.estimate.groups for p in group.instances.pieces if p.start]
            values += [now * volumes[-1] / start for start in starts]
        yield from (value for value in values if min(now, end) < value < max(now, end))
