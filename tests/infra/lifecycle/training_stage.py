"""A stack's place to train in the emulator, whose instances run their real start scripts."""

import base64
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.emulator import Call, Interception, emulator
from infra.lifecycle import training
from infra.lifecycle.aws import Account
from infra.lifecycle.training_types import Job, Outcome, Place
from tests.infra.lifecycle.planted import REGION, client
from tests.infra.lifecycle.sandbox import Sandbox, bundle_at, place

COUNT = itertools.count()
NO_CAPACITY = (
    "<Response><Errors><Error><Code>{code}</Code><Message>none left</Message></Error></Errors>"
    "<RequestID>1</RequestID></Response>"
)


@dataclass
class Refusing(Interception):
    """Refuses the first launches with these codes."""

    codes: list[str] = field(default_factory=list)

    def refuse(self, call: Call) -> str | None:  # type: ignore[override]
        if call.action != "RunInstances" or not self.codes:
            return None
        return NO_CAPACITY.format(code=self.codes.pop(0))


@dataclass
class Stage:
    """A stack's place in the emulator, a job's folder, and what was said."""

    account: Account
    place: Place
    folder: Path
    bundle: Path
    refusing: Refusing
    said: list[str] = field(default_factory=list)

    def set(self, **settings: object) -> None:
        (self.folder / "job.json").write_text(json.dumps(settings))

    def stored(self) -> list[str]:
        found = client("s3").list_objects_v2(Bucket=self.place.bucket).get("Contents", ())
        return [row["Key"] for row in found]

    def job(self, **settings: object) -> Job:
        self.set(**settings)
        with training.packed(self.folder) as (job, packed):
            training.send(self.account, self.place, job, packed)
        return job

    def submit(self, job: Job, *kinds: str, max_hours: int = 2) -> training.Submitted:
        asked = kinds or self.place.instance_types
        return training.submit(
            self.account, self.place, job, self.bundle, kinds=asked, max_hours=max_hours, say=self.said.append
        )

    def train(self, job: Job, *, resubmit: int = 0) -> Outcome:
        return training.train(
            self.account,
            self.place,
            job,
            self.bundle,
            kinds=self.place.instance_types,
            max_hours=2,
            say=self.said.append,
            resubmit=resubmit,
            pause_seconds=0.1,
        )

    def instances(self) -> list[Any]:
        only = [{"Name": "tag:stack", "Values": [self.place.stack]}]
        found = client("ec2").describe_instances(Filters=only)["Reservations"]
        return [row for reservation in found for row in reservation["Instances"]]


@contextmanager
def staged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stage]:
    """A stack of its own for each test: the emulator forgets nothing while the process lives."""
    refusing = Refusing()
    with emulator(refusing) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        stack = f"tune{next(COUNT)}"
        folder = tmp_path / "job"
        for name in ("data/rows.csv", "model/model.toml", "model/weights/weights.bin", "work/checkpoint-1", "result/x"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("text,label\n")
        bundle_at(tmp_path / "training.tar.gz")
        stage = Stage(Account(REGION), stack_at(stack), folder, tmp_path / "training.tar.gz", refusing)
        stage.set()
        try:
            yield stage
        finally:
            client("ec2").delete_launch_template(LaunchTemplateId=stage.place.template_id)


def stack_at(stack: str) -> Place:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.8.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]
        for n, zone in enumerate("ab")
    ]
    data = {"ImageId": "ami-12345678", "InstanceType": "m5.large"}
    template = ec2.create_launch_template(LaunchTemplateName=f"breakeven-{stack}-training", LaunchTemplateData=data)
    bucket = f"breakeven-{stack}-artifacts-1"
    client("s3").create_bucket(Bucket=bucket)
    return place(
        stack=stack,
        template_id=template["LaunchTemplate"]["LaunchTemplateId"],
        subnet_ids=tuple(subnet["SubnetId"] for subnet in subnets),
        bucket=bucket,
    )


@dataclass
class Played:
    """The emulator's instances come to life: each runs its user data in a folder, and is terminated at its end.

    `during(sandbox, attempt)` is what happens to it meanwhile.
    """

    stage: Stage
    root: Path
    during: Callable[[Sandbox, int], None] = lambda sandbox, attempt: None
    sandboxes: list[Sandbox] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Played":
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=150)

    def _play(self) -> None:
        seen: set[str] = set()
        while not self._over.is_set():
            for row in self.stage.instances():
                if row["InstanceId"] not in seen and row["State"]["Name"] == "running":
                    seen.add(row["InstanceId"])
                    self._live(row["InstanceId"], len(seen))
            time.sleep(0.1)

    def _live(self, instance: str, number: int) -> None:
        sandbox = Sandbox.at(self.root / f"instance-{number}")
        self.sandboxes.append(sandbox)
        store, bucket = client("s3"), self.stage.place.bucket
        here = sandbox.root / "s3" / bucket
        for row in store.list_objects_v2(Bucket=bucket, Prefix="training/").get("Contents", ()):
            (here / row["Key"]).parent.mkdir(parents=True, exist_ok=True)
            store.download_file(bucket, row["Key"], str(here / row["Key"]))
        process = sandbox.start(user_data(instance))
        self.during(sandbox, number)
        process.wait(timeout=150)
        # The last word comes last.
        for path in sorted(here.rglob("out/**/*"), key=lambda path: path.name == "status.json"):
            if path.is_file():
                store.upload_file(str(path), bucket, path.relative_to(here).as_posix())
        if sandbox.calls[-1] == "shutdown -h now":
            client("ec2").terminate_instances(InstanceIds=[instance])


def user_data(instance: str) -> str:
    found = client("ec2").describe_instance_attribute(InstanceId=instance, Attribute="userData")
    return base64.b64decode(found["UserData"]["Value"]).decode()
