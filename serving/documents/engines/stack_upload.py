"""Sending documents to the bucket of a stack: each by a signed address of its own, that is good for five minutes."""

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from serving.documents import layout
from serving.documents.engines.stack_bucket import Bucket, Signed
from serving.documents.types import DocumentError, Source, Why
from serving.errors import InputError, ServingError

if TYPE_CHECKING:
    import httpx2

CHUNK_BYTES: Final = 256 * 1024
ATTEMPTS: Final = 5
PASSING: Final = frozenset({408, 429, 500, 502, 503, 504})
CONNECT_SECONDS: Final = 10.0
SILENT_SECONDS: Final = 60.0


class Sender:
    """Sends the documents of one run; several threads may share it. `again`: the run has sent something before."""

    def __init__(self, bucket: Bucket, run: str, most_bytes: int, *, again: bool) -> None:
        self._bucket, self._run, self._most_bytes, self._again = bucket, run, most_bytes, again
        self._client = _client()
        self._ended = threading.Event()
        self.last_sent = time.monotonic()

    def send(self, source: Source) -> str:
        """Send a document, unless the bucket holds it already; its key.

        Raises DocumentError where it cannot be read or is too large, ServingError where S3 does not take it.
        """
        key = layout.upload_key(self._run, source.id)
        size = _size(source.path)
        if size > self._most_bytes:
            raise DocumentError(Why.LIMIT, f"The file has {size:,} bytes, and {self._most_bytes:,} are the limit.")
        if self._again and self._bucket.holds(key, size):
            return key
        for attempt in range(ATTEMPTS):
            said = self._try(self._bucket.sign(key, source.id, size), source.path)
            if not said:
                self.last_sent = time.monotonic()
                return key
            # Full jitter, so that many uploads do not come back together.
            self._ended.wait(random.uniform(0, 2**attempt))  # noqa: S311 - no secret
            if self._ended.is_set():
                break
        raise ServingError(key, f"it cannot be sent ({said})", "look at the network; then go on with --resume")

    def close(self) -> None:
        """Close the connections; waits between attempts end."""
        self._ended.set()
        self._client.close()

    def _try(self, signed: Signed, path: Path) -> str:
        """What stood in the way and may pass; empty once it is sent."""
        import httpx2

        try:
            answer = self._client.put(signed.url, content=_pieces(path), headers=signed.headers)
        except httpx2.LocalProtocolError:
            raise DocumentError(Why.UNREADABLE, "The file changed while it was sent.") from None
        except httpx2.HTTPError as error:
            return str(error) or type(error).__name__
        if answer.is_success:
            return ""
        said = f"{answer.status_code} {_code(answer.text)}"
        if answer.status_code in PASSING:
            return said
        raise ServingError(path.name, f"S3 does not take it ({said})", "check what the credentials may do")


def _client() -> "httpx2.Client":
    try:
        import httpx2
    except ImportError:
        raise InputError("httpx2", "it is not installed", "pip install 'breakeven[documents]'") from None
    return httpx2.Client(timeout=httpx2.Timeout(SILENT_SECONDS, connect=CONNECT_SECONDS))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise DocumentError(Why.UNREADABLE, f"The file cannot be read: {error.strerror or error}.") from None


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(CHUNK_BYTES):
                yield piece
    except OSError as error:
        raise DocumentError(Why.UNREADABLE, f"The file cannot be read: {error.strerror or error}.") from None


def _code(text: str) -> str:
    """The code in S3's answer."""
    return text.partition("<Code>")[2].partition("</Code>")[0] or text[:100]
