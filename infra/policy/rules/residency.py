"""Where data may be: what is outside the regions that the stack's own tag allows."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.costs.readers import PROVIDER
from infra.costs.stack import Inputs, Resource, Stack, missing
from infra.policy.registry import MANDATORY, rule

# That of infra/naming.py, which belongs to the program and is not imported here.
TAG: Final = "allowedRegions"
REPLICATION: Final = (
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
    "aws:s3/bucketReplicationConfiguration:BucketReplicationConfiguration",
)
# What holds data, lets it pass, or sends it on. Services that are everywhere (IAM, Budgets) have no region.
REGIONAL: Final = (
    PROVIDER,
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketV2:BucketV2",
    *REPLICATION,
    "aws:s3/bucketNotification:BucketNotification",
    "aws:sqs/queue:Queue",
    "aws:sns/topic:Topic",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:kms/key:Key",
    "aws:kms/replicaKey:ReplicaKey",
    "aws:secretsmanager/secret:Secret",
    "aws:ssm/parameter:Parameter",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
    "aws:ec2/flowLog:FlowLog",
    "aws:ec2/vpc:Vpc",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ec2/instance:Instance",
    "aws:autoscaling/group:Group",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:apigateway/restApi:RestApi",
    "aws:apigatewayv2/api:Api",
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
)
# A region in an ARN is its fourth part; those of buckets and of global services have none.
ARN_REGION: Final = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:([a-z]{2,}(?:-[a-z]+)+-\d+):")
POLICIES: Final = frozenset({"policy", "assumeRolePolicy"})


@rule("residency", title="Everything is in the regions that `allowedRegions` names", level=MANDATORY, on=REGIONAL)
def residency(resource: Resource, stack: Stack) -> Iterator[str]:
    """A bucket, an endpoint or a copy elsewhere takes the data to where it may not be."""
    allowed = allowed_regions(stack)
    if not allowed:
        return
    own = resource.inputs.text("region") if resource.type == PROVIDER else resource.region
    if own and own not in allowed:
        yield f"it is in {own}, and the stack allows {', '.join(sorted(allowed))}"
    named = sorted(set(_regions(resource.inputs)) - allowed - {own})
    if named:
        yield f"it names something in {', '.join(named)}, and the stack allows {', '.join(sorted(allowed))}"
    yield from _copies(resource, stack, allowed)


def allowed_regions(stack: Stack) -> frozenset[str]:
    """The regions of the stack's own tag; none where it may be anywhere."""
    tags = (resource.inputs.get("tags") for resource in stack)
    found = (tag.get(TAG) for tag in tags if isinstance(tag, Mapping))
    return frozenset(word for text in found if isinstance(text, str) and not missing(text) for word in text.split())


def _copies(resource: Resource, stack: Stack, allowed: frozenset[str]) -> Iterator[str]:
    """Copies whose place is not in the resource's own region or in an ARN."""
    if resource.type in REPLICATION:
        for row in resource.inputs.objects("rules"):
            place = row.object("destination").text("bucket")
            if not _is_inside(place, stack, allowed):
                yield f"it copies to {place or 'a bucket'}, which is not in the stack, so nothing tells its region"
    if resource.inputs.flag("multiRegion"):
        yield "a multi-region key can be copied to any region"
    for row in _replicas(resource):
        where = row.text("region")
        if where and where not in allowed:
            yield f"it is copied to {where}, and the stack allows {', '.join(sorted(allowed))}"


def _replicas(resource: Resource) -> tuple[Inputs, ...]:
    return resource.inputs.objects("replicas")


def _is_inside(arn: str, stack: Stack, allowed: frozenset[str]) -> bool:
    name = arn.rsplit(":", 1)[-1]
    buckets = stack.of_type("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
    return any(name and bucket.id == name and bucket.region in allowed for bucket in buckets)


def _regions(value: Any) -> Iterator[str]:
    """Regions in the ARNs of plain values; policy documents name who may, not where data goes."""
    if isinstance(value, str):
        yield from ARN_REGION.findall(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key not in POLICIES:
                yield from _regions(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _regions(item)
