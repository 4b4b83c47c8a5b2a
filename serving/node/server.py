"""The model server of a node: started, proven by a real prediction, watched, and started again when it fails."""

import http.client
import logging
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from serving.backends.types import Backend
from serving.errors import ServingError
from serving.packed import content_type, sample

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The input that every archive carries, and where it is sent."""

    name: str
    path: str
    body: bytes
    content_type: str

    @classmethod
    def of(cls, archive: Path, model: str) -> "Sample":
        """The sample of an archive; raises IntegrityError when the file is none of ours."""
        name, body = sample(archive)
        return cls(name=name, path=f"/predictions/{model}", body=body, content_type=content_type(name))

    def predict(self, host: str, port: int, seconds: float) -> str | None:
        """Ask for a prediction: None when it came, else what came instead."""
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
        try:
            connection.request("POST", self.path, self.body, {"Content-Type": self.content_type})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            return None if answer.status == http.client.OK else f"{answer.status} {text[:200]}"
        except (OSError, http.client.HTTPException) as error:
            return str(error) or type(error).__name__
        finally:
            connection.close()


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When a server counts as hung, how long it may take to start, and how often it is started again.

    Before the n-th restart in a row the wait is `backoff_seconds` * 2^(n-1), `backoff_most_seconds` at most; the count
    starts anew once the server has run for `calm_seconds`.
    """

    start_seconds: float = 600
    predict_seconds: float = 30
    pings: int = 3
    restarts: int = 5
    backoff_seconds: float = 1
    backoff_most_seconds: float = 30
    calm_seconds: float = 600


class State(Enum):
    """STARTING until a prediction works; DOWN between an end and the next start; LOST when no start helps."""

    STARTING = "starting"
    READY = "ready"
    DOWN = "down"
    LOST = "lost"


class ModelServer:
    """A backend and its state; `look` moves it on and never waits longer than one prediction."""

    def __init__(self, backend: Backend, sample: Sample, port: int, work: Path, limits: Limits) -> None:
        self.backend = backend
        self.log_file = work / "server.log"
        self.state = State.DOWN
        self.reason = "not started"
        self._sample, self._port, self._limits = sample, port, limits
        self._restarts = self._missed = 0
        self._since = self._next = 0.0

    def start(self) -> None:
        """Spawn it. Raises ServingError when it cannot be spawned at all."""
        try:
            self.backend.start()
        except OSError as error:
            reason = f"it cannot be started ({error.strerror or error})"
            raise ServingError("model server", reason, "free space or install what is missing") from None
        self.state, self._since, self._missed = State.STARTING, time.monotonic(), 0

    def wait(self, pause_seconds: float = 0.2) -> None:
        """Until the first prediction works; raises ServingError when it ends or takes too long."""
        while self.state is not State.READY:
            state = self._advance()
            if state is State.DOWN:
                raise self.error()
            if state is State.STARTING:
                time.sleep(pause_seconds)

    def error(self) -> ServingError:
        """Why it does not serve."""
        return ServingError("model server", self.reason, f"see {self.log_file}")

    def look(self) -> State:
        """Check it once; start it again when it is due."""
        if self.state is State.DOWN and time.monotonic() >= self._next:
            try:
                self.start()
            except ServingError as error:
                self._fail(error.reason)
        elif self.state in (State.STARTING, State.READY) and self._advance() is State.DOWN:
            self._fail(self.reason)
        return self.state

    def _advance(self) -> State:
        """STARTING to READY, or either to DOWN with the reason."""
        ran = time.monotonic() - self._since
        if not self.backend.alive():
            self._down("its process has ended")
        elif self.state is State.STARTING:
            self._try_prediction(ran)
        elif self.backend.healthy():
            self._missed = 0
            if ran >= self._limits.calm_seconds:
                self._restarts = 0
        else:
            self._missed += 1
            if self._missed >= self._limits.pings:
                self._down(f"/ping failed {self._missed} times in a row")
        return self.state

    def _try_prediction(self, ran: float) -> None:
        said = self._sample.predict("127.0.0.1", self._port, self._limits.predict_seconds)
        # Whatever else listens on the port would answer as well: the process must be there after it, too.
        if said is None and self.backend.alive():
            self.state, self._since = State.READY, time.monotonic()
        elif ran >= self._limits.start_seconds:
            self._down(f"no prediction within {self._limits.start_seconds:.0f} seconds (last: {said})")

    def _down(self, reason: str) -> None:
        self.state, self.reason = State.DOWN, reason

    def _fail(self, reason: str) -> None:
        """End what is left of it, and say when it is started again, if ever."""
        self.backend.stop()
        self.reason = reason
        limits = self._limits
        if self._restarts >= limits.restarts:
            self.state = State.LOST
            log.error("model server: %s; %d restarts did not help", reason, self._restarts)
            return
        wait = min(limits.backoff_seconds * 2**self._restarts, limits.backoff_most_seconds)
        self._restarts += 1
        self.state, self._next = State.DOWN, time.monotonic() + wait
        log.error("model server: %s; restart %d of %d in %.1f s", reason, self._restarts, limits.restarts, wait)
