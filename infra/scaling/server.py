"""One instance's model server: its workers, the batches they take and how long a batch keeps one busy."""

from dataclasses import dataclass, replace
from random import Random

from infra.costs.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server with one queue, whose workers take batches of requests.

    A worker that is free takes what waits, up to `batch_size`; with less it waits up to `batch_delay_seconds` for more
    (TorchServe's batchSize and maxBatchDelay, one worker gathering at a time). A batch of n keeps it busy for
    `batch_seconds` + n x `request_seconds`, spread with a coefficient of variation of `jitter` (0: always the same,
    1: exponential). `overhead_seconds` passes outside the workers: HTTP, the queue's hand-over, the network. Beyond
    `queue_limit` waiting requests the answer is 503.
    """

    workers: int = 1
    batch_size: int = 1
    batch_delay_seconds: float = 0.0
    batch_seconds: float = 0.0
    request_seconds: float = 0.0
    overhead_seconds: float = 0.0
    jitter: float = 0.0
    queue_limit: int = 100

    def __post_init__(self) -> None:
        if self.workers < 1 or self.batch_size < 1 or self.queue_limit < 1:
            what = f"{self.workers} workers, batches of {self.batch_size}, a queue of {self.queue_limit}"
            raise InputError("server", what, "give 1 or more of each")
        if self.busy_seconds(self.batch_size) <= 0 or min(self.batch_seconds, self.request_seconds) < 0:
            raise InputError("server", "a batch takes no time", "give batch_seconds or request_seconds above 0")

    @property
    def rate_per_second(self) -> float:
        """The most it answers: every worker busy, every batch full."""
        return self.workers * self.batch_size / self.busy_seconds(self.batch_size)

    def busy_seconds(self, requests: int) -> float:
        """How long a batch of so many keeps its worker busy, on average."""
        return self.batch_seconds + requests * self.request_seconds

    def draw_seconds(self, requests: int, random: Random) -> float:
        """The same for one batch: a gamma distribution with that mean and spread."""
        mean = self.busy_seconds(requests)
        if not self.jitter:
            return mean
        if self.jitter == 1:
            return random.expovariate(1 / mean)
        shape = 1 / self.jitter**2
        return random.gammavariate(shape, mean / shape)

    def sped_up(self, factor: float) -> "Server":
        """The same server on a machine so many times as fast; what passes outside the workers stays."""
        if factor <= 0:
            raise InputError("server", f"{factor:g} times as fast", "give a factor above 0")
        return replace(self, batch_seconds=self.batch_seconds / factor, request_seconds=self.request_seconds / factor)
