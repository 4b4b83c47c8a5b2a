"""A node boots: what is fetched, what is refused, and what its group and the registry learn of it."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from serving.backends import Backend, Launch
from serving.errors import InputError, IntegrityError, ServingError
from serving.node.boot import Booted, boot
from serving.node.settings import NodeSettings
from tests.serving.node.small_backend import make, make_lame
from tests.serving.node.world import World, an_archive, changed, free_port

ROOT = Path(__file__).resolve().parents[3]
# A shell's `ulimit -f` counts blocks of 1 KiB; the file system answers a write above it as it answers a full disk.
FETCH = """
import resource, sys
from pathlib import Path
from serving.errors import ServingError
from serving.node import fetch
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    fetch.archive(sys.argv[1], sys.argv[2], Path(sys.argv[3]), "us-east-1")
except ServingError as error:
    print(error)
"""


def booted(settings: NodeSettings, maker: Callable[[str, Launch], Backend] = make) -> Booted:
    done = boot(settings, maker)
    done.server.backend.stop()
    return done


def test_a_node_that_predicts_completes_its_hook_and_enters_the_registry(world: World) -> None:
    booted(world.settings)
    assert world.state(world.this) == "InService"
    expected = {"AWS_INSTANCE_IPV4": "10.0.0.7", "AWS_INSTANCE_PORT": str(world.settings.port)}
    assert world.entries() == {world.this: expected}
    assert world.metadata.without_token == 0


def test_an_instance_bound_for_a_warm_pool_takes_no_requests_yet(world: World) -> None:
    world.metadata.paths["autoscaling/target-lifecycle-state"] = "Warmed:Stopped"
    assert not booted(world.settings).entered
    assert world.entries() == {}


def test_a_server_that_ends_at_once_gives_the_instance_up(world: World) -> None:
    with pytest.raises(ServingError, match=r"^model server: its process has ended; see .*server\.log$"):
        booted(world.settings, make_lame)
    assert world.state(world.this) == ""
    assert world.entries() == {}


def test_a_server_that_never_predicts_gives_the_instance_up(world: World) -> None:
    def refusing(name: str, launch: Launch) -> Backend:
        (launch.work / "refuses").touch()
        return make(name, launch)

    with pytest.raises(ServingError, match=r"no prediction within 1 seconds \(last: 500"):
        booted(changed(world.settings, start_seconds=1), refusing)
    assert world.state(world.this) == ""


def test_an_instance_that_was_in_service_and_cannot_start_again_reports_itself_unhealthy(world: World) -> None:
    world.put_in(world.this, "InService")
    with pytest.raises(ServingError):
        booted(world.settings, make_lame)
    assert world.health(world.this) == "Unhealthy"


def test_an_archive_of_another_content_is_refused_and_not_kept(world: World) -> None:
    world.client("s3").put_object(Bucket=world.bucket, Key="models/small.mar", Body=b"something else")
    with pytest.raises(IntegrityError, match=r"its SHA-256 is \w+\.\.\., not"):
        booted(world.settings)
    assert [path for path in world.settings.state.rglob("*") if path.is_file()] == []
    assert world.state(world.this) == ""


def test_the_archive_is_fetched_once_and_again_when_its_content_is_lost(world: World) -> None:
    booted(world.settings)
    (kept,) = (world.settings.state / "archives").iterdir()
    kept.write_bytes(kept.read_bytes()[:-1])
    world.put_in(world.this, "Pending:Wait")
    booted(world.settings)
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == world.sha256
    world.client("s3").delete_object(Bucket=world.bucket, Key="models/small.mar")
    booted(world.settings)


def test_a_full_disk_is_one_line_and_leaves_no_partial_file(world: World, tmp_path: Path) -> None:
    body = bytes(3 << 20)
    world.client("s3").put_object(Bucket=world.bucket, Key="big.mar", Body=body)
    arguments = [f"s3://{world.bucket}/big.mar", hashlib.sha256(body).hexdigest(), str(tmp_path / "full")]
    done = subprocess.run(
        [sys.executable, "-c", FETCH, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"s3://{world.bucket}/big.mar: it cannot be stored in")
    assert list((tmp_path / "full").iterdir()) == []


def test_without_a_group_nothing_is_asked_of_aws(tmp_path: Path) -> None:
    archive = an_archive(tmp_path / "small.mar")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    (tmp_path / "small.mar.sha256").write_text(f"{digest}  small.mar\n")
    settings = NodeSettings(
        model="small", archive=str(archive), host="127.0.0.1", port=free_port(), state=tmp_path / "state",
        metadata_endpoint="http://127.0.0.1:9",
    )  # fmt: skip
    assert booted(settings).place is None
    (tmp_path / "small.mar.sha256").write_text("0" * 64)
    with pytest.raises(IntegrityError):
        boot(settings, make)


def test_an_archive_without_a_digest_is_refused(tmp_path: Path) -> None:
    archive = an_archive(tmp_path / "small.mar")
    with pytest.raises(InputError, match="no SHA-256 is given"):
        boot(NodeSettings(model="small", archive=str(archive), state=tmp_path), make)


@pytest.mark.parametrize(
    ("environment", "key"),
    [
        ({}, "BREAKEVEN_MODEL"),
        ({"BREAKEVEN_MODEL": "../x"}, "BREAKEVEN_MODEL"),
        ({"BREAKEVEN_MODEL": "m", "BREAKEVEN_PORT": "http"}, "BREAKEVEN_PORT"),
        ({"BREAKEVEN_MODEL": "m", "BREAKEVEN_PORT": "70000"}, "BREAKEVEN_PORT"),
        ({"BREAKEVEN_MODEL": "m", "BREAKEVEN_DRAIN_SECONDS": "-1"}, "BREAKEVEN_DRAIN_SECONDS"),
        ({"BREAKEVEN_MODEL": "m", "BREAKEVEN_ARCHIVE_SHA256": "abc"}, "BREAKEVEN_ARCHIVE_SHA256"),
    ],
)
def test_a_wrong_setting_is_named(environment: dict[str, str], key: str) -> None:
    with pytest.raises(InputError, match=f"^{key}: "):
        NodeSettings.read(environment)
