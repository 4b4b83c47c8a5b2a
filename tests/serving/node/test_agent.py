"""A node at work: it leaves when it must, in the right order, mends its server, and keeps the registry true."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

from infra.emulator import Call, Interception
from tests.serving.node.depot import depot
from tests.serving.node.running_node import LIMITS, running
from tests.serving.node.world import World, until

ROOT = Path(__file__).resolve().parents[3]


def test_a_spot_notice_drains_what_is_in_flight_and_completes_the_hook(world: World) -> None:
    with running(world) as node:
        answers: list[int] = []
        slow = threading.Thread(target=lambda: answers.append(node.post(b"sleep 2")))
        slow.start()
        until(lambda: node.backend.metrics().in_flight == 1)
        world.metadata.paths["spot/instance-action"] = '{"action": "terminate", "time": "2030-01-01T00:00:00Z"}'
        until(lambda: world.health(world.this) == "Unhealthy")
        until(lambda: world.entries() == {})
        assert node.backend.alive()
        assert answers == []
        world.put_in(world.this, "Terminating:Wait")
        until(lambda: world.state(world.this) == "")
        slow.join()
        assert answers == [200]
        until(lambda: not node.backend.alive())


def test_the_hook_is_completed_later_when_the_group_ends_the_instance_only_after_it_has_drained(world: World) -> None:
    with running(world) as node:
        world.metadata.paths["spot/instance-action"] = "not JSON"
        until(lambda: not node.backend.alive())
        assert world.state(world.this) == "InService"
        world.put_in(world.this, "Terminating:Wait")
        until(lambda: world.state(world.this) == "")


def test_an_instance_that_its_group_ends_leaves_the_registry_first(world: World) -> None:
    with running(world) as node:
        world.put_in(world.this, "Terminating:Wait")
        world.metadata.paths["autoscaling/target-lifecycle-state"] = "Terminated"
        until(lambda: world.entries() == {})
        assert node.post(b"late, from a caller that has not heard of it") == 200
        until(lambda: world.state(world.this) == "")
        assert node.thread.is_alive(), "systemd would start the node again on an instance that ends"


def test_a_rebalance_recommendation_alone_makes_nobody_leave(world: World) -> None:
    with running(world) as node:
        world.metadata.paths["events/recommendations/rebalance"] = '{"noticeTime": "2030-01-01T00:00:00Z"}'
        node.thread.join(timeout=1)
        assert world.this in world.entries()
        assert node.post(b"x") == 200


def test_an_instance_back_from_the_warm_pool_starts_anew(world: World) -> None:
    with running(world) as node:
        world.metadata.paths["autoscaling/target-lifecycle-state"] = "Warmed:Running"
        until(lambda: not node.backend.alive())
        assert node.thread.is_alive()
        world.metadata.paths["autoscaling/target-lifecycle-state"] = "InService"
        until(lambda: not node.thread.is_alive())
        assert node.failed is None


def test_a_dead_server_is_out_of_the_registry_until_it_predicts_again(world: World) -> None:
    with running(world) as node:
        node.die()
        until(lambda: world.entries() == {})
        until(lambda: world.this in world.entries())
        assert node.backend.starts == 2
        assert node.post(b"x") == 200


def test_a_server_that_hangs_is_started_again(world: World) -> None:
    with running(world) as node:
        (world.settings.state / "work" / "hangs").touch()
        until(lambda: node.backend.starts == 2)
        (world.settings.state / "work" / "hangs").unlink()
        until(lambda: node.booted.server.state.value == "ready")


def test_an_instance_whose_server_no_restart_mends_reports_itself_unhealthy(world: World) -> None:
    with running(world) as node:
        (world.settings.state / "work" / "refuses").touch()
        node.die()
        for _ in range(LIMITS.restarts):
            started = node.backend.starts
            until(lambda before=started: node.backend.starts > before)
            until(lambda: node.backend.healthy())
            node.die()
        until(lambda: world.health(world.this) == "Unhealthy")
        assert world.entries() == {}
        assert node.backend.starts == 1 + LIMITS.restarts


def test_without_a_group_a_lost_server_ends_the_node(world: World) -> None:
    with running(world, group="", archive=str(world.archive)) as node:
        (world.settings.state / "work" / "hangs").touch()
        until(lambda: not node.thread.is_alive())
        assert "model server: /ping failed 2 times in a row" in str(node.failed)


def test_entries_of_instances_that_are_gone_are_removed_and_no_others(world: World) -> None:
    maps = world.client("servicediscovery")
    for name in ("i-0dead0dead0dead00", world.other):
        maps.register_instance(ServiceId=world.service, InstanceId=name, Attributes={"AWS_INSTANCE_IPV4": "10.0.0.9"})
    world.put_in(world.other, "Pending:Wait")
    with running(world):
        until(lambda: "i-0dead0dead0dead00" not in world.entries())
        assert set(world.entries()) == {world.this, world.other}
        world.put_in(world.other, "Terminating:Wait")
        until(lambda: set(world.entries()) == {world.this})


def test_an_entry_that_somebody_removed_is_written_again(world: World) -> None:
    with running(world):
        world.client("servicediscovery").deregister_instance(ServiceId=world.service, InstanceId=world.this)
        until(lambda: world.this in world.entries())


def test_what_the_server_did_is_published_once(world: World) -> None:
    with running(world) as node:
        for _ in range(3):
            node.post(b"x")
        # The first prediction of the boot counts, too.
        until(lambda: world.metric("Requests") == 4)
        (world.settings.state / "work" / "refuses").touch()
        node.post(b"x")
        until(lambda: world.metric("Errors") == 1)
        assert world.metric("Requests") == 5
        assert world.metric("QueueTime") > 0


def documents_of(world: World) -> list[psutil.Process]:
    """The processes that work the documents of this world's node."""
    found = []
    for one in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            mine = str(world.settings.state) == one.environ().get("BREAKEVEN_STATE")
            if mine and "serving.node.documents" in one.cmdline() and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
    return found


