"""How many documents of each make a corpus has, and how long they are."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# Of 10,000 documents. OCR takes seconds a page where all else takes milliseconds: about one in twelve needs it.
SHARES: Final[Mapping[str, int]] = {
    "text": 3100,  # several encodings
    "word": 2800,
    "pdf": 1900,  # born digital, 1 to 50 pages
    "columns": 300,  # born digital, two columns
    "sideways": 100,  # born digital, the text runs up, down or upside down on the page
    "html": 350,
    "markdown": 250,
    "email": 250,  # a third with an attachment
    "archive": 50,  # zip of texts
    "japanese": 50,  # text in its three encodings, HTML, Word
    "scan": 350,  # pictures of pages in a PDF
    "noisy": 100,  # the same, bad copies
    "turned": 150,  # the same, every page by 90, 180 or 270 degrees
    "image": 100,  # PNG, JPEG, TIFF
    "mixed": 120,  # some pages born digital, some scanned
    "garbled": 30,  # scanned, with a text layer that says something else
}
# Needs a CJK font on the machine, so it is only made where it is asked for.
EXTRA: Final = ("japanese-scan",)
MAKES: Final = (*SHARES, *EXTRA)
# The longest document of a range of pages, and how many of 100 documents lie in it.
PDF_PAGES: Final = ((1, 1, 62), (2, 3, 25), (4, 10, 10), (11, 50, 3))
SCAN_PAGES: Final = ((1, 1, 85), (2, 2, 12), (3, 5, 3))


@dataclass(frozen=True, kw_only=True)
class Order:
    """One file to make; equal orders give equal files."""

    number: int
    make: str
    seed: int

    @property
    def stem(self) -> str:
        """Path below the folder of documents, without the extension: five hundred files to a folder."""
        return f"{self.number // 500:03d}/{self.number:06d}-{self.make}"

    @property
    def rng(self) -> random.Random:
        """This file's own random numbers, whatever was made before it."""
        return random.Random(f"{self.seed}/{self.number}/{self.make}")  # noqa: S311 - not for secrets


def orders(documents: int, seed: int, only: Sequence[str] = ()) -> Iterator[Order]:
    """Files in a shuffled order: the stated mix, or equally many of the makes in `only`."""
    shares = dict.fromkeys(only, 1) or SHARES
    made = [make for make, count in _counts(documents, shares).items() for _ in range(count)]
    random.Random(f"{seed}/order").shuffle(made)  # noqa: S311 - not for secrets
    for number, make in enumerate(made):
        yield Order(number=number, make=make, seed=seed)


def pages(rng: random.Random, ranges: Sequence[tuple[int, int, int]]) -> int:
    """How many pages a document has."""
    first, last, _ = rng.choices(ranges, [share for *_, share in ranges])[0]
    return rng.randint(first, last)


def _counts(documents: int, shares: Mapping[str, int]) -> dict[str, int]:
    """Whole numbers in proportion that add up; what is left over goes to the largest remainders."""
    total = sum(shares.values())
    counts = {make: documents * share // total for make, share in shares.items()}
    rest = sorted(shares, key=lambda make: documents * shares[make] % total, reverse=True)
    for make in rest[: documents - sum(counts.values())]:
        counts[make] += 1
    return counts
