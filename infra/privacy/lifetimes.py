"""How long data stays, from what the resources say; a version that was replaced or deleted counts, too."""

from collections.abc import Iterator
from typing import Final

from infra.costs.stack import Inputs, Resource, Stack
from infra.policy.reading import pointing_at
from infra.policy.rules.storage import LIFECYCLE, VERSIONING
from infra.privacy.types import FOR_EVER, Days

SECONDS_A_DAY: Final = 86_400
QUEUE_SECONDS: Final = 345_600  # of a queue that says nothing (SQS API reference, SetQueueAttributes)


def of_bucket(stack: Stack, bucket: Resource) -> dict[str, Days]:
    """By folder, empty for the whole bucket: days until an object and its last version are gone."""
    versions = _keeps_versions(stack, bucket)
    rows = [row for found in pointing_at(stack, bucket, "bucket", *LIFECYCLE) for row in _enabled(found)]
    found = {_prefix(row): _days(row, versions) for row in rows}
    return {"": Days(most=None, words=FOR_EVER), **found}


def of_log_group(group: Resource) -> Days:
    """0 or nothing keeps lines for ever."""
    return Days(most=group.inputs.count("retentionInDays", 0) or None)


def of_queue(queue: Resource) -> Days:
    """Of a message that nobody takes."""
    seconds = queue.inputs.count("messageRetentionSeconds", QUEUE_SECONDS)
    return Days(most=-(-seconds // SECONDS_A_DAY), words="less once it is worked off")


def _enabled(lifecycle: Resource) -> Iterator[Inputs]:
    return (row for row in lifecycle.inputs.objects("rules") if row.text("status") == "Enabled")


def _prefix(row: Inputs) -> str:
    return row.object("filter").text("prefix") or row.text("prefix")


def _days(row: Inputs, versions: bool) -> Days:
    until = row.object("expiration").count("days", 0)
    after = row.object("noncurrentVersionExpiration").count("noncurrentDays", 0)
    old = f"deleted versions {after} days more" if after else "deleted versions for ever"
    if not until:
        return Days(most=None, words=f"{FOR_EVER}{f'; {old}' if versions else ''}")
    if not versions:
        return Days(most=until)
    if not after:
        return Days(most=None, words=f"hidden after {until} days; {old}")
    return Days(most=until + after, words=f"hidden after {until}, kept as an old version for {after} more")


def _keeps_versions(stack: Stack, bucket: Resource) -> bool:
    found = pointing_at(stack, bucket, "bucket", *VERSIONING)
    return any(row.inputs.object("versioningConfiguration").text("status") == "Enabled" for row in found)
