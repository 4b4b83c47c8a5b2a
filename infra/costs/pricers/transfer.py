"""Data transfer: no resource of its own; stated in a usage file, or what an API sends out by the workload."""

from collections.abc import Iterator
from typing import Final

from infra.costs.items import LineItem, fixed
from infra.costs.pricing import Pricing

TRANSFER_TYPE: Final = "breakeven:usage:DataTransfer"
"""The type token of lines that come from the `data_transfer` table of a usage file."""
TRANSFER_USAGE: Final = (
    "region",
    "monthly_intra_region_gb",
    "monthly_outbound_us_east_to_us_east_gb",
    "monthly_outbound_other_regions_gb",
    "monthly_outbound_internet_gb",
)
INTERNET: Final = "Outbound data transfer to Internet"


def transfer_lines(pricing: Pricing) -> Iterator[LineItem]:
    """The lines of stated data transfer."""
    between_zones = pricing.stated("monthly_intra_region_gb")
    if between_zones is not None:
        # Billed once as it leaves a zone and once as it enters the other.
        both = between_zones * 2
        yield pricing.line("Intra-region data transfer", both, "data_transfer.intra_region_gb", basis="in and out")
    us_east = pricing.stated("monthly_outbound_us_east_to_us_east_gb")
    if us_east is not None:
        label = "Outbound data transfer to US East regions"
        yield pricing.line(label, us_east, "data_transfer.us_east_to_us_east_gb")
    internet = pricing.stated("monthly_outbound_internet_gb")
    if internet is not None:
        yield from pricing.tiered(INTERNET, fixed(internet), "data_transfer.internet_gb")
    others = pricing.stated("monthly_outbound_other_regions_gb")
    if others is not None:
        yield pricing.line("Outbound data transfer to other regions", others, "data_transfer.other_regions_gb")


def internet_lines(pricing: Pricing) -> Iterator[LineItem]:
    """What an API of ours answers to the internet, when the workload says how much."""
    sent = pricing.used("outbound_internet_gb")
    if sent is not None:
        yield from pricing.tiered(INTERNET, sent, "data_transfer.internet_gb", short="traffic out")
