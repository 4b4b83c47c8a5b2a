"""What AWS refuses a node, or does not answer: it serves on, and makes up for it once AWS answers again."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infra.emulator import Call, Interception
from serving.errors import ServingError
from serving.node.boot import boot
from serving.node.logs import MOST_LINES, CloudLog
from tests.infra.engine_faults import refusal
from tests.serving.node.running_node import running
from tests.serving.node.small_backend import make
from tests.serving.node.world import World, until


@contextmanager
def refusing(aws: Interception, code: str, *services: str) -> Iterator[list[Call]]:
    """Calls to some services, or to all, are refused; yields those that were."""
    refused: list[Call] = []

    def refuse(call: Call) -> str | None:
        if services and call.service not in services:
            return None
        refused.append(call)
        return refusal(call.service, code)

    aws.refuse = refuse
    try:
        yield refused
    finally:
        aws.refuse = None


def test_a_node_whose_credentials_expired_serves_on_and_counts_everything_later(
    world: World, aws: Interception
) -> None:
    with running(world) as node:
        with refusing(aws, "ExpiredToken") as refused:
            assert [node.post(b"x") for _ in range(5)] == [200] * 5
            until(lambda: len([call for call in refused if call.service == "monitoring"]) >= 2)
            assert node.post(b"x") == 200
        # The first prediction of the boot counts, too.
        until(lambda: world.metric("Requests") == 7)
        assert world.this in world.entries()


def test_a_node_that_may_not_say_that_it_leaves_says_it_once_it_may(world: World, aws: Interception) -> None:
    with running(world) as node:
        with refusing(aws, "ExpiredToken"):
            world.metadata.paths["autoscaling/target-lifecycle-state"] = "Terminated"
            until(lambda: not node.backend.alive())
        assert node.thread.is_alive()
        until(lambda: world.entries() == {})
        world.put_in(world.this, "Terminating:Wait")
        until(lambda: world.state(world.this) == "")


def test_a_node_enters_a_registry_that_could_not_be_reached_when_it_started(world: World, aws: Interception) -> None:
    with refusing(aws, "ServiceUnavailable", "servicediscovery") as refused, running(world) as node:
        assert world.state(world.this) == "InService"
        assert node.post(b"x") == 200
        until(lambda: len(refused) >= 5)
        aws.refuse = None
        until(lambda: world.this in world.entries())
        assert node.backend.starts == 1


def test_a_node_without_instance_metadata_serves_on_and_hears_what_it_missed(world: World) -> None:
    with running(world) as node:
        world.metadata.fails = True
        world.metadata.paths["spot/instance-action"] = '{"action": "terminate", "time": "2030-01-01T00:00:00Z"}'
        node.thread.join(timeout=1)
        assert node.post(b"x") == 200
        assert world.this in world.entries()
        world.metadata.fails = False
        until(lambda: world.health(world.this) == "Unhealthy")
        until(lambda: world.entries() == {})


def test_lines_that_cannot_be_sent_are_sent_later(world: World, aws: Interception) -> None:
    lines = CloudLog(group=world.settings.log_group, stream=world.this, region=world.settings.region)
    try:
        with refusing(aws, "ServiceUnavailable", "logs") as refused:
            for number in range(MOST_LINES + 2):
                said = f"line {number}"
                lines.handle(logging.LogRecord("serving.node", logging.INFO, "", 0, said, None, None))
            lines.flush()
            assert refused
    finally:
        lines.close()
    assert world.lines() == [f"line {number}" for number in range(2, MOST_LINES + 2)]


@pytest.mark.parametrize(
    ("code", "action"),
    [
        ("AccessDenied", "add the permission to the instance's role"),
        ("KMS.DisabledException", "enable the key, or cancel its deletion"),
        ("NoSuchKey", "AWS calls it NoSuchKey"),
    ],
)
def test_an_archive_that_may_not_be_read_gives_the_instance_up_in_one_line(
    world: World, aws: Interception, code: str, action: str
) -> None:
    with refusing(aws, code, "s3"), pytest.raises(ServingError) as failed:
        boot(world.settings, make)
    assert str(failed.value) == f"{world.settings.archive}: refused by the test; {action}"
    assert world.state(world.this) == ""
    assert [path for path in world.settings.state.rglob("*") if path.is_file()] == []
