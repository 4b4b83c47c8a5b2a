"""The bucket and the dead-letter queue of a deployed stack, as whoever has documents sees them."""

import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_plus

from serving.documents import layout
from serving.documents.engines.types import Options
from serving.errors import InputError, ServingError

MOST_PEEKS: Final = 50
PEEK_SECONDS: Final = 20
SIGNED_SECONDS: Final = 300
ABSENT: Final = ("404", "NoSuchKey", "NotFound")


@dataclass(frozen=True, kw_only=True)
class Grave:
    """A document in the dead-letter queue; `reason` and `sentence` are empty where nobody lived to say them."""

    key: str
    reason: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Signed:
    """Where one document may be put, with the headers that must be sent, for five minutes."""

    url: str
    headers: dict[str, str]


class Bucket:
    """One run's part of the bucket, by the caller's own credentials; its methods raise ServingError."""

    def __init__(self, options: Options, plan_digest: str) -> None:
        self._run, self._plan_digest = options.run, plan_digest
        self._name = options.outputs.get("documentBucket", "")
        self._graves = options.outputs.get("documentDeadLetters", "")
        if not self._name:
            raise InputError("stack", "it takes no documents in", "set breakeven:intake to true and deploy it again")
        self._s3, self._sqs = _clients(options)

    def put_plan(self, body: bytes) -> None:
        """Write what is to be done with the documents, where the instances read it."""
        key = layout.plan_key(self._plan_digest)
        self._call(key, self._s3.put_object, Key=key, Body=body, ContentType="application/json")

    def was_begun(self) -> bool:
        """Whether the run has sent something before."""
        prefix = layout.uploads_of(self._run)
        found = self._call(prefix, self._s3.list_objects_v2, Prefix=prefix, MaxKeys=1)
        return bool(found.get("KeyCount"))

    def holds(self, key: str, size_bytes: int) -> bool:
        """Whether a document was sent before, with the same size and plan."""
        from botocore.exceptions import ClientError  # type: ignore[import-untyped]

        try:
            found = self._s3.head_object(Bucket=self._name, Key=key)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ABSENT:
                return False
            raise self._error(key, error) from None
        same_plan = found.get("Metadata", {}).get(layout.PLAN) == self._plan_digest
        return same_plan and int(found["ContentLength"]) == size_bytes

    def sign(self, key: str, document_id: str, size_bytes: int) -> Signed:
        """A permission to put one document: this key, exactly this many bytes.

        The bucket encrypts with its own key by itself; a header without the key's name would choose another one.
        """
        said = layout.metadata(document_id, self._plan_digest)
        asked = {"Bucket": self._name, "Key": key, "ContentLength": size_bytes, "Metadata": said}
        url: str = self._guard(key, lambda: self._presign(asked))
        headers = {"Content-Length": str(size_bytes), **{f"x-amz-meta-{name}": text for name, text in said.items()}}
        return Signed(url=url, headers=headers)

    def results(self) -> Iterator[str]:
        """The keys of all results of the run, a page at a time."""
        prefix = layout.results_of(self._run)
        more: dict[str, str] = {}
        while True:
            page = self._call(prefix, self._s3.list_objects_v2, Prefix=prefix, **more)
            yield from (row["Key"] for row in page.get("Contents", []))
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def rows(self, key: str) -> list[dict[str, Any]] | None:
        """The rows of a result; None where there is none, or none of this plan."""
        from botocore.exceptions import ClientError

        try:
            found = self._s3.get_object(Bucket=self._name, Key=key)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ABSENT:
                return None
            raise self._error(key, error) from None
        # An instance that could not even read the upload does not know its plan.
        if found.get("Metadata", {}).get(layout.PLAN, self._plan_digest) != self._plan_digest:
            return None
        body: bytes = self._guard(key, found["Body"].read)
        return [json.loads(line) for line in body.splitlines() if line.strip()]

    def graves(self) -> Iterator[Grave]:
        """What lies in the dead-letter queue, of other runs too. It stays there, for whoever looks after the stack."""
        for _ in range(MOST_PEEKS if self._graves else 0):
            found = self._guard(self._graves, self._peek).get("Messages", [])
            if not found:
                return
            for row in found:
                said = {k: v.get("StringValue", "") for k, v in row.get("MessageAttributes", {}).items()}
                if key := _key_of(row["Body"]):
                    yield Grave(key=key, reason=said.get("reason", ""), sentence=said.get("message", ""))

    def _peek(self) -> Any:
        return self._sqs.receive_message(
            QueueUrl=self._graves,
            MaxNumberOfMessages=10,
            VisibilityTimeout=PEEK_SECONDS,
            MessageAttributeNames=["All"],
        )

    def _presign(self, asked: dict[str, Any]) -> Any:
        return self._s3.generate_presigned_url("put_object", Params=asked, ExpiresIn=SIGNED_SECONDS)

    def _call(self, key: str, function: Callable[..., Any], **arguments: Any) -> Any:
        return self._guard(key, lambda: function(Bucket=self._name, **arguments))

    def _guard(self, key: str, function: Callable[[], Any]) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return function()
        except (BotoCoreError, ClientError) as error:
            raise self._error(key, error) from None

    def _error(self, key: str, error: Exception) -> ServingError:
        thing = key if key == self._graves else f"s3://{self._name}/{key}"
        return ServingError(thing, str(error), "check the credentials, the region and what they may do")


_making = threading.Lock()


def _clients(options: Options) -> tuple[Any, Any]:
    import boto3  # type: ignore[import-untyped]
    from botocore.config import Config  # type: ignore[import-untyped]
    from botocore.exceptions import BotoCoreError

    # Signature 4 everywhere: S3 takes no other for what it encrypts with KMS.
    config = Config(retries={"mode": "standard", "max_attempts": 5}, signature_version="v4")
    s3 = Config(retries={"mode": "standard", "max_attempts": 5}, signature_version="s3v4", max_pool_connections=32)
    try:
        with _making:
            session = boto3.Session(profile_name=options.profile or None, region_name=_region(options) or None)
            return session.client("s3", config=s3), session.client("sqs", config=config)
    except BotoCoreError as error:
        raise InputError("AWS", str(error), "name the region and the profile") from None


def _region(options: Options) -> str:
    """Where the stack is: as stated, else as the address of its queue says, else as the environment does."""
    said = re.match(r"https://sqs\.([a-z0-9-]+)\.", options.outputs.get("documentDeadLetters", ""))
    return options.region or (said.group(1) if said else os.environ.get("AWS_REGION", ""))


def _key_of(body: str) -> str:
    """The key that a message of S3 tells of, or nothing."""
    try:
        return unquote_plus(json.loads(body)["Records"][0]["s3"]["object"]["key"])
    except (ValueError, LookupError, TypeError):
        return ""
