"""The launch template: the image resolved here, encrypted disk, IMDSv2, no key pair, no secrets."""

import base64
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components.fleet_types import FleetArgs, Version
from infra.components.network_groups import INFERENCE_PORT
from infra.naming import child
from infra.settings_rules import burstable
from infra.user_data import render as rendered

LAUNCH_HOOK = "ready"
TERMINATE_HOOK = "drained"
TEMPLATE = Path(__file__).with_name("fleet_user_data.sh")


def launch_template(
    args: FleetArgs,
    version: Version,
    profile: aws.iam.InstanceProfile,
    user_data: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> aws.ec2.LaunchTemplate:
    """One template for every instance type; the group pins its numbered version, or no refresh would roll back."""
    settings = args.settings
    # The image id is resolved here: with an SSM reference in the template a refresh cannot roll back
    # (EC2 Auto Scaling user guide, instance refresh rollback).
    image = aws.ssm.get_parameter_output(name=settings.ami_parameter, opts=pulumi.InvokeOptions(parent=opts.parent))
    credits_: dict[str, Any] = {"credit_specification": {"cpu_credits": settings.cpu_credits}}
    label = child("node", *version.parts)
    tags = args.names.tags(label)
    return aws.ec2.LaunchTemplate(
        label,
        name=args.names.physical(label),
        image_id=image.value,
        instance_type=settings.instance_types[0],
        iam_instance_profile={"arn": profile.arn},
        user_data=user_data,
        ebs_optimized="true",
        metadata_options={"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 1},
        block_device_mappings=[_root_volume(args)],
        network_interfaces=[_interface(args)],
        monitoring={"enabled": settings.detailed_monitoring},
        tag_specifications=[{"resource_type": kind, "tags": tags} for kind in ("instance", "volume")],
        update_default_version=True,
        opts=opts,
        **(credits_ if burstable(settings.instance_types) else {}),
    )


def user_data(
    args: FleetArgs, version: Version, logs: aws.cloudwatch.LogGroup, registry_id: pulumi.Input[str]
) -> pulumi.Output[str]:
    """The start script, base64; it holds names and digests only."""
    store, intake = args.artifacts, version.intake
    values: dict[str, pulumi.Input[Any]] = {
        "region": args.account.region,
        "group": args.names.group(*version.parts),
        "model": store.model,
        "port": str(INFERENCE_PORT),
        "launch_hook": LAUNCH_HOOK,
        "terminate_hook": TERMINATE_HOOK,
        "drain_seconds": str(args.settings.drain_seconds),
        "log_group": logs.name,
        "metric_namespace": args.names.metric_namespace(),
        "registry_service": registry_id,
        "queue_url": intake.queue_url if intake else "",
        "dead_letter_url": intake.dead_letter_url if intake else "",
        "document_bucket": intake.bucket_name if intake else "",
        "bucket": store.bucket_name,
        "bundle_key": store.bundle.key,
        "bundle_sha256": store.bundle.sha256,
        "archive_key": version.archive.key,
        "archive_sha256": version.archive.sha256,
    }
    return pulumi.Output.all(**values).apply(render)


def render(values: dict[str, Any]) -> str:
    """The script with its values, base64; a placeholder without a value is an error."""
    return base64.b64encode(rendered(TEMPLATE, values).encode()).decode()


def _root_volume(args: FleetArgs) -> dict[str, Any]:
    disk = {
        "volume_type": "gp3",
        "volume_size": args.settings.root_volume_gb,
        "encrypted": "true",
        "delete_on_termination": "true",
    }
    return {"device_name": args.settings.root_device, "ebs": disk}


def _interface(args: FleetArgs) -> dict[str, Any]:
    return {
        "device_index": 0,
        "associate_public_ip_address": "true" if args.network.public_addresses else "false",
        "delete_on_termination": "true",
        "security_groups": [args.network.node_group_id],
    }
