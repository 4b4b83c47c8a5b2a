"""Personal data taken out of a text before it leaves: a placeholder in its place, and a count of each kind.

What has a form of its own is found: e-mail addresses, telephone numbers, IBANs, payment cards, IP addresses,
credentials in URLs, social security numbers of the United States and some other national numbers. Names, postal
addresses, dates of birth and everything else that only its meaning tells are NOT found (docs/privacy.md has figures).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from serving.errors import InputError
from serving.redact_numbers import cards, ibans, national
from serving.redact_phones import REGIONS, phones
from serving.redact_types import KINDS, Span
from serving.redact_words import credentials, emails, ip_addresses

__all__ = ["KINDS", "Redacted", "Redactor", "redact", "redactor"]


@dataclass(frozen=True, kw_only=True)
class Redacted:
    """A text without what was found, and how often each kind was; never what it was."""

    text: str = field(repr=False)
    counts: Mapping[str, int]


class Redactor:
    """Finds personal data by its form. `regions` are those whose national telephone numbers are known, best first.

    Raises InputError where the libraries of the extra `redact` are missing.
    """

    def __init__(self, regions: Sequence[str] = REGIONS) -> None:
        try:
            import phonenumbers
            import stdnum  # noqa: F401 - told here, before a text is half read
        except ImportError as error:
            raise InputError("redact", f"{error.name} is not installed", "pip install -e '.[redact]'") from None
        unknown = [region for region in regions if region not in phonenumbers.SUPPORTED_REGIONS]
        if unknown:
            raise InputError("redact", f"{unknown[0]!r} is no region of telephone numbers", "write it like US or DE")
        self._regions = tuple(regions)

    def redact(self, text: str) -> Redacted:
        """The text with a placeholder, such as [EMAIL], in each place."""
        parts, counts, end = [], Counter[str](), 0
        for span in self.spans(text):
            parts += [text[end : span.start], f"[{span.kind}]"]
            counts[span.kind] += 1
            end = span.end
        return Redacted(text="".join([*parts, text[end:]]), counts=dict(sorted(counts.items())))

    def spans(self, text: str) -> list[Span]:
        """Where something was found, in order; of two that overlap the surer one."""
        taken: list[Span] = []
        # Surest first: what has a check digit or a sign of its own before what is merely shaped like something.
        for find in (credentials, emails, ibans, cards, national, ip_addresses):
            taken += _free(find(text), taken)
        taken += _free(phones(text, self._regions), taken)
        return sorted(taken, key=lambda span: span.start)


def _free(found: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """Those that overlap none that is taken; both in no particular order."""
    import bisect

    held = sorted(taken, key=lambda span: span.start)
    starts = [span.start for span in held]
    free: list[Span] = []
    for span in sorted(found, key=lambda span: (span.start, -span.end)):
        place = bisect.bisect_left(starts, span.end)
        overlaps = place > 0 and held[place - 1].end > span.start
        if not overlaps and not (free and free[-1].end > span.start):
            free.append(span)
    return free


@cache
def redactor() -> Redactor:
    """One for the process, with the default regions."""
    return Redactor()


def redact(text: str) -> Redacted:
    """The text without what is found in it; raises InputError where the extra `redact` is missing."""
    return redactor().redact(text)
