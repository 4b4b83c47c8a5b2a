"""The engine `processes`: subprocesses of this machine, each with one thread."""

import selectors
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Final, Self

from serving.backends.types import cores
from serving.documents.engines import wire
from serving.documents.engines.batches import Batches
from serving.documents.engines.guard import Guard
from serving.documents.engines.member import WORKER, Member
from serving.documents.engines.types import Done, Options
from serving.documents.models import prepare
from serving.documents.plan import Plan
from serving.documents.types import Row, Source, Why
from serving.errors import ServingError

GRACE_SECONDS: Final = 2.0  # a worker keeps to limits itself where it can, and says more of what happened
START_SECONDS: Final = 900.0  # a model may have to be built first
MOST_FAILED_STARTS: Final = 3
LOOK_SECONDS: Final = 0.5


def run(sources: Iterator[Source], plan: Plan, options: Options) -> Generator[Done, None, None]:
    """Rows of every source; see engines/types.py."""
    prepare(plan, options.cache)  # here, where no limit of memory holds yet
    with Pool(plan, options) as pool:
        yield from pool.work(sources)


class Pool:
    """Worker processes that last from `with` to its end. What one dies of ends no run.

    `sharing` is how many workers share an endpoint, where there are more than those of this pool; `command` starts
    one of them.
    """

    def __init__(
        self, plan: Plan, options: Options, *, sharing: int | None = None, command: Sequence[str] = WORKER
    ) -> None:
        self._plan, self._command = plan, command
        self._workers = options.workers or cores()
        self._hello = wire.hello(plan, options.cache, sharing or self._workers)
        self._members: list[Member] = []
        self._selector = selectors.DefaultSelector()
        self._failed_starts = 0
        self._guard = Guard()
        self._done: deque[Done] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            for member in self._members:
                member.leave() if kind is None and not member.batch else member.kill()
        finally:
            self._selector.close()
            self._guard.close()

    def work(self, sources: Iterable[Source]) -> Iterator[Done]:
        """Rows of every source, in the order in which they are done."""
        batches = Batches(sources)
        busy = self._hand_out(batches)
        while busy:
            self._listen(batches)
            busy = self._hand_out(batches)  # before the rows go out: no worker waits while they are written
            while self._done:
                yield self._done.popleft()

    def _hand_out(self, batches: Batches) -> bool:
        """Give each idle worker a batch; whether anybody is at work then."""
        while len(busy := [one for one in self._members if one.batch]) < self._workers:
            if not (batch := batches.take()):
                break
            idle = next((one for one in self._members if not one.batch), None)
            (idle or self._start()).give(batch)
        return bool(busy)

    def _start(self) -> Member:
        member = Member(self._command, self._guard.temporary)
        member.tell(self._hello)
        self._members.append(member)
        self._selector.register(member.output, selectors.EVENT_READ, member)
        self._watch()
        return member

    def _watch(self) -> None:
        self._guard.watch(member.process.pid for member in self._members)

    def _listen(self, batches: Batches) -> None:
        """Take what workers say, for a moment; end those that are over their time."""
        for key, _ in self._selector.select(LOOK_SECONDS):
            member: Member = key.data
            messages = member.hear()
            if messages is None:
                self._ended(member, batches)
                continue
            for message in messages:
                self._take(member, message, batches)
        for member in list(self._members):
            if member.batch:
                self._check_time(member, batches)

    def _take(self, member: Member, message: dict[str, object], batches: Batches) -> None:
        if "ready" in message:
            self._failed_starts = 0
        elif "fatal" in message:
            raise wire.raised(message)
        elif "rows" in message:
            source = member.batch.pop(str(message["of"]))
            rows = [Row(id=data["id"], data=data) for data in message["rows"]]  # type: ignore[attr-defined]
            batches.settled(source, seconds_of(rows))
            self._done.append((source, rows))

    def _check_time(self, member: Member, batches: Batches) -> None:
        limit = self._plan.limits.seconds + self._plan.limits.seconds_per_page * member.pages
        most = limit + GRACE_SECONDS if member.ready else START_SECONDS
        if member.seconds < most:
            return
        self._remove(member)
        if not member.ready:
            raise ServingError("worker", f"not ready after {most:.0f} s", "look whether the machine is overloaded")
        suspects = member.suspects()
        sentence = f"It was not done after {limit:g} s, the limit for what was read of it."
        self._judge(member, suspects, Why.TIMEOUT, sentence, batches)

    def _ended(self, member: Member, batches: Batches) -> None:
        how = member.ending()
        self._remove(member)
        if not member.ready:
            self._failed_starts += 1
            if self._failed_starts >= MOST_FAILED_STARTS:
                raise ServingError("worker", f"{how} before it was ready", "mend what it says and run again")
            batches.give_back(member.batch.values())
            return
        sentence = f"The process that worked on it {how}."
        self._judge(member, member.suspects(), Why.CRASHED, sentence, batches)

    def _judge(self, member: Member, suspects: list[Source], why: Why, sentence: str, batches: Batches) -> None:
        """A row for what the worker died of, as soon as that is beyond doubt; everything else is done again."""
        guilty = {one.id for one in suspects}
        batches.give_back(one for one in member.batch.values() if one.id not in guilty)
        for source in suspects:
            certain = why is Why.TIMEOUT and len(suspects) == 1
            if not certain and batches.try_alone(source):
                continue
            self._done.append((source, [_failed(source, why, sentence)]))
            batches.settled(source, None)

    def _remove(self, member: Member) -> None:
        self._selector.unregister(member.output)
        self._members.remove(member)
        member.kill()
        self._watch()


def seconds_of(rows: list[Row]) -> float:
    """What the rows of a source say of the time that a worker spent on it."""
    return float(sum(sum(row.data.get("seconds", {}).values()) for row in rows))


def _failed(source: Source, why: Why, sentence: str) -> Row:
    from serving.documents.pipeline import failed_row

    return failed_row(source, why, sentence)
