"""A private bucket: versioned, encrypted, closed to the public and to plain HTTP, its readers logged where asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components import policies
from infra.naming import Names, bucket_log_prefix, child

NONCURRENT_DAYS = 30
ABORT_UPLOAD_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class PrivateBucketArgs:
    """How a private bucket is named, encrypted and emptied.

    Without a key S3 encrypts with its own. `grants` makes statements from the bucket's ARN: who else may use it.
    `log_bucket` is where S3 writes who used it. `short_lived` are folders whose objects expire after so many days.
    What is deleted or written over goes for good after `noncurrent_days`.
    """

    names: Names
    part: str
    key_arn: pulumi.Input[str] | None
    expire_days: int | None
    force_destroy: bool
    noncurrent_days: int = NONCURRENT_DAYS
    log_bucket: pulumi.Input[str] | None = None
    grants: Callable[[pulumi.Output[str]], Sequence[policies.Statement]] | None = None
    short_lived: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PrivateBucket:
    """The bucket, the versioning that objects must wait for, and the policy that services must wait for.

    An object written before versioning is on keeps the version `null` (S3 user guide, Versioning).
    """

    bucket: aws.s3.Bucket
    versioning: aws.s3.BucketVersioning
    policy: aws.s3.BucketPolicy


def private_bucket(args: PrivateBucketArgs, opts: pulumi.ResourceOptions) -> PrivateBucket:
    """Create the bucket and everything that keeps it private."""
    bucket = aws.s3.Bucket(
        args.part,
        bucket_prefix=args.names.bucket_prefix(args.part),
        force_destroy=args.force_destroy,
        tags=args.names.tags(args.part),
        opts=opts,
    )
    versioning = aws.s3.BucketVersioning(
        child(args.part, "versioning"),
        bucket=bucket.id,
        versioning_configuration={"status": "Enabled"},
        opts=opts,
    )
    _encrypt(args, bucket, opts)
    policy = _close(args, bucket, opts)
    _expire(args, bucket, versioning, opts)
    if args.log_bucket is not None:
        _log(args, bucket, opts)
    return PrivateBucket(bucket=bucket, versioning=versioning, policy=policy)


def _encrypt(args: PrivateBucketArgs, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> None:
    own: dict[str, Any] = {"sse_algorithm": "AES256"}
    if args.key_arn is not None:
        own = {"sse_algorithm": "aws:kms", "kms_master_key_id": args.key_arn}
    aws.s3.BucketServerSideEncryptionConfiguration(
        child(args.part, "encryption"),
        bucket=bucket.id,
        rules=[{"apply_server_side_encryption_by_default": own, "bucket_key_enabled": args.key_arn is not None}],
        opts=opts,
    )


def _close(args: PrivateBucketArgs, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> aws.s3.BucketPolicy:
    block = aws.s3.BucketPublicAccessBlock(
        child(args.part, "private"),
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
    aws.s3.BucketOwnershipControls(
        child(args.part, "ownership"), bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"}, opts=opts
    )
    closed = policies.refuse_plain_http("s3:*", bucket.arn, pulumi.Output.concat(bucket.arn, "/*"))
    granted = args.grants(bucket.arn) if args.grants else ()
    return aws.s3.BucketPolicy(
        child(args.part, "policy"),
        bucket=bucket.id,
        policy=policies.document(closed, *granted),
        # Both calls change the bucket's access, and S3 answers OperationAborted when they meet.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[block])),
    )


def _log(args: PrivateBucketArgs, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> None:
    aws.s3.BucketLogging(
        child(args.part, "logging"),
        bucket=bucket.id,
        target_bucket=args.log_bucket,
        target_prefix=bucket_log_prefix(args.part),
        opts=opts,
    )


def _expire(
    args: PrivateBucketArgs,
    bucket: aws.s3.Bucket,
    versioning: aws.s3.BucketVersioning,
    opts: pulumi.ResourceOptions,
) -> None:
    expiration = {"expiration": {"days": args.expire_days}} if args.expire_days else {}
    aws.s3.BucketLifecycleConfiguration(
        child(args.part, "lifecycle"),
        bucket=bucket.id,
        rules=[
            {
                "id": "tidy",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "abort_incomplete_multipart_upload": {"days_after_initiation": ABORT_UPLOAD_DAYS},
                "noncurrent_version_expiration": {"noncurrent_days": args.noncurrent_days},
                **expiration,
            },
            *(_short_lived(folder, days) for folder, days in args.short_lived.items()),
        ],
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[versioning])),
    )


def _short_lived(folder: str, days: int) -> dict[str, Any]:
    """Where two rules meet, S3 keeps to the earlier date. Checkpoints leave a version each time they are written."""
    return {
        "id": folder.rstrip("/"),
        "status": "Enabled",
        "filter": {"prefix": folder},
        "expiration": {"days": days},
        "noncurrent_version_expiration": {"noncurrent_days": 1},
    }
