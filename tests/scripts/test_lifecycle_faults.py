"""After a kill -9 in the middle of `up` or `destroy` the next verb heals: nothing there twice, nothing left."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.emulator import emulator
from infra.lifecycle.adopt_ways import WAYS, Repeated
from tests.infra.engine import Engine, changes, needs_engine
from tests.infra.engine_census import Account, unmanaged
from tests.infra.engine_faults import Faults, Killer
from tests.scripts.command import ROOT
from tests.scripts.stage import Stage

pytestmark = needs_engine
# An engine is killed when AWS has answered one of these and it does not know yet; others may be under way just then.
# One for each way in which a resource is found again (infra/lifecycle/adopt_ways.py); every kind has a test of its own.
IN_PLAIN_UP = ("CreateVpc", "CreateHttpNamespace", "CreateQueue")
IN_UP = ("POST /v2/apis/[^/]+/integrations", "CreateBudget", "PutMetricAlarm")


@dataclass(frozen=True)
class Victim:
    """A stack whose verbs are killed; its name is also the key that signs its calls."""

    name: str
    stage: Stage
    account: Account
    faults: Faults

    @property
    def engine(self) -> Engine:
        return self.stage.engine

    @property
    def state(self) -> Path:
        return self.engine.state / ".pulumi" / "stacks" / "breakeven" / f"{self.name}.json"

    def killed(self, verb: str, *actions: str) -> set[str]:
        """Run a verb until AWS has answered one of some actions, then kill it and its engine; what was answered."""
        process = subprocess.Popen(
            [sys.executable, "-m", "scripts.cli", verb, "--stack", self.name, "--yes"],
            cwd=ROOT,
            env={**self.engine.environment, "BREAKEVEN_PROJECT": str(self.engine.project)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A group of its own, so that its engine dies with it.
            start_new_session=True,
        )
        return self.struck(process, actions)

    def struck(self, process: "subprocess.Popen[str]", actions: tuple[str, ...]) -> set[str]:
        killer = self.faults.killers[self.name] = Killer(actions, process)
        output, errors = process.communicate()
        del self.faults.killers[self.name]
        assert killer.struck or process.returncode == 0, f"{output[-3000:]}\n{errors[-1000:]}"
        return killer.struck

    def heals(self, verb: str, *more: str) -> str:
        return self.stage.fine(verb, "--stack", self.name, "--yes", *more)

    def is_whole(self) -> None:
        """Nothing to do, nothing there twice, nothing missing."""
        assert changes(self.engine.preview(self.name)) == {}
        assert unmanaged(self.account.census(), self.engine.resources(self.name)) == {}

    def is_gone(self, said: str) -> None:
        """Swept, nothing in the state, nothing in the account."""
        assert f"Nothing billable is left of breakeven/{self.name}." in said
        assert self.engine.resources(self.name) == []
        assert self.account.census() == {}


def deaths(killed: Callable[[tuple[str, ...]], set[str]], actions: tuple[str, ...]) -> int:
    """Run until every action has been struck; how many engines died of it.

    A run may go through before: what is left was on its way when an earlier engine died.
    """
    count, left = 0, set(actions)
    while left and (struck := killed(tuple(left))):
        count, left = count + 1, left - struck
    return count


@contextmanager
def victim_called(name: str, folder: Path) -> Iterator[Victim]:
    faults = Faults()
    with emulator(faults) as aws:
        engine = Engine(folder, {**aws, "AWS_ACCESS_KEY_ID": name})
        yield Victim(name, Stage(engine, faults), Account(aws), faults)


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    """One stack that dies again and again, in the order of the tests."""
    with victim_called("small", tmp_path_factory.mktemp("mortal")) as victim:
        victim.engine.create(victim.name, intake=True)
        yield victim


def test_refresh_finds_what_plain_pulumi_was_making_when_it_was_killed_and_cancelled(mortal: Victim) -> None:
    def killed(actions: tuple[str, ...]) -> set[str]:
        process = mortal.engine.start("up", "--yes", "--skip-preview", "--stack", mortal.name)
        struck = mortal.struck(process, actions)
        # It fails where the dying engine tore the state's attributes, which the verbs mend.
        mortal.engine.attempt("cancel", "--yes", "--stack", mortal.name)
        mortal.stage.fine("refresh", "--stack", mortal.name)
        assert unmanaged(mortal.account.census(), mortal.engine.resources(mortal.name)) == {}
        return struck

    assert deaths(killed, IN_PLAIN_UP) >= 2


def test_up_that_was_killed_again_and_again_ends_in_one_whole_stack(mortal: Victim) -> None:
    # From nothing: the order in which an engine creates is not fixed, so the killed ones before may have made it all.
    mortal.stage.fine("destroy", "--stack", mortal.name, "--yes")
    assert deaths(lambda actions: mortal.killed("up", *actions), IN_UP) >= 2
    mortal.heals("up", "--no-wait")
    mortal.is_whole()


def test_up_heals_when_it_was_killed_while_it_made_one_thing_in_the_place_of_another(mortal: Victim) -> None:
    mortal.engine.change(mortal.name, vpcCidr="10.77.0.0/16")
    assert mortal.killed("up", "ModifyVpcAttribute")
    mortal.heals("up", "--no-wait")
    mortal.is_whole()


def test_destroy_that_was_killed_leaves_what_the_next_destroy_deletes(mortal: Victim) -> None:
    assert mortal.killed("destroy", "DeleteAutoScalingGroup")
    # As it is when the engine dies while it writes them.
    mortal.state.with_suffix(".json.attrs").write_text("")
    mortal.is_gone(mortal.heals("destroy"))


def test_destroy_right_after_a_killed_up_leaves_nothing(tmp_path: Path) -> None:
    with victim_called("dev", tmp_path) as victim:
        victim.engine.create(victim.name, budgetUsd=0)
        for action in ("PUT /[^/]+", "CreateLoadBalancer"):
            assert victim.killed("up", action)
            victim.is_gone(victim.heals("destroy"))


@pytest.mark.parametrize("name", ["small", "prod"])
def test_every_kind_is_found_again_and_what_was_never_made_is_forgotten(name: str, tmp_path: Path) -> None:
    """A state as if the engine had been killed while it created everything at once."""
    with victim_called(name, tmp_path) as victim:
        _forgets(victim)


def _forgets(victim: Victim) -> None:
    victim.engine.create(victim.name, deletionProtection=False)
    victim.engine.up(victim.name)
    state = victim.state
    rows = victim.engine.resources(victim.name)
    found = {row["urn"] for row in rows if not isinstance(WAYS[row["type"]], Repeated)}

    state.write_text(begun(state.read_text()))
    victim.stage.fine("refresh", "--stack", victim.name)
    after = victim.engine.resources(victim.name)
    assert {row["urn"] for row in after} == found
    assert unmanaged(victim.account.census(), after) == {}
    victim.heals("up", "--no-wait")
    victim.is_whole()

    state.write_text(begun(state.read_text()))
    never = begun(state.read_text(), "dependencies", "propertyDependencies")
    victim.is_gone(victim.heals("destroy"))

    state.write_text(never)
    victim.stage.fine("refresh", "--stack", victim.name)
    # A setting of the account, which is always there and costs nothing.
    assert {row["id"] for row in victim.engine.resources(victim.name)} <= {"api-gateway-account"}


def begun(saved: str, *without: str) -> str:
    """A state whose every resource of AWS is being created; to import such a state would drop that."""
    document = json.loads(saved)
    latest = document["checkpoint"]["latest"]
    unknown = {"id", "outputs", "created", "modified", *without}
    rows = latest["resources"]
    latest["resources"] = [row for row in rows if not row["type"].startswith("aws:")]
    pending = [row for row in rows if row["type"].startswith("aws:")]
    pending += [operation["resource"] for operation in latest.get("pending_operations", [])]
    latest["pending_operations"] = [
        {"resource": {key: value for key, value in row.items() if key not in unknown}, "type": "creating"}
        for row in pending
    ]
    return json.dumps(document)