def test_a_node_with_a_queue_works_it_until_it_leaves_and_again_when_that_process_dies(world: World) -> None:
    with depot() as stored:
        settings = {"queue_url": stored.queue, "dead_letter_url": stored.dead, "document_bucket": stored.bucket}
        with running(world, **settings) as node:
            until(lambda: stored.waiting() == (0, 0))  # S3 only tried the way
            (first,) = documents_of(world)
            first.kill()
            until(lambda: [one.pid for one in documents_of(world)] not in ([], [first.pid]))
            world.put_in(world.this, "Terminating:Wait")
            world.metadata.paths["autoscaling/target-lifecycle-state"] = "Terminated"
            until(lambda: not documents_of(world))
            until(lambda: world.state(world.this) == "")
            until(lambda: not node.backend.alive())


def test_a_node_without_a_queue_has_no_such_process(world: World) -> None:
    with running(world) as node:
        node.thread.join(timeout=1)
        assert documents_of(world) == []


def program(world: World) -> "subprocess.Popen[str]":
    """A node of this world as systemd would run it, in a process of its own."""
    given = world.settings
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "AWS_EC2_METADATA_SERVICE_ENDPOINT": given.metadata_endpoint,
        "BREAKEVEN_MODEL": "small", "BREAKEVEN_ARCHIVE": given.archive, "BREAKEVEN_ARCHIVE_SHA256": world.sha256,
        "BREAKEVEN_PORT": str(given.port), "BREAKEVEN_STATE": str(given.state), "BREAKEVEN_REGION": given.region,
        "BREAKEVEN_GROUP": given.group, "BREAKEVEN_LAUNCH_HOOK": "ready", "BREAKEVEN_TERMINATE_HOOK": "drained",
        "BREAKEVEN_REGISTRY_SERVICE": world.service, "BREAKEVEN_LOG_GROUP": given.log_group,
        "BREAKEVEN_HOST": "127.0.0.1", "BREAKEVEN_DRAIN_SECONDS": "5",
    }  # fmt: skip
    command = [sys.executable, str(Path(__file__).with_name("small_backend.py"))]
    return subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def ended(started: "subprocess.Popen[str]") -> str:
    """What it said until it ended by itself with 0, with all that it had started."""
    with started:  # its pipe is closed, whatever happens
        try:
            _, said = started.communicate(timeout=60)
        finally:
            started.kill()
    assert started.returncode == 0, said
    return said


def test_the_program_drains_on_sigterm_and_logs_to_its_group(world: World) -> None:
    started = program(world)
    until(lambda: world.this in world.entries())
    started.send_signal(signal.SIGTERM)
    said = ended(started)
    assert world.entries() == {}
    assert [line.split(":")[0] for line in world.lines()] == [
        f"ready after {said.split('ready after ')[1].split(':')[0]}",
        "drained and stopped",
    ]


def test_a_sigterm_while_the_node_enters_the_registry_leaves_nothing_behind(world: World, aws: Interception) -> None:
    started = program(world)

    def answered(call: Call) -> None:
        if call.action.endswith("RegisterInstance"):
            started.send_signal(signal.SIGTERM)
            time.sleep(0.3)  # it arrives before the answer does

    aws.answered = answered
    try:
        ended(started)
    finally:
        aws.answered = None
    assert world.entries() == {}
