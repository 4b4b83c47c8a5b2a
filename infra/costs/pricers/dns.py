"""Route 53 zones and records, Cloud Map."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from infra.costs.items import LineItem
from infra.costs.pricing import Pricing, per, prices
from infra.costs.stack import Resource

MILLION: Final = 1_000_000
ZONE: Final = "aws:route53/zone:Zone"
CHEAPER_ABOVE_ZONES: Final = 25


@prices(ZONE)
def zone(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A hosted zone; those of a stack beyond the twenty-fifth cost less."""
    price = pricing.region["route53.zone_month"]
    dearer = pricing.stack.of_type(ZONE)[:CHEAPER_ABOVE_ZONES]
    tier = price.tiers[0] if any(resource is z for z in dearer) else price.tiers[-1]
    yield pricing.line("Hosted zone", 1, price.as_tier(tier), unit="months")


@prices(
    "aws:route53/record:Record",
    usage=("monthly_standard_queries", "monthly_latency_based_queries", "monthly_geo_queries"),
)
def record(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A record by its queries; aliases to AWS resources are answered free."""
    if resource.inputs.values_of("aliases"):
        yield pricing.line("Alias queries", 0, "route53.alias_queries_million", basis="free")
        return
    for key, label, price in (
        ("monthly_standard_queries", "Standard queries", "route53.standard_queries_million"),
        ("monthly_latency_based_queries", "Latency based routing queries", "route53.latency_queries_million"),
        ("monthly_geo_queries", "Geo DNS queries", "route53.geo_queries_million"),
    ):
        yield from pricing.tiered(label, per(pricing.used(key), MILLION), price)


@prices("aws:servicediscovery/service:Service", usage=("instances", "monthly_requests"))
def discovery_service(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A Cloud Map service by what is registered in it and how often it is asked."""
    registered = pricing.used("instances")
    yield pricing.line("Registered instances", registered, "cloud_map.service_instance_month", unit="instances")
    calls = per(pricing.used("monthly_requests"), MILLION)
    yield pricing.line("Discovery calls", calls, "cloud_map.discovery_calls_million")


@prices("aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace")
def private_namespace(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A private DNS namespace is a hosted zone."""
    yield pricing.line("Hosted zone", Decimal(1), "route53.zone_month", unit="months")
