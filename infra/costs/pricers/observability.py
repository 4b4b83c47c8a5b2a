"""Logs, alarms, dashboards."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from infra.costs.items import LineItem
from infra.costs.pricing import Pricing, prices
from infra.costs.stack import Resource

LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
DEFAULT_PERIOD_SECONDS: Final = 300
HIGH_RESOLUTION_BELOW_SECONDS: Final = 60
ANOMALY_METRICS: Final = 3


@prices(LOG_GROUP, usage=("monthly_data_ingested_gb", "storage_gb", "monthly_data_scanned_gb"))
def log_group(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A log group: what is written, kept and searched."""
    infrequent = resource.inputs.text("logGroupClass") == "INFREQUENT_ACCESS"
    ingest = "cloudwatch.logs_ingest_infrequent_access_gb" if infrequent else "cloudwatch.logs_ingest_gb"
    yield pricing.line("Data ingested", pricing.used("monthly_data_ingested_gb"), ingest, short="logs")
    yield pricing.line(
        "Archival Storage", pricing.used("storage_gb"), "cloudwatch.logs_store_gb_month", unit="GB", short="logs"
    )
    scanned = pricing.used("monthly_data_scanned_gb")
    yield pricing.line("Insights queries data scanned", scanned, "cloudwatch.logs_insights_scan_gb")


@prices("aws:cloudwatch/metricAlarm:MetricAlarm")
def metric_alarm(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """An alarm by the metrics it watches; below a minute they are high resolution; a band counts three."""
    queries = resource.inputs.objects("metricQueries")
    metrics = [q.object("metric") for q in queries if q.has("metric")]
    periods = [m.number("period", DEFAULT_PERIOD_SECONDS) for m in metrics] or [
        resource.inputs.number("period", DEFAULT_PERIOD_SECONDS)
    ]
    high = min(periods) < HIGH_RESOLUTION_BELOW_SECONDS
    price = f"cloudwatch.alarm_{'high_resolution' if high else 'standard'}_month"
    resolution = "High resolution" if high else "Standard resolution"
    if any("ANOMALY_DETECTION_BAND" in q.text("expression") for q in queries):
        label = f"{resolution} anomaly detection"
        count = Decimal(ANOMALY_METRICS * max(len(metrics), 1))
        yield pricing.line(label, count, price, unit="alarms", basis="a metric and the two edges of its band")
    else:
        yield pricing.line(resolution, Decimal(max(len(metrics), 1)), price, unit="alarm metrics", short="alarms")


@prices("aws:cloudwatch/compositeAlarm:CompositeAlarm")
def composite_alarm(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """An alarm of alarms."""
    yield pricing.line("Composite alarm", 1, "cloudwatch.alarm_composite_month", unit="alarms")


@prices("aws:cloudwatch/dashboard:Dashboard")
def dashboard(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A dashboard."""
    yield pricing.line("Dashboard", 1, "cloudwatch.dashboard_month", unit="months", short="dashboard")
