"""Taking stacks down with the real engine: data that is kept and taken back, and what stands in the way."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from infra.emulator import Call
from tests.infra.engine import changes, needs_engine
from tests.infra.engine_census import Account, unmanaged
from tests.scripts.stage import Stage, one_line, staged

pytestmark = needs_engine
BUCKET = "aws:s3/bucket:Bucket"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
KEY = "aws:kms/key:Key"
VIOLATION = (
    "<Response><Errors><Error><Code>DependencyViolation</Code><Message>it has dependencies</Message></Error></Errors>"
    "<RequestID>1</RequestID></Response>"
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("teardown")) as found:
        yield found


@pytest.fixture
def account(stage: Stage) -> Account:
    return Account(stage.engine.environment)


def ids(stage: Stage, stack: str, type_: str) -> list[str]:
    return sorted(row["id"] for row in stage.engine.resources(stack) if row["type"] == type_)


def data(account: Account, bucket: str, group: str) -> dict[str, Any]:
    """Every version of every object, and when the log group was made."""
    page = account.client("s3").list_object_versions(Bucket=bucket)
    (found,) = account.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    return {
        "versions": sorted(row["VersionId"] for row in page.get("Versions", [])),
        "markers": sorted(row["VersionId"] for row in page.get("DeleteMarkers", [])),
        "made": found["creationTime"],
    }


def test_kept_data_survives_and_is_taken_back_and_deleted_in_the_end(stage: Stage, account: Account) -> None:
    stage.create("keeper")
    stage.fine("up", "--stack", "keeper", "--yes")
    (bucket,), (group,), (key,) = (ids(stage, "keeper", kind) for kind in (BUCKET, LOG_GROUP, KEY))
    store = account.client("s3")
    for body in (b"first", b"second"):
        store.put_object(Bucket=bucket, Key="notes.txt", Body=body)
    store.delete_object(Bucket=bucket, Key="notes.txt")
    before = data(account, bucket, group)
    assert (len(before["versions"]), len(before["markers"])) == (2, 1)

    said = stage.fine("destroy", "--stack", "keeper", "--yes", "--keep-data")
    assert "its data is kept" in said
    assert "Nothing else is left of breakeven/keeper." in said
    _, _, shown = said.partition("Kept of breakeven/keeper on purpose, USD a month\n")
    # A long name is cut from the left; what makes a bucket unique in the world is its end.
    lines = {name: line.split() for name in (bucket, group, key) for line in shown.splitlines() if name[-20:] in line}
    assert {name: (words[0], words[-1]) for name, words in lines.items()} == {
        bucket: ("bucket", "0.00"),
        group: ("log", "0.00"),
        key: ("key", "1.00"),
    }
    assert shown.splitlines()[-1].split() == ["Total", "1.00"]
    assert account.census() == {"bucket": {bucket}, "log group": {group}, "key": {key}}
    assert account.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    assert data(account, bucket, group) == before
    assert "it has no outputs" in one_line(stage("outputs", "--stack", "keeper"))

    _is_guarded(stage)
    assert data(account, bucket, group) == before

    assert bucket in "".join(stage.fine("up", "--stack", "keeper", "--yes").split())
    assert (ids(stage, "keeper", BUCKET), ids(stage, "keeper", LOG_GROUP)) == ([bucket], [group])
    assert ids(stage, "keeper", KEY) == [key]
    assert data(account, bucket, group) == before
    assert changes(stage.engine.preview("keeper")) == {}
    assert unmanaged(account.census(), stage.engine.resources("keeper")) == {}

    stage.fine("destroy", "--stack", "keeper", "--yes", "--keep-data")
    assert "Nothing billable is left" in stage.fine("destroy", "--stack", "keeper", "--yes", "--delete-data")
    assert stage("sweep", "--stack", "keeper").returncode == 0
    assert account.census() == {}
    assert stage.engine.resources("keeper") == []


def _is_guarded(stage: Stage) -> None:
    """Nothing deletes what was kept unless it is told to."""
    refused = stage("destroy", "--stack", "keeper", "--yes")
    assert refused.returncode == 3
    assert "its data was kept on purpose; add --keep-data or --delete-data" in one_line(refused)
    plain = stage.engine.attempt("destroy", "--yes", "--skip-preview", "--stack", "keeper")
    assert plain.returncode != 0
    assert "protected" in plain.stdout + plain.stderr
    again = stage.fine("destroy", "--stack", "keeper", "--yes", "--keep-data")
    assert "Kept of breakeven/keeper on purpose" in again


def test_log_groups_of_a_lost_state_are_taken_back(stage: Stage, account: Account) -> None:
    stage.create("lost")
    stage.fine("up", "--stack", "lost", "--yes")
    (bucket,), (group,), (key,) = (ids(stage, "lost", kind) for kind in (BUCKET, LOG_GROUP, KEY))
    before = data(account, bucket, group)
    stage.fine("destroy", "--stack", "lost", "--yes", "--keep-data")
    stage.engine("stack", "rm", "--force", "--yes", "--preserve-config", "--stack", "lost")
    stage.engine("stack", "init", "lost")

    assert group in "".join(stage.fine("up", "--stack", "lost", "--yes").split())
    assert ids(stage, "lost", LOG_GROUP) == [group]
    assert data(account, bucket, group) == before
    assert changes(stage.engine.preview("lost")) == {}
    done = stage("destroy", "--stack", "lost", "--yes", "--delete-data")
    # The state never knew bucket and key: the sweep finds them.
    assert done.returncode == 8
    assert account.census() == {"bucket": {bucket}, "key": {key}}


class Reluctance:
    """Route tables that AWS refuses to delete while a network interface is there."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.refused = 0

    def __call__(self, call: Call) -> str | None:
        if call.action != "DeleteRouteTable" or self.released.is_set():
            return None
        self.refused += 1
        return VIOLATION


def test_interfaces_that_are_released_late_are_waited_for(stage: Stage, account: Account) -> None:
    stage.create("waiting")
    stage.fine("up", "--stack", "waiting", "--yes")
    network = account.client("ec2")
    subnet = next(row["id"] for row in stage.engine.resources("waiting") if row["type"] == "aws:ec2/subnet:Subnet")
    interface = network.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    reluctance = stage.faults.refuse = Reluctance()

    process = stage.start("destroy", "--stack", "waiting", "--yes")
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if "waiting for AWS to release network interfaces" in line:
            network.delete_network_interface(NetworkInterfaceId=interface)
            reluctance.released.set()
    _, errors = process.communicate(timeout=150)
    assert process.returncode == 0, "".join(said)[-3000:] + errors
    assert reluctance.refused > 0
    assert sum("waiting for AWS" in line for line in said) == 1
    assert "Nothing billable is left of breakeven/waiting." in "".join(said)
    assert account.census() == {}
