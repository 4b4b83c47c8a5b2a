"""What a recording answers in the place of AWS: ids, ARNs and addresses, made up from names, always the same.

The account is the one that AWS uses in its own examples; nothing here describes a real resource.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ACCOUNT_ID = "123456789012"
ZONE_LETTERS = "abcdef"

Values = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A resource that was registered: module and kind of its type (`ec2`, `vpc`), names, inputs."""

    module: str
    kind: str
    unique: str
    inputs: Values
    region: str

    @property
    def name(self) -> str:
        """The given name, or the one the engine would make."""
        given = self.inputs.get("name") or self.inputs.get("bucket")
        prefix = self.inputs.get("bucketPrefix")
        return str(given or (prefix + self.unique[-7:] if prefix else self.unique))

    def arn(self, path: str | None = None, *, service: str | None = None) -> str:
        """An ARN in this account and region."""
        tail = self.kind + "/" + self.name if path is None else path
        return f"arn:aws:{service or self.module}:{self.region}:{ACCOUNT_ID}:{tail}"


def answer_resource(type_: str, unique: str, inputs: Values, region: str) -> tuple[str, Values]:
    """The physical id of a new resource, and its outputs that are not inputs; `type_` is a Pulumi type token."""
    module, _, kind = type_.split(":")[1].partition("/")
    asked = _Asked(module=module, kind=kind, unique=unique, inputs=inputs, region=region)
    found: Values = {"arn": asked.arn(), "name": asked.name, **_SPECIAL.get(type_, _nothing)(asked)}
    id_ = str(found.pop("id", unique))
    return id_, {key: value for key, value in found.items() if key not in inputs}


def answer_call(token: str, args: Values, region: str) -> Values:
    """The result of a data source; raises ValueError for one that no recording can answer."""
    match token:
        case "aws:index/getCallerIdentity:getCallerIdentity":
            return {"accountId": ACCOUNT_ID, "id": ACCOUNT_ID, "arn": f"arn:aws:iam::{ACCOUNT_ID}:root", "userId": "x"}
        case "aws:index/getRegion:getRegion":
            return {"region": region, "id": region, "name": region, "description": region}
        case "aws:index/getPartition:getPartition":
            return {"partition": "aws", "id": "aws", "dnsSuffix": "amazonaws.com"}
        case "aws:index/getAvailabilityZones:getAvailabilityZones":
            return {"names": [region + letter for letter in ZONE_LETTERS], "id": region}
        case "aws:ssm/getParameter:getParameter":
            return {"name": args["name"], "id": args["name"], "type": "String", "value": "ami-0123456789abcdef0"}
    raise ValueError(f"no recorded answer to {token}; add one to infra/record_answers.py")


def _nothing(asked: _Asked) -> Values:
    return {}


def _load_balancer(asked: _Asked) -> Values:
    suffix = f"app/{asked.name}/0123456789abcdef"
    arn = asked.arn(f"loadbalancer/{suffix}", service="elasticloadbalancing")
    host = f"internal-{asked.name}.{asked.region}.elb.amazonaws.com"
    return {"id": arn, "arn": arn, "arnSuffix": suffix, "dnsName": host}


def _target_group(asked: _Asked) -> Values:
    suffix = f"targetgroup/{asked.name}/0123456789abcdef"
    arn = asked.arn(suffix, service="elasticloadbalancing")
    return {"id": arn, "arn": arn, "arnSuffix": suffix}


def _listener(asked: _Asked) -> Values:
    arn = asked.arn(f"listener/app/{asked.unique}/0123456789abcdef", service="elasticloadbalancing")
    return {"id": arn, "arn": arn}


def _bucket(asked: _Asked) -> Values:
    return {"id": asked.name, "bucket": asked.name, "arn": f"arn:aws:s3:::{asked.name}"}


def _identity(asked: _Asked) -> Values:
    kind = {"instanceProfile": "instance-profile"}.get(asked.kind, asked.kind)
    return {"id": asked.name, "arn": f"arn:aws:iam::{ACCOUNT_ID}:{kind}/{asked.name}"}


def _log_group(asked: _Asked) -> Values:
    return {"id": asked.name, "arn": asked.arn(f"log-group:{asked.name}", service="logs")}


def _queue(asked: _Asked) -> Values:
    url = f"https://sqs.{asked.region}.amazonaws.com/{ACCOUNT_ID}/{asked.name}"
    return {"id": url, "url": url, "arn": asked.arn(asked.name)}


def _topic(asked: _Asked) -> Values:
    return {"id": asked.arn(asked.name), "arn": asked.arn(asked.name)}


def _group(asked: _Asked) -> Values:
    return {"id": asked.name, "arn": asked.arn(f"autoScalingGroup:0:autoScalingGroupName/{asked.name}")}


def _http_api(asked: _Asked) -> Values:
    return {"apiEndpoint": f"https://{asked.unique}.execute-api.{asked.region}.amazonaws.com"}


def _rest_stage(asked: _Asked) -> Values:
    api, stage = asked.inputs["restApi"], asked.inputs["stageName"]
    url = f"https://{api}.execute-api.{asked.region}.amazonaws.com/{stage}"
    return {"invokeUrl": url, "arn": f"arn:aws:apigateway:{asked.region}::/restapis/{api}/stages/{stage}"}


_SPECIAL: dict[str, Callable[[_Asked], Values]] = {
    "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:lb/targetGroup:TargetGroup": _target_group,
    "aws:lb/listener:Listener": _listener,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:iam/role:Role": _identity,
    "aws:iam/instanceProfile:InstanceProfile": _identity,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:sqs/queue:Queue": _queue,
    "aws:sns/topic:Topic": _topic,
    "aws:autoscaling/group:Group": _group,
    "aws:ec2/launchTemplate:LaunchTemplate": lambda asked: {"latestVersion": 1, "defaultVersion": 1},
    "aws:ec2/vpcEndpoint:VpcEndpoint": lambda asked: {"prefixListId": f"pl-{asked.unique}"},
    "aws:kms/key:Key": lambda asked: {"keyId": asked.unique, "arn": asked.arn(f"key/{asked.unique}")},
    "aws:apigatewayv2/api:Api": _http_api,
    "aws:apigateway/restApi:RestApi": lambda asked: {"rootResourceId": f"root-{asked.unique}"},
    "aws:apigateway/stage:Stage": _rest_stage,
    "aws:apigateway/apiKey:ApiKey": lambda asked: {"value": "[secret]"},
}
