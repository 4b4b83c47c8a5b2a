"""From instances to requests, and from an answer back to the instances it is for."""

import json
import mimetypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from serving.client.errors import EndpointError
from serving.client.results import ItemFailure, Result, prediction
from serving.errors import InputError

Instance = str | bytes | Path  # a text, or an image in memory or in a file
# Not `Sequence`: a str is one, too, and would be taken for several.
Instances = list[str] | list[bytes] | list[Path] | list[Instance] | tuple[Instance, ...]

JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"
BINARY: Final = "application/octet-stream"
# Of answers; one without is of the same kind. Another would mean something else by the same keys.
SCHEMA: Final = "1"
# Far below what the servers take (10 MB): a request is one unit of their queue, whatever is in it.
MOST_TEXT_BYTES: Final = 500_000
# The instance is at fault, not the endpoint.
ITEM_CODES: Final = frozenset({400, 413, 415, 422})
# The endpoint is not what the caller takes it for: another instance would fare no better.
WRONG_ENDPOINT: Final = frozenset({301, 302, 303, 307, 308, 401, 403, 404, 405})


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request: several texts, or one image or file; `first` is the place of its first instance."""

    first: int
    instances: tuple[Instance, ...]

    def content(self) -> tuple[bytes, str]:
        """Body and content type; reads a file. Raises InputError."""
        one = self.instances[0]
        if len(self.instances) > 1:
            return json.dumps({"instances": self.instances}, ensure_ascii=False).encode("utf-8"), JSON
        if isinstance(one, str):
            return one.encode("utf-8"), TEXT
        if isinstance(one, bytes):
            return one, BINARY
        kind = mimetypes.guess_type(one.name)[0] or ""
        try:
            return one.read_bytes(), TEXT if kind.startswith("text/") else BINARY
        except OSError as error:
            raise InputError(str(one), str(error.strerror or error), "give a file that can be read") from error

    def failed(self, code: int, message: str) -> list[Result]:
        """The same failure for each instance."""
        return [ItemFailure(index=self.first + i, code=code, message=message) for i in range(len(self.instances))]


def calls(instances: Sequence[Instance], texts_per_request: int) -> Iterator[Call]:
    """Split into requests, in order: neighbouring texts together, everything else alone and as it is.

    Images are not put into JSON: base64 would make them a third larger.
    """
    start, size = 0, 0
    for i, one in enumerate(instances):
        length = len(one.encode("utf-8")) if isinstance(one, str) else 0
        full = i - start >= texts_per_request or size + length > MOST_TEXT_BYTES
        if i > start and (full or not isinstance(one, str) or not isinstance(instances[start], str)):
            yield Call(first=start, instances=tuple(instances[start:i]))
            start, size = i, 0
        size += length
    if instances:
        yield Call(first=start, instances=tuple(instances[start:]))


def check(instances: Sequence[object]) -> None:
    """Raises InputError for what is no instance, before anything is sent."""
    for i, one in enumerate(instances):
        if isinstance(one, str) and not _is_unicode(one):
            raise InputError(f"instance {i}", "the text holds a lone surrogate", "decode it again, as UTF-8")
        if not isinstance(one, (str, bytes, Path)):
            raise InputError(f"instance {i}", f"a {type(one).__name__} is no input", "give a str, bytes or a Path")
        if isinstance(one, Path) and not one.is_file():
            raise InputError(str(one), "there is no such file", "give the path of a file; a text is given as str")


def results(call: Call, url: str, body: bytes) -> list[Result]:
    """The results of a 200 answer, one per instance, in order; raises EndpointError for another document."""
    try:
        document = json.loads(body)
        rows = document["predictions"]
        schema = document.get("schema", SCHEMA)
        if schema != SCHEMA:
            reason = f"it answers in schema {str(schema)[:20]}, and this client reads {SCHEMA}"
            raise EndpointError(url, reason, "install the client of the server's version", status=200)
        if len(rows) == len(call.instances):
            return [_result(row, call.first + i) for i, row in enumerate(rows)]
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
        reason = "its answer is not a list of predictions"
    else:
        reason = f"it answers {len(rows)} predictions for {len(call.instances)} instances"
    raise EndpointError(url, reason, "check that the URL is a model's endpoint", status=200)


def message(status: int, body: bytes) -> str:
    """What an error answer says, in one sentence: ours, TorchServe's or the gateway's; else the status in words."""
    try:
        document: Any = json.loads(body)
        document = document.get("error", document)
        found = document.get("message") or document.get("Message")
    except (ValueError, AttributeError, RecursionError):
        found = None
    if found:
        return " ".join(str(found).split())[:200]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"


def _result(row: Any, index: int) -> Result:
    if "error" in row:
        wrong = row["error"]
        return ItemFailure(index=index, code=int(wrong["code"]), message=str(wrong["message"]))
    return prediction(row)


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
