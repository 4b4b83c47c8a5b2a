"""Burn rates: how fast failed or slow requests use up what the objectives allow, over a long and a short window.

Multiwindow, multi-burn-rate alarms as in chapter 5 of Google's Site Reliability Workbook: the long window says that it
matters, the short one that it still goes on, so that an alarm ends soon after its cause.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from infra.components.observability_alarms import Alarm, api_metric
from infra.naming import child

if TYPE_CHECKING:
    from infra.components.observability import ObservabilityArgs

HOUR: Final = 3600
AVAILABILITY, LATENCY = "availability", "latency"
SHORT_PART: Final = 12
"""The short window is a twelfth of the long one (the workbook's table 5-8)."""


@dataclass(frozen=True, kw_only=True)
class Speed:
    """A speed at which the budget goes: this share of it in this many hours."""

    label: str
    budget_percent: int
    hours: int

    @property
    def windows(self) -> tuple[int, int]:
        """Long and short window, in seconds."""
        return self.hours * HOUR, self.hours * HOUR // SHORT_PART

    def burn_rate(self, days: int) -> float:
        """How many times faster than the budget lasts: 1 uses it up exactly at the end of the objective's days."""
        return float(Decimal(self.budget_percent) / 100 * days * 24 / self.hours)


# Over 30 days these are 14.4 over 1 h and 5 min, and 6 over 6 h and 30 min.
SPEEDS: Final = (
    Speed(label="fast", budget_percent=2, hours=1),
    Speed(label="slow", budget_percent=5, hours=6),
)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two windows of one burn rate; both must be in alarm for their composite alarm to be."""

    label: str
    says: str
    windows: tuple[Alarm, Alarm]


def pairs(args: "ObservabilityArgs") -> Iterator[Pair]:
    """Every objective at every speed."""
    days = args.settings.objective_days
    for objective, what in ((AVAILABILITY, "Failed"), (LATENCY, "Slow")):
        for speed in SPEEDS:
            label, rate = child(objective, speed.label), speed.burn_rate(days)
            # CloudWatch takes a period up to a week, where it is an hour or longer, and a day otherwise.
            long, short = (_window(args, objective, label, seconds, rate) for seconds in speed.windows)
            budget = f"{speed.budget_percent} % of the {days} days' error budget in {speed.hours} h"
            says = f"{what} requests use up {budget} (burn rate {rate:g}), and go on"
            yield Pair(label=label, says=says, windows=(long, short))


def budget_percent(objective_percent: float) -> Decimal:
    """What an objective allows, in percent of the requests: 0.5 of 99.5; exact, where floats would not be."""
    return 100 - Decimal(str(objective_percent))


def burn_rate(args: "ObservabilityArgs", objective: str, seconds: int) -> list[dict[str, Any]]:
    """Metric math for a burn rate over a window: the last row is the rate, 0 where no request came."""
    if objective == LATENCY:
        within = f"PR(:{args.settings.latency_objective_ms})"
        budget = budget_percent(args.settings.latency_objective_percent)
        # The share of the requests that were fast enough, by CloudWatch itself; without any nothing was slow.
        return [
            _query(args, "quick", "Latency", within, seconds),
            _rate(f"(100 - FILL(quick, 100)) / {budget}"),
        ]
    budget = budget_percent(args.settings.availability_objective_percent)
    return [
        _query(args, "errors", args.watched.server_error_metric, "Sum", seconds),
        _query(args, "requests", "Count", "Sum", seconds),
        _rate(f"IF(FILL(requests, 0) > 0, 100 * FILL(errors, 0) / requests / {budget}, 0)"),
    ]


def _window(args: "ObservabilityArgs", objective: str, label: str, seconds: int, rate: float) -> Alarm:
    length = f"{seconds // HOUR}h" if seconds >= HOUR else f"{seconds // 60}m"
    return Alarm(
        label=child(label, length),
        runbook=label,
        says=f"Burn rate of the {objective} objective over {length} is above {rate:g}",
        comparison="GreaterThanThreshold",
        threshold=rate,
        periods=1,
        metric={"metric_queries": burn_rate(args, objective, seconds)},
        silent=True,
    )


def _query(args: "ObservabilityArgs", id_: str, metric: str, stat: str, seconds: int) -> dict[str, Any]:
    source: Mapping[str, Any] = {**api_metric(metric, args), "stat": stat, "period": seconds}
    return {"id": id_, "metric": source, "return_data": False}


def _rate(expression: str) -> dict[str, Any]:
    return {"id": "rate", "expression": expression, "label": "Burn rate", "return_data": True}
