"""A canary through the real engine: started, weighted, promoted, started again and given up, safe at every step."""

import base64
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.emulator import Call, Interception, emulator
from serving import rollout, versions
from serving.model import SHIPPED
from tests.infra.engine import Engine, changes, needs_engine
from tests.infra.engine_census import Account, unmanaged

pytestmark = needs_engine
STACK = "trying"
LEFT_OUT = shutil.ignore_patterns("__pycache__", "versions")
MAIN, CANARY = "breakeven-trying-fleet", "breakeven-trying-fleet-canary"


@dataclass
class Trial:
    """A stack like dev with archives to choose from, and what was asked of AWS since the last look."""

    engine: Engine
    account: Account
    folder: Path
    asked: list[str] = field(default_factory=list)

    def hear(self, call: Call) -> None:
        """Note what the emulator has done."""
        self.asked.append(call.action)

    def up(self, **settings: object) -> list[str]:
        """Change settings and run `up`; nothing may be left to do. What was asked of AWS, in order."""
        files = ("modelArchive", "canaryArchive", "nodeBundle")
        named = {
            key: str(self.folder / str(value)) if key in files and value else value for key, value in settings.items()
        }
        self.engine.change(STACK, **named)
        self.asked.clear()
        self.engine.up(STACK)
        asked = list(self.asked)
        assert changes(self.engine.preview(STACK)) == {}
        assert unmanaged(self.account.census(), self.engine.resources(STACK)) == {}
        return asked

    def weights(self) -> dict[str, int]:
        """What the listener on port 80 gives to each version."""
        client = self.account.client("elbv2")
        listeners = client.describe_listeners(LoadBalancerArn=self.own("aws:lb/loadBalancer:LoadBalancer"))["Listeners"]
        (action,) = next(row["DefaultActions"] for row in listeners if row["Port"] == 80)
        rows = action["ForwardConfig"]["TargetGroups"] if "ForwardConfig" in action else [action]
        return {CANARY if "canary" in row["TargetGroupArn"] else MAIN: int(row.get("Weight", 100)) for row in rows}

    def own(self, kind: str) -> str:
        """The id of the stack's one resource of a type; other tests leave theirs in the same emulated account."""
        (found,) = [row["id"] for row in self.engine.resources(STACK) if row["type"] == kind]
        return str(found)

    def groups(self) -> dict[str, int]:
        """Instances that each group has."""
        found = self.account.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        ours = [row for row in found if STACK in row["AutoScalingGroupName"]]
        return {row["AutoScalingGroupName"]: len(row["Instances"]) for row in ours}

    def fetched(self, group: str) -> str:
        """The SHA-256 of the archive that a new instance of a group would fetch, and the object there."""
        (row,) = self.account.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])[
            "AutoScalingGroups"
        ]
        named = row["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]
        (version,) = self.account.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=named["LaunchTemplateId"], Versions=[named["Version"]]
        )["LaunchTemplateVersions"]
        script = base64.b64decode(version["LaunchTemplateData"]["UserData"]).decode()
        (line,) = [line for line in script.splitlines() if line.startswith('fetch "') and line.endswith('.mar"')]
        _, key, _, digest, *_ = line.split('"')
        bucket = self.own("aws:s3/bucket:Bucket")
        body: Any = self.account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        assert hashlib.sha256(body).hexdigest() == digest
        return str(body.decode())


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    folder = tmp_path_factory.mktemp("archives")
    for name in ("first.mar", "second.mar", "third.mar", "node.tar.gz"):
        (folder / name).write_bytes(name.encode())
    interception = Interception()
    with emulator(interception) as aws:
        trial = Trial(Engine(tmp_path_factory.mktemp("engine"), aws), Account(aws), folder)
        interception.answered = trial.hear
        trial.engine.create(STACK, like="dev")
        trial.up(modelArchive="first.mar", nodeBundle="node.tar.gz")
        yield trial
        trial.engine.destroy(STACK)
        assert trial.account.census() == {}


