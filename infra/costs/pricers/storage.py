"""S3 buckets by storage class, container repositories."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from infra.costs.items import LineItem, Quantity, fixed
from infra.costs.pricing import Pricing, per, prices
from infra.costs.stack import Resource

CLASSES: Final = {
    "standard": "Standard",
    "intelligent_tiering": "Intelligent tiering",
    "standard_infrequent_access": "Standard - infrequent access",
    "one_zone_infrequent_access": "One zone - infrequent access",
    "glacier_instant_retrieval": "Glacier instant retrieval",
    "glacier_flexible_retrieval": "Glacier flexible retrieval",
    "glacier_deep_archive": "Glacier deep archive",
}
MINIMUM_DAYS: Final = {
    "intelligent_tiering": 30,
    "standard_infrequent_access": 30,
    "one_zone_infrequent_access": 30,
    "glacier_instant_retrieval": 90,
    "glacier_flexible_retrieval": 90,
    "glacier_deep_archive": 180,
}
# Usage key, label, price key without the class, how many of the key one priced unit is. The order is that of a bill.
LINES: Final = (
    ("storage_gb", "Storage", "storage_gb_month", 1),
    ("frequent_access_storage_gb", "Storage (frequent access)", "frequent_access_storage_gb_month", 1),
    ("infrequent_access_storage_gb", "Storage (infrequent access)", "infrequent_access_storage_gb_month", 1),
    ("archive_access_storage_gb", "Storage (archive access)", "archive_access_storage_gb_month", 1),
    ("deep_archive_access_storage_gb", "Storage (deep archive access)", "deep_archive_access_storage_gb_month", 1),
    ("monitored_objects", "Monitoring and automation", "monitored_objects_per_1000", 1_000),
    ("monthly_tier_1_requests", "PUT, COPY, POST, LIST requests", "tier_1_requests_per_1000", 1_000),
    ("monthly_tier_2_requests", "GET, SELECT, and all other requests", "tier_2_requests_per_1000", 1_000),
    (
        "monthly_lifecycle_transition_requests",
        "Lifecycle transition",
        "lifecycle_transition_requests_per_1000",
        1_000,
    ),
    ("monthly_data_retrieval_gb", "Retrievals", "retrieval_gb", 1),
    ("monthly_select_data_scanned_gb", "Select data scanned", "select_scanned_gb", 1),
    ("monthly_select_data_returned_gb", "Select data returned", "select_returned_gb", 1),
    *(
        line
        for speed in ("standard", "expedited", "bulk")
        for line in (
            (
                f"monthly_{speed}_data_retrieval_requests",
                f"Retrieval requests ({speed})",
                f"{speed}_retrieval_requests_per_1000",
                1_000,
            ),
            (f"monthly_{speed}_data_retrieval_gb", f"Retrievals ({speed})", f"{speed}_retrieval_gb", 1),
            (
                f"monthly_{speed}_select_data_scanned_gb",
                f"Select data scanned ({speed})",
                f"{speed}_select_scanned_gb",
                1,
            ),
            (
                f"monthly_{speed}_select_data_returned_gb",
                f"Select data returned ({speed})",
                f"{speed}_select_returned_gb",
                1,
            ),
        )
    ),
    ("monthly_early_delete_gb", "Early delete", "early_delete_gb", 1),
)
CLASS_USAGE: Final = tuple(key for key, *_ in LINES)
# Its price keys begin like those of the infrequent access class, so its lines are named one by one.
STANDARD_USAGE: Final = (
    "storage_gb",
    "monthly_tier_1_requests",
    "monthly_tier_2_requests",
    "monthly_select_data_scanned_gb",
    "monthly_select_data_returned_gb",
)


@prices("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", usage=tuple(CLASSES))
def bucket(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A bucket: the standard class always, the others where the usage file states something for them."""
    yield from _class_lines(pricing, "standard", pricing.usage.get("standard") or {})
    for name in CLASSES:
        if name != "standard" and pricing.usage.get(name):
            yield from _class_lines(pricing, name, pricing.usage[name])


def _class_lines(pricing: Pricing, name: str, usage: dict[str, Any]) -> Iterator[LineItem]:
    scoped = replace(pricing, usage=usage)
    for key, label, price_key, size in LINES:
        if key not in usage and (name != "standard" or key not in STANDARD_USAGE):
            continue
        price = pricing.region[f"s3.{name}_{price_key}"]
        quantity = scoped.used(key) if name == "standard" else _stated(scoped, key)
        if quantity is None and usage:
            continue
        if key == "monthly_early_delete_gb":
            label = f"{label} (within {MINIMUM_DAYS[name]} days)"
        unit = "GB" if price.unit.startswith("GB") else price.unit
        yield from pricing.tiered(label, per(quantity, size), price, unit=unit, part=CLASSES[name], short="bucket")


def _stated(pricing: Pricing, key: str) -> Quantity | None:
    value = pricing.stated(key)
    return None if value is None else fixed(value)


@prices("aws:ecr/repository:Repository", usage=("storage_gb",))
def repository(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A container repository by what it stores."""
    yield pricing.line("Storage", pricing.used("storage_gb"), "ecr.storage_gb_month", unit="GB")
