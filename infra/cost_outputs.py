"""What the stack costs, as outputs of the stack itself: computed from the resources that the program registers."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pulumi

from infra.costs.capacity import ModelCapacity
from infra.costs.compare import BreakEven, Comparison, compare
from infra.costs.estimate import CURRENCY, Estimate, estimate
from infra.costs.items import CASES
from infra.costs.readers import stack_from_rows
from infra.costs.reports.report import verdict
from infra.costs.reports.words import decimal_of, exact
from infra.costs.workload import Workload
from infra.ledger import Ledger
from infra.record_monitor import Row
from infra.settings import MODELS

ROOT: Final = Path(__file__).resolve().parents[1]
MILLION: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class RunningCost:
    """What the resources that a ledger has heard of cost."""

    ledger: Ledger
    workload: Workload
    capacity: ModelCapacity
    region: str

    @classmethod
    def start(cls, model: str, region: str, ledger: Ledger) -> "RunningCost":
        """Read the assumptions; raises InputError for a file that cannot be used."""
        stated = ROOT / "workload.toml"
        workload = Workload.read(stated) if stated.is_file() else Workload()
        name = workload.serving.model or model
        capacity = ModelCapacity.read(MODELS / name / "capacity.toml")
        return cls(ledger=ledger, workload=workload, capacity=capacity, region=region)

    def outputs(self) -> dict[str, pulumi.Output[Any]]:
        """The figures by the name of their output; call it after the last resource."""
        priced = self.ledger.rows().apply(self._price)
        return {name: priced[name] for name in ("costPerMonth", "costPerMillionRequests", "breakEven", "notPriced")}

    def _price(self, rows: tuple[Row, ...]) -> dict[str, Any]:
        stack = stack_from_rows(rows, pulumi.get_stack(), "the program", self.region)
        priced = estimate(stack, workload=self.workload, capacity=self.capacity)
        return summary(priced, compare(priced))


def summary(priced: Estimate, comparison: Comparison) -> dict[str, Any]:
    """An estimate in a few figures; USD as text with cents, volumes exact in units a month."""
    monthly = {case: _cents(priced.monthly(case)) for case in CASES}
    return {
        "costPerMonth": {**monthly, "currency": CURRENCY},
        "costPerMillionRequests": _per_million_requests(priced),
        "breakEven": {
            offer.api.key: {
                "withPeople": _break_even(offer.with_people),
                "stackAlone": _break_even(offer.without_people),
            }
            for offer in comparison.offers
        },
        "notPriced": sorted(reason.resource.name for reason in priced.unpriced),
    }


def _per_million_requests(priced: Estimate) -> str:
    """The stack alone, in the expected case; empty where no request comes."""
    requests = Fraction(priced.volume) / Fraction(priced.workload.request.units)
    return _cents(priced.monthly("expected") * MILLION / requests) if requests else ""


def _break_even(result: BreakEven) -> dict[str, Any]:
    return {"volumes": [exact(volume) for volume in result.volumes], "verdict": verdict(result)}


def _cents(value: Fraction) -> str:
    return str(decimal_of(value, 2))
