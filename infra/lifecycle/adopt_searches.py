"""Searches for what a killed engine was creating, where no single listing tells."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from infra.lifecycle.aws import Account, code_of, told
from infra.lifecycle.errors import AccountError
from infra.lifecycle.leftovers import tags_of

Inputs = Mapping[str, Any]
Search = Callable[[Account, Inputs, datetime], Iterator[str]]
"""Account, the creation's inputs and when the stack itself was begun, to physical ids, the likeliest first."""

OWNED: Final = ("Name", "project", "stack")
CLOCK_ERROR: Final = timedelta(minutes=5)  # what AWS itself allows a caller's clock


def is_asked_for(tags: Any, inputs: Inputs) -> bool:
    """Whether tags name the very thing that the inputs describe."""
    wanted, found = inputs.get("tags") or {}, tags_of(tags)
    return all(name in wanted and found.get(name) == wanted[name] for name in OWNED)


def key(account: Account, inputs: Inputs, since: datetime) -> Iterator[str]:
    """Enabled keys of this name; an older one may guard the data of an earlier stack."""
    client, made = account.client("kms"), {}
    for row in account.pages("kms", "list_keys", "Keys"):
        with told(f"key {row['KeyId']}"):
            about = client.describe_key(KeyId=row["KeyId"])["KeyMetadata"]
            ours = about["KeyManager"] == "CUSTOMER" and about["KeyState"] == "Enabled"
            if ours and about["CreationDate"] > since - CLOCK_ERROR:
                tags = client.list_resource_tags(KeyId=row["KeyId"])["Tags"]
                if is_asked_for(tags, inputs):
                    made[row["KeyId"]] = about["CreationDate"]
    yield from sorted(made, key=made.__getitem__, reverse=True)


def bucket(account: Account, inputs: Inputs, since: datetime) -> Iterator[str]:
    """Buckets of this prefix: a bucket gets its tags only after it is made. Older ones may hold kept data."""
    prefix = inputs.get("bucketPrefix")
    if not prefix:
        return
    rows = [
        row
        for row in account.pages("s3", "list_buckets", "Buckets")
        if row["Name"].startswith(prefix) and row["CreationDate"] > since - CLOCK_ERROR
    ]
    for row in sorted(rows, key=lambda row: row["CreationDate"], reverse=True):
        tags = _bucket_tags(account, row["Name"])
        if not tags or is_asked_for(tags, inputs):
            yield row["Name"]


def permission(account: Account, inputs: Inputs, _: datetime) -> Iterator[str]:
    """A statement of a function's policy, where it is there: to import one that is not is an error of the provider."""
    name, statement = inputs["function"], inputs["statementId"]
    try:
        with told(f"function {name}"):
            policy = json.loads(account.client("lambda").get_policy(FunctionName=name)["Policy"])
    except AccountError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        return
    if any(row.get("Sid") == statement for row in policy["Statement"]):
        yield f"{name}/{statement}"


def queue(account: Account, inputs: Inputs, _: datetime) -> Iterator[str]:
    """The queue's address, which AWS alone knows how to write."""
    for url in account.pages("sqs", "list_queues", "QueueUrls", QueueNamePrefix=inputs["name"]):
        if url.rpartition("/")[2] == inputs["name"]:
            yield url


def _bucket_tags(account: Account, name: str) -> Any:
    try:
        with told(f"bucket {name}"):
            return account.client("s3").get_bucket_tagging(Bucket=name)["TagSet"]
    except AccountError as error:
        if code_of(error) == "NoSuchTagSet":
            return ()
        raise
