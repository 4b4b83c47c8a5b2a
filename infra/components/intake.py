"""Document intake: a bucket for uploads and results, a queue that each upload enters, and its dead-letter queue.

The same bucket holds both: the queue hears of uploads alone, and one lifecycle rule deletes all of a document.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import policies
from infra.components.account import Account
from infra.components.buckets import PrivateBucketArgs, private_bucket
from infra.naming import UPLOAD_PREFIX, Names, child

VISIBILITY_SECONDS = 900
LONG_POLL_SECONDS = 20
MAX_RECEIVES = 5
DEAD_LETTER_SECONDS = 14 * 24 * 3600


@dataclass(frozen=True, kw_only=True)
class IntakeArgs:
    """Encryption, access log and retention of the documents."""

    names: Names
    account: Account
    key_arn: pulumi.Input[str]
    log_bucket: pulumi.Input[str] | None
    retention_days: int
    deletion_protection: bool


class Intake(pulumi.ComponentResource):
    """Where documents are put and where the workers take them from."""

    bucket_name: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]
    queue_arn: pulumi.Output[str]
    queue_url: pulumi.Output[str]
    queue_name: pulumi.Output[str]
    dead_letter_name: pulumi.Output[str]
    dead_letter_arn: pulumi.Output[str]
    dead_letter_url: pulumi.Output[str]

    def __init__(self, name: str, args: IntakeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("breakeven:infra:Intake", name, {}, opts)
        self._args = args
        self._own = pulumi.ResourceOptions(parent=self)
        store = private_bucket(
            PrivateBucketArgs(
                names=args.names,
                part="documents",
                key_arn=args.key_arn,
                expire_days=args.retention_days,
                noncurrent_days=1,  # whoever is told that a document is deleted means all of it
                force_destroy=not args.deletion_protection,
                log_bucket=args.log_bucket,
            ),
            self._own,
        )
        dead = self._queue("dead-letters", message_retention_seconds=DEAD_LETTER_SECONDS)
        queue = self._queue("documents", **_redrive(dead))
        policy = self._policy(queue, store.bucket)
        self._close(dead)
        self._notify(store.bucket, queue, policy)
        self.bucket_name, self.bucket_arn = store.bucket.bucket, store.bucket.arn
        self.queue_arn, self.queue_url, self.queue_name = queue.arn, queue.url, queue.name
        self.dead_letter_name, self.dead_letter_arn, self.dead_letter_url = dead.name, dead.arn, dead.url
        self.register_outputs({"bucketName": self.bucket_name, "queueUrl": self.queue_url})

    def _queue(self, label: str, **more: object) -> aws.sqs.Queue:
        return aws.sqs.Queue(
            label,
            name=self._args.names.physical(label),
            kms_master_key_id=self._args.key_arn,
            visibility_timeout_seconds=VISIBILITY_SECONDS,
            receive_wait_time_seconds=LONG_POLL_SECONDS,
            tags=self._args.names.tags(label),
            opts=self._own,
            **more,
        )

    def _policy(self, queue: aws.sqs.Queue, bucket: aws.s3.Bucket) -> aws.sqs.QueuePolicy:
        only = {
            "ArnEquals": {"aws:SourceArn": bucket.arn},
            "StringEquals": {"aws:SourceAccount": self._args.account.id},
        }
        return aws.sqs.QueuePolicy(
            child("documents", "policy"),
            queue_url=queue.url,
            policy=policies.document(
                policies.grant({"Service": "s3.amazonaws.com"}, ["sqs:SendMessage"], queue.arn, Condition=only),
                policies.refuse_plain_http("sqs:*", queue.arn),
            ),
            opts=self._own,
        )

    def _close(self, dead: aws.sqs.Queue) -> None:
        """The dead-letter queue takes nothing from services: SQS itself moves messages there."""
        aws.sqs.QueuePolicy(
            child("dead-letters", "policy"),
            queue_url=dead.url,
            policy=policies.document(policies.refuse_plain_http("sqs:*", dead.arn)),
            opts=self._own,
        )

    def _notify(self, bucket: aws.s3.Bucket, queue: aws.sqs.Queue, policy: aws.sqs.QueuePolicy) -> None:
        aws.s3.BucketNotification(
            child("documents", "notice"),
            bucket=bucket.id,
            queues=[{"queue_arn": queue.arn, "events": ["s3:ObjectCreated:*"], "filter_prefix": UPLOAD_PREFIX}],
            # S3 sends a test message when the notice is set, which the queue must already accept.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )


def _redrive(dead: aws.sqs.Queue) -> dict[str, pulumi.Output[str]]:
    policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": MAX_RECEIVES}
    return {"redrive_policy": pulumi.Output.json_dumps(policy, separators=(",", ":"))}
