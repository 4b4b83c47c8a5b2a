"""What a backup says of itself: what it was made of, and every file and object in it with size and SHA-256.

A place holds `objects/<digest>` once for all its backups, and for each backup a folder
`<project>/<stack>/<time>` with the small files and, written last, the manifest: without one a backup is unfinished.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from infra.costs.errors import InputError

FORMAT: Final = "breakeven-backup"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
DIGEST: Final = "manifest.json.sha256"
STATE: Final = "state.json"
PROJECT_FILE: Final = "Pulumi.yaml"
WORKLOAD: Final = "workload.toml"
SHA256: Final = re.compile(r"[0-9a-f]{64}")
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z")
# Names become paths.
NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, kw_only=True)
class File:
    """A small file in the backup's own folder."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """An object of one of the stack's buckets; `part` says which (artifacts, documents)."""

    part: str
    bucket: str
    key: str
    version: str
    sha256: str
    size: int
    modified: str
    content_type: str
    metadata: Mapping[str, str]

    @property
    def blob(self) -> str:
        """Its name in the place."""
        return f"objects/{self.sha256[:2]}/{self.sha256}"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One backup. `made` is its time, `resources` how many its state has, `pending` what was under way."""

    project: str
    stack: str
    region: str
    account: str
    made: str
    resources: int
    pending: tuple[str, ...]
    uploads: bool
    versions: Mapping[str, str]
    files: tuple[File, ...]
    objects: tuple[StoredObject, ...]

    @property
    def folder(self) -> str:
        """Where its small files lie in the place."""
        return f"{self.project}/{self.stack}/{self.made}"

    @property
    def settings_file(self) -> str:
        """The name of the stack's file."""
        return f"Pulumi.{self.stack}.yaml"

    def dumped(self) -> bytes:
        """As JSON, and the same each time."""
        document = {"format": FORMAT, "version": VERSION, **asdict(self)}
        return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()

    @classmethod
    def parse(cls, content: bytes, stated: str, shown: str) -> "Manifest":
        """From a manifest and the digest beside it; raises InputError for one that is damaged or not ours."""
        if hashlib.sha256(content).hexdigest() != (stated.split() or [""])[0]:
            raise InputError(shown, "it is not what its SHA-256 says", "restore an earlier backup, or make a new one")
        try:
            document = json.loads(content)
            if (document["format"], document["version"]) != (FORMAT, VERSION):
                raise InputError(shown, "it is of another version of breakeven", "use the version that wrote it")
            found = cls._of(document)
            found._check(shown)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise InputError(shown, "it is no manifest of a backup", "give a folder that backup wrote to") from None
        return found

    @classmethod
    def _of(cls, document: Mapping[str, Any]) -> "Manifest":
        values = {field.name: document[field.name] for field in fields(cls)}
        values["pending"] = tuple(values["pending"])
        values["files"] = tuple(File(**row) for row in values["files"])
        values["objects"] = tuple(StoredObject(**row) for row in values["objects"])
        return cls(**values)

    def _check(self, shown: str) -> None:
        """Nothing in it may lead out of its folder."""
        names = [self.project, self.stack, *(file.name for file in self.files)]
        digests = [*(row.sha256 for row in self.files), *(row.sha256 for row in self.objects)]
        if (
            not all(NAME.fullmatch(name) for name in names)
            or not all(SHA256.fullmatch(digest) for digest in digests)
            or not TIME.fullmatch(self.made)
        ):
            raise InputError(shown, "it names files that no backup has", "do not use it")


def digest_of_chunks(chunks: Iterable[bytes]) -> str:
    """The SHA-256 of what comes in pieces."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()
