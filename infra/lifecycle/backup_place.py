"""Where backups lie: a folder, or a bucket with a prefix. What is written appears whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from infra.costs.errors import InputError
from infra.lifecycle.aws import Account, code_of, told
from infra.lifecycle.backup_manifest import digest_of_chunks
from infra.lifecycle.errors import AccountError
from serving.digest import sha256_of

CHUNK: Final = 1 << 20
S3: Final = "s3://"
ABSENT: Final = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchVersion"})
# What a backup holds is for its owner alone: results, settings, the state.
OWN_FOLDER, OWN_FILE = 0o700, 0o600


class Place(Protocol):
    """Files by name; names have parts with `/` between them. Every method raises InputError."""

    shown: str

    def sizes(self, below: str = "") -> Mapping[str, int]:
        """Bytes of every file whose name begins so."""

    def put(self, name: str, path: Path) -> None:
        """Take in a file of `scratch`, which is gone from there afterwards."""

    def fetch(self, name: str, path: Path) -> None:
        """A copy of a file."""

    def content(self, name: str) -> bytes:
        """What a small file holds."""

    def digest(self, name: str) -> str:
        """The SHA-256 of a file, read whole."""

    def remove(self, name: str) -> None:
        """Delete a file where it is there."""

    def scratch(self) -> Any:
        """A folder for files that are made, as a context manager; it goes with all that is in it."""


class Folder:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        self.path, self.shown = path, str(path)

    def sizes(self, below: str = "") -> Mapping[str, int]:
        """Bytes of every file, by its name; what another run is making is left out."""
        with _told(self.shown):
            files = (path for path in self.path.rglob("*") if path.is_file())
            found = {path.relative_to(self.path).as_posix(): path for path in files}
            return {
                name: path.stat().st_size
                for name, path in found.items()
                if name.startswith(below) and not name.startswith(".making-")
            }

    def put(self, name: str, path: Path) -> None:
        """Move a file in: it lies on the same disk."""
        with _told(f"{self.shown}/{name}"):
            target = self.path / name
            self._make(target.parent)
            path.chmod(OWN_FILE)
            path.replace(target)

    def fetch(self, name: str, path: Path) -> None:
        """A copy of a file."""
        with _told(f"{self.shown}/{name}"):
            shutil.copyfile(self.path / name, path)

    def content(self, name: str) -> bytes:
        """What a small file holds."""
        with _told(f"{self.shown}/{name}"):
            return (self.path / name).read_bytes()

    def digest(self, name: str) -> str:
        """The SHA-256 of a file, read whole."""
        with _told(f"{self.shown}/{name}"):
            return sha256_of(self.path / name)

    def remove(self, name: str) -> None:
        """Delete a file where it is there."""
        with _told(f"{self.shown}/{name}"):
            (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """On the same disk, so that moving a file in is one step."""
        with _told(self.shown):
            self._make(self.path)
            made = tempfile.TemporaryDirectory(prefix=".making-", dir=self.path)
        with made as folder:
            yield Path(folder)

    def _make(self, folder: Path) -> None:
        """A mode holds for the last of the folders that one call makes, so each below the place has its own."""
        if folder != self.path and not folder.parent.is_dir():
            self._make(folder.parent)
        folder.mkdir(parents=True, exist_ok=True, mode=OWN_FOLDER)


class Bucket:
    """A prefix of a bucket."""

    def __init__(self, account: Account, bucket: str, prefix: str) -> None:
        self._account, self.bucket = account, bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.shown = f"{S3}{bucket}/{self._prefix}".rstrip("/")

    def sizes(self, below: str = "") -> Mapping[str, int]:
        """Bytes of every object, by its name below the prefix."""
        pages = self._account.pages(
            "s3", "list_objects_v2", "Contents", Bucket=self.bucket, Prefix=f"{self._prefix}{below}"
        )
        return {row["Key"].removeprefix(self._prefix): row["Size"] for row in pages}

    def put(self, name: str, path: Path) -> None:
        """Upload a file."""
        with sent(f"{self.shown}/{name}"):
            self._client.upload_file(str(path), self.bucket, self._prefix + name)
        path.unlink()

    def fetch(self, name: str, path: Path) -> None:
        """Download a file."""
        with sent(f"{self.shown}/{name}"):
            self._client.download_file(self.bucket, self._prefix + name, str(path))

    def content(self, name: str) -> bytes:
        """What a small object holds."""
        with sent(f"{self.shown}/{name}"):
            return bytes(self._client.get_object(Bucket=self.bucket, Key=self._prefix + name)["Body"].read())

    def digest(self, name: str) -> str:
        """The SHA-256 of an object, read whole."""
        with sent(f"{self.shown}/{name}"):
            answer = self._client.get_object(Bucket=self.bucket, Key=self._prefix + name)
            # Closed, since a connection with a body that was not read to its end is never given back.
            with closing(answer["Body"]) as body:
                return digest_of_chunks(body.iter_chunks(CHUNK))

    def remove(self, name: str) -> None:
        """Delete an object; S3 says nothing of one that is not there."""
        with told(f"{self.shown}/{name}"):
            self._client.delete_object(Bucket=self.bucket, Key=self._prefix + name)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """On this machine."""
        with tempfile.TemporaryDirectory(prefix="breakeven-backup-") as folder:
            yield Path(folder)

    @property
    def _client(self) -> Any:
        return self._account.client("s3")


def place_of(text: str, account: Account) -> Place:
    """The place that the command line names: a folder, or `s3://bucket/prefix`. Raises InputError."""
    if not text.startswith(S3):
        path = Path(text).expanduser().absolute()
        if path.exists() and not path.is_dir():
            raise InputError(text, "it is a file", "give a folder, or s3://bucket/prefix")
        return Folder(path)
    bucket, _, prefix = text.removeprefix(S3).partition("/")
    if not bucket:
        raise InputError(text, "it names no bucket", "write it like s3://bucket/prefix")
    return Bucket(account, bucket, prefix)


@contextmanager
def sent(thing: str) -> Iterator[None]:
    """Errors of a transfer, which are not botocore's own, as an AccountError that names `thing`."""
    from boto3.exceptions import Boto3Error  # type: ignore[import-untyped]

    try:
        with told(thing):
            yield
    except AccountError as error:
        if code_of(error) in ABSENT:
            raise AccountError(thing, "it is not there", "check the name, or take another backup") from error
        raise
    except Boto3Error as error:
        reason = " ".join(str(error).split())[:200]
        raise AccountError(thing, reason, "mend what it says, then try again") from error


@contextmanager
def _told(thing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(thing, reason, "check the path, its permissions and the room on the disk") from error
