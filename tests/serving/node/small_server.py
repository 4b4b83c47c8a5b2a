"""A model server that starts at once, a process of its own: predictions, /ping, counts, and ways to fail."""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COUNTS = {"requests": 0, "errors": 0, "in_flight": 0}


class Handler(BaseHTTPRequestHandler):
    work = Path(sys.argv[2])
    lock = threading.Lock()

    def do_GET(self) -> None:
        if self.path == "/counts":
            self._say(200, COUNTS)
        else:
            self._say(503 if (self.work / "hangs").exists() else 200, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"die":
            os._exit(3)
        with self.lock:
            COUNTS["in_flight"] += 1
        if body.startswith(b"sleep "):
            time.sleep(float(body.split()[1]))
        refused = (self.work / "refuses").exists()
        with self.lock:
            COUNTS["in_flight"] -= 1
            COUNTS["requests"] += 1
            COUNTS["errors"] += refused
        self._say(500 if refused else 200, {"predictions": [len(body)]})

    def _say(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
