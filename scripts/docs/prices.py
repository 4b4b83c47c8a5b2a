"""Which price files there are: what they hold, of which date, from where, and how much of it has no public source."""

from typing import Any, Final

from infra.costs.prices import DATA, PriceFile, price_files, read_toml
from scripts.docs.tables import code, head, joined, table

ABOUT: Final = """\
The files below `infra/costs/data`, with the number of prices (or facts) in each. `breakeven prices` shows the same with
their age; how to read newer ones of AWS, or to put your own over them: [prices](../prices.md),
[own price](../how-to/own-price.md). A price that a region lacks is an error that names the file, never another
region's price. *Marked* counts what is from memory or read where others quote the vendor."""
TITLES: Final = {"prices": "Prices of AWS", "managed": "Managed APIs", "vendors": "Facts about vendors"}
MOST_SOURCES: Final = 2


def page() -> str:
    """The text of docs/reference/prices.md."""
    lines = head("Price files", ABOUT)
    files = list(price_files())
    for folder, title in TITLES.items():
        lines += [f"## {title}", ""]
        rows = (_row(one) for one in files if one.file.partition("/")[0] == folder)
        lines += table(("file", "prices", "checked", "undated", "marked", "source"), rows)
    return joined(lines)


def _row(one: PriceFile) -> tuple[str, ...]:
    first, last = (one.checked[0], one.checked[-1]) if one.checked else ("", "")
    dates = str(first) if first == last else f"{first} to {last}"
    return code(one.file), str(one.count), dates, str(one.undated or ""), str(one.unverified or ""), _sources(one.file)


def _sources(file: str) -> str:
    found: dict[str, int] = {}
    for text in _stated(read_toml(DATA / file)):
        found[text] = found.get(text, 0) + 1
    named = sorted(found, key=lambda text: (-found[text], text))
    more = len(named) - MOST_SOURCES
    return "; ".join(named[:MOST_SOURCES]) + (f"; and {more} more in the file" if more > 0 else "")


def _stated(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for one in value for text in _stated(one)]
    if not isinstance(value, dict):
        return []
    own = [value["source"]] if isinstance(value.get("source"), str) else []
    return [*own, *(text for one in value.values() for text in _stated(one))]
