"""What a resource is called in the table: kind and name in the program, the same before and after deployment."""

from typing import Final

from infra.costs.stack import Resource, Stack

FUNCTION: Final = "aws:lambda/function:Function"
SCHEDULE: Final = "aws:cloudwatch/eventRule:EventRule"
KINDS: Final = {
    "aws:s3/bucket:Bucket": "bucket",
    "aws:sqs/queue:Queue": "queue",
    "aws:sns/topic:Topic": "topic",
    "aws:kms/key:Key": "key",
    "aws:cloudwatch/logGroup:LogGroup": "log group",
    "aws:autoscaling/group:Group": "autoscaling group",
    "aws:servicediscovery/service:Service": "registry",
    "aws:iam/role:Role": "role",
    "aws:ec2/securityGroup:SecurityGroup": "group",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "endpoint",
    "aws:apigateway/restApi:RestApi": "API",
    "aws:apigatewayv2/api:Api": "API",
    "aws:apigateway/apiKey:ApiKey": "API key",
    FUNCTION: "function",
    SCHEDULE: "schedule",
    "aws:backup/vault:Vault": "backup vault",
    "aws:secretsmanager/secret:Secret": "secret",
}
# How the last part of an ARN begins, and what it then names.
TAILS: Final = {
    "log-group:": "aws:cloudwatch/logGroup:LogGroup",
    "key/": "aws:kms/key:Key",
    "service/": "aws:servicediscovery/service:Service",
    "function:": FUNCTION,
    "function/": FUNCTION,
    "rule/": SCHEDULE,
    "eventRule/": SCHEDULE,
    "/apikeys/": "aws:apigateway/apiKey:ApiKey",
    "role/": "aws:iam/role:Role",
    "backup-vault:": "aws:backup/vault:Vault",
}
BUCKETS: Final = "arn:aws:s3:::"
SCALED: Final = "autoScalingGroupName/"


def name_of(resource: Resource) -> str:
    """Kind and name, such as `bucket artifacts`."""
    return f"{KINDS.get(resource.type, resource.type.rsplit(':', 1)[-1])} {resource.name}"


class Names:
    """The stack's resources by what ARNs, addresses and ids say of them."""

    def __init__(self, stack: Stack) -> None:
        self._known: dict[str, list[Resource]] = {}
        for resource in stack.of_type(*KINDS):
            for text in {resource.id, resource.inputs.get("name")}:
                if isinstance(text, str) and text:
                    self._known.setdefault(text, []).append(resource)

    def resource(self, text: str, *types: str) -> Resource | None:
        """The resource, of these types if any are given, that an id, an address or an ARN names."""
        return self._one(text, *types) or (self._by_arn(text) if text.startswith("arn:") else None)

    def of(self, text: str, *types: str) -> str:
        """An ARN or id as the resource's name; what is not of this stack stays as it is."""
        found = self.resource(text, *types)
        if found is None:
            return text
        rest = text.removeprefix(BUCKETS).partition("/")[2] if text.startswith(BUCKETS) else ""
        return f"{name_of(found)}{'/' + rest if rest and rest != '*' else ''}"

    def _one(self, text: str, *types: str) -> Resource | None:
        found = [row for row in self._known.get(text, ()) if not types or row.type in types]
        return found[0] if found else None

    def _by_arn(self, arn: str) -> Resource | None:
        tail = arn.split(":", 5)[-1]
        for prefix, token in TAILS.items():
            if tail.startswith(prefix):
                rest = tail.removeprefix(prefix)
                return self._one(rest, token) or self._one(rest.partition(":")[0], token)
        # Of a group; else of a bucket or an API, and what comes below it.
        return self._one(tail.rpartition(SCALED)[2]) or self._one(tail.partition("/")[0])
