"""A price book of what the Price List said: an overlay in the form that `--prices` reads."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from infra.account.price_list_region import Entry, RegionPrices
from infra.account.spot import DAYS
from infra.costs.errors import InputError
from infra.costs.prices import COMPLETE, PriceBook

HEAD: Final = "# Written by `breakeven prices refresh`. List prices: discounts of the account are not in them."


def book_text(regions: Iterable[RegionPrices], today: date) -> str:
    """The book as TOML."""
    found = list(regions)
    published = sorted(day for region in found for day in region.published)
    lines = [HEAD, f"source = {_text(f'AWS Price List API, published to {published[-1] if published else today}')}"]
    lines.append(f"checked = {today}")
    for region in found:
        lines += _region_lines(region, today)
    return "\n".join(lines) + "\n"


def refuse_present(path: Path, force: bool) -> None:
    """Raise InputError where no book may be written, before anything is asked of AWS."""
    if path.is_dir():
        raise InputError(str(path), "is a folder", "give a file")
    if not path.parent.is_dir():
        raise InputError(str(path), "its folder is not there", "make it, or give another --out")
    if path.exists() and not force:
        raise InputError(str(path), "is there already", "give another --out, or --force to replace it")


def write_book(path: Path, text: str, force: bool) -> None:
    """Write the book whole or not at all, once it reads as one; raises InputError where it cannot be written."""
    refuse_present(path, force)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            # mkstemp makes it readable by its owner only; a price book holds no secret.
            Path(name).chmod(0o644)
            PriceBook((Path(name),))
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(str(path), f"cannot be written ({error.strerror})", "check folder and disk") from None


def _region_lines(region: RegionPrices, today: date) -> Iterator[str]:
    for key, entry in sorted(region.entries.items()):
        yield f"\n[{region.region}.{key}]"
        yield from _entry_lines(key, entry)
    for (file, name), rows in sorted(region.rows.items()):
        yield f"\n[{region.region}.{file}.{name}]"
        yield from (f"{_text(machine)} = {_number(amount)}" for machine, amount in rows.items())
    if region.spot:
        source = _text(f"EC2 spot price history of the {DAYS} days to {today}, all zones")
        yield f"\n[{region.region}.ec2_spot.spot]"
        for machine, (low, high) in region.spot.items():
            row = f"low = {_number(low)}, high = {_number(high)}, checked = {today}, source = {source}"
            yield f"{_text(machine)} = {{ {row} }}"


def _entry_lines(key: str, entry: Entry) -> Iterator[str]:
    if len(entry.tiers) == 1:
        yield f"amount = {_number(entry.tiers[0][0])}"
    yield f"unit = {_text(entry.unit)}"
    yield f"source = {_text(entry.source)}"
    if len(entry.tiers) > 1:
        yield "tiers = ["
        for (amount, up_to), label in zip(entry.tiers, _labels(key, entry), strict=True):
            bound = f"up_to = {_number(up_to)}, " if up_to is not None else ""
            named = f", label = {_text(label)}" if label else ""
            yield f"  {{ {bound}amount = {_number(amount)}{named} }},"
        yield "]"
    if entry.free:
        parts = [f"amount = {_number(Decimal(entry.free['amount']))}"]
        parts += [f"{name} = {_text(str(entry.free[name]))}" for name in ("period", "source") if name in entry.free]
        yield f"free = {{ {', '.join(parts)} }}"


def _labels(key: str, entry: Entry) -> tuple[str, ...]:
    """The shipped names of the tiers, where the bounds are the same."""
    shipped = PriceBook().region(COMPLETE).get(key)
    bounds = tuple(up_to for _, up_to in entry.tiers)
    if shipped is None or tuple(tier.up_to for tier in shipped.tiers) != bounds:
        return ("",) * len(bounds)
    return tuple(tier.label for tier in shipped.tiers)


def _number(value: Decimal) -> str:
    return f"{value:f}"


def _text(value: str) -> str:
    # JSON's strings are TOML's basic strings.
    return json.dumps(value, ensure_ascii=False)
