"""What an instance may do, and no more: its artifacts, its own group's hooks, its logs, metrics, registry and queue.

Where another account could own what an ARN names, a condition says that it is this one.
"""

from collections.abc import Iterator

import pulumi
import pulumi_aws as aws

from infra.components import policies
from infra.components.account import Account
from infra.components.fleet_types import FleetArgs
from infra.naming import BUNDLE_FOLDER, PLAN_PREFIX, RESULT_PREFIX, UPLOAD_PREFIX, archive_folder, canary_folder, child

# What Session Manager takes (AWS managed policy reference, AWSCloud9SSMInstanceProfile). AmazonSSMManagedInstanceCore
# would let an instance read every parameter of the account, too.
SESSION_ACTIONS = (
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)


def instance_profile(
    args: FleetArgs,
    logs: aws.cloudwatch.LogGroup,
    registry_arn: pulumi.Input[str] | None,
    opts: pulumi.ResourceOptions,
) -> aws.iam.InstanceProfile:
    """The role of the instances, with Session Manager instead of keys and SSH."""
    role = aws.iam.Role(
        "node", assume_role_policy=policies.assumed_by("ec2.amazonaws.com"), tags=args.names.tags("node"), opts=opts
    )
    session_manager = aws.iam.RolePolicy(
        child("node", "session-manager"),
        role=role.id,
        policy=policies.document(policies.allow(SESSION_ACTIONS, ["*"], Condition=_in_region(args.account))),
        opts=opts,
    )
    work = aws.iam.RolePolicy(
        child("node", "work"), role=role.id, policy=policies.document(*_statements(args, logs, registry_arn)), opts=opts
    )
    # A group that starts before its role may fetch the archive starts in vain.
    granted = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[session_manager, work]))
    return aws.iam.InstanceProfile("node", role=role.name, tags=args.names.tags("node"), opts=granted)


def _statements(
    args: FleetArgs, logs: aws.cloudwatch.LogGroup, registry_arn: pulumi.Input[str] | None
) -> Iterator[policies.Statement]:
    store, account = args.artifacts, args.account
    # Earlier archives and bundles, too: a refresh that rolls back starts instances of the template before.
    folders = [archive_folder(store.model), BUNDLE_FOLDER, *([canary_folder(store.model)] if args.canary else ())]
    own_account = policies.own_account(account.id)
    archives = [pulumi.Output.concat(store.bucket_arn, "/", folder, "*") for folder in folders]
    yield policies.allow(["s3:GetObject"], archives, Condition=own_account)
    yield policies.allow(["kms:Decrypt"], [store.key_arn], Condition=own_account)
    groups = [args.names.group_arn(account.partition, account.region, account.id, *row.parts) for row in args.versions]
    own = ("CompleteLifecycleAction", "RecordLifecycleActionHeartbeat", "SetInstanceHealth")
    yield policies.allow([f"autoscaling:{action}" for action in own], groups)
    streams = pulumi.Output.concat(logs.arn, ":log-stream:*")
    yield policies.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [streams])
    # PutMetricData has no resource-level permission; the namespace is what can be bounded (CloudWatch user guide).
    only = {"StringEquals": {"cloudwatch:namespace": args.names.metric_namespace()}}
    yield policies.allow(["cloudwatch:PutMetricData"], ["*"], Condition=only)
    if registry_arn is not None:
        entries = ["servicediscovery:RegisterInstance", "servicediscovery:DeregisterInstance"]
        yield policies.allow(entries, [registry_arn])
        yield from _tidy_statements(args, registry_arn)
    if args.intake:
        yield from _document_statements(args)


def _tidy_statements(args: FleetArgs, registry_arn: pulumi.Input[str]) -> Iterator[policies.Statement]:
    """To find entries of instances that are gone. Neither call has resource-level permission: conditions bound them."""
    service = {"StringEquals": {"servicediscovery:ServiceArn": registry_arn}}
    yield policies.allow(["servicediscovery:ListInstances"], ["*"], Condition=service)
    yield policies.allow(["autoscaling:DescribeAutoScalingGroups"], ["*"], Condition=_in_region(args.account))


def _in_region(account: Account) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"aws:RequestedRegion": account.region}}


def _document_statements(args: FleetArgs) -> Iterator[policies.Statement]:
    intake = args.intake
    if not intake:
        return
    queue = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
    own_account = policies.own_account(args.account.id)
    yield policies.allow(queue, [intake.queue_arn], Condition=own_account)
    # With a reason: without one a message gets there by itself, once it was received too often.
    yield policies.allow(["sqs:SendMessage"], [intake.dead_letter_arn], Condition=own_account)
    read = [pulumi.Output.concat(intake.bucket_arn, "/", prefix, "*") for prefix in (UPLOAD_PREFIX, PLAN_PREFIX)]
    yield policies.allow(["s3:GetObject"], read, Condition=own_account)
    results = [pulumi.Output.concat(intake.bucket_arn, "/", RESULT_PREFIX, "*")]
    yield policies.allow(["s3:PutObject"], results, Condition=own_account)
    yield policies.allow(["kms:GenerateDataKey"], [args.artifacts.key_arn], Condition=own_account)
