"""An answer for programs: stable keys, every number a string; docs/compare.md describes it."""

from typing import Any

from infra.choose.report import choices, more_than_best
from infra.choose.types import Answer, Found
from infra.costs.items import CASES
from infra.costs.reports.words import exact

KEYS = ("instance_type", "purchase", "entry", "egress")
NOT_KNOWN = "no capacity with the model is known"


def cheapest_document(answer: Answer, most: int, *, all_types: bool = False) -> dict[str, Any]:
    """The answer as a JSON document; `most` is the number of options in it."""
    goal, winner = answer.goal, answer.winner
    unknown: dict[str, Any] = {"count": _whole(len(answer.not_considered)), "reason": NOT_KNOWN}
    if all_types:
        unknown["instance_types"] = list(answer.not_considered)
    return {
        "currency": "USD",
        "model": answer.model,
        "region": answer.region,
        "volume": {
            "unit": answer.unit,
            "per_month": exact(answer.per_month),
            "peak_per_second": exact(answer.peak_per_second),
            "people_monthly": exact(answer.people_monthly),
        },
        "goal": {
            "latency_ms": None if goal.latency_ms is None else exact(goal.latency_ms),
            "zones": _whole(goal.zones),
            "most_spot": exact(goal.most_spot),
            "commitment": goal.commitment or None,
        },
        "searched": _whole(answer.searched),
        "shapes": _whole(answer.shapes),
        "winner": _option(answer, winner) if winner else None,
        "options": [_option(answer, found) for found in answer.found[:most]],
        "choices": {
            key: {name: _price(answer, found) for name, found in rows.items()}
            for key, rows in zip(KEYS, choices(answer).values(), strict=True)
        },
        "ruled_out": [
            {"what": row.what, "reason": row.reason, "action": row.action, "options": _whole(row.options)}
            for row in answer.ruled_out
        ],
        "not_considered": unknown,
        "notes": list(answer.notes),
    }


def _whole(value: int) -> str:
    return str(value)


def _price(answer: Answer, found: Found) -> dict[str, str]:
    return {
        "expected": exact(found.monthly.expected),
        "more": exact(more_than_best(answer, found)),
        "latency": found.latency,
    }


def _option(answer: Answer, found: Found) -> dict[str, Any]:
    option, figure = found.option, found.capacity
    bought = option.purchase.reservation
    return {
        "instance_type": option.instance_type,
        "minimum": _whole(option.minimum),
        "maximum": _whole(option.maximum),
        "purchase": {
            "on_demand_base": _whole(option.purchase.base),
            "on_demand_percent_above_base": _whole(option.purchase.on_demand_percent),
            "reserved": {"count": _whole(bought.count), **bought.usage} if bought else None,
        },
        "zones": _whole(option.shape.zones),
        "entry": option.shape.entry,
        "balancer": option.shape.balancer,
        "egress": option.shape.egress,
        "monthly": {case: exact(found.monthly[case]) for case in CASES},
        "more": exact(more_than_best(answer, found)),
        "parts": {name: exact(amount) for name, amount in found.parts.items()},
        "capacity": {
            "rate_per_second": exact(found.rate_per_second),
            "kind": figure.kind if figure else "stated",
            "p99_ms": exact(figure.p99_ms) if figure and figure.p99_ms is not None else None,
            "latency_at": figure.latency_at if figure else "",
        },
        "latency": found.latency,
        "settings": dict(option.settings),
    }
