"""A real prediction over the stack's endpoint: proof that what was deployed also serves."""

import os
import struct
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.costs.errors import InputError
from infra.lifecycle.errors import DeploymentError
from infra.settings import MODELS
from serving.client.auth import ApiKey, Auth, Bearer, IamAuth

CONTENT_TYPE: Final = "application/octet-stream"
PAUSE_SECONDS: Final = 10.0
CALL_SECONDS: Final = 35  # above the 30 seconds that the entry itself waits
# Not a matter of time: the entry knows the caller is not welcome.
REFUSED: Final = frozenset({401, 403})
SIDE: Final = 64

Headers = Mapping[str, str]
Sign = Callable[[str, bytes], Headers]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back: the HTTP status (0: no connection) and the first of the body or the reason."""

    status: int
    text: str


def wait(url: str, sign: Sign, body: bytes, *, limit_seconds: float, pause_seconds: float = PAUSE_SECONDS) -> Answer:
    """Call until a prediction comes back; raises DeploymentError when the time is up, or when calls are refused."""
    end = time.monotonic() + limit_seconds
    while True:
        answer = call(url, sign, body)
        if answer.status == 200:
            return answer
        if answer.status in REFUSED:
            reason = f"it refuses the call ({answer.status} {answer.text})"
            raise DeploymentError(url, reason, "check the caller's credentials and permission to invoke it")
        if time.monotonic() + pause_seconds > end:
            last = f"{answer.status} {answer.text}" if answer.status else answer.text
            reason = f"no prediction within {limit_seconds:.0f} seconds (last: {last})"
            raise DeploymentError(url, reason, "see the log group of the nodes, or wait and call it yourself")
        time.sleep(pause_seconds)


def call(url: str, sign: Sign, body: bytes) -> Answer:
    """One prediction."""
    import urllib3

    headers = {"Content-Type": CONTENT_TYPE, **sign(url, body)}
    try:
        with urllib3.PoolManager(retries=False, timeout=CALL_SECONDS) as pool:
            found = pool.request("POST", url, body=body, headers=headers)
    except urllib3.exceptions.HTTPError as error:
        return Answer(status=0, text=f"no connection ({type(error).__name__})")
    text = " ".join(found.data[:200].decode("utf-8", "replace").split())
    return Answer(status=found.status, text=text)


def signed_by(auth: str, region: str, outputs: Mapping[str, Any], profile: str = "") -> Sign:
    """How a call proves who makes it: IAM signature, API key, or the token in TOKEN.

    Raises InputError when there is nothing to prove it with.
    """
    if auth == "api-key":
        return _headers(ApiKey(key=str(outputs["apiKey"])))
    if auth == "jwt":
        token = os.environ.get("TOKEN", "")
        if not token:
            raise InputError("TOKEN", "not set, and the entry wants a token", "set it, or add --no-wait")
        return _headers(Bearer(token=token))
    return _headers(IamAuth(region=region, profile=profile))


def _headers(auth: Auth) -> Sign:
    return lambda url, body: auth.headers(url, body, CONTENT_TYPE)


def sample(model: str, unit: str, models: Path = MODELS) -> bytes:
    """Something to predict: the model's own sample file, else a grey picture or a short text."""
    own = sorted((models / model).glob("sample.*"))
    if own:
        return own[0].read_bytes()
    return _picture() if unit == "images" else b"The delivery was late, but the product is wonderful."


def _picture() -> bytes:
    """A grey PNG, made here so that no file is needed."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\x00" + b"\x80" * (3 * SIDE)) * SIDE
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts
