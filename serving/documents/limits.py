"""Where reading stops: every limit that a document can meet, with its default."""

from dataclasses import dataclass


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
    seconds_per_page: float = 60.0
    memory_bytes: int = 6 * 1024**3  # address space beyond which the process that reads is ended
