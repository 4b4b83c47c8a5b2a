"""EC2 instance types: what each has, and how much of its vCPUs a burstable one may use without end."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, Final

from infra.costs.errors import PriceError
from infra.costs.prices import DATA, read_toml

UNLIMITED_BY_DEFAULT: Final = ("t3", "t3a", "t4g")
BURSTABLE: Final = ("t2", *UNLIMITED_BY_DEFAULT)
"""Families that earn CPU credits."""


@cache
def instance_types() -> Mapping[str, Mapping[str, Any]]:
    """What is known of every instance type, by name."""
    found: Mapping[str, Mapping[str, Any]] = _data()["types"]
    return found


def vcpus_of(instance_type: str) -> Decimal:
    """vCPUs of a type; raises PriceError for one that the data does not hold."""
    row = instance_types().get(instance_type)
    if row is None:
        raise PriceError(f"vCPUs of {instance_type}", "not known", "give vcpu_count in the usage file")
    return Decimal(row["vcpu"])


def is_burstable(instance_type: str) -> bool:
    """Whether a type earns CPU credits."""
    return instance_type.partition(".")[0] in BURSTABLE


def baseline_of(instance_type: str) -> Fraction:
    """Part of its vCPUs' time that credits pay for without end; all of it for a type without credits.

    A size that the data does not hold counts as the lowest one.
    """
    if not is_burstable(instance_type):
        return Fraction(1)
    percents: Mapping[str, int] = _data()["baseline_percent"]
    return Fraction(percents.get(instance_type.partition(".")[2], min(percents.values())), 100)


@cache
def _data() -> Mapping[str, Any]:
    return read_toml(DATA / "instance_types.toml")
