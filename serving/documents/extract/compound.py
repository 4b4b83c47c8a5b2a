"""Reading Microsoft's compound files (.doc, .msg), the small part that is needed; [MS-CFB] is the source."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from serving.documents.types import DocumentError, Why

_LAST_SECTOR: Final = 0xFFFFFFFA  # this and above are marks, not sectors
_ENTRY: Final = 128
_MOST_ENTRIES: Final = 100_000
_NONE: Final = 0xFFFFFFFF
_STORAGES: Final = (1, 5)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the directory: a stream, or a storage that holds others."""

    name: str
    type: int
    left: int
    right: int
    child: int
    start: int
    size: int


class Compound:
    """A compound file in memory; every method raises DocumentError for a damaged one."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        try:
            self._read_header()
        except struct.error:
            raise _damaged() from None

    def _read_header(self) -> None:
        data = self._data
        shift, small_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or small_shift != 6:
            raise _damaged()
        self._sector, self._small_sector = 1 << shift, 1 << small_shift
        directory, self._small_below, small_table = struct.unpack_from("<I4xII", data, 48)
        (difat,) = struct.unpack_from("<I", data, 68)
        sectors = [number for number in struct.unpack_from("<109I", data, 76) if number < _LAST_SECTOR]
        per_sector = self._sector // 4
        for _ in range(len(data) // self._sector):  # a chain longer than the file runs in a circle
            if difat >= _LAST_SECTOR:
                break
            *more, difat = struct.unpack(f"<{per_sector}I", self._at(difat))
            sectors += [number for number in more if number < _LAST_SECTOR]
        table = b"".join(self._at(number) for number in sectors[: len(data) // self._sector + 1])
        self._next = struct.unpack(f"<{len(table) // 4}I", table)
        small = self._chain(small_table)
        self._next_small = struct.unpack(f"<{len(small) // 4}I", small)
        lines = self._chain(directory)
        if len(lines) > _MOST_ENTRIES * _ENTRY:
            raise DocumentError(Why.LIMIT, f"The compound file holds more than {_MOST_ENTRIES} streams.")
        self._entries = [self._entry(raw) for raw in struct.iter_unpack("<64sHBB3I16x20xIQ", lines)]

    @staticmethod
    def _entry(raw: tuple[bytes, int, int, int, int, int, int, int, int]) -> Entry:
        name, length, type_, _, left, right, child, start, size = raw
        text = name[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        return Entry(name=text, type=type_, left=left, right=right, child=child, start=start, size=size & 0xFFFFFFFF)

    @cached_property
    def root(self) -> Mapping[str, Entry]:
        """What lies at the top, by name."""
        return self.children(self._entries[0]) if self._entries else {}

    def children(self, storage: Entry) -> Mapping[str, Entry]:
        """What lies in a storage, by name."""
        found: dict[str, Entry] = {}
        waiting, seen = [storage.child], set[int]()
        while waiting:
            number = waiting.pop()
            if number >= len(self._entries) or number in seen:
                continue
            seen.add(number)
            entry = self._entries[number]
            found[entry.name] = entry
            waiting += [entry.left, entry.right]
        return dict(sorted(found.items()))

    def stream(self, entry: Entry) -> bytes:
        """The content of a stream."""
        if entry.type in _STORAGES:
            raise _damaged()
        if entry.size >= self._small_below:
            return self._chain(entry.start)[: entry.size]
        pieces: list[bytes] = []
        number, size = entry.start, self._small_sector
        while number < _LAST_SECTOR and len(pieces) * size < entry.size:
            pieces.append(self._small[number * size : (number + 1) * size])
            number = self._follow(self._next_small, number)
        return b"".join(pieces)[: entry.size]

    @cached_property
    def _small(self) -> bytes:
        return self._chain(self._entries[0].start)

    def _at(self, number: int) -> bytes:
        piece = self._data[(number + 1) * self._sector : (number + 2) * self._sector]
        return piece.ljust(self._sector, b"\0")  # the last sector of a file may be cut short

    def _chain(self, number: int) -> bytes:
        """All sectors from one on; a chain longer than the file runs in a circle."""
        pieces: list[bytes] = []
        most = len(self._data) // self._sector + 1
        while number < _LAST_SECTOR:
            if len(pieces) > most:
                raise _damaged()
            pieces.append(self._at(number))
            number = self._follow(self._next, number)
        return b"".join(pieces)

    @staticmethod
    def _follow(table: tuple[int, ...], number: int) -> int:
        return table[number] if number < len(table) else _NONE


def _damaged() -> DocumentError:
    return DocumentError(Why.BROKEN, "The compound file (.doc, .msg) is damaged.")
