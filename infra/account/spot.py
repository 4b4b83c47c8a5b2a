"""Spot prices of the last days: lowest and highest over the zones of a region."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from infra.account.calls import allowed, amount
from infra.lifecycle.aws import Account

PERMISSION: Final = "ec2:DescribeSpotPriceHistory"
DAYS: Final = 7
LINUX: Final = ("Linux/UNIX",)


def spot_ranges(account: Account, types: Iterable[str] = ()) -> Mapping[str, tuple[Decimal, Decimal]]:
    """USD an hour, low and high, of each Linux instance type (all: no `types`); local zones are left out.

    Raises AccountError, and InputError for a price that is none.
    """
    thing, named = f"spot prices {account.region}", list(types)
    chosen = {"InstanceTypes": named} if named else {}
    since = datetime.now(UTC) - timedelta(days=DAYS)
    seen: dict[str, list[Decimal]] = {}
    with allowed(thing, PERMISSION):
        for row in account.pages(
            "ec2",
            "describe_spot_price_history",
            "SpotPriceHistory",
            StartTime=since,
            ProductDescriptions=list(LINUX),
            **chosen,
        ):
            # A zone is the region and one letter; local zones carry a place (us-west-2-lax-1a).
            if len(row.get("AvailabilityZone", "")) == len(account.region) + 1:
                seen.setdefault(row["InstanceType"], []).append(amount(row["SpotPrice"], thing))
    return {name: (min(prices), max(prices)) for name, prices in sorted(seen.items())}
