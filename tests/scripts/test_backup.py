"""A stack that is backed up, and comes back: its state lost, all of it lost, and once more in another region."""

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.infra.engine import changes, needs_engine
from tests.scripts.stage import Stage, one_line, staged

pytestmark = needs_engine
BUCKET = "aws:s3/bucket:Bucket"
SECRET = "a secret that no file may hold"  # noqa: S105
RESULTS = {f"results/run/{name}.jsonl": f'{{"id": "{name}"}}\n'.encode() for name in ("a", "b ü", "c")}
PLAN = {"plans/1.json": b"{}"}
METADATA = {"plan": "1", "id": "b%20%C3%BC"}


@dataclass
class Saved:
    """A deployed stack with results in its bucket, and where its backups go."""

    stage: Stage
    archives: Path
    place: Path

    def objects(self, stack: str, region: str = "us-east-1") -> dict[str, str]:
        """SHA-256 of every object in the stack's buckets, by its key."""
        client = self.client(region)
        found = {}
        for row in self.stage.engine.resources(stack):
            if row["type"] == BUCKET:
                for entry in client.list_objects_v2(Bucket=row["id"]).get("Contents", []):
                    body = client.get_object(Bucket=row["id"], Key=entry["Key"])["Body"].read()
                    found[entry["Key"]] = hashlib.sha256(body).hexdigest()
        return found

    def bucket(self, stack: str, part: str) -> str:
        (found,) = [
            row["id"]
            for row in self.stage.engine.resources(stack)
            if row["type"] == BUCKET and row["urn"].endswith(f"::{part}")
        ]
        return str(found)

    def restored(self, *arguments: str) -> str:
        """What a restore says. It previews, deploys, previews again: more than one verb's time on a busy machine."""
        process = self.stage.start("restore", str(self.place), *arguments, "--yes")
        try:
            output, errors = process.communicate(timeout=1200)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        assert process.returncode == 0, output[-3000:] + errors
        return output

    def client(self, region: str = "us-east-1") -> Any:
        aws = self.stage.engine.environment
        session = boto3.Session("test", "test", None, region)
        return session.client("s3", endpoint_url=aws["AWS_ENDPOINT_URL"])

    def manifest(self) -> dict[str, Any]:
        newest = max(self.place.glob("breakeven/saved/*/manifest.json"))
        found: dict[str, Any] = json.loads(newest.read_text())
        return found


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Saved]:
    folder = tmp_path_factory.mktemp("backup")
    archives = folder / "archives"
    archives.mkdir()
    (archives / "model.mar").write_bytes(b"a model archive")
    (archives / "node.tar.gz").write_bytes(b"a node bundle")
    with staged(folder) as stage:
        names = {"modelArchive": str(archives / "model.mar"), "nodeBundle": str(archives / "node.tar.gz")}
        stage.create("saved", intake=True, **names)
        stage.engine("config", "set", "--stack", "saved", "aws:accessKey", "test")
        stage.engine("config", "set", "--stack", "saved", "--secret", "aws:secretKey", SECRET)
        stage.fine("up", "--stack", "saved", "--yes", "--no-wait")
        found = Saved(stage=stage, archives=archives, place=folder / "backups")
        store, bucket = found.client(), found.bucket("saved", "documents")
        for key, body in {**RESULTS, **PLAN}.items():
            store.put_object(Bucket=bucket, Key=key, Body=body, Metadata=METADATA, ContentType="application/jsonl")
        store.put_object(Bucket=bucket, Key="results/run/gone.jsonl", Body=b"deleted before the backup")
        store.delete_object(Bucket=bucket, Key="results/run/gone.jsonl")
        store.put_object(Bucket=bucket, Key="uploads/run/a", Body=b"somebody's document")
        stage.fine("backup", "--stack", "saved", "--to", str(found.place))
        yield found


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_backup_is_whole_incremental_and_holds_no_secret(saved: Saved) -> None:
    manifest = saved.manifest()
    kept = {row["key"]: row["sha256"] for row in manifest["objects"]}
    assert {key: kept[key] for key in RESULTS} == {key: digest(body) for key, body in RESULTS.items()}
    archives = {saved.archives / "model.mar", saved.archives / "node.tar.gz"}
    assert set(kept.values()) >= {digest(path.read_bytes()) for path in archives}
    assert not any(key.startswith("uploads/") or "gone" in key for key in kept)
    assert {"state.json", "Pulumi.yaml", "Pulumi.saved.yaml"} <= {row["name"] for row in manifest["files"]}
    for path in saved.place.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()
    assert "ciphertext" in (saved.place / "breakeven" / "saved" / manifest["made"] / "state.json").read_text()

    again = saved.stage.fine("backup", "--stack", "saved", "--to", str(saved.place), "--uploads")
    assert re.search(r"7 objects in 2 buckets, 1 to fetch", again)
    assert "2 backups" in saved.stage.fine("backup", "--verify", str(saved.place))
    assert "uploads/run/a" in {row["key"] for row in saved.manifest()["objects"]}


def test_a_lost_state_is_imported_and_nothing_changes(saved: Saved) -> None:
    engine = saved.stage.engine
    before = {row["urn"]: row["id"] for row in engine.resources("saved")}
    objects = saved.objects("saved")
    shutil.rmtree(engine.state / ".pulumi")
    refused = saved.stage("restore", str(saved.place))
    assert refused.returncode == 2
    assert "add --yes" in refused.stderr
    said = saved.restored()
    assert "import the state and read it back" in " ".join(said.split())
    assert "nothing to change" in said
    assert {row["urn"]: row["id"] for row in engine.resources("saved")} == before
    assert changes(engine.preview("saved")) == {}
    assert saved.objects("saved") == objects


def test_a_backup_comes_up_in_another_region_under_another_name(saved: Saved) -> None:
    engine = saved.stage.engine
    said = saved.restored("--stack", "moved", "--region", "eu-west-1")
    assert "not priced" in said.lower()
    assert "Nothing names us-east-1." in said
    exported = engine("stack", "export", "--stack", "moved")
    assert "eu-west-1" in exported
    assert "us-east-1" not in exported
    old, new = saved.objects("saved"), saved.objects("moved", "eu-west-1")
    assert new == {key: value for key, value in old.items() if not key.startswith("uploads/")}
    head = saved.client("eu-west-1").head_object(Bucket=saved.bucket("moved", "documents"), Key="results/run/b ü.jsonl")
    assert head["Metadata"] == METADATA
    assert head["ContentType"] == "application/jsonl"


def test_a_lost_stack_is_deployed_anew_with_its_archives_and_results(saved: Saved) -> None:
    engine = saved.stage.engine
    objects = saved.objects("saved")
    saved.stage.fine("destroy", "--stack", "saved", "--yes", "--delete-data")
    shutil.rmtree(engine.state / ".pulumi")
    shutil.rmtree(saved.archives)
    (engine.project / "Pulumi.saved.yaml").unlink()
    said = saved.restored()
    assert "deploy it anew" in said
    assert saved.objects("saved") == {key: value for key, value in objects.items() if not key.startswith("uploads/")}
    assert changes(engine.preview("saved")) == {}
    again = saved.restored("--uploads")
    assert "1 put back, 6 there already" in again
    assert saved.objects("saved") == objects


def test_a_stack_that_is_not_deployed_has_nothing_to_back_up(saved: Saved) -> None:
    saved.stage.create("empty")
    done = saved.stage("backup", "--stack", "empty", "--to", str(saved.place))
    assert done.returncode == 3
    assert "nothing is deployed" in one_line(done)
