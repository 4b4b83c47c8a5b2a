"""What surrounds a node in these tests: AWS as the emulator plays it, instance metadata over HTTP, and an archive."""

import hashlib
import itertools
import json
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3

from infra.emulator import REGION
from serving.node.settings import NodeSettings

_numbers = itertools.count()


@dataclass
class Metadata:
    """The metadata service of one instance; `paths` is what it says under /latest/meta-data/, `fails` that it does."""

    paths: dict[str, str] = field(default_factory=dict)
    endpoint: str = ""
    without_token: int = 0
    fails: bool = False


@contextmanager
def metadata(paths: dict[str, str]) -> Iterator[Metadata]:
    served = Metadata(paths=dict(paths))

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            asked = self.path == "/latest/api/token" and self.headers["X-aws-ec2-metadata-token-ttl-seconds"]
            self._say(200 if asked else 400, "the-token")

        def do_GET(self) -> None:
            if self.headers["X-aws-ec2-metadata-token"] != "the-token":
                served.without_token += 1
                return self._say(401, "")
            found = served.paths.get(self.path.removeprefix("/latest/meta-data/"))
            return self._say(404 if found is None else 200, found or "")

        def _say(self, status: int, text: str) -> None:
            status, text = (500, "") if served.fails else (status, text)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None: ...

    with serving(Handler) as served.endpoint:
        yield served


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True, kw_only=True)
class World:
    """A group of two instances, a registry, a bucket with the archive; `this` is the instance of the node."""

    bucket: str
    archive: Path
    sha256: str
    service: str
    this: str
    other: str
    metadata: Metadata
    settings: NodeSettings

    def client(self, name: str) -> Any:
        return boto3.client(name, region_name=REGION)

    def state(self, instance_id: str) -> str:
        """Lifecycle state, empty once the instance is gone."""
        return self._instances().get(instance_id, {}).get("LifecycleState", "")

    def health(self, instance_id: str) -> str:
        return str(self._instances()[instance_id]["HealthStatus"])

    def entries(self) -> dict[str, dict[str, str]]:
        rows = self.client("servicediscovery").list_instances(ServiceId=self.service)["Instances"]
        return {row["Id"]: row["Attributes"] for row in rows}

    def put_in(self, instance_id: str, state: str) -> None:
        """Where AWS would have moved the instance."""
        from moto.autoscaling.models import autoscaling_backends

        group = autoscaling_backends["123456789012"][REGION].autoscaling_groups[self.settings.group]
        next(row for row in group.instance_states if row.instance.id == instance_id).lifecycle_state = state

    def metric(self, name: str) -> float:
        rows = self.client("cloudwatch").get_metric_statistics(
            Namespace=self.settings.metric_namespace, MetricName=name,
            Dimensions=[{"Name": "AutoScalingGroupName", "Value": self.settings.group}],
            StartTime=time.time() - 600, EndTime=time.time() + 60, Period=3600, Statistics=["Sum"],
        )["Datapoints"]  # fmt: skip
        return float(sum(row["Sum"] for row in rows))

    def lines(self) -> list[str]:
        rows = self.client("logs").get_log_events(logGroupName=self.settings.log_group, logStreamName=self.this)[
            "events"
        ]
        return [row["message"] for row in rows]

    def _instances(self) -> dict[str, Any]:
        name = self.settings.group
        group = self.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        return {row["InstanceId"]: row for row in group["AutoScalingGroups"][0]["Instances"]}


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Built for each test under a name of its own, in an emulator that runs already."""
    name = f"node-test-{next(_numbers)}"
    archive = an_archive(folder / "small.mar")
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="models/small.mar", Body=archive.read_bytes())
    service, (this, other) = _registry(name), _group(name)
    boto3.client("logs", region_name=REGION).create_log_group(logGroupName=f"/{name}")
    told = {"instance-id": this, "local-ipv4": "10.0.0.7", "autoscaling/target-lifecycle-state": "InService"}
    with metadata(told) as instance:
        settings = NodeSettings(
            model="small", archive=f"s3://{name}/models/small.mar", archive_sha256=sha256, host="127.0.0.1",
            port=free_port(), state=folder / "state", start_seconds=20, drain_seconds=10, region=REGION, group=name,
            launch_hook="ready", terminate_hook="drained", registry_service=service, log_group=f"/{name}",
            metric_namespace=name, metadata_endpoint=instance.endpoint,
        )  # fmt: skip
        yield World(
            bucket=name, archive=archive, sha256=sha256, service=service, this=this, other=other,
            metadata=instance, settings=settings,
        )  # fmt: skip


def an_archive(path: Path) -> Path:
    """A model archive in all that a node reads of one."""
    times = {"response_timeout_seconds": 1, "startup_timeout_seconds": 1, "max_batch_delay_ms": 1}
    about = {
        "name": "small", "version": "1.0", "task": "sentiment", "unit": "texts", "licence": "none",
        "sample": "sample.txt", "settings": {"max_tokens": 16, "labels": ["a", "b"]},
        "serving": {"batch_size": 1, "queue_size": 1, **times},
    }  # fmt: skip
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("model.json", json.dumps(about))
        packed.writestr("sample.txt", "a sample")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(holds: Callable[[], object], seconds: float = 150) -> None:
    """Wait until something holds; fails when it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def changed(settings: NodeSettings, **values: Any) -> NodeSettings:
    return replace(settings, **values)


def _registry(name: str) -> str:
    maps = boto3.client("servicediscovery", region_name=REGION)
    maps.create_http_namespace(Name=name)
    namespace = next(row["Id"] for row in maps.list_namespaces()["Namespaces"] if row["Name"] == name)
    return str(maps.create_service(Name="node", NamespaceId=namespace)["Service"]["Id"])


def _group(name: str) -> tuple[str, str]:
    """Two instances; the first waits at the launch hook."""
    ec2, groups = boto3.client("ec2", region_name=REGION), boto3.client("autoscaling", region_name=REGION)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    groups.create_launch_configuration(LaunchConfigurationName=name, ImageId=image, InstanceType="t3.medium")
    groups.create_auto_scaling_group(
        AutoScalingGroupName=name, LaunchConfigurationName=name, MinSize=0, MaxSize=4, DesiredCapacity=2,
        AvailabilityZones=[f"{REGION}a"],
    )  # fmt: skip
    for hook, what in (("ready", "LAUNCHING"), ("drained", "TERMINATING")):
        groups.put_lifecycle_hook(
            AutoScalingGroupName=name, LifecycleHookName=hook, HeartbeatTimeout=900,
            LifecycleTransition=f"autoscaling:EC2_INSTANCE_{what}",
        )  # fmt: skip
    rows = groups.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]["Instances"]
    first, second = (str(row["InstanceId"]) for row in rows)
    return first, second
