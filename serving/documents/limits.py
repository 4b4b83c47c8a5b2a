"""Where reading stops: every limit that a document can meet, with its default."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of one document; a document over one of them gets a row with the reason `limit` or `timeout`."""

    file_bytes: int = 512 * 1024**2  # read from disk
    pages: int = 2_000
    characters: int = 20_000_000  # of extracted text
    image_pixels: int = 100_000_000  # of one image or rendered page
    unpacked_bytes: int = 1024**3  # of an archive, a .docx or an .odt, all members together
    unpacked_ratio: int = 200  # unpacked to packed, above 10 MB unpacked
    members: int = 10_000  # of an archive
    depth: int = 3  # archives in archives, mails in mails
    seconds: float = 600.0  # of one document, extraction and OCR
    seconds_per_page: float = 60.0  # more, for every page that the OCR has begun
    memory_bytes: int = 6 * 1024**3  # address space beyond which the process that reads is ended

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """The defaults but for those given, by name. Raises InputError for another name, or for what is no number."""
        from difflib import get_close_matches

        from serving.errors import InputError

        known = {one.name: type(getattr(cls, one.name)) for one in fields(cls)}
        numbers: dict[str, float] = {}
        for name, text in given.items():
            if name not in known:
                near = get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
                raise InputError(f"limit {name}", "there is no such limit", hint)
            try:
                numbers[name] = known[name](text.replace("_", ""))
            except ValueError:
                kind = "whole number" if known[name] is int else "number"
                raise InputError(f"limit {name}", f"{text!r} is no {kind}", f"write {name}=NUMBER") from None
            if not numbers[name] > 0:
                raise InputError(f"limit {name}", f"{text} lets nothing through", "give more than 0")
        return cls(**numbers)  # type: ignore[arg-type]  # each was made by its field's own type
