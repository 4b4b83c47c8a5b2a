"""Bucket and queues of a stack that takes documents in, as the emulator plays them, and a worker beside a server."""

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import boto3

from infra.emulator import REGION
from serving.node.settings import NodeSettings
from tests.serving.servers import Running

ROOT = Path(__file__).resolve().parents[3]
_numbers = itertools.count()


@dataclass(frozen=True, kw_only=True)
class Depot:
    """What a stack exports, and ways to look inside."""

    bucket: str
    queue: str
    dead: str

    @property
    def outputs(self) -> dict[str, str]:
        return {"documentBucket": self.bucket, "documentDeadLetters": self.dead, "model": "sentiment"}

    def put(self, key: str, body: bytes, **metadata: str) -> None:
        _client("s3").put_object(Bucket=self.bucket, Key=key, Body=body, Metadata=metadata)

    def delete(self, key: str) -> None:
        _client("s3").delete_object(Bucket=self.bucket, Key=key)

    def keys(self, prefix: str) -> list[str]:
        found = _client("s3").list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return sorted(row["Key"] for row in found)

    def sent(self, prefix: str) -> dict[str, Any]:
        """When each object was written."""
        found = _client("s3").list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return {row["Key"]: row["LastModified"] for row in found}

    def rows(self, key: str) -> list[dict[str, Any]]:
        body = _client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return [json.loads(line) for line in body.splitlines()]

    def waiting(self, url: str = "") -> tuple[int, int]:
        """Messages that can be received, and those that somebody holds."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = _client("sqs").get_queue_attributes(QueueUrl=url or self.queue, AttributeNames=names)["Attributes"]
        return int(found[names[0]]), int(found[names[1]])

    def dead_letters(self) -> list[tuple[str, str, str]]:
        """Key, reason and sentence of each."""
        rows = _client("sqs").receive_message(
            QueueUrl=self.dead, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
        )
        found = []
        for row in rows.get("Messages", []):
            said = {name: value["StringValue"] for name, value in row.get("MessageAttributes", {}).items()}
            key = json.loads(row["Body"])["Records"][0]["s3"]["object"]["key"]
            found.append((key, said.get("reason", ""), said.get("message", "")))
        return sorted(found)

    def send(self, body: str) -> None:
        _client("sqs").send_message(QueueUrl=self.queue, MessageBody=body)

    def bury(self, key: str, **said: str) -> None:
        """A message about an upload in the dead-letter queue, by SQS itself where nothing is said."""
        body = {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": {"key": quote_plus(key)}}}]}
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in said.items()}
        _client("sqs").send_message(QueueUrl=self.dead, MessageBody=json.dumps(body), MessageAttributes=attributes)

    def hold_ends(self) -> None:
        """Time passes: what somebody held and did not renew can be received again."""
        from moto.sqs.models import sqs_backends

        queue = sqs_backends["123456789012"][REGION].get_queue(self.queue.rpartition("/")[2])
        for message in queue._messages:
            message.visible_at = 0


@contextmanager
def depot(most_receives: int = 3) -> Iterator[Depot]:
    """A bucket whose uploads enter a queue, under names of its own."""
    name = f"depot-test-{next(_numbers)}"
    s3, sqs = _client("s3"), _client("sqs")
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    redrive = {"deadLetterTargetArn": _arn(dead), "maxReceiveCount": most_receives}
    queue = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": json.dumps(redrive)})["QueueUrl"]
    s3.create_bucket(Bucket=name)
    rule = {
        "QueueArn": _arn(queue),
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "uploads/"}]}},
    }
    # The emulator sends its test message and each event by itself, as S3 does.
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"QueueConfigurations": [rule]})
    yield Depot(bucket=name, queue=queue, dead=dead)


def settings_of(depot: Depot, server: Running, folder: Path, **more: Any) -> NodeSettings:
    return NodeSettings(
        model="sentiment", archive=str(server.launch.archive), port=server.launch.port, host="127.0.0.1",
        state=folder, region=REGION, queue_url=depot.queue, dead_letter_url=depot.dead, document_bucket=depot.bucket,
        **{"drain_seconds": 20, **more},
    )  # fmt: skip


@contextmanager
def worker(settings: NodeSettings, **environment: str) -> "Iterator[subprocess.Popen[str]]":
    """The program as the agent starts it; ended with what it started."""
    program = subprocess.Popen(
        [sys.executable, "-m", "serving.node.documents"], cwd=ROOT,
        env={**os.environ, **settings.environment(), **environment}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield program
    finally:
        if program.poll() is None:
            program.terminate()
            try:
                program.wait(timeout=40)
            except subprocess.TimeoutExpired:
                program.kill()
        if program.stderr:
            program.stderr.close()
        program.wait()


def stopped(program: "subprocess.Popen[str]") -> str:
    """What a worker said that has been told to leave, once it has."""
    program.send_signal(signal.SIGTERM)
    return program.communicate(timeout=150)[1]


def _client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def _arn(url: str) -> str:
    found = _client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(found["Attributes"]["QueueArn"])
