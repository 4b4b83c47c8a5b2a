"""The page of `breakeven privacy` as text, Markdown and JSON: the stack's places and ways, then what vendors say."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from infra.costs.reports.markdown import row_of
from infra.costs.vendors import Fact, Vendor
from infra.privacy.flow import Flow
from infra.privacy.types import Place, Way

WIDTH: Final = 80
ASKED: Final = ("retention", "training", "regions", "encryption", "residency")
"""The facts about a vendor that this page sets beside the stack."""
ADMINISTRATORS: Final = "administrators of the account"
EVERYWHERE: Final = "IAM and Budgets have no region: names and rules of the stack, no data."


def as_text(flow: Flow, name: str, vendors: Sequence[Vendor]) -> str:
    """For a terminal of 80 columns."""
    return "\n".join(_text_lines(flow, name, vendors)) + "\n"


def as_markdown(flow: Flow, name: str, vendors: Sequence[Vendor]) -> str:
    """For a page or a pull request."""
    return "\n".join(_markdown_lines(flow, name, vendors)) + "\n"


def as_document(flow: Flow, vendors: Sequence[Vendor]) -> dict[str, Any]:
    """For scripts."""
    return {
        "stack": flow.stack,
        "regions": list(flow.regions),
        "allowedRegions": list(flow.allowed),
        "longestDays": flow.longest.most,
        "places": [_place_object(place) for place in flow.places],
        "ways": [asdict(way) for way in flow.ways],
        "vendors": [
            {"key": vendor.key, "name": vendor.name, "facts": {key: _fact_object(vendor.facts[key]) for key in ASKED}}
            for vendor in vendors
        ],
    }


def own_facts(flow: Flow) -> Mapping[str, str]:
    """What the stack itself answers to what vendors are asked."""
    bare = sorted({place.name for place in flow.places if place.key.startswith("not encrypted")})
    plain = any(way.encrypted.startswith("no") for way in flow.ways)
    allowed = f"refused outside {', '.join(flow.allowed)}" if flow.allowed else "any region is allowed"
    return {
        "retention": f"requests none; what is about callers or documents at most {flow.longest}",
        "training": "none, but for examples that you put into a training of your own",
        "regions": f"{', '.join(flow.regions) or 'none'}; {allowed}",
        "encryption": f"TLS to the entry{', plain HTTP inside the VPC' if plain else ''}; at rest "
        + (f"all but {', '.join(bare)}" if bare else "everything"),
        "residency": "nothing leaves the region, unless somebody copies it",
    }


def _text_lines(flow: Flow, name: str, vendors: Sequence[Vendor]) -> Iterator[str]:
    yield f"breakeven privacy    {name}, {', '.join(flow.regions) or 'no region'}"
    yield ""
    yield "Where data rest ('*': it can be about callers, or comes from what they send)"
    for place in flow.places:
        yield from _wrapped(f"{_star(place)} {place.name} ({place.kind})", 2)
        for title, words in _place_rows(place):
            yield from _wrapped(f"    {title:<8} {words}", 13)
    yield ""
    yield "Where data pass"
    for way in flow.ways:
        yield from _wrapped(f"  {way.name} ({way.kind}): {way.passes}", 4)
        yield from _wrapped(f"    {'TLS':<8} {way.encrypted}", 13)
        yield from _wrapped(f"    {'kept':<8} {way.kept}", 13)
    yield ""
    yield "This stack beside the vendors"
    own = own_facts(flow)
    for key in ASKED:
        yield f"  {key}"
        yield from _wrapped(f"    this stack: {own[key]}", 6)
        for vendor in vendors:
            fact = vendor.facts[key]
            yield from _wrapped(f"    {vendor.name}: {fact.value} [{_origin(fact)}]", 6)
    yield ""
    yield from _wrapped(f"Readers: besides {ADMINISTRATORS}, who may read everything. {EVERYWHERE}", 0)


def _markdown_lines(flow: Flow, name: str, vendors: Sequence[Vendor]) -> Iterator[str]:
    yield f"## Privacy of {name}\n"
    yield from places_table(flow.places)
    yield ""
    yield from ways_table(flow.ways)
    yield f"\nReaders: besides {ADMINISTRATORS}, who may read everything. {EVERYWHERE}\n"
    yield row_of(("", "this stack", *(vendor.name for vendor in vendors)))
    yield "|" + "---|" * (len(vendors) + 2)
    own = own_facts(flow)
    for key in ASKED:
        facts = (f"{vendor.facts[key].value} [{_origin(vendor.facts[key])}]" for vendor in vendors)
        yield row_of((key, own[key], *facts))


def places_table(places: Sequence[Place]) -> Iterator[str]:
    """Where data rest, as a Markdown table."""
    yield "| Place | Holds | About callers | How long | Key | Region | Readers |"
    yield "|---|---|---|---|---|---|---|"
    for place in places:
        personal = "yes" if place.holds.personal else "no"
        readers = ", ".join(place.readers) or "-"
        where = f"{place.name} ({place.kind})"
        yield row_of((where, place.holds.words, personal, str(place.days), place.key, place.region or "-", readers))


def ways_table(ways: Sequence[Way]) -> Iterator[str]:
    """Where data pass, as a Markdown table."""
    yield "| Way | What passes | Encrypted | Written down | Region |"
    yield "|---|---|---|---|---|"
    for way in ways:
        yield row_of((f"{way.name} ({way.kind})", way.passes, way.encrypted, way.kept, way.region or "-"))


def _place_rows(place: Place) -> Iterator[tuple[str, str]]:
    yield "holds", place.holds.words
    yield "kept", str(place.days)
    yield "key", place.key
    if place.readers:
        yield "readers", ", ".join(place.readers)


def _star(place: Place) -> str:
    return "*" if place.holds.personal else " "


def _origin(fact: Fact) -> str:
    mark = f", {fact.mark}" if fact.mark else ""
    return f"{fact.source}; {fact.checked.isoformat()}{mark}"


def _wrapped(text: str, hang: int) -> list[str]:
    # A source's address must stay whole, so it may be wider.
    return textwrap.wrap(text, WIDTH, subsequent_indent=" " * hang, break_long_words=True, break_on_hyphens=False)


def _place_object(place: Place) -> dict[str, Any]:
    return {
        "name": place.name,
        "kind": place.kind,
        "holds": place.holds.words,
        "aboutCallers": place.holds.personal,
        "days": place.days.most,
        "kept": str(place.days),
        "key": place.key,
        "region": place.region,
        "readers": list(place.readers),
    }


def _fact_object(fact: Fact) -> dict[str, Any]:
    number = None if fact.number is None else float(fact.number)
    return {
        "value": fact.value,
        "number": number,
        "source": fact.source,
        "checked": fact.checked.isoformat(),
        "mark": fact.mark,
    }
