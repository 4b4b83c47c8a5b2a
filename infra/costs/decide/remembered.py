"""An estimate that is priced again quickly: what another situation leaves as it is, is priced and added up once."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any, Final, TypeVar

from infra.costs.curves import Curve
from infra.costs.estimate import Estimate
from infra.costs.items import Case, Outcome
from infra.costs.simulated import SimulatedUse
from infra.costs.stack import Stack
from infra.costs.traffic import GROUP
from infra.costs.whatif import DISTRIBUTION, MIXED, ON_DEMAND
from infra.costs.workload import Compare, Ownership, People, Serving, Volume, Workload

MOST_REMEMBERED: Final = 2_000
T = TypeVar("T")


@dataclass(kw_only=True)
class Steady:
    """What of a stack's bill is the same for all shapes of the volume and sizes of its groups, and its sum."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    sums: dict[Case, tuple[frozenset[int], Curve]] = field(default_factory=dict)

    def sum(self, case: Case) -> tuple[frozenset[int], Curve]:
        """The lines, by their ids (they live as long as this), and USD a month of them all."""
        if case not in self.sums:
            items = [item for outcome in self.outcomes.values() for item in outcome.items]
            costs = (item.cost_in(case) for item in items)
            total = Curve.total(cost for cost in costs if cost is not None)
            self.sums[case] = (frozenset(id(item) for item in items), total)
        return self.sums[case]


@dataclass(kw_only=True)
class Memory:
    """What estimates of one stack share. It forgets everything when it holds too much."""

    priced: dict[Hashable, Estimate] = field(default_factory=dict)
    steady: dict[Workload, Steady] = field(default_factory=dict)
    derived: dict[Hashable, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Remembered(Estimate):
    """An estimate with a memory: people, ownership and the volume itself change no line of a stack."""

    memory: Memory = field(default_factory=Memory, compare=False, repr=False)

    def again(
        self,
        *,
        stack: Stack | None = None,
        workload: Workload | None = None,
        planned_part: Fraction | None = None,
        steady: dict[str, Outcome] | None = None,
        simulated: Mapping[str, SimulatedUse] | None = None,
    ) -> "Remembered":
        """As Estimate.again; what was priced before is taken from memory, but with another simulation."""
        if simulated is not None:
            found = super().again(stack=stack, workload=workload, planned_part=planned_part, simulated=simulated)
            return remembering(found)
        wanted = workload or self.workload
        known = self.memory.priced
        key = (_shape(stack or self.stack), priced_part(wanted), planned_part)
        if key not in known:
            if len(known) >= MOST_REMEMBERED:
                known.clear()
            kept = self._steady(wanted).outcomes if steady is None else steady
            known[key] = super().again(stack=stack, workload=wanted, planned_part=planned_part, steady=kept)
        return replace(remembering(known[key], self.memory), workload=wanted)

    def curve(self, case: Case) -> Curve:
        """As Estimate.curve."""
        return self.derived(case, lambda: self._curve(case))

    def derived(self, key: Hashable, make: Callable[[], T]) -> T:
        """As Estimate.derived; made once for the same lines."""
        known = self.memory.derived
        whole = (id(self.items), key)
        if whole not in known:
            if len(known) >= MOST_REMEMBERED:
                known.clear()
            # The items are kept beside it: while they live, no other tuple has their id.
            known[whole] = (make(), self.items)
        found: T = known[whole][0]
        return found

    def _curve(self, case: Case) -> Curve:
        ids, steady = self._steady(self.workload).sum(case)
        if not ids <= {id(item) for item in self.items}:
            return super().curve(case)
        costs = (item.cost_in(case) for item in self.items if id(item) not in ids)
        return Curve.total((steady, *(cost for cost in costs if cost is not None)))

    def _steady(self, workload: Workload) -> Steady:
        return self.memory.steady.setdefault(steady_part(workload), Steady())


def remembering(estimate: Estimate, memory: Memory | None = None) -> Remembered:
    """The same estimate, with a memory: a new one, or one that it shares."""
    known = {f.name: getattr(estimate, f.name) for f in fields(Estimate)}
    return Remembered(**known, memory=memory or Memory())


def priced_part(workload: Workload) -> Workload:
    """The workload without what changes no line of a stack: equal for situations that cost a stack the same."""
    volume = replace(workload.volume, per_month=Volume().per_month)
    return replace(workload, volume=volume, people=People(), ownership=Ownership(), compare=Compare(), source="")


def steady_part(workload: Workload) -> Workload:
    """The priced part without what only the groups' sizes follow."""
    volume = replace(Volume(), hours_per_month=workload.volume.hours_per_month)
    serving = replace(workload.serving, utilisation=Serving().utilisation)
    return replace(priced_part(workload), volume=volume, serving=serving, capacity=())


def _shape(stack: Stack) -> tuple[Any, ...]:
    """What of a stack the what-ifs change: the sizes and the purchase of its groups."""
    return tuple(
        (
            group.urn,
            str(group.inputs.get("minSize")),
            str(group.inputs.object(MIXED).object(DISTRIBUTION).get(ON_DEMAND)),
        )
        for group in stack.of_type(GROUP)
    )
