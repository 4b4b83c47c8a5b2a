"""Instances of a request without personal data: texts, and files that hold text; what cannot be searched is refused."""

import mimetypes
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from serving.errors import InputError
from serving.redact import redactor


class Redactions:
    """Takes personal data out of what is about to leave, and counts it; raises InputError without the extra."""

    def __init__(self) -> None:
        self._redactor = redactor()
        self.counts: Counter[str] = Counter()

    def text(self, text: str) -> str:
        """The text without what was found in it."""
        found = self._redactor.redact(text)
        self.counts.update(found.counts)
        return found.text

    def instances(self, instances: "Sequence[str | bytes | Path]") -> "list[str]":
        """Each as a text; raises InputError for a picture or other bytes, before anything is sent."""
        return [self.text(_text(place, one)) for place, one in enumerate(instances)]


def _text(place: int, one: "str | bytes | Path") -> str:
    if isinstance(one, str):
        return one
    if isinstance(one, bytes):
        raise _refusal(f"instance {place}", "bytes cannot be searched for personal data")
    if not (mimetypes.guess_type(one.name)[0] or "").startswith("text/"):
        raise _refusal(str(one), "only texts can be searched for personal data")
    try:
        return one.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(str(one), str(error.strerror or error), "give a file that can be read") from error
    except UnicodeDecodeError:
        raise _refusal(str(one), "it is not UTF-8, so it cannot be searched for personal data") from None


def _refusal(thing: str, reason: str) -> InputError:
    return InputError(thing, reason, "give a text, or leave redact out")
