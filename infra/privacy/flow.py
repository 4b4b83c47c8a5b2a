"""Every place of a stack where data rests, and every one where it passes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from infra.costs.errors import CostError
from infra.costs.stack import Resource, Stack
from infra.policy.rules.residency import allowed_regions
from infra.policy.rules.storage import BUCKETS
from infra.privacy import contents, lifetimes
from infra.privacy.elsewhere import elsewhere
from infra.privacy.keys import key_of, key_of_bucket
from infra.privacy.readers import readers
from infra.privacy.types import Days, Place, Way
from infra.privacy.ways import ways

LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
QUEUE: Final = "aws:sqs/queue:Queue"


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A stack's places and ways; `allowed` are the regions it may be in, none for any."""

    stack: str
    places: tuple[Place, ...]
    ways: tuple[Way, ...]
    allowed: tuple[str, ...]

    @property
    def regions(self) -> tuple[str, ...]:
        """Where data are, sorted."""
        found = {place.region for place in self.places} | {way.region for way in self.ways}
        return tuple(sorted(found - {""}))

    @property
    def longest(self) -> Days:
        """The longest that anything that can be about a person stays."""
        kept = [place.days for place in self.places if place.holds.personal]
        endless = next((days for days in kept if days.most is None), None)
        return endless or max(kept, key=lambda days: days.most or 0, default=Days(most=0))


def dataflow(stack: Stack) -> Flow:
    """What data goes where; what cannot be read is said in the place, never left out."""
    return Flow(
        stack=stack.name,
        places=tuple(_places(stack)),
        ways=tuple(ways(stack)),
        allowed=tuple(sorted(allowed_regions(stack))),
    )


def _places(stack: Stack) -> Iterator[Place]:
    for bucket in stack.of_type(*BUCKETS):
        yield from _bucket(stack, bucket)
    for queue in stack.of_type(QUEUE):
        days = _known(lifetimes.of_queue, queue)
        yield Place(
            name=queue.name,
            kind="queue",
            holds=contents.of_queue(stack, queue),
            days=days,
            key=key_of(stack, queue, "kmsMasterKeyId", "SQS"),
            region=queue.region,
            readers=readers(stack, queue, "queue", f":{queue.inputs.get('name')}"),
        )
    for group in stack.of_type(LOG_GROUP):
        days = _known(lifetimes.of_log_group, group)
        yield Place(
            name=group.name,
            kind="log group",
            holds=contents.of_log_group(stack, group),
            days=days,
            key=key_of(stack, group, "kmsKeyId", "CloudWatch"),
            region=group.region,
            readers=readers(stack, group, "log group", f":log-group:{group.inputs.get('name')}"),
        )
    yield from elsewhere(stack)


def _bucket(stack: Stack, bucket: Resource) -> Iterator[Place]:
    """The bucket, and each folder of it whose objects go earlier."""
    holds, key = contents.of_bucket(stack, bucket), key_of_bucket(stack, bucket)
    try:
        days = lifetimes.of_bucket(stack, bucket)
    except CostError as error:
        days = {"": Days(most=None, words=error.reason)}
    for folder, kept in days.items():
        yield Place(
            name=f"{bucket.name}/{folder}" if folder else bucket.name,
            kind="bucket",
            holds=contents.of_folder(bucket, folder, holds) if folder else holds,
            days=kept,
            key=key,
            region=bucket.region,
            readers=readers(stack, bucket, "bucket", f":::{bucket.id}"),
        )


def _known(days: Callable[[Resource], Days], resource: Resource) -> Days:
    """The days, or why they are not known."""
    try:
        return days(resource)
    except CostError as error:
        return Days(most=None, words=error.reason)
