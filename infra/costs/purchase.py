"""What a group of mixed purchase buys: the base on demand, and a share of what is above it."""

from fractions import Fraction
from math import ceil


def on_demand_count(size: Fraction | int, base: int, share: Fraction) -> int:
    """How many instances of a group of that size are on demand, rounded up above the base as AWS does."""
    return ceil(min(size, base) + share * max(size - base, 0))
