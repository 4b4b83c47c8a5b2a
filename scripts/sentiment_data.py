"""The rated texts that VADER was published with (Hutto and Gilbert, ICWSM 2014), fetched, labelled and split."""

import hashlib
import html
import importlib.util
import io
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from serving.finetune import alike

PACKAGE: Final = "vaderSentiment==3.3.2"
SDIST: Final = "vaderSentiment-3.3.2.tar.gz"
SHA256: Final = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"
INSIDE: Final = "vaderSentiment-3.3.2"
SETS: Final = {
    "tweets": "tweets_GroundTruth.txt",
    "movie reviews": "movieReviewSnippets_GroundTruth.txt",
    "product reviews": "amazonReviewSnippets_GroundTruth.txt",
    "editorials": "nytEditorialSnippets_GroundTruth.txt",
}
LABELS: Final = ("negative", "neutral", "positive")
NEUTRAL: Final = 0.5  # mean ratings (-4 to 4) nearer to 0 than to a whole step
COMPOUND: Final = 0.05  # VADER's own threshold


@dataclass(frozen=True, kw_only=True)
class Row:
    """One rated text; `part` is train, validation or held-out."""

    set: str
    id: str
    rating: float
    text: str
    part: str

    @property
    def label(self) -> int:
        """Index into LABELS."""
        return 0 if self.rating <= -NEUTRAL else 2 if self.rating >= NEUTRAL else 1


def fetch(folder: Path) -> Path:
    """The package's source archive, checked. Raises SystemExit with one line."""
    path = folder / SDIST
    if not path.is_file():
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
        if subprocess.run([*command, "-d", str(folder), PACKAGE], check=False).returncode:  # noqa: S603 - fixed words
            raise SystemExit(f"{PACKAGE}: cannot be fetched; check the package index")
    actual = hashlib.sha256(path.read_bytes()).hexdigest()
    if actual != SHA256:
        raise SystemExit(f"{path.name}: SHA-256 is {actual}, not {SHA256}; delete it and fetch it again")
    return path


def rows(sdist: Path) -> list[Row]:
    """All texts, in the files' order."""
    with tarfile.open(sdist) as outer:
        inner = _member(outer, f"{INSIDE}/additional_resources/hutto_ICWSM_2014.tar.gz")
    found = []
    with tarfile.open(fileobj=io.BytesIO(inner)) as archive:
        for name, file in SETS.items():
            for line in _member(archive, f"hutto_ICWSM_2014/{file}").decode("utf-8-sig").splitlines():
                key, rating, text = line.split("\t")
                # Tweets were stored as HTML. Decoded for both sides: it mends emoticons such as <3.
                found.append((name, key, float(rating), html.unescape(text)))
    leaders = _leaders(found)
    return [
        Row(set=s, id=key, rating=rating, text=text, part=_part(*found[leader][:2]))
        for (s, key, rating, text), leader in zip(found, leaders, strict=True)
    ]


def vader(sdist: Path, folder: Path) -> Callable[[str], float]:
    """VADER's compound score of a text, -1 to 1, by the package itself, unpacked into `folder`."""
    with tarfile.open(sdist) as archive:
        # Python before 3.11.4 has no filters.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
        archive.extractall(folder)  # noqa: S202 - its digest is pinned, or it is our own
    path = folder / INSIDE / "vaderSentiment" / "vaderSentiment.py"
    spec = importlib.util.spec_from_file_location("vaderSentiment", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path.name}: not in {SDIST}; delete it and fetch it again")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    analyzer = module.SentimentIntensityAnalyzer()
    return lambda text: float(analyzer.polarity_scores(text)["compound"])


def lexicon(sdist: Path) -> Iterator[tuple[str, float]]:
    """VADER's words and emoticons with their valence, -4 to 4."""
    with tarfile.open(sdist) as archive:
        text = _member(archive, f"{INSIDE}/vaderSentiment/vader_lexicon.txt").decode()
    for line in text.splitlines():
        if line.strip():
            word, valence = line.split("\t")[:2]
            yield word, float(valence)


def vader_label(compound: float) -> int:
    """Index into LABELS."""
    return 2 if compound >= COMPOUND else 0 if compound <= -COMPOUND else 1


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    stream = archive.extractfile(name)
    if stream is None:
        raise SystemExit(f"{name}: not a file of {SDIST}; delete it and fetch it again")
    return stream.read()


def _part(name: str, key: str) -> str:
    """Two tenths held out, one for validation, by the hash of the group's first text id."""
    tenth = int(hashlib.sha256(f"{name} {key}".encode()).hexdigest()[:8], 16) % 10
    return "held-out" if tenth < 2 else "validation" if tenth == 2 else "train"


def _leaders(found: Sequence[tuple[str, str, float, str]]) -> list[int]:
    """For each text the first of its group: one document's snippets, and texts that are (nearly) the same."""

    def joined() -> Iterator[tuple[int, int]]:
        seen: dict[tuple[str, str], int] = {}
        for i, (name, key, _, text) in enumerate(found):
            document, snippet, _ = key.partition("_")
            if snippet:
                yield seen.setdefault((name, document), i), i
            plain = re.sub(r"[^a-z0-9]", "", text.lower()) or text.strip()
            yield seen.setdefault(("", plain), i), i
        yield from alike.pairs([text for *_, text in found])

    return alike.first_of(len(found), joined())
