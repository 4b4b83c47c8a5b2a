"""How a call proves who makes it: headers from the URL and the body, made anew for every attempt."""

import os
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from serving.client.address import is_local
from serving.errors import InputError

VARIABLES = {"api-key": "API_KEY", "jwt": "TOKEN"}
_REGION = re.compile(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")


class Auth(Protocol):
    """Headers for one POST. It may block (a token is fetched): it is called in a thread."""

    def headers(self, url: str, body: bytes, content_type: str) -> Mapping[str, str]:
        """The headers to add; raises InputError when there is nothing to prove it with."""
        ...


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """The key of a usage plan."""

    key: str = field(repr=False)

    def headers(self, url: str, body: bytes, content_type: str) -> Mapping[str, str]:
        """`x-api-key`."""
        return {"x-api-key": _sendable("API key", self.key)}


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """A JWT, or a function that returns a valid one; the function is asked before each attempt, one call at a time."""

    token: str | Callable[[], str] = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def headers(self, url: str, body: bytes, content_type: str) -> Mapping[str, str]:
        """`Authorization: Bearer`."""
        with self._lock:
            token = self.token if isinstance(self.token, str) else self.token()
        return {"Authorization": f"Bearer {_sendable('token', token)}"}


@dataclass(frozen=True, kw_only=True)
class IamAuth:
    """An IAM signature (SigV4, service execute-api) with the credentials botocore finds.

    `region` may be empty for an execute-api host, which names its own, and where AWS_REGION is set.
    """

    region: str = ""
    profile: str = ""
    _found: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def headers(self, url: str, body: bytes, content_type: str) -> Mapping[str, str]:
        """`Authorization`, `X-Amz-Date` and, with temporary credentials, `X-Amz-Security-Token`."""
        from botocore.auth import SigV4Auth  # type: ignore[import-untyped]
        from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]

        own = {"Content-Type": content_type, "Host": urlsplit(url).netloc}
        request = AWSRequest(method="POST", url=url, data=body, headers=own)
        # Frozen: key, secret and session token of one moment, though another thread may be renewing them.
        SigV4Auth(self._credentials().get_frozen_credentials(), "execute-api", self._region(url)).add_auth(request)
        return {name: value for name, value in request.headers.items() if name not in own}

    def _region(self, url: str) -> str:
        found = _REGION.search(urlsplit(url).hostname or "")
        region = self.region or (found[1] if found else os.environ.get("AWS_REGION", ""))
        if not region:
            raise InputError("region", "not given, and the URL names none", "give the region of the endpoint")
        return region

    def _credentials(self) -> Any:
        from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]
        from botocore.session import Session  # type: ignore[import-untyped]

        with self._lock:
            if not self._found:
                try:
                    credentials = Session(profile=self.profile or None).get_credentials()
                except BotoCoreError as error:
                    raise InputError("AWS credentials", str(error).rstrip("."), "set AWS_PROFILE") from error
                if credentials is None:
                    raise InputError("AWS credentials", "there are none to sign the call with", "set AWS_PROFILE")
                self._found.append(credentials)
            return self._found[0]


def check_private(url: str, auth: Auth | None) -> None:
    """Raises InputError for credentials that would cross a network in plain."""
    if auth is not None and url.startswith("http:") and not is_local(url):
        raise InputError(f"url {url}", "credentials would be sent without TLS", "use https, or no credentials")


def _sendable(thing: str, value: str) -> str:
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise InputError(thing, "it is empty or no plain text without spaces", "check where it is read from")
    return value


def from_environment(kind: str, region: str = "", profile: str = "") -> Auth | None:
    """The proof called none, iam, api-key or jwt; keys and tokens come from the variables API_KEY and TOKEN.

    Raises InputError for another name, and where the variable is not set.
    """
    if kind == "none":
        return None
    if kind == "iam":
        return IamAuth(region=region, profile=profile)
    if kind not in VARIABLES:
        raise InputError(f"auth {kind}", "not known", f"use none, iam, {' or '.join(VARIABLES)}")
    value = os.environ.get(VARIABLES[kind], "")
    if not value:
        raise InputError(VARIABLES[kind], f"not set, and the auth {kind} needs it", "export it")
    return ApiKey(key=value) if kind == "api-key" else Bearer(token=value)
