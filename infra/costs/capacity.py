"""How many units a second one instance of a type answers with a model, and how sure that figure is."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from infra.costs.errors import InputError
from infra.costs.prices import read_toml

Kind = Literal["measured", "published", "assumed"]
KINDS: tuple[Kind, ...] = ("measured", "published", "assumed")


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """Sustainable units per second of one instance type, with where the figure comes from.

    `p50_ms` and `p99_ms` are what a request to the instance takes at that load (None: not known), the gateway and the
    network not in it; `latency_at` says under what load and on what machine they were seen. `loops` are closed loops:
    so many callers, each asking again once it is answered, and the units a second that came of it.
    """

    instance_type: str
    rate_per_second: Decimal
    kind: Kind
    source: str
    checked: date
    p50_ms: Decimal | None = None
    p99_ms: Decimal | None = None
    latency_at: str = ""
    workers: int = 1
    loops: tuple[tuple[int, Decimal], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ModelCapacity:
    """The capacity table of one model: its unit of work (images, texts, tokens) and a figure per instance type."""

    model: str
    unit: str
    figures: tuple[Capacity, ...]

    def of(self, instance_type: str) -> Capacity | None:
        """The figure for an instance type, or None when nobody measured, published or assumed one."""
        return next((c for c in self.figures if c.instance_type == instance_type), None)

    @classmethod
    def read(cls, path: Path) -> "ModelCapacity":
        """Read a capacity.toml; raises InputError with the file and the field at fault."""
        data = read_toml(path)
        try:
            figures = tuple(_capacity(path, row) for row in data["capacity"])
            return cls(model=data["model"], unit=data["unit"], figures=figures)
        except (KeyError, TypeError) as error:
            raise InputError(str(path), f"missing or misplaced {error}", "see any model's capacity.toml") from None


def _capacity(path: Path, row: dict[str, Any]) -> Capacity:
    rate = Decimal(row["rate_per_second"])
    if not rate.is_finite() or rate <= 0:
        raise InputError(str(path), f"rate_per_second {rate} of {row['instance_type']}", "give a number above zero")
    if row["kind"] not in KINDS:
        raise InputError(str(path), f"kind {row['kind']!r} of {row['instance_type']}", f"use one of {', '.join(KINDS)}")
    return Capacity(
        instance_type=row["instance_type"],
        rate_per_second=rate,
        kind=row["kind"],
        source=row["source"],
        checked=row["checked"],
        p50_ms=_milliseconds(path, row, "p50_ms"),
        p99_ms=_milliseconds(path, row, "p99_ms"),
        latency_at=str(row.get("latency_at", "")),
        workers=_count(path, row, "workers", row.get("workers", 1)),
        loops=_loops(path, row),
    )


def _count(path: Path, row: dict[str, Any], key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10_000:
        raise InputError(str(path), f"{key} {value!r} of {row['instance_type']}", "give a whole number, 1 or more")
    return value


def _loops(path: Path, row: dict[str, Any]) -> tuple[tuple[int, Decimal], ...]:
    key, found = "closed_loops", []
    for pair in row.get(key, ()):
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[1], int | Decimal) or pair[1] <= 0:
            what = f"{key} {pair!r} of {row['instance_type']}"
            raise InputError(str(path), what, "give pairs of callers and units a second, such as [8, 200]")
        found.append((_count(path, row, key, pair[0]), Decimal(pair[1])))
    return tuple(sorted(found))


def _milliseconds(path: Path, row: dict[str, Any], key: str) -> Decimal | None:
    if key not in row:
        return None
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 < value < 10**9:
        raise InputError(str(path), f"{key} {value!r} of {row['instance_type']}", "give milliseconds, a number above 0")
    return Decimal(value)
