"""Secrets in the state, in environments and in logs, and stages that let anybody call as often as they like."""

from collections.abc import Iterator, Mapping
from typing import Final

from infra.costs.stack import Inputs, Resource, Stack, missing
from infra.policy.reading import pointing_at
from infra.policy.registry import MANDATORY, rule
from infra.policy.rules.compute import SECRETS
from infra.policy.rules.entry import ACL_LOG, HTTP_STAGE, REST_STAGE

METHOD_SETTINGS: Final = "aws:apigateway/methodSettings:MethodSettings"
# Inputs that are secrets, by type: those that Pulumi has marked, or nobody gave, are not in the state in plain text.
SECRET_INPUTS: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:apigateway/apiKey:ApiKey": ("value",),
    "aws:secretsmanager/secretVersion:SecretVersion": ("secretString", "secretBinary"),
    "aws:ssm/parameter:Parameter": ("value", "insecureValue"),
    "aws:rds/instance:Instance": ("password",),
    "aws:rds/cluster:Cluster": ("masterPassword",),
    "aws:elasticache/replicationGroup:ReplicationGroup": ("authToken",),
}
PARAMETER: Final = "aws:ssm/parameter:Parameter"
FUNCTION: Final = "aws:lambda/function:Function"
# Of an access log's format: the key itself, and what an authoriser read out of a token (API Gateway, $context).
WRITES_CREDENTIALS: Final = ("identity.apikey", "identity.accesskey", "authorizer")
CARRIERS: Final = frozenset({"authorization", "x-api-key"})


@rule(
    "state_no_plain_secrets",
    title="Secrets stand in no input in plain text",
    level=MANDATORY,
    on=tuple(SECRET_INPUTS),
)
def plain_secret(resource: Resource, stack: Stack) -> Iterator[str]:
    """An input is written into the state, and everybody who may read the state may read it."""
    if resource.type == PARAMETER and resource.inputs.text("type") != "SecureString":
        return
    for key in SECRET_INPUTS[resource.type]:
        if resource.inputs.has(key) and missing(resource.inputs.get(key)) is None:
            yield f"{key} is given in plain text"


@rule("lambda_no_plain_secrets", title="Functions are told no secrets", level=MANDATORY, on=(FUNCTION,))
def environment(resource: Resource, stack: Stack) -> Iterator[str]:
    """Everybody who may describe a function reads its environment."""
    for name, value in resource.inputs.object("environment").object("variables").items():
        text = f"{name}={value}" if missing(value) is None else ""
        for what, pattern in SECRETS.items():
            if pattern.search(text):
                yield f"{name} holds {what}"


@rule(
    "log_no_credentials",
    title="Logs of calls hold no credentials",
    level=MANDATORY,
    on=(HTTP_STAGE, REST_STAGE, ACL_LOG, METHOD_SETTINGS),
)
def logged(resource: Resource, stack: Stack) -> Iterator[str]:
    """Whoever may read a log could call with what stands in it."""
    if resource.type == ACL_LOG:
        spared = {row.object("singleHeader").text("name").lower() for row in resource.inputs.objects("redactedFields")}
        if CARRIERS - spared:
            yield f"{', '.join(sorted(CARRIERS - spared))} not redacted"
    elif resource.type == METHOD_SETTINGS:
        if resource.inputs.object("settings").flag("dataTraceEnabled"):
            yield "dataTraceEnabled writes whole requests"
    else:
        written = resource.inputs.object("accessLogSettings").text("format").lower()
        found = [field for field in WRITES_CREDENTIALS if f"$context.{field}" in written]
        if found:
            yield f"the format has {', '.join(found)}"


@rule(
    "apigateway_stage_throttled", title="Stages limit the rate of calls", level=MANDATORY, on=(HTTP_STAGE, REST_STAGE)
)
def throttled(resource: Resource, stack: Stack) -> Iterator[str]:
    """Best effort, and a leaked credential still spends less than the account's own limit of 10,000 a second."""
    if rate(resource, stack) is None:
        yield "no throttlingRateLimit"


def rate(stage: Resource, stack: Stack) -> int | None:
    """Requests a second that a stage lets through; None where nothing limits them."""
    if stage.type == HTTP_STAGE:
        found = [stage.inputs.object("defaultRouteSettings")]
    else:
        found = [row.inputs.object("settings") for row in _method_settings(stage, stack)]
    limits = [int(row.number("throttlingRateLimit")) for row in found if _limits(row)]
    return min(limits) if limits else None


def _method_settings(stage: Resource, stack: Stack) -> Iterator[Resource]:
    for row in stack.of_type(METHOD_SETTINGS):
        by_name = row.inputs.get("stageName") == stage.inputs.get("stageName")
        known = row.inputs.get("restApi") == stage.inputs.get("restApi") and by_name
        if row.inputs.text("methodPath") == "*/*" and (
            known or row in pointing_at(stack, stage, "stageName", row.type)
        ):
            yield row


def _limits(settings: Inputs) -> bool:
    """AWS writes -1 for no limit."""
    return settings.text("throttlingRateLimit", "-1") not in ("", "-1")
