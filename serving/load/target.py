"""What is called, over and over: one request, as bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self
from urllib.parse import urlsplit

from serving.client.address import endpoint, is_local
from serving.client.auth import Auth, check_private
from serving.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Target:
    """An endpoint and the body that is posted to it."""

    url: str
    body: bytes = field(repr=False)
    content_type: str = "application/octet-stream"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        url: str,
        model: str,
        body: bytes,
        content_type: str = "application/octet-stream",
        *,
        headers: Mapping[str, str] | None = None,
        auth: Auth | None = None,
        owned: bool = False,
    ) -> Self:
        """A target on this machine, or with `owned` any; raises InputError.

        The proof of `auth` is made once, here: every request carries it.
        """
        whole = endpoint(url, model)
        if not owned and not is_local(whole):
            raise InputError(
                f"url {url}", "a load test is no request to make of others", "add --i-own-this-endpoint if it is yours"
            )
        check_private(whole, auth)
        own = {**(headers or {}), **(auth.headers(whole, body, content_type) if auth else {})}
        for name, value in own.items():
            if not f"{name}{value}".isprintable():
                raise InputError(f"header {name}", "it holds a control character", "give one line")
        return cls(url=whole, body=body, content_type=content_type, headers=own)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or (443 if self.tls else 80)

    @property
    def tls(self) -> bool:
        """Whether it is called over TLS."""
        return self.url.startswith("https:")

    @cached_property
    def request(self) -> bytes:
        """The whole request as it is sent."""
        parts = urlsplit(self.url)
        own = {
            "Host": parts.netloc,
            "Content-Type": self.content_type,
            "Content-Length": str(len(self.body)),
            **self.headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in own.items())
        return f"POST {parts.path} HTTP/1.1\r\n{head}\r\n".encode("latin-1", "replace") + self.body
