"""Launch templates, instances and autoscaling groups."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

from infra.costs.stack import Inputs, Resource, Stack
from infra.policy.reading import pointing_at
from infra.policy.registry import ADVISORY, MANDATORY, rule

TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
INSTANCE: Final = "aws:ec2/instance:Instance"
CONFIGURATION: Final = "aws:ec2/launchConfiguration:LaunchConfiguration"
GROUP: Final = "aws:autoscaling/group:Group"
ATTACHMENT: Final = "aws:autoscaling/attachment:Attachment"
LAUNCHED: Final = (TEMPLATE, INSTANCE, CONFIGURATION)

SECRETS: Final = {
    "an access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a secret key": re.compile(r"aws_secret_access_key\s*[=:]\s*['\"]?[A-Za-z0-9/+]{30,}", re.IGNORECASE),
    # A value that begins with $ is read when the script runs, not written in it.
    "a password or token": re.compile(
        r"(?:password|passwd|secret|token)\s*[=:]\s*['\"]?[^\s'\"$@{]{6,}", re.IGNORECASE
    ),
}


@rule(
    "CKV_AWS_79",
    "ec2_launch_template_imdsv2_required",
    title="Instances answer the second metadata version only",
    level=MANDATORY,
    on=LAUNCHED,
)
def metadata_version(resource: Resource, stack: Stack) -> Iterator[str]:
    """The first version hands out the role's credentials to any request the instance can be made to send."""
    options = resource.inputs.object("metadataOptions")
    if options.text("httpEndpoint", "enabled") != "disabled" and options.text("httpTokens") != "required":
        yield "metadataOptions.httpTokens is not `required`"


@rule("CKV_AWS_341", title="Metadata is answered one hop away at most", level=MANDATORY, on=LAUNCHED)
def metadata_hops(resource: Resource, stack: Stack) -> Iterator[str]:
    """Further hops reach containers and proxies behind the instance."""
    hops = resource.inputs.object("metadataOptions").count("httpPutResponseHopLimit", 1)
    if hops > 1:
        yield f"metadataOptions.httpPutResponseHopLimit is {hops}, not 1"


@rule(
    "CKV_AWS_88",
    "ec2_launch_template_no_public_ip",
    title="Instances have no public address",
    level=MANDATORY,
    on=LAUNCHED,
)
def public_address(resource: Resource, stack: Stack) -> Iterator[str]:
    """A public address is one open rule away from the internet."""
    interfaces = (resource.inputs, *resource.inputs.objects("networkInterfaces"))
    if any(interface.flag("associatePublicIpAddress") for interface in interfaces):
        yield "associatePublicIpAddress is true"


@rule(
    "ec2_launch_template_no_secrets",
    title="User data holds no secrets",
    level=MANDATORY,
    on=LAUNCHED,
)
def user_data_secrets(resource: Resource, stack: Stack) -> Iterator[str]:
    """Anyone on the instance, and anyone who may describe the template, can read it. Only the kind is reported."""
    for key in ("userData", "userDataBase64"):
        script = _decoded(resource.inputs.text(key))
        for kind, pattern in SECRETS.items():
            if pattern.search(script):
                yield f"{key} seems to hold {kind}"


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", errors="replace")
    except (binascii.Error, ValueError):
        return text


@rule("CKV_AWS_126", title="Instances are monitored every minute", level=ADVISORY, on=LAUNCHED)
def detailed_monitoring(resource: Resource, stack: Stack) -> Iterator[str]:
    """Five minutes of CPU figures hide what scaling should see."""
    key = {TEMPLATE: "", INSTANCE: "monitoring", CONFIGURATION: "enableMonitoring"}[resource.type]
    on = resource.inputs.flag(key) if key else resource.inputs.object("monitoring").flag("enabled")
    if not on:
        yield "detailed monitoring is off"


@rule("CKV_AWS_135", title="Disks have bandwidth of their own (EBS optimized)", level=ADVISORY, on=LAUNCHED)
def ebs_optimized(resource: Resource, stack: Stack) -> Iterator[str]:
    """Without it disk traffic shares the network with requests."""
    if not resource.inputs.flag("ebsOptimized"):
        yield "ebsOptimized is not true"


@rule(
    "CKV_AWS_315",
    "autoscaling_group_using_ec2_launch_template",
    title="Groups launch from a launch template",
    level=MANDATORY,
    on=(GROUP,),
)
def from_template(resource: Resource, stack: Stack) -> Iterator[str]:
    """Launch configurations know neither IMDS hop limits nor versions, and new accounts cannot make any."""
    if not any(resource.inputs.has(key) for key in ("launchTemplate", "mixedInstancesPolicy")):
        yield "the group has neither launchTemplate nor mixedInstancesPolicy"


@rule("CKV_AWS_153", title="Groups carry tags", level=ADVISORY, on=(GROUP,))
def group_tags(resource: Resource, stack: Stack) -> Iterator[str]:
    """Untagged instances cannot be found after a failed teardown, nor counted in a bill by stack."""
    if not resource.inputs.values_of("tags"):
        yield "the group has no tags"


@rule(
    "autoscaling_group_elb_health_check_enabled",
    title="Groups behind a load balancer are judged by its health checks",
    level=ADVISORY,
    on=(GROUP,),
)
def balancer_health(resource: Resource, stack: Stack) -> Iterator[str]:
    """An instance whose model server has died is healthy to EC2."""
    sources = ("targetGroupArns", "loadBalancers", "trafficSources")
    behind = any(resource.inputs.values_of(key) for key in sources)
    behind = behind or bool(pointing_at(stack, resource, "autoscalingGroupName", ATTACHMENT))
    if behind and resource.inputs.text("healthCheckType") != "ELB":
        yield "healthCheckType is not ELB"


@rule("autoscaling_group_multiple_az", title="Groups span two zones or more", level=ADVISORY, on=(GROUP,))
def several_zones(resource: Resource, stack: Stack) -> Iterator[str]:
    """With one zone, the service fails when the zone does."""
    places = max(len(resource.inputs.values_of(key)) for key in ("vpcZoneIdentifiers", "availabilityZones"))
    if places < 2:
        yield "the group has one subnet, so one zone"


@rule(
    "autoscaling_group_multiple_instance_types",
    title="Groups may start more than one instance type",
    level=ADVISORY,
    on=(GROUP,),
)
def several_types(resource: Resource, stack: Stack) -> Iterator[str]:
    """A single type runs out of capacity, on spot first."""
    overrides = resource.inputs.object("mixedInstancesPolicy").object("launchTemplate").objects("overrides")
    if len(overrides) < 2 and not any(row.has("instanceRequirements") for row in overrides):
        yield "mixedInstancesPolicy names fewer than two types"


@rule(
    "autoscaling_group_capacity_rebalance_enabled",
    title="Groups with spot instances replace them before they are taken",
    level=ADVISORY,
    on=(GROUP,),
)
def rebalance(resource: Resource, stack: Stack) -> Iterator[str]:
    """Otherwise two minutes are left to start an instance that needs five."""
    if _uses_spot(resource.inputs.object("mixedInstancesPolicy")) and not resource.inputs.flag("capacityRebalance"):
        yield "capacityRebalance is not true"


def _uses_spot(mix: Inputs) -> bool:
    return bool(mix) and mix.object("instancesDistribution").number("onDemandPercentageAboveBaseCapacity", 100) < 100
