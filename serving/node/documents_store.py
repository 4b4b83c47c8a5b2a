"""The bucket of documents as an instance sees it: uploads become files, rows become results."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from serving.documents import layout
from serving.documents.plan import Plan
from serving.documents.types import DocumentError, Row, Source, Why
from serving.errors import InputError, ServingError
from serving.node.cloud import call, client
from serving.node.documents_queue import Upload

CHUNK_BYTES = 1 << 20
KEPT_PLANS = 64


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A document on this machine.

    `source.id` is its key below the uploads, which no other document in work shares; `id` is what its rows say.
    """

    source: Source
    id: str
    plan: Plan
    plan_digest: str

    def named(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """The rows under the document's own id."""
        return [_renamed(row.data, self.source.id, self.id) for row in rows]


class Store:
    """One bucket, a scratch folder, and the plan of uploads that name none."""

    def __init__(self, bucket: str, region: str, scratch: Path, plan: Plan) -> None:
        self._bucket, self._scratch, self._plan = bucket, scratch, plan
        self._s3 = client("s3", region, read_seconds=60)
        self._plan_of = lru_cache(KEPT_PLANS)(self._read_plan)

    def fetch(self, upload: Upload, number: int) -> Fetched:
        """Copy an upload into the scratch folder; `number` is this copy's own.

        Raises CloudError where S3 does not give it, InputError for its plan, DocumentError where it is too large.
        """
        thing = f"s3://{upload.bucket}/{upload.key}"
        found = call(thing, self._s3.get_object, Bucket=upload.bucket, Key=upload.key)
        said = {name.lower(): value for name, value in found.get("Metadata", {}).items()}
        digest = said.get(layout.PLAN, "")
        if digest and not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise InputError(thing, f"its plan {digest!r} is no digest", "upload it again without one")
        fetched = Fetched(
            source=self._source(upload.key, number, int(found["ContentLength"])),
            id=layout.id_of(upload.key, said),
            plan=self._plan_of(digest) if digest else self._plan,
            plan_digest=digest,
        )
        most = fetched.plan.limits.file_bytes
        if fetched.source.size_bytes > most:
            raise TooLargeError(fetched, most)
        self._write(thing, found["Body"], fetched.source.path)
        return fetched

    def put(self, upload: Upload, rows: Sequence[dict[str, Any]], plan_digest: str) -> None:
        """Write the rows of an upload; a second time replaces the first. Raises CloudError."""
        key = layout.result_key(upload.key)
        body = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        call(
            f"s3://{self._bucket}/{key}",
            self._s3.put_object,
            Bucket=self._bucket,
            Key=key,
            Body=body.encode(errors="surrogatepass"),
            ContentType="application/x-ndjson",
            Metadata={layout.PLAN: plan_digest} if plan_digest else {},
        )

    def source_id(self, key: str) -> str:
        """What the upload of a key is called while it is in work: its key below the uploads, which no other one has."""
        return key.removeprefix(layout.UPLOADS)

    def unread(self, upload: Upload, number: int) -> Fetched:
        """An upload that S3 did not give, as far as its key says what it is."""
        source = self._source(upload.key, number, 0)
        return Fetched(source=source, id=source.id, plan=self._plan, plan_digest="")

    def forget(self, source: Source) -> None:
        """Delete the copy."""
        with suppress(OSError):
            source.path.unlink()

    def _source(self, key: str, number: int, size_bytes: int) -> Source:
        from serving.documents import kinds

        name = key.rpartition("/")[2]
        # The name is a stranger's: only its ending, which readers may look at, becomes part of a path.
        ending = re.search(r"\.[A-Za-z0-9]{1,12}$", name)
        path = self._scratch / f"{number}{ending.group() if ending else ''}"
        return Source(id=self.source_id(key), path=path, kind=kinds.of(name) or "", size_bytes=size_bytes)

    def _read_plan(self, digest: str) -> Plan:
        key = layout.plan_key(digest)
        body = call(f"s3://{self._bucket}/{key}", self._s3.get_object, Bucket=self._bucket, Key=key)["Body"]
        asked, own = layout.unpacked_plan(body.read()), self._plan.steps[0].model
        steps = tuple(replace(step, model=own) if step.model == Path(own).name else step for step in asked.steps)
        return replace(asked, steps=steps, endpoint=self._plan.endpoint, endpoint_auth=self._plan.endpoint_auth)

    def _write(self, thing: str, body: Any, path: Path) -> None:
        rows = body.iter_chunks(CHUNK_BYTES)
        try:
            with path.open("wb") as file:
                while chunk := call(thing, lambda: next(rows, b"")):
                    file.write(chunk)
        except OSError as error:
            reason = f"it cannot be stored in {path.parent} ({error.strerror})"
            raise ServingError(thing, reason, "free space there or take a larger root volume") from None


class TooLargeError(DocumentError):
    """An upload beyond the limit of its plan, which is not copied."""

    def __init__(self, fetched: Fetched, most: int) -> None:
        self.fetched = fetched
        super().__init__(Why.LIMIT, f"The file has {fetched.source.size_bytes:,} bytes, and {most:,} are the limit.")


def _renamed(data: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """A row whose id, and archive if it came out of one, begin with another name."""
    changes = {k: new + data[k][len(old) :] for k in ("id", "archive") if str(data.get(k, "")).startswith(old)}
    return {**data, **changes}
