"""What the tests of ownership share: a workload of one instance, and the scenarios beside it."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from infra.costs.tco import ScenarioKey, Tco, total_cost
from infra.costs.workload import Compare, Ownership, People, Serving, Volume, Workload
from tests.infra.costs.stacks import PREFIX, Row, fleet, priced, row

MILLION = 1_000_000
QUEUE: Row = {
    **row("aws:sqs/queue:Queue", "queue", redrivePolicy="{}"),
    "urn": f"{PREFIX}breakeven:infra:Intake$aws:sqs/queue:Queue::queue",
}
ALONE = Ownership(on_call_hours=Decimal(0), build_engineer_months=Decimal(0))


def workload(rate: int = 75, people: People | None = None, owned: Ownership = ALONE, **volume: Any) -> Workload:
    """One instance planned at its full rate, in a month of 31 days; no people unless given."""
    shape = {"hours_per_month": Decimal(744), "peak_to_average": Decimal(1), **volume}
    return Workload(
        volume=Volume(**shape),
        serving=Serving(utilisation=Decimal(1)),
        people=people or People(engineers=Decimal(0)),
        ownership=owned,
        compare=Compare(apis=("rekognition_labels",)),
        capacity=(("g4dn.xlarge", Decimal(rate)),),
    )


def cost_of(known: Workload, minimum: int = 1, maximum: int = 1, *more: Row) -> Tco:
    return total_cost(priced(*fleet("g4dn.xlarge", minimum, maximum), *more, workload=known))


def part(found: Tco, key: ScenarioKey, name: str) -> Fraction:
    """USD in the first month."""
    (one,) = [p for p in found.scenarios[key].parts if p.name == name]
    return one.monthly.at(found.volumes[0])


# One g4dn.xlarge for 744 hours, and the template's 1 GB of gp3.
INSTANCE = Fraction("391.344") + Fraction("0.08")
