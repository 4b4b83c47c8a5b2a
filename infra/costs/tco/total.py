"""Total cost of ownership from an estimate: the scenarios, and the volume of each month."""

from fractions import Fraction
from math import ceil

from infra.costs.errors import InputError
from infra.costs.estimate import Estimate
from infra.costs.managed import ManagedApi, offers_for
from infra.costs.tco import scenarios
from infra.costs.tco.types import Tco
from infra.costs.workload import Workload


def total_cost(estimate: Estimate, api: ManagedApi | None = None) -> Tco:
    """Every scenario over the months of the workload, beside an API (None: the cheapest offer at the volume).

    Raises InputError where the workload does not speak for the stack, where no API answers its unit, and where nobody
    ever calls.
    """
    workload = estimate.workload
    if not estimate.uses_traffic:
        name = estimate.stack.name or "stack"
        raise InputError(name, "no traffic is known for it", "give --workload FILE, which then speaks for its groups")
    if workload.ownership.idle_share == 1:
        raise InputError(f"{workload.source} [ownership] idle_share", "1: nobody ever calls", "give less than 1")
    chosen = api or _cheapest(workload)
    shaped = scenarios.awake(workload)
    ours = estimate if shaped is workload else estimate.again(workload=shaped)
    ways = (
        scenarios.from_api(shaped, chosen),
        scenarios.self_hosted(ours),
        scenarios.with_fallback(ours, chosen),
        scenarios.to_zero(ours),
    )
    return Tco(workload=workload, api=chosen, scenarios={way.key: way for way in ways}, volumes=volumes_of(workload))


def volumes_of(workload: Workload) -> tuple[Fraction, ...]:
    """Units of each month: volume.per_month x (1 + ownership.growth_per_month)^month, rounded up to whole ones."""
    growth = 1 + Fraction(workload.ownership.growth_per_month)
    first = Fraction(workload.volume.per_month)
    return tuple(Fraction(ceil(first * growth**month)) for month in range(int(workload.ownership.months)))


def _cheapest(workload: Workload) -> ManagedApi:
    offers = offers_for(workload)
    if not offers:
        thing = f"{workload.source} [volume] unit"
        raise InputError(thing, f"no managed API answers {workload.volume.unit!r}", "name one in [compare] apis")
    return min(offers, key=lambda offer: offer.curve(workload).at(workload.volume.per_month))
