"""Counters that worker processes share with the process that reads them: one row each in a mapped file."""

import mmap
import struct
from pathlib import Path
from typing import Final

COUNTS: Final = ("requests", "errors", "batches", "queue_us", "latency_us")
STATES: Final = ("pid", "ready", "in_flight", "busy_since_us")
FIELDS: Final = COUNTS + STATES
_FORM: Final = struct.Struct("<q")


class Board:
    """`rows` rows of 64-bit counters. One writer for each row; a reader may see a row between two of its changes."""

    def __init__(self, path: Path, rows: int) -> None:
        size = rows * len(FIELDS) * _FORM.size
        if not path.exists() or path.stat().st_size != size:
            path.write_bytes(bytes(size))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), size)
        self.rows = rows

    def get(self, row: int, field: str) -> int:
        """A counter."""
        found: int = _FORM.unpack_from(self._map, self._at(row, field))[0]
        return found

    def put(self, row: int, field: str, value: int) -> None:
        """Set a counter."""
        _FORM.pack_into(self._map, self._at(row, field), value)

    def add(self, row: int, field: str, value: int) -> None:
        """Count."""
        self.put(row, field, self.get(row, field) + value)

    def clear(self, row: int) -> None:
        """A new process takes the row over: what its predecessor had in hand is gone, what it counted stays."""
        for field in STATES:
            self.put(row, field, 0)

    def total(self, field: str) -> int:
        """A counter over all rows."""
        return sum(self.get(row, field) for row in range(self.rows))

    def _at(self, row: int, field: str) -> int:
        return (row * len(FIELDS) + FIELDS.index(field)) * _FORM.size
