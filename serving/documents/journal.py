"""The results file while it grows: one JSON line a document, whole sources only."""

import fcntl
import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from serving.documents.types import Row
from serving.errors import InputError

SYNC_SECONDS: Final = 1.0


def line_of(row: Row) -> bytes:
    """A row as it stands in the file. A name that is no UTF-8 stays readable by any JSON parser, as an escape."""
    try:
        return json.dumps(row.data, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(row.data, separators=(",", ":")).encode() + b"\n"


class Journal:
    """Appends rows. Those of one source go out in one write; the disk has them a second later at most."""

    def __init__(self, path: Path) -> None:
        """Raises InputError where it cannot be written, or another run writes it."""
        self._path = path
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            raise InputError(str(path), error.strerror or str(error), "give a file that can be written") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise InputError(str(path), "another run is writing it", "wait for its end, or write elsewhere") from None
        self._dirty, self._over = threading.Event(), threading.Event()
        self._syncing = threading.Thread(target=self._sync_often, name="results", daemon=True)
        self._syncing.start()

    def write(self, rows: Sequence[Row]) -> None:
        """Append the rows of one source; raises InputError where the disk takes no more."""
        left = memoryview(b"".join(map(line_of, rows)))
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(str(self._path), reason, "make room, then go on with --resume") from None
        self._dirty.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._syncing.join()
        try:
            os.fsync(self._file)
        finally:
            os.close(self._file)

    def _sync_often(self) -> None:
        while not self._over.wait(SYNC_SECONDS):
            if self._dirty.is_set():
                self._dirty.clear()
                os.fsync(self._file)
