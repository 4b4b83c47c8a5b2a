"""Runs one operation of the Pulumi engine: what it says while it works, and its failures as one line."""

import logging
import os
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from infra.costs.errors import CostError, InputError
from infra.costs.stack import printable
from infra.lifecycle.errors import AccountError, DeploymentError, NotDeployedError

if TYPE_CHECKING:
    from pulumi.automation import EngineEvent, Stack

log = logging.getLogger("breakeven.engine")
T = TypeVar("T")
Say = Callable[[str], None]

DONE: Final = {
    "create": "created",
    "create-replacement": "created in its place",
    "update": "updated",
    "delete": "deleted",
    "delete-replaced": "deleted, replaced",
    "replace": "",
    "refresh": "",
    "same": "",
    "read": "",
}
MARKUP: Final = re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m")
LOCKED_BY: Final = re.compile(r"created by \S+@(?P<host>\S+) \(pid (?P<pid>\d+)\)")
DENIED: Final = re.compile(r"AccessDenied|UnauthorizedOperation|not authorized to perform", re.IGNORECASE)

KNOWN: Final[tuple[tuple[str, type[CostError], str, str], ...]] = (
    (
        "passphrase must be set",
        InputError,
        "its secrets need a passphrase",
        "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE",
    ),
    ("incorrect passphrase", InputError, "the passphrase is not the one it was made with", "set the right one"),
    (
        "PULUMI_ACCESS_TOKEN must be set",
        InputError,
        "no state backend is chosen",
        "set PULUMI_BACKEND_URL, or run `pulumi login --local`",
    ),
    ("unable to open state directory", InputError, "the state backend cannot be opened", "check PULUMI_BACKEND_URL"),
    ("no stack named", NotDeployedError, "it was never deployed", "run `breakeven up`, or see `pulumi stack ls`"),
)


@dataclass
class Progress:
    """Listens to the engine's events; tells of each finished step and keeps what went wrong.

    `expected` is the number of steps foreseen, 0 where nobody knows.
    """

    say: Say
    expected: int = 0

    def __post_init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.errors: list[str] = []
        self.planned = 0

    def __call__(self, event: "EngineEvent") -> None:
        """Take one event."""
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            self._note(event.diagnostic_event.urn or "", event.diagnostic_event.message)
        if event.resource_pre_event and event.resource_pre_event.planning:
            self.planned += bool(_words(event.resource_pre_event.metadata))
        if event.res_outputs_event and not event.res_outputs_event.planning:
            self._done(event.res_outputs_event.metadata)

    @property
    def steps(self) -> int:
        """How many resources were created, changed or deleted."""
        return sum(self.counts.values())

    def _done(self, step: Any) -> None:
        words = _words(step)
        if words:
            self.counts[words] += 1
            of = f"/{self.expected}" if self.expected else ""
            name = printable(step.urn.rsplit("::", 1)[-1])
            self.say(f"  {self.steps:>3}{of}  {words:<9} {step.type.split(':')[1]:<40.40} {name}"[:80])

    def _note(self, urn: str, message: str) -> None:
        text = _plain(message)
        if text and not text.startswith(("update failed", "preview failed", "resource registration failed")):
            name = printable(urn.rsplit("::", 1)[-1]) if urn else ""
            self.errors.append(f"{name}: {text}" if name else text)


def run(stack: "Stack", operation: Callable[[], T], progress: Progress | None = None) -> T:
    """Run an engine operation; a lock that a dead process left is lifted once.

    Raises InputError for a backend or passphrase that cannot be used, DeploymentError for everything else.
    """
    from pulumi.automation import CommandError, ConcurrentUpdateError

    thing = f"stack {stack.name}"
    try:
        return _timed(thing, operation)
    except ConcurrentUpdateError as error:
        if not _is_stale(str(error)):
            raise DeploymentError(thing, "another operation is at work on it", "wait until it has ended") from error
    except CommandError as error:
        raise explained(thing, str(error), progress.errors if progress else ()) from error
    stack.cancel()
    try:
        return operation()
    except CommandError as error:
        raise explained(thing, str(error), progress.errors if progress else ()) from error


def _timed(thing: str, operation: Callable[[], T]) -> T:
    began = time.monotonic()
    try:
        return operation()
    finally:
        log.info("engine, %s: %.1f s", thing, time.monotonic() - began)


def explained(thing: str, output: str, errors: "tuple[str, ...] | list[str]" = ()) -> CostError:
    """What the CLI printed as one error: known troubles by name, else the engine's first complaint."""
    for pattern, kind, reason, action in KNOWN:
        if pattern in output:
            return kind(thing, reason, action)
    said = errors[0] if errors else _first_error(output)
    if DENIED.search(said):
        return AccountError(
            thing, f"no permission: {said}", "ask for that permission; what exists is kept in the state"
        )
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return DeploymentError(thing, f"{said}{more}", "mend that and run the command again, or `breakeven destroy`")


def changes_of(summary: Mapping[str, int]) -> str:
    """An engine's summary in words: `52 to create, 1 to update`."""
    parts = [f"{count} to {op}" for op, count in sorted(summary.items()) if op != "same" and count]
    return ", ".join(parts) or "nothing to change"


def done_of(summary: Mapping[str, int]) -> str:
    """The same of what was done: `1 updated, 51 same`."""
    parts = [f"{count} {DONE.get(op) or op}" for op, count in sorted(summary.items()) if count]
    return ", ".join(parts) or "nothing there"


def op_name(op: object) -> str:
    """The engine's name of a step; the Automation API gives it as an enumeration."""
    return str(getattr(op, "value", op))


def _words(step: Any) -> str:
    """What a step did, empty for one that is not shown: nothing happened, or a component."""
    op = op_name(step.op)
    return DONE.get(op, op) if step.provider else ""


def _is_stale(output: str) -> bool:
    """Whether every lock was made on this machine by a process that is gone (killed, or the machine restarted)."""
    holders = list(LOCKED_BY.finditer(output))
    return bool(holders) and all(
        found["host"] == socket.gethostname() and not _runs(int(found["pid"])) for found in holders
    )


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _first_error(output: str) -> str:
    # The Automation API writes ` stderr: ` before the first line of it.
    lines = [_plain(line).removeprefix("stderr: ") for line in output.splitlines()]
    found = next((line for line in lines if line.startswith("error: ")), "")
    return found.removeprefix("error: ") or "the engine failed without a word"


def _plain(text: str) -> str:
    """One line without colours; providers wrap their messages over several."""
    flat = " ".join(MARKUP.sub("", text).split()).removeprefix("error: ")
    return printable(flat[:300].rstrip(". "))
