"""Where an endpoint is: from a server's address and a model, or from a stack's whole endpoint."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from serving.errors import InputError

_PATH = "/predictions/"
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_FORMS = "give http://127.0.0.1:8080 and a model, or a stack's whole endpoint"


def endpoint(url: str, model: str = "") -> str:
    """The URL that predictions are posted to.

    `url` is a server's (`http://127.0.0.1:8080`, with `model`) or whole (`https://.../predictions/resnet50`).
    Raises InputError for anything else, and for a model that is not the one in a whole URL.
    """
    parts = _split(url)
    base, found, own = parts.path.rstrip("/").partition(_PATH)
    if found and model not in ("", own):
        raise InputError(f"model {model}", f"the endpoint is of {own}", "leave the model out, or give another URL")
    name = own if found else model
    if not name:
        raise InputError(f"url {url}", "it names no model", _FORMS)
    if not _MODEL.fullmatch(name):
        raise InputError(f"model {name}", "it is no model's name", "use letters, digits, '.', '_' and '-'")
    return f"{parts.scheme}://{parts.netloc}{base.rstrip('/')}{_PATH}{name}"


def is_local(url: str) -> bool:
    """Whether a URL leads to this very machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        wrong = parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0
    except ValueError:  # a port that is no number, a bracket without its pair
        wrong = True
    if wrong:
        raise InputError(f"url {url}", "it is no http or https address", _FORMS)
    if parts.username is not None or parts.query or parts.fragment:
        raise InputError("url", "it holds a user, a query or a fragment", _FORMS)
    return parts
