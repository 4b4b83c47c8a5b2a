"""What a place holds, from what writes to it: the wiring between resources tells, not their names."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.costs.errors import CostError
from infra.costs.stack import Resource, Stack
from infra.policy.reading import pointing_at
from infra.policy.rules.storage import LOGGING
from infra.privacy.types import Holds

STAGES: Final = ("aws:apigateway/stage:Stage", "aws:apigatewayv2/stage:Stage")
FIREWALL_LOG: Final = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
FIREWALL: Final = "aws:wafv2/webAcl:WebAcl"
FLOW_LOG: Final = "aws:ec2/flowLog:FlowLog"
NOTICE: Final = "aws:s3/bucketNotification:BucketNotification"
QUEUE: Final = "aws:sqs/queue:Queue"
BALANCERS: Final = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")
VARIABLE: Final = re.compile(r"\$context\.([A-Za-z0-9_.]+)")
# Variables of an access log that say something about the caller (API Gateway developer guide, logging variables).
CALLER: Final[Mapping[str, str]] = {
    "identity.sourceIp": "callers' addresses",
    "identity.userAgent": "callers' programs",
    "identity.user": "callers' names",
    "identity.userArn": "callers' names",
    "identity.caller": "callers' names",
    "identity.apiKey": "API keys",
    "identity.apiKeyId": "which API key",
}
UNKNOWN: Final = Holds(words="whatever is put there", personal=True)
TECHNICAL: Final = Holds(words="model archives and node bundles: no data of callers", personal=False)
NODE_LINES: Final = Holds(
    words="the node's own lines: starts, ends, faults, names of documents that failed; no bodies", personal=True
)
PROBE_LINES: Final = Holds(words="runs of the probe, with its own sample; none of callers", personal=False)
TRAINING: Final = Holds(words="labelled examples, checkpoints and results of fine-tuning", personal=True)


def of_bucket(stack: Stack, bucket: Resource) -> Holds:
    """Documents where a notice tells of new objects, access logs where others log to it."""
    if any(notice.inputs.has("queues") for notice in pointing_at(stack, bucket, "bucket", NOTICE)):
        return Holds(words="documents that were sent in, and their results", personal=True)
    balancers = any(_names(stack, row, "accessLogs", bucket) for row in stack.of_type(*BALANCERS))
    if balancers or any(_names(stack, row, "targetBucket", bucket) for row in stack.of_type(*LOGGING)):
        return Holds(words="access logs: addresses, times, paths, names of objects; no bodies", personal=True)
    return TECHNICAL if bucket.component == "Artifacts" else UNKNOWN


def of_folder(bucket: Resource, folder: str, whole: Holds) -> Holds:
    """A folder with an end of its own."""
    return TRAINING if bucket.component == "Artifacts" and folder.startswith("training") else whole


def of_queue(stack: Stack, queue: Resource) -> Holds:
    """Notices of new objects where a bucket sends them, and what is left of those in the queue for dead letters."""
    others = (other for other in stack.of_type(QUEUE) if other is not queue)
    if any(_names(stack, other, "redrivePolicy", queue) for other in others):
        return Holds(words="names of documents that failed, and why; no contents", personal=True)
    if any(_names(stack, notice, "queues", queue) for notice in stack.of_type(NOTICE)):
        return Holds(words="names of uploaded documents; no contents", personal=True)
    return UNKNOWN


def of_log_group(stack: Stack, group: Resource) -> Holds:
    """By what writes to it: a stage, a firewall, a VPC, the nodes."""
    for stage in stack.of_type(*STAGES):
        if _names(stack, stage, "accessLogSettings", group):
            return _of_access_log(stage)
    for log in stack.of_type(FIREWALL_LOG):
        if _names(stack, log, "logDestinationConfigs", group):
            return _of_firewall_log(log, stack)
    if any(_names(stack, log, "logDestination", group) for log in stack.of_type(FLOW_LOG)):
        return Holds(words="addresses and ports of the stack's own connections; none of callers", personal=False)
    if group.component == "Probe":
        return PROBE_LINES
    return NODE_LINES if group.component in ("Fleet", "Training") else UNKNOWN


def hides_bodies(stack: Stack) -> bool:
    """Whether every firewall of the stack replaces bodies in all that it keeps."""
    return all(
        any(
            row.object("field").text("fieldType") == "BODY"
            for row in acl.inputs.object("dataProtectionConfig").objects("dataProtections")
        )
        for acl in stack.of_type(FIREWALL)
    )


def _of_access_log(stage: Resource) -> Holds:
    try:
        variables = VARIABLE.findall(stage.inputs.object("accessLogSettings").text("format"))
    except CostError:
        return Holds(words="one line a request, of a form known after deployment", personal=True)
    about = sorted({CALLER[one] for one in variables if one in CALLER})
    words = f"one line a request: {', '.join([*about, 'time, status, sizes'])}; no bodies"
    return Holds(words=words, personal=bool(about))


def _of_firewall_log(log: Resource, stack: Stack) -> Holds:
    hidden = [row.object("singleHeader").text("name") for row in log.inputs.objects("redactedFields")]
    without = f" without {', '.join(name for name in hidden if name)}" if any(hidden) else ""
    bodies = "no bodies" if hides_bodies(stack) else "pieces of bodies that matched a rule"
    return Holds(words=f"one line a request: callers' addresses, paths, headers{without}; {bodies}", personal=True)


def _names(stack: Stack, owner: Resource, prop: str, target: Resource) -> bool:
    """Whether an input names a resource: by dependency, else by its id, name or ARN somewhere in the value."""
    if target in stack.referred(owner, prop, target.type):
        return True
    own = {name for name in (target.id, target.inputs.get("name")) if isinstance(name, str) and name}
    return any(text in own or text.split(":", 5)[-1].removeprefix("log-group:") in own for text in _texts(owner, prop))


def _texts(owner: Resource, prop: str) -> Iterator[str]:
    pending: list[Any] = [owner.inputs.get(prop)]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            # A policy is a JSON text: what it names stands in quotes.
            yield from (value.split('"') if value.startswith("{") else (value,))
        elif isinstance(value, Mapping):
            pending += value.values()
        elif isinstance(value, list):
            pending += value
