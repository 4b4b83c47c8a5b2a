"""The comments of GitHub and GitLab, as their interfaces answer, on a server of this machine."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "-".join(("for", "the", "tests"))
GITHUB = re.compile(r"/repos/acme/shop/issues/(?:7/comments|comments/(?P<id>\d+))")
GITLAB = re.compile(r"/projects/acme%2Fshop/merge_requests/7/notes(?:/(?P<id>\d+))?")


@dataclass
class Forge:
    """The comments of one request, oldest first, and what was asked for: method and path."""

    address: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def holds(self, *bodies: str) -> None:
        """Comments of other people."""
        self.comments += [{"id": 1000 + len(self.comments) + n, "body": body} for n, body in enumerate(bodies)]

    def bodies(self) -> list[str]:
        return [str(row["body"]) for row in self.comments]


@contextmanager
def forge() -> Iterator[Forge]:
    """Both services; ends with the block."""
    found = Forge()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing."""

        def _answer(self, code: int, document: Any) -> None:
            content = json.dumps(document).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            found.asked.append((self.command, parts.path))
            length = int(self.headers.get("Content-Length") or 0)
            content = json.loads(self.rfile.read(length) or b"{}")
            match = GITHUB.fullmatch(parts.path) or GITLAB.fullmatch(parts.path)
            on_github = parts.path.startswith("/repos/")
            proof = self.headers.get("Authorization" if on_github else "PRIVATE-TOKEN")
            if proof != (f"Bearer {TOKEN}" if on_github else TOKEN):
                return self._answer(401 if on_github else 403, {"message": "Bad credentials"})
            if match is None:
                return self._answer(404, {"message": "Not Found"})
            if self.command == "GET":
                query = {key: int(values[0]) for key, values in parse_qs(parts.query).items()}
                start = (query["page"] - 1) * query["per_page"]
                return self._answer(200, found.comments[start : start + query["per_page"]])
            if self.command == "POST":
                found.comments.append({"id": 5000 + len(found.comments), "body": content["body"]})
                return self._answer(201, found.comments[-1])
            if self.command != ("PATCH" if on_github else "PUT"):
                return self._answer(405, {"message": "Method Not Allowed"})
            row = next((row for row in found.comments if str(row["id"]) == match["id"]), None)
            if row is None:
                return self._answer(404, {"message": "Not Found"})
            row["body"] = content["body"]
            return self._answer(200, row)

        do_GET = do_POST = do_PATCH = do_PUT = _serve  # noqa: N815  the base class's names

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
