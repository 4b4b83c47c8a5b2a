"""The objectives on the dashboard: what is left of both error budgets, how fast they go, and what they allow."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from infra.components.observability_objectives import (
    AVAILABILITY,
    HOUR,
    LATENCY,
    SPEEDS,
    budget_percent,
    burn_rate,
)

if TYPE_CHECKING:
    from infra.components.observability import ObservabilityArgs

FIVE_MINUTES: Final = 300


def graphs(args: "ObservabilityArgs") -> list[dict[str, Any]]:
    """Graphs as a metric widget's properties."""
    return [_left(args), _burn_rates(args), _failed(args)]


def _left(args: "ObservabilityArgs") -> dict[str, Any]:
    """Number and line: 100 at the start of the objective's days, less with every failure, below 0 when overspent.

    Measured by the requests of all these days, so that the number at the end is what is left now.
    """
    settings = args.settings
    failed, slow = _allowed(settings.availability_objective_percent), _allowed(settings.latency_objective_percent)
    days = settings.objective_days
    return {
        "title": f"Error budget left, percent of {days} days",
        "view": "singleValue",
        "sparkline": True,
        "start": f"-P{days}D",
        "period": HOUR,
        "metrics": [
            _math(f"100 * (1 - RUNNING_SUM(FILL(errors, 0)) / (SUM(FILL(requests, 0)) * {failed}))", AVAILABILITY),
            _math(f"100 * (1 - RUNNING_SUM(FILL(slow, 0)) / (SUM(FILL(requests, 0)) * {slow}))", LATENCY),
            _metric(args, "errors", args.watched.server_error_metric, "Sum"),
            _metric(args, "slow", "Latency", f"TC({settings.latency_objective_ms}:)"),
            _metric(args, "requests", "Count", "Sum"),
        ],
    }


def _burn_rates(args: "ObservabilityArgs") -> dict[str, Any]:
    """Of the last hour, with the rates at which the alarms go off."""
    metrics: list[list[Any]] = []
    for objective in (AVAILABILITY, LATENCY):
        *sources, rate = burn_rate(args, objective, HOUR)
        metrics.append(_math(rate["expression"], objective))
        for row in sources:
            metrics.append(_metric(args, row["id"], row["metric"]["metric_name"], row["metric"]["stat"]))
    days = args.settings.objective_days
    lines = [{"label": f"{speed.label} alarm", "value": speed.burn_rate(days)} for speed in SPEEDS]
    return {
        "title": "Burn rates, over an hour",
        "period": HOUR,
        "metrics": metrics,
        "annotations": {"horizontal": [*lines, {"label": f"used up in {days} days", "value": 1}]},
    }


def _failed(args: "ObservabilityArgs") -> dict[str, Any]:
    allowed = float(budget_percent(args.settings.availability_objective_percent))
    return {
        "title": "Failed requests, percent",
        "period": FIVE_MINUTES,
        "metrics": [
            _math("IF(FILL(requests, 0) > 0, 100 * FILL(errors, 0) / requests, 0)", "failed"),
            _metric(args, "errors", args.watched.server_error_metric, "Sum"),
            _metric(args, "requests", "Count", "Sum"),
        ],
        "annotations": {"horizontal": [{"label": "objective", "value": allowed}]},
    }


def _allowed(objective_percent: float) -> Decimal:
    """Share of the requests that may miss the objective: 0.005 of 99.5 %."""
    return budget_percent(objective_percent) / 100


def _math(expression: str, label: str) -> list[Any]:
    return [{"expression": expression, "label": label}]


def _metric(args: "ObservabilityArgs", id_: str, metric: str, stat: str) -> list[Any]:
    dimensions = [part for pair in args.watched.api_dimensions.items() for part in pair]
    return ["AWS/ApiGateway", metric, *dimensions, {"id": id_, "stat": stat, "visible": False}]
