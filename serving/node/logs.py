"""The node's own log lines in CloudWatch Logs, a batch at a time, and always in the journal as well.

The server's output stays on the instance (server.log in the state folder): it would cost more than it tells.
"""

import logging
import threading
from collections import deque
from typing import Any

from serving.errors import ServingError
from serving.node.cloud import CloudError, call, client
from serving.node.metadata import Metadata
from serving.node.settings import NodeSettings

# Together below the 1 MiB that one PutLogEvents takes, at four bytes a character.
MOST_LINES = 500
MOST_CHARACTERS = 500
FLUSH_SECONDS = 5.0


class CloudLog(logging.Handler):
    """Keeps lines until `flush`; a thread of its own calls that, so that no log line waits for the network."""

    def __init__(self, *, group: str, stream: str, region: str) -> None:
        super().__init__(logging.INFO)
        self._group, self._stream, self._region = group, stream, region
        # The newest are kept when the network is away.
        self._lines: deque[dict[str, Any]] = deque(maxlen=MOST_LINES)
        self._made = False
        self._ended = threading.Event()
        self._sending = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="cloud-log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line; what boto3 says while lines are sent is left out, or it would go round in circles."""
        if record.name.startswith("serving"):
            text = self.format(record)[:MOST_CHARACTERS]
            self._lines.append({"timestamp": int(record.created * 1000), "message": text})

    def flush(self) -> None:
        """Send what is there; what cannot be sent is kept for the next time."""
        with self._sending:
            rows = [self._lines.popleft() for _ in range(len(self._lines))]
            if not rows:
                return
            try:
                self._send(sorted(rows, key=lambda row: row["timestamp"]))
            except ServingError:
                self._lines.extendleft(reversed(rows))

    def close(self) -> None:
        """Send the rest."""
        if not self._ended.is_set():
            self._ended.set()
            self._thread.join()
            self.flush()
        super().close()

    def _run(self) -> None:
        while not self._ended.wait(FLUSH_SECONDS):
            self.flush()

    def _send(self, rows: list[dict[str, Any]]) -> None:
        logs = client("logs", self._region)
        where = {"logGroupName": self._group, "logStreamName": self._stream}
        if not self._made:
            try:
                call("log stream", logs.create_log_stream, **where)
            except CloudError as error:
                if error.code != "ResourceAlreadyExistsException":
                    raise
            self._made = True
        call("log lines", logs.put_log_events, **where, logEvents=rows)


def to_cloud(settings: NodeSettings, part: str = "") -> None:
    """Send this package's lines to the group that the settings name; the stream is the instance's name and `part`."""
    if settings.on_instance and settings.log_group:
        stream = Metadata(settings.metadata_endpoint).instance_id() + part
        handler = CloudLog(group=settings.log_group, stream=stream, region=settings.region)
        logging.getLogger("serving").addHandler(handler)


def journal() -> None:
    """Lines of this package on standard error, where systemd keeps them."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    root = logging.getLogger("serving")
    root.setLevel(logging.INFO)
    root.addHandler(handler)
