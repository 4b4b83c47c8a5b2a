"""Thirteen changes of a running stack: each goes through, leaves nothing to do, and replaces only what it must."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.emulator import emulator
from tests.infra.engine import Engine, changes, needs_engine
from tests.infra.engine_census import Account, unmanaged

pytestmark = needs_engine
STACK = "changing"
GROUP = "breakeven-changing-fleet"


@dataclass(frozen=True)
class Running:
    """A stack like dev, with a model archive, in an account of its own."""

    engine: Engine
    account: Account
    archives: Path

    def refreshes(self) -> int:
        found = self.account.client("autoscaling").describe_instance_refreshes(AutoScalingGroupName=GROUP)
        return len(found["InstanceRefreshes"])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    archives = tmp_path_factory.mktemp("archives")
    for name in ("first", "second"):
        (archives / f"{name}.mar").write_bytes(name.encode())
        (archives / f"{name}.tar.gz").write_bytes(name.encode())
    with emulator() as aws:
        account, engine = Account(aws), Engine(tmp_path_factory.mktemp("engine"), aws)
        files = {"modelArchive": str(archives / "first.mar"), "nodeBundle": str(archives / "first.tar.gz")}
        engine.create(STACK, like="dev", **files)
        engine.up(STACK)
        yield Running(engine, account, archives)
        engine.destroy(STACK)
        assert account.census() == {}


SCHEDULE = {"name": "night", "recurrence": "0 22 * * *", "timeZone": "Etc/UTC", "minSize": 1, "maxSize": 1}
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "new model": {"model": "efficientnet_lite0", "modelArchive": "second.mar", "targetRequestsPerMinute": 900},
    "size up": {"minSize": 2, "maxSize": 6},
    "size down": {"minSize": 1, "maxSize": 3},
    "types": {"instanceTypes": ["g5.xlarge", "g4dn.xlarge", "g4dn.2xlarge"]},
    "spot share": {"onDemandPercentAboveBase": 50},
    "schedule": {"schedules": [SCHEDULE]},
    "alarm threshold": {"errorRatePercent": 5},
    "budget": {"budgetUsd": 700},
    "tags": {"tags": {"team": "vision"}},
    "document intake": {"intake": True},
    "training": {"training": True},
    "entry kind": {"entry": "rest"},
    "network mode": {"egress": "endpoints"},
}


# Everything else is updated where it is. An object's key carries the archive's digest; the new one is written first.
REPLACED = {"new model": {"aws:s3:BucketObjectv2 archive"}}
REFRESHING = ("new model", "types")


def replaced(said: str) -> set[str]:
    """What an `up` said it replaced."""
    return set(re.findall(r"^ *\+- +(\S+ \S+) replaced", said, re.MULTILINE))


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_goes_through_and_leaves_nothing_to_do(running: Running, change: str) -> None:
    engine, settings = running.engine, dict(CHANGES[change])
    if "modelArchive" in settings:
        settings["modelArchive"] = str(running.archives / settings["modelArchive"])
    started = running.refreshes()
    engine.change(STACK, **settings)
    said = engine.up(STACK)
    assert replaced(said) == REPLACED.get(change, set())
    assert changes(engine.preview(STACK)) == {}
    assert running.refreshes() >= started + (change in REFRESHING)
    assert unmanaged(running.account.census(), engine.resources(STACK)) == {}
