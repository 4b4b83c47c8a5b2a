"""The objects of a stack's buckets that a backup takes: archives and bundles, results and plans, uploads when asked."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.costs.errors import InputError
from infra.lifecycle.aws import Account, code_of
from infra.lifecycle.backup_manifest import Manifest, StoredObject
from infra.lifecycle.backup_place import ABSENT, CHUNK, sent
from infra.lifecycle.data import BUCKET
from infra.lifecycle.errors import AccountError
from infra.lifecycle.workspace import Deployed
from infra.naming import BUNDLE_FOLDER, PLAN_PREFIX, RESULT_PREFIX, UPLOAD_PREFIX

ARTIFACTS: Final = "artifacts"
DOCUMENTS: Final = "documents"
FOLDERS: Final[Mapping[str, tuple[str, ...]]] = {
    ARTIFACTS: ("models/", "canaries/", BUNDLE_FOLDER),
    DOCUMENTS: (RESULT_PREFIX, PLAN_PREFIX),
}
KINDS: Final[Mapping[str, str]] = {
    "models/": "archives",
    "canaries/": "archives",
    BUNDLE_FOLDER: "bundles",
    RESULT_PREFIX: "results",
    PLAN_PREFIX: "plans",
    UPLOAD_PREFIX: "uploads",
}
AT_ONCE: Final = 8
# The name of an archive or a bundle begins with its digest; see infra/naming.py.
PINNED: Final = re.compile(r"(?P<digest>[0-9a-f]{12})\.(mar|tar\.gz)")


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An object as the bucket lists it."""

    part: str
    bucket: str
    key: str
    version: str
    size: int
    modified: str

    @property
    def identity(self) -> tuple[str, str, str]:
        """A version of a key never changes its content."""
        return self.bucket, self.key, self.version


def buckets(deployed: Deployed) -> dict[str, str]:
    """The stack's buckets that hold what a backup takes, by their part."""
    found = {str(row["urn"]).rsplit("::", 1)[-1]: str(row["id"]) for row in deployed.of_type(BUCKET) if row.get("id")}
    return {part: found[part] for part in FOLDERS if part in found}


def listed(account: Account, part: str, bucket: str, folders: Iterable[str]) -> Iterator[Listed]:
    """The newest version of every object below these folders; what was deleted is not there."""
    for folder in folders:
        for row in account.pages("s3", "list_object_versions", "Versions", Bucket=bucket, Prefix=folder):
            if row["IsLatest"]:
                yield Listed(
                    part=part,
                    bucket=bucket,
                    key=row["Key"],
                    version=row["VersionId"],
                    size=row["Size"],
                    modified=row["LastModified"].isoformat(),
                )


def to_take(account: Account, deployed: Deployed, *, uploads: bool) -> list[Listed]:
    """Everything that a backup of the stack takes."""
    found: list[Listed] = []
    for part, bucket in buckets(deployed).items():
        more = (UPLOAD_PREFIX,) if uploads and part == DOCUMENTS else ()
        found += listed(account, part, bucket, (*FOLDERS[part], *more))
    return found


def fetched(account: Account, rows: list[Listed], scratch: Path) -> Iterator[tuple[StoredObject, Path]]:
    """Each object as a file with its digest; one that is gone meanwhile (it expired) is left out."""
    account.client("s3")  # made once, before the threads share it
    with ThreadPoolExecutor(AT_ONCE) as pool:
        # In portions: a failure then leaves little unfinished, and what was fetched has been taken in.
        for start in range(0, len(rows), AT_ONCE):
            portion = rows[start : start + AT_ONCE]
            for found in pool.map(lambda row: _fetch(account, row, scratch), portion):
                if found is not None:
                    yield found


def is_what_its_name_says(key: str, sha256: str) -> bool:
    """Whether an archive or bundle has the digest in its name; other objects have none."""
    match = PINNED.fullmatch(key.rsplit("/", 1)[-1])
    return match is None or sha256.startswith(match["digest"])


def _fetch(account: Account, row: Listed, scratch: Path) -> tuple[StoredObject, Path] | None:
    path = scratch / hashlib.sha256("\0".join(row.identity).encode()).hexdigest()
    version = {} if row.version == "null" else {"VersionId": row.version}
    thing = f"{row.bucket}/{row.key}"
    try:
        with sent(thing):
            answer = account.client("s3").get_object(Bucket=row.bucket, Key=row.key, **version)
            with closing(answer["Body"]) as body:
                sha256, size = _written(body, path)
    except AccountError as error:
        if code_of(error.__cause__) in ABSENT:
            return None
        raise
    except OSError as error:
        raise InputError(str(path.parent), str(error.strerror or error).lower(), "make room on the disk") from error
    if size != answer["ContentLength"]:
        raise AccountError(thing, "it did not come whole", "try again; what is fetched stays")
    taken = StoredObject(
        part=row.part,
        bucket=row.bucket,
        key=row.key,
        version=row.version,
        sha256=sha256,
        size=size,
        modified=row.modified,
        content_type=answer.get("ContentType", ""),
        metadata=dict(answer.get("Metadata", {})),
    )
    return taken, path


def _written(body: Any, path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        for chunk in body.iter_chunks(CHUNK):
            digest.update(chunk)
            size += file.write(chunk)
    return digest.hexdigest(), size


def kind_of(key: str) -> str:
    """What an object is, for the reader."""
    for start, kind in KINDS.items():
        if key.startswith(start):
            return kind
    return "others"


def counted(manifest: Manifest) -> list[str]:
    """How many objects there are of each kind: `2 archives`."""
    counts = Counter(kind_of(row.key) for row in manifest.objects)
    return [
        f"{counts[kind]:,} {kind if counts[kind] > 1 else kind.removesuffix('s')}"
        for kind in dict.fromkeys(KINDS.values())
        if counts[kind]
    ]
