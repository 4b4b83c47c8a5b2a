"""The queue of documents as one instance sees it: what it holds, for how long, and how it gets rid of it."""

import json
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from serving.errors import ServingError
from serving.node.cloud import call, client

log = logging.getLogger(__name__)
LONG_POLL_SECONDS = 20
MOST_AT_ONCE = 10  # of one receive call
# Short, and renewed: what a killed instance held comes back to the others this soon.
HOLD_SECONDS = 120
RENEW_SECONDS = 30.0
MOST_RECEIVES = 5
MOST_BACKOFF_SECONDS = 900
# SQS takes 256 KB with attributes; a reason is one sentence.
MOST_ATTRIBUTE_CHARACTERS = 1_000


@dataclass(frozen=True, kw_only=True)
class Upload:
    """An object that was put into the bucket."""

    bucket: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message; `receives` counts how often the queue has handed it out, this time included."""

    handle: str
    body: str
    receives: int

    @property
    def is_test(self) -> bool:
        """Whether S3 only tried the way here, as it does once when the way is set."""
        told = self._told()
        return isinstance(told, dict) and told.get("Event") == "s3:TestEvent"

    def upload(self) -> Upload | None:
        """The object that it tells of; None where it tells of none. S3 sends a message for each."""
        try:
            (record,) = self._told()["Records"]
            created = record["eventName"].startswith("ObjectCreated:")
            thing, bucket = record["s3"]["object"], record["s3"]["bucket"]["name"]
            # Keys are coded like a form (S3 user guide, event message structure).
            key = unquote_plus(thing["key"])
            return Upload(bucket=bucket, key=key) if created and isinstance(bucket, str) and bucket and key else None
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def _told(self) -> Any:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class Queue:
    """Receives, and keeps what it has received from the other instances until `drop` or `release`."""

    def __init__(self, url: str, dead_letter_url: str, region: str) -> None:
        self._url, self._dead_letter_url = url, dead_letter_url
        self._sqs = client("sqs", region, read_seconds=LONG_POLL_SECONDS + 10)
        self._held: dict[str, Message] = {}
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="queue-keeper", daemon=True)
        self._keeper.start()

    def most_receives(self) -> int:
        """How often the queue hands a message out before it calls it dead."""
        given = call("queue of documents", self._sqs.get_queue_attributes, QueueUrl=self._url, AttributeNames=["All"])
        policy = json.loads(given.get("Attributes", {}).get("RedrivePolicy", "{}"))
        return int(policy.get("maxReceiveCount", MOST_RECEIVES))

    def receive(self, wait_seconds: int) -> list[Message]:
        """Messages, waiting for the first one; raises CloudError."""
        found = call(
            "queue of documents",
            self._sqs.receive_message,
            QueueUrl=self._url,
            MaxNumberOfMessages=MOST_AT_ONCE,
            WaitTimeSeconds=wait_seconds,
            VisibilityTimeout=HOLD_SECONDS,
            AttributeNames=["ApproximateReceiveCount"],
        ).get("Messages", [])
        messages = [_message(row) for row in found]
        with self._lock:
            self._held |= {one.handle: one for one in messages}
        return messages

    def drop(self, message: Message) -> None:
        """Done with."""
        self._forget(message)
        call("message", self._sqs.delete_message, QueueUrl=self._url, ReceiptHandle=message.handle)

    def bury(self, message: Message, reason: str, sentence: str) -> None:
        """Into the dead-letter queue, with the reason as attributes; the message itself stays until it is dropped."""
        if not self._dead_letter_url:
            return
        said = {"reason": reason, "message": sentence[:MOST_ATTRIBUTE_CHARACTERS]}
        call(
            "dead-letter queue",
            self._sqs.send_message,
            QueueUrl=self._dead_letter_url,
            MessageBody=message.body,
            MessageAttributes={k: {"DataType": "String", "StringValue": v} for k, v in said.items() if v},
        )

    def release(self, message: Message, *, later: bool) -> None:
        """Back to the queue, at once or, where nobody could do it now, after a while that grows with each attempt."""
        self._forget(message)
        wait = min(HOLD_SECONDS // 4 * 2 ** (message.receives - 1), MOST_BACKOFF_SECONDS) if later else 0
        try:
            self._hold(message, wait)
        except ServingError as error:
            log.error("%s", error)  # it comes back by itself once nobody renews it

    def close(self) -> None:
        """Give back what is held, and renew nothing more."""
        self._ended.set()
        self._keeper.join()
        with self._lock:
            rest = list(self._held.values())
        for message in rest:
            self.release(message, later=False)

    def _forget(self, message: Message) -> None:
        with self._lock:
            self._held.pop(message.handle, None)

    def _keep(self) -> None:
        while not self._ended.wait(RENEW_SECONDS):
            with self._lock:
                held: Sequence[Message] = list(self._held.values())
            for message in held:
                try:
                    self._hold(message, HOLD_SECONDS)
                except ServingError as error:
                    log.error("%s", error)

    def _hold(self, message: Message, seconds: int) -> None:
        change = self._sqs.change_message_visibility
        call("message", change, QueueUrl=self._url, ReceiptHandle=message.handle, VisibilityTimeout=seconds)


def _message(row: dict[str, Any]) -> Message:
    receives = int(row.get("Attributes", {}).get("ApproximateReceiveCount", 1))
    return Message(handle=row["ReceiptHandle"], body=row["Body"], receives=receives)
