"""A stack's buckets in the emulator, and backups of them that need no engine."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.lifecycle import backup_manifest as names
from infra.lifecycle.aws import Account
from infra.lifecycle.backup_manifest import File, Manifest
from infra.lifecycle.backup_place import Place
from infra.lifecycle.backup_taking import Taking, take
from infra.lifecycle.data import BUCKET
from infra.lifecycle.workspace import Deployed
from tests.infra.lifecycle.planted import client

OWNER = "urn:pulumi:saved::breakeven::"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
ARCHIVE = b"a model archive"
RESULTS = {f"results/run/{name}.jsonl": name.encode() * 40 for name in ("a", "b", "c")}


@dataclass
class Stack:
    """Two versioned buckets with an archive and results, as the state names them."""

    account: Account
    deployed: Deployed

    def bucket(self, part: str) -> str:
        return next(row["id"] for row in self.deployed.rows if row["urn"].endswith(f"::{part}"))

    def put(self, part: str, key: str, body: bytes, **more: Any) -> None:
        client("s3").put_object(Bucket=self.bucket(part), Key=key, Body=body, **more)

    def holds(self) -> dict[str, bytes]:
        """The content of both buckets."""
        store = client("s3")
        return {
            row["Key"]: store.get_object(Bucket=bucket, Key=row["Key"])["Body"].read()
            for bucket in map(self.bucket, ("artifacts", "documents"))
            for row in store.list_objects_v2(Bucket=bucket).get("Contents", [])
        }


def archive_key(content: bytes = ARCHIVE) -> str:
    return f"models/tiny/{hashlib.sha256(content).hexdigest()[:12]}.mar"


def empty_stack(account: Account, name: str) -> Stack:
    rows = []
    for part in ("artifacts", "documents", "logs"):
        bucket = f"breakeven-{name}-{part}-1"
        client("s3").create_bucket(Bucket=bucket)
        client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        rows.append({"urn": f"{OWNER}{BUCKET}::{part}", "type": BUCKET, "id": bucket, "custom": True})
    return Stack(account, Deployed(stack=name, rows=tuple(rows), pending=(), document={"resources": rows}))


def stack(account: Account, name: str = "saved") -> Stack:
    """With an archive, three results, an upload, and access logs that no backup takes."""
    found = empty_stack(account, name)
    found.put("artifacts", archive_key(), ARCHIVE)
    found.put("artifacts", "training/job.json", b"{}")
    found.put("logs", "buckets/documents/line", b"an access")
    for key, body in RESULTS.items():
        found.put("documents", key, body, Metadata={"id": "x%20y"}, ContentType="application/jsonl")
    found.put("documents", "uploads/run/a", b"somebody's document")
    return found


def manifest(made: str = "2026-11-28T120000Z", **changes: Any) -> Manifest:
    values: dict[str, Any] = {
        "project": "breakeven",
        "stack": "saved",
        "region": "us-east-1",
        "account": "123456789012",
        "made": made,
        "resources": 3,
        "pending": (),
        "uploads": False,
        "versions": {},
        "files": (),
        "objects": (),
    }
    return Manifest(**{**values, **changes})


def taken(place: Place, of: Stack, folder: Path, head: Manifest | None = None) -> tuple[Taking, list[str]]:
    """The objects alone, and what was said."""
    said: list[str] = []
    folder.mkdir(exist_ok=True)
    return take(of.account, place, of.deployed, head or manifest(), folder, said.append), said


def write(place: Place, head: Manifest, files: Mapping[str, bytes]) -> Manifest:
    """A finished backup: its files, and the manifest with the digest beside it."""
    rows = tuple(File(name=name, sha256=sha256(body), size=len(body)) for name, body in files.items())
    whole = Manifest(**{**vars(head), "files": rows})
    content = whole.dumped()
    stated = f"{sha256(content)}  {names.MANIFEST}\n".encode()
    with place.scratch() as scratch:
        for name, body in {**files, names.DIGEST: stated, names.MANIFEST: content}.items():
            (scratch / "new").write_bytes(body)
            place.put(f"{whole.folder}/{name}", scratch / "new")
    return whole


def files(settings: Mapping[str, object], rows: tuple[Mapping[str, Any], ...], project: str) -> dict[str, bytes]:
    """The small files of a backup: a state with these rows, the settings, and the project's own file."""
    state = {"version": 3, "deployment": {"resources": list(rows)}}
    config = {"aws:region": "us-east-1", **{f"breakeven:{key}": value for key, value in settings.items()}}
    return {
        names.STATE: json.dumps(state).encode(),
        names.PROJECT_FILE: project.encode(),
        "Pulumi.saved.yaml": yaml.safe_dump({"config": config}).encode(),
    }


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
