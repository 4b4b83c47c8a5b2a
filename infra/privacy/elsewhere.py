"""Places that are no store of the stack's own: disks, notices, metrics, samples of the firewall, the state."""

from collections.abc import Iterator
from typing import Final

from infra.costs.stack import Inputs, Resource, Stack
from infra.privacy.contents import FIREWALL, TRAINING, hides_bodies
from infra.privacy.keys import key_of
from infra.privacy.types import Days, Holds, Place

TOPIC: Final = "aws:sns/topic:Topic"
SUBSCRIPTION: Final = "aws:sns/topicSubscription:TopicSubscription"
TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
GROUP: Final = "aws:autoscaling/group:Group"
# docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html, read 2026-11-28
METRIC_DAYS: Final = 455
AT_ONCE: Final = Days(most=0, words="not stored: sent on at once")
WITH_INSTANCE: Final = Days(most=0, words="gone with the instance")
STATE: Final = Holds(words="settings, names, addresses of staff for alarms; no data of callers", personal=False)
ON_NODES: Final = Holds(
    words="the model, the server's log, and of documents in work a copy; requests stay in memory", personal=True
)


def elsewhere(stack: Stack) -> Iterator[Place]:
    """Each with what is known of it."""
    for topic in stack.of_type(TOPIC):
        yield _topic(stack, topic)
    for template in stack.of_type(TEMPLATE):
        yield _disk(template)
    for firewall in stack.of_type(FIREWALL):
        if _is_sampled(firewall.inputs):
            yield _samples(stack, firewall)
    region = next((resource.region for resource in stack.of_type(GROUP)), "")
    if region:
        yield _metrics(region)
    yield _state()


def _topic(stack: Stack, topic: Resource) -> Place:
    subscriptions = [row for row in stack.of_type(SUBSCRIPTION) if topic in stack.referred(row, "topic", TOPIC)]
    return Place(
        name=topic.name,
        kind="topic",
        holds=Holds(words="names of alarms, figures; no data of callers", personal=False),
        days=AT_ONCE,
        key=key_of(stack, topic, "kmsMasterKeyId", "SNS"),
        region=topic.region,
        readers=tuple(sorted({f"subscribers by {row.inputs.text('protocol')}" for row in subscriptions})),
    )


def _disk(template: Resource) -> Place:
    """The root disk that every instance of a template gets."""
    disks = [row.object("ebs") for row in template.inputs.objects("blockDeviceMappings")]
    encrypted = bool(disks) and all(disk.flag("encrypted") for disk in disks)
    stays = not disks or any(not disk.flag("deleteOnTermination", default=True) for disk in disks)
    return Place(
        name=template.name,
        kind="disk",
        holds=TRAINING if template.component == "Training" else ON_NODES,
        days=Days(most=None) if stays and disks else WITH_INSTANCE,
        key="EBS's own key" if encrypted else "not encrypted by the template",
        region=template.region,
        readers=("whoever may open a session on the instance",),
    )


def _samples(stack: Stack, firewall: Resource) -> Place:
    bodies = "no bodies" if hides_bodies(stack) else "pieces of bodies that matched a rule"
    hidden = sorted(
        name
        for row in firewall.inputs.object("dataProtectionConfig").objects("dataProtections")
        for name in row.object("field").values_of("fieldKeys")
    )
    without = f" without {', '.join(map(str, hidden))}" if hidden else ""
    return Place(
        name=firewall.name,
        kind="sampled requests",
        holds=Holds(words=f"some requests: callers' addresses, paths, headers{without}; {bodies}", personal=True),
        # docs.aws.amazon.com/waf/latest/APIReference/API_GetSampledRequests.html, read 2026-11-28
        days=Days(most=1, words="3 hours"),
        key="WAF's own key",
        region=firewall.region,
        readers=(),
    )


def _is_sampled(inputs: Inputs) -> bool:
    return any(
        row.object("visibilityConfig").flag("sampledRequestsEnabled") for row in (inputs, *inputs.objects("rules"))
    )


def _metrics(region: str) -> Place:
    return Place(
        name="metrics",
        kind="CloudWatch",
        holds=Holds(words="counts, times and sizes; no data of callers", personal=False),
        days=Days(most=METRIC_DAYS),
        key="CloudWatch's own key",
        region=region,
        readers=(),
    )


def _state() -> Place:
    return Place(
        name="state",
        kind="Pulumi's backend",
        holds=STATE,
        days=Days(most=None),
        key="secrets by the stack's secrets provider, the rest as the backend does",
        region="",
        readers=("whoever may read the backend",),
    )