def in_order(asked: list[str], *actions: str) -> bool:
    """Whether each of these was asked for, the first time after the one before it."""
    places = [asked.index(action) for action in actions]
    return places == sorted(places)


def test_a_canary_gets_requests_only_after_its_instances_are_healthy(trial: Trial) -> None:
    asked = trial.up(canaryArchive="second.mar")
    assert in_order(asked, "CreateListener", "CreateAutoScalingGroup", "DescribeTargetHealth", "ModifyListener")
    assert trial.weights() == {MAIN: 90, CANARY: 10}
    assert trial.groups() == {MAIN: 1, CANARY: 1}
    assert (trial.fetched(MAIN), trial.fetched(CANARY)) == ("first.mar", "second.mar")


def test_its_weight_and_size_change_in_place(trial: Trial) -> None:
    asked = trial.up(canaryWeightPercent=50, canarySize=2)
    made_anew = {"CreateAutoScalingGroup", "CreateLaunchTemplateVersion", "CreateTargetGroup", "StartInstanceRefresh"}
    assert not made_anew & set(asked)
    assert trial.weights() == {MAIN: 50, CANARY: 50}
    assert trial.groups() == {MAIN: 1, CANARY: 2}


def test_with_weight_0_it_stays_up_without_requests(trial: Trial) -> None:
    trial.up(canaryWeightPercent=0, canarySize=1)
    assert trial.weights() == {MAIN: 100, CANARY: 0}
    assert trial.groups()[CANARY] == 1


def test_another_archive_is_tried_in_its_place(trial: Trial) -> None:
    asked = trial.up(canaryArchive="third.mar", canaryWeightPercent=10)
    assert "StartInstanceRefresh" in asked
    assert (trial.fetched(MAIN), trial.fetched(CANARY)) == ("first.mar", "third.mar")


def test_a_promoted_canary_becomes_the_model_and_its_own_parts_go_in_a_safe_order(trial: Trial) -> None:
    asked = trial.up(modelArchive="third.mar", canaryArchive="")
    assert in_order(asked, "ModifyListener", "DeleteAutoScalingGroup", "DeleteTargetGroup")
    assert in_order(asked, "DeleteAutoScalingGroup", "DeleteLaunchTemplate")
    assert trial.weights() == {MAIN: 100}
    assert trial.groups() == {MAIN: 1}
    assert trial.fetched(MAIN) == "third.mar"


def test_a_canary_that_is_given_up_leaves_the_model_alone(trial: Trial) -> None:
    trial.up(canaryArchive="second.mar")
    asked = trial.up(canaryArchive="")
    assert in_order(asked, "ModifyListener", "DeleteAutoScalingGroup", "DeleteTargetGroup")
    assert "StartInstanceRefresh" not in asked
    assert trial.weights() == {MAIN: 100}
    assert trial.fetched(MAIN) == "third.mar"


def test_a_rollout_and_a_rollback_replace_the_archive_that_new_instances_fetch(trial: Trial, tmp_path: Path) -> None:
    home = Path(shutil.copytree(SHIPPED / "sentiment", tmp_path / "sentiment", ignore=LEFT_OUT))
    made = Path(shutil.copytree(home, tmp_path / "made"))
    versions.add(home, made, parent="1.0", note="")
    for number in ("1.0", "1.1"):
        (trial.folder / f"sentiment-{number}.mar").write_text(f"version {number}")
    rollout.put(home, "1.0", trial.folder / "sentiment-1.0.mar", "rollout", trial.folder)
    trial.up(modelArchive="sentiment.mar", canaryArchive="")
    assert trial.fetched(MAIN) == "version 1.0"
    for number in ("1.1", "1.0"):
        rollout.put(home, number, trial.folder / f"sentiment-{number}.mar", "rollout", trial.folder)
        # Nothing but the file's content is another; `up` itself proves that a second preview is empty.
        assert "StartInstanceRefresh" in trial.up()
        assert trial.fetched(MAIN) == f"version {number}"
        assert trial.weights() == {MAIN: 100}
