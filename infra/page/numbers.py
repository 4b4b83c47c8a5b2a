"""What the page computes with: every curve as exact fractions, equal ones once."""

from fractions import Fraction
from typing import Any

from infra.costs.curves import Curve
from infra.costs.documents import INSTANCE_USAGE, INTAKE, DocumentCost
from infra.costs.estimate import Estimate, part_of
from infra.costs.items import CASES, Case, LineItem
from infra.costs.managed import Endpoint, ManagedApi, Meter
from infra.costs.managed.meters import MOST_STEPS
from infra.costs.reports import Report
from infra.costs.reports.text import reason_line
from infra.costs.traffic import GROUP
from infra.costs.workload import Workload
from infra.page.variants import SpotVariants


class Curves:
    """The curves of a page, and lines of text: each is added once and known by its number."""

    def __init__(self, peak: Fraction) -> None:
        self.peak = peak
        self.rows: list[dict[str, Any]] = []
        self.lines: list[list[str]] = []
        self._known: dict[Curve, int] = {}

    def add(self, curve: Curve) -> int:
        """The curve's number. A limit, which only a stack has, is stated for a peak of 1: it falls as peaks rise."""
        if curve not in self._known:
            self._known[curve] = len(self.rows)
            self.rows.append(self._row(curve))
        return self._known[curve]

    def words(self, lines: list[str]) -> int:
        """The number of some lines of text, which most positions of a slider share."""
        if lines not in self.lines:
            self.lines.append(lines)
        return self.lines.index(lines)

    def _row(self, curve: Curve) -> dict[str, Any]:
        row: dict[str, Any] = {
            "zero": str(curve.at_zero),
            "starts": " ".join(str(piece.start) for piece in curve.pieces),
            "bases": " ".join(str(piece.base) for piece in curve.pieces),
            "slopes": " ".join(str(piece.slope) for piece in curve.pieces),
        }
        if curve.limit:
            row["limit"] = {"volume": str(curve.limit.volume * self.peak), "reason": curve.limit.reason}
        return row


def numbers(report: Report, variants: SpotVariants) -> dict[str, Any]:
    """Settings, curves, offers and spot positions of a report, ready for JSON; numbers are texts such as `7/3`."""
    workload = report.estimate.workload
    curves = Curves(Fraction(workload.volume.peak_to_average))
    comparison = report.comparison
    offers = [_offer(curves, offer.api, workload) for offer in (comparison.offers if comparison else ())]
    return {
        "unit": workload.volume.unit,
        "traffic": comparison is not None,
        "settings": {
            "volume": f"{workload.volume.per_month:f}",
            "peak": f"{workload.volume.peak_to_average:f}",
            "share": f"{workload.people.share * 100:f}",
            "engineers": f"{workload.people.engineers:f}",
            "salary": f"{workload.people.salary:f}",
        },
        "offers": offers,
        "endpointSteps": [str(MOST_STEPS), str(10 * MOST_STEPS)],
        "documents": _documents(report.documents) if report.documents else None,
        "own": variants.own,
        "spotOff": bool(variants.off),
        "positions": [
            _position(curves, estimate, None if percent is None else str(percent), bool(report.documents))
            for percent, estimate in zip(variants.percents, variants.estimates, strict=True)
        ],
        "curves": curves.rows,
        "lines": curves.lines,
    }


def _offer(curves: Curves, api: ManagedApi, workload: Workload) -> dict[str, Any]:
    """An API's curve, and apart from it what is charged for inference units: how many run follows the peak."""
    metered = [(m, m.endpoint) for m in api.meters if m.endpoint and m.each(workload)]
    plain = Curve.total(m.curve(workload) for m in api.meters if (m, m.endpoint) not in metered)
    return {
        "key": api.key,
        "name": api.name,
        "curve": curves.add(plain),
        "endpoints": [_endpoint(curves, meter, endpoint, workload) for meter, endpoint in metered],
    }


def _endpoint(curves: Curves, meter: Meter, endpoint: Endpoint, workload: Workload) -> dict[str, Any]:
    """Volume one inference unit answers at a peak of 1, what it is charged for in a month, and the cost of that."""
    cost = meter.cost(Curve.linear(1), free_tiers=workload.billing.free_tiers)
    return {
        "every": str(Fraction(endpoint.per_second) * workload.open_seconds / meter.each(workload)),
        "charged": str(workload.open_seconds / Fraction(endpoint.seconds_billed)),
        "cost": curves.add(cost),
    }


def _position(curves: Curves, estimate: Estimate, percent: str | None, documents: bool) -> dict[str, Any]:
    described = Report("report", "", estimate)
    parts: dict[str, list[LineItem]] = {}
    for item in estimate.items:
        if item.quantity is not None:
            parts.setdefault(part_of(item.resource), []).append(item)
    return {
        "percent": percent,
        "parts": {
            name: {
                "curves": [curves.add(_total(items, case)) for case in CASES],
                "about": ", ".join(described.describe(name)),
            }
            for name, items in parts.items()
        },
        "unpriced": curves.words([reason_line(reason) for reason in estimate.unpriced]),
        "instances": _instances(curves, estimate) if documents else None,
    }


def _total(items: list[LineItem], case: Case) -> Curve:
    return Curve.total(item.cost[case] for item in items if item.cost is not None)


def _instances(curves: Curves, estimate: Estimate) -> dict[str, Any]:
    """What instances cost and how many hours they run, in the expected case; `idle` is the price where none runs."""
    lines = [i for i in estimate.items if i.resource.type == GROUP and i.label.startswith(INSTANCE_USAGE)]
    return {
        "usd": curves.add(_total(lines, "expected")),
        "hours": curves.add(Curve.total(i.quantity.expected for i in lines if i.quantity is not None)),
        "idle": str(Fraction(lines[0].price.amount)) if lines else "0",
    }


def _documents(cost: DocumentCost) -> dict[str, Any]:
    return {
        "part": INTAKE,
        "perMonth": str(Fraction(cost.per_month)),
        "hours": str(cost.instance_hours),
        "managed": str(cost.managed),
    }
