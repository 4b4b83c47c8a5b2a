"""What goes wrong while plain pulumi makes a stack or takes it down: the next run heals it, and nothing is left.

What an engine killed during `up` leaves only the verbs can heal: tests/scripts/test_lifecycle_faults.py.
"""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from infra.emulator import emulator
from tests.infra.engine import Engine, changes, needs_engine
from tests.infra.engine_census import Account, unmanaged
from tests.infra.engine_faults import Faults, Killer, Refusal

pytestmark = needs_engine
STACK = "suffering"  # also the key that signs its calls


@dataclass(frozen=True)
class Victim:
    """A stack like small, whose calls the faults meet."""

    engine: Engine
    account: Account
    faults: Faults

    def __call__(self, verb: str, *more: str) -> "subprocess.CompletedProcess[str]":
        return self.engine.attempt(verb, "--yes", "--skip-preview", *more, "--stack", STACK)

    def killed(self, verb: str, action: str) -> None:
        """Run until AWS has answered an action, then kill the engine with -9; clear up what it leaves."""
        process = self.engine.start(verb, "--yes", "--skip-preview", "--stack", STACK)
        killer = self.faults.killers[STACK] = Killer((action,), process)
        output, errors = process.communicate()
        del self.faults.killers[STACK]
        assert killer.struck, f"{action} was never answered\n{output[-3000:]}\n{errors[-1000:]}"
        # Half written where it died while it saved the state, which is whole without them.
        (self.engine.state / ".pulumi" / "stacks" / "breakeven" / f"{STACK}.json.attrs").unlink()
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


@pytest.fixture(scope="module")
def suffering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    """One stack that goes through one fault after the other, in the order of the tests."""
    faults = Faults()
    with emulator(faults) as aws:
        engine = Engine(tmp_path_factory.mktemp("suffering"), {**aws, "AWS_ACCESS_KEY_ID": STACK})
        stack = Victim(engine, Account(aws), faults)
        stack.engine.create(STACK, like="small")
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
