"""What goes wrong while a stack is made or taken down: the next `up` or `destroy` heals it, and nothing is left.

The faults meet the calls of the engine's own key, never those of the test that looks.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.emulator import Call, Interception, emulator
from tests.infra.engine import Engine, changes, needs_engine
from tests.infra.engine_census import Account, unmanaged

pytestmark = needs_engine
STACK = "suffering"  # also the key that signs its calls


@dataclass
class Faults(Interception):
    """One fault at a time for each key."""

    killers: dict[str, "Killer"] = field(default_factory=dict)
    refusals: dict[str, "Refusal"] = field(default_factory=dict)

    def refuse(self, call: Call) -> str | None:
        refusal = self.refusals.get(call.key)
        return refusal(call) if refusal else None

    def answered(self, call: Call) -> None:
        killer = self.killers.get(call.key)
        if killer:
            killer(call)


@dataclass
class Killer:
    """Kills a process when AWS has done something and before the process knows."""

    action: str
    process: "subprocess.Popen[str] | None" = None
    struck: threading.Event = field(default_factory=threading.Event)

    def __call__(self, call: Call) -> None:
        if call.action == self.action and self.process and not self.struck.is_set():
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.struck.set()


@dataclass
class Refusal:
    """Refuses an action, or everything from its first call on, as expired credentials do."""

    action: str
    code: str
    lasting: bool = False
    struck: bool = False

    def __call__(self, call: Call) -> str | None:
        self.struck = self.struck or call.action == self.action
        if call.action != self.action and not (self.lasting and self.struck):
            return None
        return refusal(call.service, self.code)


def refusal(service: str, code: str) -> str:
    """An error as the service writes it."""
    error = f"<Error><Code>{code}</Code><Message>refused by the test</Message></Error>"
    if service == "s3":
        return error
    if service == "ec2":
        return f"<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>"
    if service in ("iam", "sts", "sns", "autoscaling", "monitoring", "elasticloadbalancing"):
        return f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"
    return f'{{"__type":"{code}","code":"{code}","message":"refused by the test"}}'


@dataclass(frozen=True)
class Victim:
    """A stack like small, whose calls the faults meet."""

    engine: Engine
    account: Account
    faults: Faults

    def __call__(self, verb: str, *more: str) -> "subprocess.CompletedProcess[str]":
        return self.engine.attempt(verb, "--yes", "--skip-preview", *more, "--stack", STACK)

    def killed(self, verb: str, action: str) -> None:
        """Run until AWS has answered an action, then kill the engine with -9; lift the lock it leaves."""
        process = self.engine.start(verb, "--yes", "--skip-preview", "--stack", STACK)
        killer = self.faults.killers[STACK] = Killer(action, process)
        output, errors = process.communicate()
        del self.faults.killers[STACK]
        assert killer.struck.is_set(), f"{action} was never answered\n{output[-3000:]}\n{errors[-1000:]}"
        self.engine("cancel", "--yes", "--stack", STACK)

    def refused(self, verb: str, refusal: Refusal) -> None:
        """Run into a refusal."""
        self.faults.refusals[STACK] = refusal
        done = self(verb)
        del self.faults.refusals[STACK]
        assert refusal.struck, f"{refusal.action} was never asked for"
        assert done.returncode != 0
        assert refusal.code in done.stdout, done.stdout[-3000:]

    def heals(self, verb: str, *more: str) -> None:
        """The next run of a verb goes through."""
        done = self(verb, *more)
        assert done.returncode == 0, done.stdout[-4000:]

    def is_whole(self) -> None:
        """Nothing to do, nothing there twice, nothing missing."""
        assert changes(self.engine.preview(STACK)) == {}
        assert unmanaged(self.account.census(), self.engine.resources(STACK)) == {}

    def is_gone(self) -> None:
        """Nothing in the state, nothing in the account."""
        assert self.engine.resources(STACK) == []
        assert self.account.census() == {}


@contextmanager
def victim(folder: Path) -> Iterator[Victim]:
    faults = Faults()
    with emulator(faults) as aws:
        stack = Victim(Engine(folder, {**aws, "AWS_ACCESS_KEY_ID": STACK}), Account(aws), faults)
        stack.engine.create(STACK, like="small")
        yield stack


@pytest.fixture(scope="module")
def suffering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    """One stack that goes through one fault after the other, in the order of the tests."""
    with victim(tmp_path_factory.mktemp("suffering")) as stack:
        yield stack


def test_an_error_of_the_provider_in_the_middle_of_up_leaves_a_state_that_knows_everything(suffering: Victim) -> None:
    suffering.refused("up", Refusal("CreateLaunchTemplate", "UnauthorizedOperation"))
    assert unmanaged(suffering.account.census(), suffering.engine.resources(STACK)) == {}


def test_credentials_that_expire_during_up_leave_what_the_next_up_completes(suffering: Victim) -> None:
    suffering.refused("up", Refusal("CreateAutoScalingGroup", "ExpiredToken", lasting=True))
    suffering.heals("up")
    suffering.is_whole()


def test_of_two_ups_at_once_the_second_is_refused(suffering: Victim) -> None:
    first = suffering.engine.start("up", "--yes", "--skip-preview", "--stack", STACK)
    while not suffering.engine.locked() and first.poll() is None:
        time.sleep(0.05)
    second = suffering("up")
    output, _ = first.communicate()
    assert second.returncode != 0
    assert "currently locked" in second.stderr
    assert first.returncode == 0, output[-3000:]
    suffering.is_whole()


def test_an_engine_killed_during_destroy_leaves_what_the_next_destroy_completes(suffering: Victim) -> None:
    suffering.killed("destroy", "DeleteAutoScalingGroup")
    suffering.refused("destroy", Refusal("DeleteLaunchTemplate", "ExpiredToken", lasting=True))
    suffering.heals("destroy")
    suffering.is_gone()


@pytest.mark.xfail(
    strict=True,
    reason="plain pulumi drops from its state what AWS made and a killed engine never heard of; `breakeven up` adopts "
    "it (tests/scripts/test_lifecycle.py)",
)
def test_an_engine_killed_during_up_leaves_what_the_next_up_completes(tmp_path: Path) -> None:
    with victim(tmp_path) as stack:
        for action in ("CreateVpc", "CreateLaunchTemplate", "PutMetricAlarm"):
            stack.killed("up", action)
            stack.heals("refresh", "--clear-pending-creates")
        stack.heals("up")
        stack.is_whole()
        stack.heals("destroy")
        stack.is_gone()
