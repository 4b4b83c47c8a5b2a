"""What all backends that are one process of their own have in common."""

from typing import Final

from serving.backends import memory
from serving.backends.process import Server, get
from serving.backends.types import Launch

# In the command lines of those who predict.
WORKERS: Final = ("model_service_worker", "batcher_worker")


class ProcessBackend:
    """A server process in a folder of its own, reachable on this machine."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._about = launch.about()
        self._server = Server(launch.work / "server.log")

    @property
    def pid(self) -> int | None:
        """Its process id; None before the start."""
        return self._server.pid

    def alive(self) -> bool:
        """Whether its process runs."""
        return self._server.alive()

    def healthy(self) -> bool:
        """Whether /ping says that it can serve."""
        return self.alive() and get(f"{self._address()}/ping") is not None

    def memory(self) -> memory.Memory:
        """What it and its workers hold."""
        return memory.of(self.pid, WORKERS)

    def stop(self) -> None:
        """End it and everything it started."""
        self._server.stop()

    def _address(self, offset: int = 0) -> str:
        return f"http://127.0.0.1:{self._launch.port + offset}"
