"""The one comment of a pull request on GitHub or of a merge request on GitLab: made once, then changed.

docs.github.com/rest/issues/comments and docs.gitlab.com/api/notes.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, Final
from urllib.parse import quote, urlsplit

from infra.costs.errors import InputError

PER_PAGE: Final = 100
TIMEOUT_SECONDS: Final = 30
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing: the token is meant for this host alone."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """No other request."""


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """The comments of one request: where they are listed and made, where one is changed, and how to ask."""

    listed: str
    one: str
    method: str
    headers: Mapping[str, str] = field(repr=False)

    def say(self, body: str, tag: str) -> tuple[str, bool]:
        """Change the comment that begins with the tag's hidden mark, or make it; its id, and whether it is new.

        Raises InputError when the service refuses or cannot be reached.
        """
        marker = f"<!-- breakeven: {tag} -->"
        content = {"body": f"{marker}\n{body}"}
        # Only at the beginning: a comment that quotes the mark is somebody else's.
        mine = next((row for row in self._all() if str(row.get("body") or "").startswith(marker)), None)
        if mine is None:
            return str(self._ask("POST", self.listed, content)["id"]), True
        self._ask(self.method, f"{self.one}/{mine['id']}", content)
        return str(mine["id"]), False

    def _all(self) -> Iterator[Mapping[str, Any]]:
        page = 1
        while True:
            rows = self._ask("GET", f"{self.listed}?per_page={PER_PAGE}&page={page}")
            yield from rows
            if len(rows) < PER_PAGE:
                return
            page += 1

    def _ask(self, method: str, address: str, content: Mapping[str, str] | None = None) -> Any:
        data = None if content is None else json.dumps(content).encode()
        headers = {**self.headers, "Content-Type": "application/json", "User-Agent": "breakeven"}
        request = urllib.request.Request(address, data=data, headers=headers, method=method)  # noqa: S310 - see _checked
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=TIMEOUT_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise InputError(address, f"answers {error.code} {_reason(error)}", _action(error.code)) from None
        except (OSError, HTTPException) as error:
            raise InputError(address, f"cannot be reached ({error})", "check the address and the network") from None
        except ValueError:
            raise InputError(address, "answers something that is not JSON", "check the address of the API") from None


def github(api: str, repository: str, number: str, token: str) -> Conversation:
    """The comments of a pull request; `repository` is OWNER/NAME."""
    issues = f"{_checked(api)}/repos/{quote(repository)}/issues"
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    return Conversation(
        listed=f"{issues}/{quote(number)}/comments", one=f"{issues}/comments", method="PATCH", headers=headers
    )


def gitlab(api: str, project: str, number: str, token: str) -> Conversation:
    """The notes of a merge request; `project` is its number or its whole path."""
    notes = f"{_checked(api)}/projects/{quote(project, safe='')}/merge_requests/{quote(number)}/notes"
    return Conversation(listed=notes, one=notes, method="PUT", headers={"PRIVATE-TOKEN": token})


def _checked(api: str) -> str:
    """The address without a slash at its end; a token goes over the network encrypted only."""
    parts = urlsplit(api)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise InputError(api or "the API's address", "is no https address", "give one, such as https://api.github.com")
    return api.rstrip("/")


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        said = json.load(error)["message"]
    except (ValueError, KeyError, TypeError, OSError, HTTPException):
        said = error.reason
    return f"({said})" if said else ""


def _action(code: int) -> str:
    if code in (401, 403):
        return "give a token that may write comments; pull requests from forks have none"
    if code in (301, 302, 307, 308):
        return "give the new name of the repository or the API's own address"
    return "check repository and number" if code == 404 else "try again later"
