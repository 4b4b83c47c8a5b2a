"""Makes the files of a corpus in several processes and writes down what is known of them."""

import json
import multiprocessing
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from scripts.corpus.mix import Order, orders
from scripts.corpus.registry import Desk, makers
from scripts.corpus.texts import sentences
from scripts.corpus.truth import ABOUT, DOCUMENTS, TRUTH, Truth
from serving.backends.types import cores

CHUNK = 25  # files a process makes before it reports


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """What decides every byte of a corpus, with the versions of the libraries that wrote it."""

    documents: int  # files; e-mails and archives hold further documents
    seed: int = 0
    only: tuple[str, ...] = ()  # makes, equally many of each; empty: the stated mix
    texts: str = "reviews"  # or templates

    def as_json(self) -> dict[str, Any]:
        """For the file beside the truth."""
        return {**asdict(self), "only": list(self.only)}


def build(corpus: Corpus, folder: Path, cache: Path, workers: int | None = None) -> Iterator[int]:
    """Make the corpus in `folder`, yielding how many files are there; nothing is done where it is already whole.

    Raises SystemExit with one line where the folder holds something else.
    """
    if _is_there(corpus, folder):
        yield corpus.documents
        return
    _clear(folder)
    held = sentences(corpus.texts, cache)
    wanted = list(orders(corpus.documents, corpus.seed, corpus.only))
    for place in {folder / DOCUMENTS / Path(order.stem).parent for order in wanted}:
        place.mkdir(parents=True, exist_ok=True)
    done = 0
    with (folder / TRUTH).open("w", encoding="utf-8") as truth:
        for lines in _made(wanted, held, folder / DOCUMENTS, workers or cores()):
            truth.writelines(chain.from_iterable(lines))
            done += len(lines)
            yield done
    # Written last: a corpus without it is not whole.
    (folder / ABOUT).write_text(json.dumps(corpus.as_json(), indent=1) + "\n", encoding="utf-8")


def _made(
    wanted: Sequence[Order], held: dict[str, tuple[str, ...]], target: Path, workers: int
) -> Iterator[list[list[str]]]:
    if workers == 1 or len(wanted) <= CHUNK:
        for some in _chunks(wanted):
            yield [_one(order, held, target) for order in some]
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _begin, (held, target)) as pool:
        yield from pool.map(_several, _chunks(wanted))


_shared: dict[str, Any] = {}


def _begin(held: dict[str, tuple[str, ...]], target: Path) -> None:
    _shared.update(held=held, target=target)


def _several(some: Sequence[Order]) -> list[list[str]]:
    return [_one(order, _shared["held"], _shared["target"]) for order in some]


def _one(order: Order, held: dict[str, tuple[str, ...]], target: Path) -> list[str]:
    """Writes a file; the truth of each document in it as a line."""
    from scripts.corpus import pages, plain, word  # noqa: F401 - they register their makers

    made = makers[order.make](Desk(order=order, sentences=held, rng=order.rng))
    (target / f"{order.stem}.{made.extension}").write_bytes(made.data)
    return [Truth.as_line(truth) for truth in made.truths]


def _chunks(wanted: Sequence[Order]) -> Iterator[Sequence[Order]]:
    for start in range(0, len(wanted), CHUNK):
        yield wanted[start : start + CHUNK]


def _is_there(corpus: Corpus, folder: Path) -> bool:
    try:
        found = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(found == corpus.as_json())


def _clear(folder: Path) -> None:
    """Remove an unfinished or other corpus, but nothing that is none."""
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if names - {DOCUMENTS, TRUTH, ABOUT}:
        raise SystemExit(f"{folder}: holds other files; name an empty or a new folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
