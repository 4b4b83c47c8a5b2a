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
class ClosedLoop:
    """So many callers, each asking again once answered: units a second, and what a request took (None: unknown)."""

    callers: int
    rate_per_second: Decimal
    p50_ms: Decimal | None = None
    p99_ms: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """Sustainable units per second of one instance type, with where the figure comes from.

    `p50_ms` and `p99_ms` are what a request to the instance takes at that load (None: not known), the gateway and the
    network not in it; `latency_at` says under what load and on what machine they were seen.
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
    loops: tuple["ClosedLoop", ...] = ()


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
        except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
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


def _loops(path: Path, row: dict[str, Any]) -> tuple[ClosedLoop, ...]:
    key, found = "closed_loops", []
    for one in row.get(key, ()):
        if not isinstance(one, list) or len(one) not in (2, 4) or not all(_above_zero(n) for n in one[1:]):
            what = f"{key} {one!r} of {row['instance_type']}"
            raise InputError(str(path), what, "give callers, units a second, and p50 and p99 in ms: [8, 200, 38, 60]")
        callers, rate, *took = one
        p50, p99 = (Decimal(took[0]), Decimal(took[1])) if took else (None, None)
        count = _count(path, row, key, callers)
        found.append(ClosedLoop(callers=count, rate_per_second=Decimal(rate), p50_ms=p50, p99_ms=p99))
    return tuple(sorted(found, key=lambda loop: loop.callers))


def _above_zero(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and value > 0


def _milliseconds(path: Path, row: dict[str, Any], key: str) -> Decimal | None:
    if key not in row:
        return None
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 < value < 10**9:
        raise InputError(str(path), f"{key} {value!r} of {row['instance_type']}", "give milliseconds, a number above 0")
    return Decimal(value)
