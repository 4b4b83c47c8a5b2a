"""Leftovers of every other service, from AWS's index of tags."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from infra.lifecycle.aws import Account
from infra.lifecycle.leftovers import Leftover, Marks

# Looked for one by one elsewhere: the index still names things some time after they were deleted.
ELSEWHERE: Final = frozenset(
    {"ec2", "elasticloadbalancing:loadbalancer", "s3", "kms", "logs", "apigateway", "autoscaling", "iam"}
)
COMPOSITE: Final = "cloudwatch:composite"
KNOWN: Final[Mapping[str, tuple[str, str, Mapping[str, Any]]]] = {
    "cloudwatch:alarm": ("alarm", "aws:cloudwatch/metricAlarm:MetricAlarm", {}),
    COMPOSITE: ("composite alarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm", {}),
    "events:rule": ("rule", "aws:cloudwatch/eventRule:EventRule", {}),
    "lambda:function": ("function", "aws:lambda/function:Function", {"monthly_requests": 0, "request_duration_ms": 0}),
    "elasticloadbalancing:targetgroup": ("target group", "aws:lb/targetGroup:TargetGroup", {}),
    "elasticloadbalancing:listener": ("listener", "aws:lb/listener:Listener", {}),
    "secretsmanager:secret": ("secret", "aws:secretsmanager/secret:Secret", {"monthly_requests": 0}),
    "servicediscovery:namespace": ("namespace", "aws:servicediscovery/httpNamespace:HttpNamespace", {}),
    "servicediscovery:service": ("registry", "aws:servicediscovery/service:Service", {"instances": 0}),
    "sns": ("topic", "aws:sns/topic:Topic", {"monthly_requests": 0}),
    "sqs": ("queue", "aws:sqs/queue:Queue", {"monthly_requests": 0}),
    "ssm:parameter": ("parameter", "aws:ssm/parameter:Parameter", {}),
    "wafv2:regional": ("web ACL", "aws:wafv2/webAcl:WebAcl", {"monthly_requests": 0}),
}


def find(account: Account, marks: Marks) -> Iterator[Leftover]:
    """What the index names under the stack's tags and no other search covers; raises AccountError."""
    filters = [{"Key": "project", "Values": [marks.project]}, {"Key": "stack", "Values": [marks.stack]}]
    rows = list(
        account.pages("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", TagFilters=filters)
    )
    composites = _composites(account, rows)
    for row in rows:
        arn = row["ResourceARN"]
        service, sort = COMPOSITE.split(":") if arn in composites else _sort(arn)
        if service in ELSEWHERE or f"{service}:{sort}" in ELSEWHERE or not marks.has(row.get("Tags")):
            continue
        unknown: tuple[str, str, Mapping[str, Any]] = (f"{service} {sort}".strip(), f"{service}:{sort}", {})
        kind, token, usage = KNOWN.get(f"{service}:{sort}") or KNOWN.get(service) or unknown
        yield Leftover(kind=kind, id=arn, why="tags", type=token, usage=usage)


def _composites(account: Account, rows: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Which of these are alarms of alarms: their ARNs look like any alarm's, and they cost five times as much."""
    if not any(_sort(row["ResourceARN"]) == ("cloudwatch", "alarm") for row in rows):
        return frozenset()
    found = account.pages("cloudwatch", "describe_alarms", "CompositeAlarms", AlarmTypes=["CompositeAlarm"])
    return frozenset(row["AlarmArn"] for row in found)


def _sort(arn: str) -> tuple[str, str]:
    """Service and kind: `arn:aws:cloudwatch:us-east-1:1:alarm:name` is (`cloudwatch`, `alarm`)."""
    parts = arn.split(":", 5)
    service, rest = (parts[2], parts[5]) if len(parts) > 5 else (arn, "")
    return service, rest.replace("/", ":").split(":")[0] if ":" in rest or "/" in rest else ""
