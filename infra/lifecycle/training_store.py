"""A job in the stack's bucket: sent, looked at, fetched."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.costs.errors import InputError
from infra.lifecycle.aws import Account, code_of, told
from infra.lifecycle.errors import AccountError
from infra.lifecycle.training_types import Bundle, Job

ABSENT: Final = frozenset({"404", "NoSuchKey", "NotFound"})
PAST_THE_END: Final = "InvalidRange"


@dataclass(frozen=True, kw_only=True)
class Store:
    """The bucket of one stack; every method raises AccountError."""

    account: Account
    bucket: str

    def has(self, key: str) -> bool:
        """Whether there is such an object."""
        try:
            with self._told(key):
                self._client.head_object(Bucket=self.bucket, Key=key)
        except AccountError as error:
            if code_of(error) in ABSENT:
                return False
            raise
        return True

    def send(self, path: Path, key: str) -> bool:
        """Store a file under a key that bears its digest; False where it is there already."""
        if self.has(key):
            return False
        with self._told(key):
            self._client.upload_file(str(path), self.bucket, key)
        return True

    def fetch(self, key: str, path: Path) -> None:
        """An object's content as a file."""
        with self._told(key):
            self._client.download_file(self.bucket, key, str(path))

    def write(self, key: str, value: Mapping[str, Any]) -> None:
        """A small object of JSON."""
        with self._told(key):
            self._client.put_object(Bucket=self.bucket, Key=key, Body=json.dumps(value).encode())

    def read(self, key: str) -> Mapping[str, Any]:
        """A small object of JSON; empty where there is none."""
        content = self.content(key)
        try:
            found = json.loads(content or b"{}")
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise AccountError(f"{self.bucket}/{key}", "it is no JSON object", "delete it, then try again")
        return found

    def content(self, key: str, start: int = 0) -> bytes:
        """An object's content from a byte on; empty where there is none, or no more."""
        try:
            with self._told(key):
                answer = self._client.get_object(Bucket=self.bucket, Key=key, Range=f"bytes={start}-")
                return bytes(answer["Body"].read())
        except AccountError as error:
            if code_of(error) in ABSENT | {PAST_THE_END, "416"}:
                return b""
            raise

    @property
    def _client(self) -> Any:
        return self.account.client("s3")

    @contextmanager
    def _told(self, key: str) -> Iterator[None]:
        """Transfers have errors of their own, which are not botocore's."""
        from boto3.exceptions import Boto3Error  # type: ignore[import-untyped]

        thing = f"{self.bucket}/{key}"
        try:
            with told(thing):
                yield
        except Boto3Error as error:
            raise AccountError(
                thing, " ".join(str(error).split())[:200], "mend what it says, then try again"
            ) from error


def job_of(store: Store, id_: str) -> Job:
    """A job that was sent before, by its id; raises InputError for one that was not, or that has expired."""
    found = store.read(Job(sha256=id_).key("in", "job.json"))
    if not found:
        raise InputError(f"job {id_}", f"{store.bucket} has no such job", "jobs are kept for 30 days: send it again")
    return Job(sha256=str(found["sha256"]), size_bytes=int(found["size_bytes"]))


def bundle_of(store: Store, path: Path, sha256: str) -> Bundle:
    """The bundle, stored where it is not there yet."""
    bundle = Bundle(sha256=sha256)
    store.send(path, bundle.key)
    return bundle


def attempts(store: Store, job: Job) -> int:
    """How many attempts at a job were begun."""
    return int(store.read(job.key("in", "attempt.json")).get("attempt", 0))
