"""Access logs of an Application Load Balancer, as it writes them to a bucket: a file, or a folder of them.

Fields and their order: Elastic Load Balancing, Application Load Balancers, "Access logs": type, time, elb, client:port,
target:port, request_processing_time, target_processing_time, response_processing_time, elb_status_code,
target_status_code, received_bytes, sent_bytes, "request", "user_agent", ssl_cipher, ssl_protocol, target_group_arn,
"trace_id", "domain_name", "chosen_cert_arn", matched_rule_priority, request_creation_time, "actions_executed", ...
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import floor
from pathlib import Path
from typing import BinaryIO, Final

from infra.costs.errors import InputError
from infra.costs.numbers import shown
from infra.scaling.traffic.readers.source import opened
from infra.scaling.traffic.readers.times import EARLIEST, LATEST
from infra.scaling.traffic.trace import MOST_STEPS, Trace

TYPES: Final = frozenset({b"http", b"https", b"h2", b"grpcs", b"ws", b"wss"})
FIELDS_BEFORE_REQUEST: Final = 12
TARGET_SECONDS_AT: Final = 6
STATUS_AT: Final = 8
# What a line comes to when it is parted at its first quotation marks: request_creation_time ends the 11th part.
CREATION_PART: Final = 10
LONGEST_LINE: Final = 2**17
MOST_FILES: Final = 500_000
# Other logs that a load balancer writes to the same bucket.
OTHER_LOGS: Final = ("conn_log", "health_check_log")
ACTION: Final = "give the access log files of an Application Load Balancer (.log or .log.gz), or their folder"


@dataclass(slots=True)
class Tally:
    """What the lines read so far come to; it grows with the steps in which requests came, not with the lines."""

    step_seconds: float
    counts: dict[int, int] = field(default_factory=dict)
    statuses: Counter[bytes] = field(default_factory=Counter)
    target_seconds: float = 0.0
    answered: int = 0
    lines: int = 0
    malformed: int = 0
    first_malformed: str = ""
    _seconds: dict[bytes, float] = field(default_factory=dict)

    def read(self, stream: BinaryIO, path: Path) -> None:
        """Every line of a file. Raises InputError for a file of which most lines are no requests."""
        number = wrong = 0
        while line := stream.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                reason = f"line {number} is longer than {LONGEST_LINE:,} bytes: no access log"
                raise InputError(str(path), reason, ACTION)
            if line.isspace():
                number -= 1
            elif not self._count(line, path):
                wrong += 1
                self.first_malformed = self.first_malformed or f"{path}, line {number}: {_start(line)}"
        if wrong * 2 > number:
            reason = f"{wrong:,} of {number:,} lines are no request, the first of them {self.first_malformed}"
            raise InputError(str(path), reason, ACTION)
        self.lines += number
        self.malformed += wrong

    def _count(self, line: bytes, path: Path) -> bool:
        parts = line.split(b'"', CREATION_PART + 1)
        fields = parts[0].split()
        if len(parts) < 3 or len(fields) != FIELDS_BEFORE_REQUEST or fields[0] not in TYPES:
            return False
        moment = None
        if len(parts) > CREATION_PART and (created := parts[CREATION_PART].split()):
            moment = self._moment(created[-1])
        if moment is None:  # a log of before that field, or a user agent with quotation marks of its own
            moment = self._moment(fields[1])
        if moment is None:
            return False
        step = floor(moment / self.step_seconds)
        self.counts[step] = self.counts.get(step, 0) + 1
        if len(self.counts) > MOST_STEPS:
            raise InputError(str(path), f"requests in more than {MOST_STEPS:,} steps", "use longer steps")
        self.statuses[fields[STATUS_AT][:1]] += 1
        self._time(fields[TARGET_SECONDS_AT])
        return True

    def _moment(self, text: bytes) -> float | None:
        """Seconds since 1970 of a time such as 2018-07-02T22:22:48.364000Z; None of anything else."""
        second = self._seconds.get(text[:19])
        try:
            if second is None:
                if len(self._seconds) > 10_000:
                    self._seconds.clear()
                second = datetime.fromisoformat(text[:19].decode("ascii")).replace(tzinfo=UTC).timestamp()
                if not EARLIEST <= second < LATEST:
                    return None
                self._seconds[text[:19]] = second
            part = float(b"0" + text[19:-1])
            return second + part if part < 1 else None
        except ValueError:
            return None

    def _time(self, text: bytes) -> None:
        try:
            seconds = float(text)
        except ValueError:
            return
        if 0 <= seconds < LATEST:  # -1: no target answered
            self.target_seconds += seconds
            self.answered += 1

    def trace(self, name: str, source: str, notes: list[str]) -> Trace:
        """The trace of all that was read; steps lie on whole multiples of their length since 1970."""
        if not self.counts:
            raise InputError(source, "holds no request", ACTION)
        first, last = min(self.counts), max(self.counts)
        if last - first >= MOST_STEPS:
            reason = f"{last - first + 1:,} steps from first to last request, more than the limit of {MOST_STEPS:,}"
            raise InputError(source, reason, "use longer steps or less time")
        return Trace(
            counts=tuple([float(self.counts.get(step, 0)) for step in range(first, last + 1)]),
            step_seconds=self.step_seconds,
            start=datetime.fromtimestamp(first * self.step_seconds, UTC),
            name=name,
            notes=(*notes, *self._said()),
        )

    def _said(self) -> list[str]:
        answers = self.statuses.total()
        classes = (
            (f"{key.decode('ascii', 'replace')}xx", n) for key, n in sorted(self.statuses.items()) if key.isdigit()
        )
        said = ["status " + ", ".join(f"{name} {n / answers:.2%}" for name, n in classes)]
        if self.answered:
            said.append(f"targets took {self.target_seconds / self.answered:.3g} s on average")
        if self.malformed:
            said.append(
                f"{self.malformed:,} of {self.lines:,} lines are no request and are left out, "
                f"the first: {self.first_malformed}"
            )
        return said


def read_access_logs(path: Path, step_seconds: float) -> Trace:
    """Requests by the step in which the load balancer received them; a WebSocket connection counts as one.

    Reads line by line: memory grows with the steps, not with the log.
    """
    files, notes = ([path], []) if path.is_file() else _files(path)
    tally = Tally(step_seconds)
    for file in files:
        with opened(file) as stream:
            tally.read(stream, file)
    return tally.trace(path.name.split(".log")[0], str(path), notes)


def _files(folder: Path) -> tuple[list[Path], list[str]]:
    every = [file for file in folder.rglob("*") if file.is_file()]
    logs = [file for file in every if file.name.endswith((".log", ".log.gz"))]
    chosen = sorted(file for file in logs if not file.name.startswith(OTHER_LOGS))
    if not chosen:
        raise InputError(str(folder), "no .log or .log.gz file in this folder", ACTION)
    if len(chosen) > MOST_FILES:
        raise InputError(str(folder), f"more than {MOST_FILES:,} files", "give a shorter time")
    names = set(chosen)
    if twice := next((file for file in chosen if file.with_name(f"{file.name}.gz") in names), None):
        reason = "is there packed and unpacked, and would count twice"
        raise InputError(str(twice), reason, "keep one of the two")
    other = len(every) - len(chosen)
    return chosen, [f"{other:,} other files in the folder are not read"] if other else []


def _start(line: bytes) -> str:
    return shown(line.decode("utf-8", "replace").strip())
