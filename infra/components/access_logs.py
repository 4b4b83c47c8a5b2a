"""The bucket of access logs, where the load balancer and S3 itself write who called what."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.components import policies
from infra.components.account import Account
from infra.components.buckets import PrivateBucketArgs, private_bucket
from infra.naming import BALANCER_LOG_PREFIX, Names


@dataclass(frozen=True, kw_only=True)
class AccessLogArgs:
    """How long logs are kept, and whether an emptying of the stack may delete them."""

    names: Names
    account: Account
    keep_days: int
    force_destroy: bool


def access_log_bucket(args: AccessLogArgs, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """Create the bucket; its name is known once its policy stands, since both services try to write at once.

    Encrypted by S3: neither service can write to a bucket with a KMS key (Elastic Load Balancing user guide, access
    logs; S3 user guide, enabling server access logging).
    """
    store = private_bucket(
        PrivateBucketArgs(
            names=args.names,
            part="logs",
            key_arn=None,
            expire_days=args.keep_days,
            force_destroy=args.force_destroy,
            grants=lambda arn: _writers(args, arn),
        ),
        opts,
    )
    name: pulumi.Output[str] = pulumi.Output.all(store.bucket.bucket, store.policy.id).apply(lambda both: both[0])
    return name


def _writers(args: AccessLogArgs, arn: pulumi.Output[str]) -> Sequence[policies.Statement]:
    account = args.account
    balancer = pulumi.Output.concat(arn, f"/{BALANCER_LOG_PREFIX}/AWSLogs/{account.id}/*")
    own_buckets = {
        "StringEquals": {"aws:SourceAccount": account.id},
        "ArnLike": {"aws:SourceArn": f"arn:{account.partition}:s3:::{args.names.physical()}-*"},
    }
    return (
        policies.grant({"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}, ["s3:PutObject"], balancer),
        policies.grant(
            {"Service": "logging.s3.amazonaws.com"},
            ["s3:PutObject"],
            pulumi.Output.concat(arn, "/*"),
            Condition=own_buckets,
        ),
    )
