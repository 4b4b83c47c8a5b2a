"""Names of AWS regions: what is none of them is more likely mistyped than a region without prices."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from infra.costs.names import nearest

FILE: Final = Path(__file__).parent / "data" / "regions.toml"


@cache
def known_regions() -> frozenset[str]:
    """Every region of AWS, of each of its partitions."""
    return frozenset(tomllib.loads(FILE.read_text(encoding="utf-8"))["regions"])


def nearest_region(name: str) -> str:
    """`, did you mean ...?`, to end a reason with; empty for the name of a region."""
    return "" if name in known_regions() else nearest(name, known_regions())
