"""The documents below a folder, one after the other, in the same order every time."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from serving.documents import kinds
from serving.documents.types import Source
from serving.errors import InputError


def discover(folder: Path, types: Sequence[str], skipped: Callable[[str], None]) -> Iterator[Source]:
    """Every document of the types below a folder; at most one folder's names are in memory at a time for each level.

    `skipped` is told, once a file, the extension (or in words why) of what is not of the types. Links to folders are
    never followed, links to files only to files below the folder. A document that the file system refuses to show is
    yielded too, so that it gets its row. Raises InputError, at once, for a folder that is none or a type that is none.
    """
    wanted = frozenset(kinds.asked(types))
    root = _checked(folder)
    return (_source(id_, path, kind) for id_, path, kind in _documents(root, wanted, skipped))


def count(folder: Path, types: Sequence[str]) -> int:
    """How many documents `discover` will yield; names only, no file is looked at."""
    wanted = frozenset(kinds.asked(types))
    return sum(1 for _ in _documents(_checked(folder), wanted, lambda _: None))


def _checked(folder: Path) -> str:
    try:
        with os.scandir(folder):
            return str(folder)
    except FileNotFoundError:
        raise InputError(str(folder), "there is no such folder", "check the path") from None
    except NotADirectoryError:
        raise InputError(str(folder), "it is a file", "name the folder that holds the documents") from None
    except OSError as error:
        raise InputError(str(folder), f"it cannot be read ({error.strerror})", "check its permissions") from None


def _documents(root: str, wanted: frozenset[str], skipped: Callable[[str], None]) -> Iterator[tuple[str, str, str]]:
    inside = os.path.join(os.path.realpath(root), "")  # noqa: PTH118 - a Path for each of a million files costs
    for path, is_link in _files(root, skipped):
        name = os.path.basename(path)  # noqa: PTH119
        kind = kinds.of(name)
        if kinds.is_debris(name):
            skipped("temporary file")
        elif kind not in wanted:
            skipped(kinds.extension(name) or "no extension")
        elif is_link and not os.path.realpath(path).startswith(inside):
            skipped("link out of the folder")
        else:
            yield _printable(os.path.relpath(path, root)), path, kind


def _files(root: str, skipped: Callable[[str], None]) -> Iterator[tuple[str, bool]]:
    """Depth first, by name; a stack instead of recursion, since a tree can be deeper than Python's limit."""
    open_folders = [iter(_entries(root))]
    while open_folders:
        entry = next(open_folders[-1], None)
        if entry is None:
            open_folders.pop()
            continue
        path, is_folder, is_link = entry
        if not is_folder:
            yield path, is_link
        elif is_link:
            skipped("link to a folder")
        else:
            try:
                open_folders.append(iter(_entries(path)))
            except OSError:
                skipped("folder that cannot be read")


def _entries(folder: str) -> list[tuple[str, bool, bool]]:
    with os.scandir(folder) as entries:
        return sorted((entry.path, _is_folder(entry), entry.is_symlink()) for entry in entries)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle
        return False


def _printable(id_: str) -> str:
    """Names that are not UTF-8 become so; results are JSON."""
    return os.fsencode(id_).decode("utf-8", "backslashreplace")


def _source(id_: str, path: str, kind: str) -> Source:
    try:
        size_bytes = os.stat(path).st_size  # noqa: PTH116
    except OSError:
        size_bytes = 0  # reading it will say why
    return Source(id=id_, path=Path(path), kind=kind, size_bytes=size_bytes)
