"""Break-even with bursts: the average rule's estimate and the simulated one beside each other, API by API."""

from dataclasses import dataclass
from fractions import Fraction

from infra.costs.compare import BreakEven, Comparison, Offer, compare
from infra.costs.curves import Limit
from infra.costs.errors import InputError
from infra.costs.estimate import Estimate
from infra.costs.managed import ManagedApi


@dataclass(frozen=True, slots=True, kw_only=True)
class BothWays:
    """One managed API against self-hosting as the average rule plans it, and as a simulation found it."""

    api: ManagedApi
    steady: Offer
    bursts: Offer

    def break_evens(self, *, people: bool) -> tuple[BreakEven, BreakEven]:
        """Steady and with bursts, with people's cost on our side or without."""
        if people:
            return self.steady.with_people, self.bursts.with_people
        return self.steady.without_people, self.bursts.without_people


@dataclass(frozen=True, slots=True, kw_only=True)
class WithBursts:
    """Both estimates, their comparisons, and every API against both."""

    steady: Estimate
    simulated: Estimate
    compared: tuple[Comparison, Comparison]
    rows: tuple[BothWays, ...]

    @classmethod
    def of(cls, steady: Estimate, simulated: Estimate) -> "WithBursts":
        """Compare both; raises InputError unless the two differ in nothing but the simulation."""
        if steady.simulated or not simulated.simulated:
            raise InputError("break-even with bursts", "not one steady and one simulated estimate", "give one of each")
        if steady.workload != simulated.workload:
            said = "the two estimates are of different workloads"
            raise InputError("break-even with bursts", said, "price both at the same volume")
        first, second = compare(steady), compare(simulated)
        pairs = zip(first.offers, second.offers, strict=True)
        rows = tuple(BothWays(api=a.api, steady=a, bursts=b) for a, b in pairs)
        return cls(steady=steady, simulated=simulated, compared=(first, second), rows=rows)

    @property
    def people(self) -> Fraction:
        """USD a month for people, the same in both."""
        return self.compared[0].people

    @property
    def monthly(self) -> tuple[Fraction, Fraction]:
        """USD a month expected at the workload's volume, the stack alone."""
        return self.steady.monthly("expected"), self.simulated.monthly("expected")

    @property
    def limits(self) -> tuple[Limit | None, Limit | None]:
        """Where self-hosting ends."""
        return self.compared[0].infrastructure.limit, self.compared[1].infrastructure.limit

    @property
    def words(self) -> dict[str, str]:
        """Where each simulated group's instances come from, by its name."""
        return {name: use.basis for name, use in self.simulated.simulated.items()}
