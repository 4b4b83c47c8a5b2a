"""What rules for the data mean for a stack's settings; docs/privacy.md says what the settings hold to."""

from collections.abc import Iterator, Mapping
from typing import Final

from infra.init.line import Line

RULES: Final[Mapping[str, str]] = {
    "none": "no rule",
    "region": "it stays in the region",
    "eu": "it stays in the European Union",
    "us": "it stays in the United States",
    "personal": "it is about persons: it stays in the region, off the internet, and not for long",
}
# Regions of AWS's commercial partition inside the union: London and Zurich lie outside.
EU: Final = ("eu-central-1", "eu-west-1", "eu-west-3", "eu-north-1", "eu-south-1", "eu-south-2")
US: Final = ("us-east-1", "us-east-2", "us-west-1", "us-west-2")
PLACES: Final[Mapping[str, tuple[str, ...]]] = {"eu": EU, "us": US, "region": ()}
PERSONAL: Final = "personal"
PERSONAL_DAYS: Final = 7
USUAL_DAYS: Final = 30


def allowed_regions(rules: tuple[str, ...], region: str) -> tuple[str, ...]:
    """The regions that the rules allow for a stack in a region; empty: any."""
    place = next((rule for rule in rules if rule in PLACES), "region" if PERSONAL in rules else "")
    return (PLACES[place] or (region,)) if place else ()


def ways_out(rules: tuple[str, ...]) -> tuple[str, ...]:
    """How instances may reach AWS; a public address is no way, since the rules of `breakeven check` refuse it."""
    return ("endpoints",) if PERSONAL in rules else ("nat",)


def days_kept(rules: tuple[str, ...]) -> int:
    """Days that log lines and documents are kept."""
    return PERSONAL_DAYS if PERSONAL in rules else USUAL_DAYS


def rule_lines(rules: tuple[str, ...], region: str) -> Iterator[Line]:
    """The settings that the rules ask for, but for the way out, which is among what is chosen."""
    places = allowed_regions(rules, region)
    said = ", ".join(rules) or "none"
    if places:
        yield Line(key="allowedRegions", value=list(places), why=f"data rules {said}")
    kept = f"data rules {said}: lines of the log hold callers' addresses and names of documents"
    yield Line(key="logRetentionDays", value=days_kept(rules), why=kept)
    if PERSONAL in rules:
        why = f"data rules {said}; it counts once intake is true. Callers take personal data out with --redact"
        yield Line(key="intakeRetentionDays", value=days_kept(rules), why=why)
        why = f"data rules {said}: one line a request holds the caller's address, so none is written"
        yield Line(key="accessLogs", value=False, why=why)
