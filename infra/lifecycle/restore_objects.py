"""Archives and results that go back into a stack's buckets, and the proof that they are there."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.lifecycle.aws import Account
from infra.lifecycle.backup_manifest import Manifest, StoredObject, digest_of_chunks
from infra.lifecycle.backup_objects import AT_ONCE, DOCUMENTS, FOLDERS, Listed, buckets, listed
from infra.lifecycle.backup_place import CHUNK, Place, sent
from infra.lifecycle.errors import DeploymentError
from infra.lifecycle.workspace import Deployed
from infra.naming import UPLOAD_PREFIX


@dataclass(frozen=True, kw_only=True)
class Returned:
    """What became of the backup's objects, by their keys.

    `other` are there with another content (newer results), which stays; `expired` are older than documents are kept;
    `homeless` have no bucket in this stack.
    """

    put: tuple[str, ...]
    there: tuple[str, ...]
    other: tuple[str, ...]
    expired: tuple[str, ...]
    homeless: tuple[str, ...]


@dataclass
class _Sorted:
    absent: list[StoredObject] = field(default_factory=list)
    there: list[StoredObject] = field(default_factory=list)
    other: list[StoredObject] = field(default_factory=list)


def put_back(
    account: Account, deployed: Deployed, place: Place, manifest: Manifest, *, keep_days: int, uploads: bool
) -> Returned:
    """Put back what is not there, and read back what was put. Raises DeploymentError where it is not the same."""
    homes = buckets(deployed)
    wanted = [row for row in manifest.objects if uploads or not row.key.startswith(UPLOAD_PREFIX)]
    homeless = [row for row in wanted if row.part not in homes]
    expired = [row for row in wanted if row.part in homes and _is_expired(row, keep_days)]
    rows = [row for row in wanted if row.part in homes and not _is_expired(row, keep_days)]
    found = _compared(account, homes, rows)
    # A key with a digest in it has one content; what else it holds is broken.
    broken = [row for row in found.other if row.part != DOCUMENTS]
    missing = [*found.absent, *broken]
    _put(account, homes, place, missing)
    after = _compared(account, homes, missing)
    wrong = [row.key for row in (*after.absent, *after.other)]
    if wrong:
        reason = f"{len(wrong)} objects are not there as they were: {', '.join(wrong[:3])}"
        raise DeploymentError(f"stack {deployed.stack}", reason, "run restore again")
    return Returned(
        put=_keys(missing),
        there=_keys(found.there),
        other=_keys(row for row in found.other if row not in broken),
        expired=_keys(expired),
        homeless=_keys(homeless),
    )


def _is_expired(row: StoredObject, keep_days: int) -> bool:
    """Whether the stack would have deleted it by now; putting it back would keep it beyond what was promised."""
    age = datetime.now(UTC) - datetime.fromisoformat(row.modified)
    return row.part == DOCUMENTS and age > timedelta(days=keep_days)


def _compared(account: Account, homes: dict[str, str], rows: list[StoredObject]) -> _Sorted:
    """Which are there with the same content, which with another, which are not."""
    there = {
        (part, row.key): row
        for part, bucket in homes.items()
        for row in listed(account, part, bucket, (*FOLDERS[part], UPLOAD_PREFIX))
    }
    found, unsure = _Sorted(), []
    for row in rows:
        now = there.get((row.part, row.key))
        if now is None:
            found.absent.append(row)
        elif now.identity == (row.bucket, row.key, row.version) and row.version != "null":
            found.there.append(row)
        else:
            unsure.append((row, now))
    account.client("s3")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for (row, _), same in zip(unsure, pool.map(lambda pair: _is_same(account, *pair), unsure), strict=True):
            (found.there if same else found.other).append(row)
    return found


def _is_same(account: Account, row: StoredObject, now: Listed) -> bool:
    if row.size != now.size:
        return False
    with sent(f"{now.bucket}/{now.key}"):
        answer = account.client("s3").get_object(Bucket=now.bucket, Key=now.key)
        with closing(answer["Body"]) as body:
            return digest_of_chunks(body.iter_chunks(CHUNK)) == row.sha256


def _put(account: Account, homes: dict[str, str], place: Place, rows: list[StoredObject]) -> None:
    client = account.client("s3")
    with place.scratch() as scratch, ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [(client, homes[row.part], place, row, scratch / str(number)) for number, row in enumerate(rows)]
        for _ in pool.map(lambda job: _put_one(*job), jobs):
            pass


def _put_one(client: Any, bucket: str, place: Place, row: StoredObject, path: Path) -> None:
    place.fetch(row.blob, path)
    extra: dict[str, Any] = {"Metadata": dict(row.metadata)}
    if row.content_type:
        extra["ContentType"] = row.content_type
    with sent(f"{bucket}/{row.key}"):
        client.upload_file(str(path), bucket, row.key, ExtraArgs=extra)
    path.unlink()


def _keys(rows: Iterable[StoredObject]) -> tuple[str, ...]:
    return tuple(row.key for row in rows)
