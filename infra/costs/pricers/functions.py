"""Lambda functions."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

from infra.costs.items import LineItem, Quantity
from infra.costs.pricing import Pricing, per, prices, times
from infra.costs.stack import Resource

DEFAULT_MEMORY_MB: Final = 128
STORAGE_INCLUDED_MB: Final = 512
MB_IN_A_GB: Final = 1_024


@prices("aws:lambda/function:Function", usage=("monthly_requests", "request_duration_ms"))
def function(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A function: requests, GB-seconds of memory by architecture, ephemeral storage beyond 512 MB."""
    requests = pricing.used("monthly_requests")
    yield pricing.line("Requests", per(requests, 1_000_000), "lambda.requests_million")
    duration = _one_number(pricing.used("request_duration_ms"))
    seconds = None if requests is None or duration is None else times(requests, duration / 1_000)
    extra_gb = resource.inputs.object("ephemeralStorage").number("size", STORAGE_INCLUDED_MB) - STORAGE_INCLUDED_MB
    if seconds is None or extra_gb > 0:
        stored = times(seconds, max(extra_gb, Decimal(0)) / MB_IN_A_GB)
        yield pricing.line("Ephemeral storage", stored, "lambda.ephemeral_storage_gb_second")
    memory_gb = resource.inputs.number("memorySize", DEFAULT_MEMORY_MB) / MB_IN_A_GB
    arm = "arm64" in resource.inputs.values_of("architectures")
    price = f"lambda.duration_{'arm' if arm else 'x86'}_gb_second"
    yield from pricing.tiered("Duration", times(seconds, memory_gb), price)


def _one_number(quantity: Quantity | None) -> Fraction | None:
    """How long a run takes, which depends on neither volume nor case; None where it is not known or does."""
    known = quantity is not None and quantity.are_same and quantity.expected.is_constant
    return quantity.expected.at(0) if quantity is not None and known else None
