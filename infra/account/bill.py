"""A month's bill from Cost Explorer: what bears a stack's tags by service and usage type, and what stands beside it."""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from infra.account.calls import allowed, amount
from infra.costs.errors import InputError
from infra.lifecycle.aws import Account, code_of
from infra.lifecycle.errors import AccountError

PERMISSION: Final = "ce:GetCostAndUsage"
THING: Final = "Cost Explorer"
COST: Final = "UnblendedCost"
QUANTITY: Final = "UsageQuantity"
USAGE: Final = ("Usage", "DiscountedUsage", "SavingsPlanCoveredUsage")
"""Record types that are use of a service; all others (tax, credits, refunds, fees) stand apart."""
NOT_READY: Final = frozenset({"DataUnavailableException", "BillExpirationException"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The part of a calendar month that is over: `start` up to, not including, `end`."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Days that are over."""
        return (self.end - self.start).days

    @property
    def days_of_month(self) -> int:
        """Days that the month has."""
        return monthrange(self.start.year, self.start.month)[1]

    @property
    def share(self) -> Fraction:
        """The part of the month that is over."""
        return Fraction(self.days, self.days_of_month)

    @property
    def name(self) -> str:
        """The month as it was asked for: 2026-10."""
        return f"{self.start:%Y-%m}"


def month_of(text: str, today: date) -> Month:
    """A month from `2026-10`; raises InputError for another form and for one of which no day is over."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text) or text.startswith("0000"):
        raise InputError(f"--month {text}", "not a month", "write it like 2026-10")
    start = date.fromisoformat(f"{text}-01")
    next_month = start + timedelta(days=monthrange(start.year, start.month)[1])
    end = min(next_month, today)
    if end <= start:
        raise InputError(f"--month {text}", "no day of it is over", "give an earlier month")
    return Month(start=start, end=end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """What a usage type of a service cost and how much of it was used, in the bill's unit."""

    service: str
    usage_type: str
    cost: Fraction
    quantity: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A bill in USD, unblended. `apart`: record types other than usage that bear the tags. `untagged`: the account's
    cost without the first tag, by record type. `other`: usage that bears another value of the first tag."""

    month: Month
    tags: Mapping[str, str]
    estimated: bool
    usage: tuple[Billed, ...]
    apart: Mapping[str, Fraction]
    untagged: Mapping[str, Fraction]
    other: Fraction
    requests: int
    tag_seen: bool

    @property
    def total(self) -> Fraction:
        """USD of usage that bears the tags."""
        return sum((line.cost for line in self.usage), Fraction(0))


def read_bill(account: Account, month: Month, tags: Mapping[str, str]) -> Bill:
    """Ask Cost Explorer three times, more where an answer has pages; each request costs 0.01 USD.

    Raises AccountError (credentials, permission, Cost Explorer not enabled) and InputError (another currency).
    """
    asking = _Asking(account, month)
    tagged = [{"Tags": {"Key": key, "Values": [value], "MatchOptions": ["EQUALS"]}} for key, value in tags.items()]
    kind = {"Dimensions": {"Key": "RECORD_TYPE", "Values": list(USAGE)}}
    usage: dict[tuple[str, str], list[Fraction]] = {}
    for (service, usage_type), cost, quantity in asking.groups(
        {"And": [*tagged, kind]}, _dimension("SERVICE"), _dimension("USAGE_TYPE")
    ):
        row = usage.setdefault((service, usage_type), [Fraction(0), Fraction(0)])
        row[0], row[1] = row[0] + cost, row[1] + quantity
    apart: dict[str, Fraction] = {}
    for (record,), cost, _ in asking.groups(_all_of(tagged), _dimension("RECORD_TYPE")):
        if record not in USAGE:
            apart[record] = apart.get(record, Fraction(0)) + cost
    first = next(iter(tags))
    untagged, other, seen = _rest(asking, first, tags[first])
    return Bill(
        month=month,
        tags=tags,
        estimated=asking.estimated,
        usage=tuple(Billed(service=s, usage_type=u, cost=c, quantity=q) for (s, u), (c, q) in sorted(usage.items())),
        apart=apart,
        untagged=untagged,
        other=other,
        requests=asking.requests,
        tag_seen=seen,
    )


def _rest(asking: "_Asking", key: str, value: str) -> tuple[dict[str, Fraction], Fraction, bool]:
    """The account's cost without a tag by record type, usage with other values, whether any cost bears the tag."""
    untagged: dict[str, Fraction] = {}
    other, seen = Fraction(0), False
    for (tag, record), cost, _ in asking.groups(None, {"Type": "TAG", "Key": key}, _dimension("RECORD_TYPE")):
        found = tag.removeprefix(f"{key}$")
        if not found:
            untagged[record] = untagged.get(record, Fraction(0)) + cost
            continue
        seen = True
        if found != value and record in USAGE:
            other += cost
    return untagged, other, seen


def _dimension(key: str) -> dict[str, str]:
    return {"Type": "DIMENSION", "Key": key}


def _all_of(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """One expression; `And` takes two at least."""
    return parts[0] if len(parts) == 1 else {"And": parts}


class _Asking:
    """Requests for one period; `estimated` and `requests` tell of all answers so far."""

    def __init__(self, account: Account, month: Month) -> None:
        self._account, self._month = account, month
        self.estimated, self.requests = False, 0

    def groups(
        self, only: dict[str, Any] | None, *by: dict[str, str]
    ) -> Iterator[tuple[tuple[str, ...], Fraction, Fraction]]:
        """Keys, cost and quantity of every group."""
        asked: dict[str, Any] = {
            "TimePeriod": {"Start": self._month.start.isoformat(), "End": self._month.end.isoformat()},
            "Granularity": "MONTHLY",
            "Metrics": [COST, QUANTITY],
            "GroupBy": list(by),
            **({"Filter": only} if only else {}),
        }
        while True:
            answer = self._ask(asked)
            for period in answer["ResultsByTime"]:
                self.estimated = self.estimated or bool(period.get("Estimated"))
                yield from (_group(group) for group in period.get("Groups", []))
            if not answer.get("NextPageToken"):
                return
            # botocore has no paginator for this call.
            asked["NextPageToken"] = answer["NextPageToken"]

    def _ask(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        self.requests += 1
        try:
            with allowed(THING, PERMISSION):
                answer: Mapping[str, Any] = self._account.client("ce").get_cost_and_usage(**asked)
                return answer
        except AccountError as error:
            if code_of(error) not in NOT_READY:
                raise
            reason = f"it has no data for {self._month.name} ({code_of(error)})"
            raise AccountError(THING, reason, "enable it in Billing, wait a day, ask for a recent month") from error


def _group(group: Mapping[str, Any]) -> tuple[tuple[str, ...], Fraction, Fraction]:
    cost, metrics = group["Metrics"][COST], group["Metrics"]
    if cost["Unit"] != "USD":
        raise InputError(THING, f"the bill is in {cost['Unit']}, the estimate in USD", "compare them by hand")
    used = metrics.get(QUANTITY, {}).get("Amount", "0")
    return tuple(group["Keys"]), Fraction(amount(cost["Amount"], THING)), Fraction(amount(used, THING))
