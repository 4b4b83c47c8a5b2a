"""What a one-off instance that fine-tunes the model needs; nothing of it runs, or costs, until one is launched."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components import policies
from infra.components.account import Account
from infra.naming import TRAINING, TRAINING_FOLDER, Names, child
from infra.settings import FleetSettings, TrainingSettings


@dataclass(frozen=True, kw_only=True)
class TrainingArgs:
    """Image and disk are the fleet's (`machine`); the group admits nothing; jobs lie in the artifacts' bucket."""

    names: Names
    account: Account
    settings: TrainingSettings
    machine: FleetSettings
    subnet_ids: Sequence[pulumi.Input[str]]
    group_id: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    bucket_name: pulumi.Input[str]
    bucket_arn: pulumi.Input[str]
    log_retention_days: int


class Training(pulumi.ComponentResource):
    """Role, log and launch template; `place` is all that a launch has to know."""

    place: pulumi.Output[Mapping[str, Any]]

    def __init__(self, name: str, args: TrainingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("breakeven:infra:Training", name, {}, opts)
        self._args = args
        self._own = pulumi.ResourceOptions(parent=self)
        logs = self._logs()
        template = self._template(self._profile(logs))
        self.place = pulumi.Output.from_input(
            {
                "templateId": template.id,
                "templateVersion": template.latest_version.apply(str),
                "subnetIds": args.subnet_ids,
                "bucket": args.bucket_name,
                "logGroup": logs.name,
                "instanceTypes": list(args.machine.instance_types),
                "volumeGb": args.machine.root_volume_gb,
                "maxHours": args.settings.training_max_hours,
            }
        )
        self.register_outputs({"templateId": template.id})

    def _logs(self) -> aws.cloudwatch.LogGroup:
        names = self._args.names
        return aws.cloudwatch.LogGroup(
            child(TRAINING, "logs"),
            name=names.log_group(TRAINING),
            retention_in_days=self._args.log_retention_days,
            kms_key_id=self._args.key_arn,
            tags=names.tags(TRAINING),
            opts=self._own,
        )

    def _profile(self, logs: aws.cloudwatch.LogGroup) -> aws.iam.InstanceProfile:
        tags = self._args.names.tags(TRAINING)
        role = aws.iam.Role(
            TRAINING, assume_role_policy=policies.assumed_by("ec2.amazonaws.com"), tags=tags, opts=self._own
        )
        work = aws.iam.RolePolicy(
            child(TRAINING, "work"),
            role=role.id,
            policy=policies.document(*_statements(self._args, logs)),
            opts=self._own,
        )
        granted = pulumi.ResourceOptions.merge(self._own, pulumi.ResourceOptions(depends_on=[work]))
        return aws.iam.InstanceProfile(TRAINING, role=role.name, tags=tags, opts=granted)

    def _template(self, profile: aws.iam.InstanceProfile) -> aws.ec2.LaunchTemplate:
        """Without user data, which is the job's, and without an interface: a launch names its subnet beside it.

        EC2 refuses a subnet beside an interface. No subnet gives out public addresses, and none is needed: a job comes
        and goes through the gateway endpoint of S3.
        """
        machine, names = self._args.machine, self._args.names
        parent = pulumi.InvokeOptions(parent=self)
        image = aws.ssm.get_parameter_output(name=machine.ami_parameter, opts=parent)
        kinds = ("instance", "volume", "spot-instances-request")
        return aws.ec2.LaunchTemplate(
            TRAINING,
            name=names.physical(TRAINING),
            image_id=image.value,
            instance_type=machine.instance_types[0],
            iam_instance_profile={"arn": profile.arn},
            instance_initiated_shutdown_behavior="terminate",
            instance_market_options={
                "market_type": "spot",
                "spot_options": {"spot_instance_type": "one-time", "instance_interruption_behavior": "terminate"},
            },
            ebs_optimized="true",
            metadata_options={"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 1},
            block_device_mappings=[_root_volume(machine)],
            vpc_security_group_ids=[self._args.group_id],
            monitoring={"enabled": machine.detailed_monitoring},
            tag_specifications=[{"resource_type": kind, "tags": names.tags(TRAINING)} for kind in kinds],
            tags=names.tags(TRAINING),
            update_default_version=True,
            opts=self._own,
        )


def _statements(args: TrainingArgs, logs: aws.cloudwatch.LogGroup) -> Iterator[policies.Statement]:
    """Jobs and bundles to read, what a job brings forth to read and write: nothing to list, nothing to delete."""

    def below(*folders: str) -> list[pulumi.Output[str]]:
        return [pulumi.Output.concat(args.bucket_arn, "/", TRAINING_FOLDER, folder, "/*") for folder in folders]

    own_account = policies.own_account(args.account.id)
    yield policies.allow(["s3:GetObject"], below("bundles", "*/in"), Condition=own_account)
    both_ways = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
    yield policies.allow(both_ways, below("*/out"), Condition=own_account)
    through = policies.own_account(args.account.id, **{"kms:ViaService": f"s3.{args.account.region}.amazonaws.com"})
    yield policies.allow(["kms:Decrypt", "kms:GenerateDataKey"], [args.key_arn], Condition=through)
    streams = pulumi.Output.concat(logs.arn, ":log-stream:*")
    yield policies.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [streams])


def _root_volume(machine: FleetSettings) -> dict[str, Any]:
    disk = {
        "volume_type": "gp3",
        "volume_size": machine.root_volume_gb,
        "encrypted": "true",
        "delete_on_termination": "true",
    }
    return {"device_name": machine.root_device, "ebs": disk}
