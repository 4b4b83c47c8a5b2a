"""AWS clients of one region, and botocore's errors as one line each."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from infra.lifecycle.errors import AccountError

DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "AuthFailure"}
)
BAD_CREDENTIALS: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
    }
)
ATTEMPTS: Final = 4

log = logging.getLogger("breakeven.aws")


class Account:
    """Clients are made when first asked for; credentials are those of the environment or the named profile."""

    def __init__(self, region: str, profile: str = "") -> None:
        self.region, self.profile = region, profile
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The client of a service; raises AccountError for a profile that does not exist."""
        if service not in self._clients:
            import boto3  # type: ignore[import-untyped]
            from botocore.config import Config  # type: ignore[import-untyped]

            config = Config(retries={"mode": "standard", "total_max_attempts": ATTEMPTS}, connect_timeout=10)
            with told(f"profile {self.profile}"):
                session = boto3.Session(profile_name=self.profile or None, region_name=self.region)
                self._clients[service] = _heard(session.client(service, config=config))
        return self._clients[service]

    def pages(self, service: str, call: str, key: str, **arguments: Any) -> Iterator[Any]:
        """Every item under `key` of a listing, page by page; raises AccountError."""
        client = self.client(service)
        with told(f"{service} {call}"):
            if not client.can_paginate(call):
                yield from getattr(client, call)(**arguments)[key]
                return
            for page in client.get_paginator(call).paginate(**arguments):
                yield from page.get(key, [])


@contextmanager
def told(thing: str) -> Iterator[None]:
    """Turn what botocore raises into an AccountError that names `thing`."""
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise AccountError(thing, *_said(error)) from error


def _heard(client: Any) -> Any:
    """The client, whose calls are logged with their time where somebody listens."""
    if log.isEnabledFor(logging.INFO):
        began: list[float] = []
        client.meta.events.register("before-call", lambda **_: began.append(time.monotonic()))
        client.meta.events.register("after-call", lambda **said: _log_call(said, began))
        client.meta.events.register("after-call-error", lambda **said: _log_call(said, began))
    return client


def _log_call(said: dict[str, Any], began: list[float]) -> None:
    seconds = time.monotonic() - began.pop() if began else 0.0
    operation = said["event_name"].split(".")
    log.info("aws %s %s, %.2f s", operation[-2], operation[-1], seconds)


def code_of(error: BaseException | None) -> str:
    """The service's error code behind an error, empty when there is none."""
    response = getattr(error, "response", None) or getattr(getattr(error, "__cause__", None), "response", None)
    return str((response or {}).get("Error", {}).get("Code", ""))


def _said(error: Exception) -> tuple[str, str]:
    """Reason and action."""
    code, kind = code_of(error), type(error).__name__
    if code in BAD_CREDENTIALS:
        return f"the credentials are not accepted ({code})", "renew them, then try again"
    if code in DENIED or "not authorized" in str(error):
        return f"no permission ({_short(error)})", "ask for that permission, or use another profile"
    if kind in ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "TokenRetrievalError"):
        return "no AWS credentials were found", "set AWS_PROFILE, or sign in (`aws sso login`)"
    if kind == "ProfileNotFound":
        return "no such profile in the AWS configuration", "see `aws configure list-profiles`"
    if kind in ("EndpointConnectionError", "ConnectTimeoutError", "ConnectionClosedError", "ReadTimeoutError"):
        return f"AWS does not answer ({kind})", "check the region's name and the network"
    return _short(error), "mend what it says, then try again"


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(". ")
