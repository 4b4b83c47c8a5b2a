"""Keys, topics, queues, secrets, parameters and log groups."""

from collections.abc import Iterator
from typing import Final

from infra.costs.stack import Resource, Stack
from infra.policy.reading import pointing_at
from infra.policy.registry import ADVISORY, MANDATORY, rule

KEY: Final = "aws:kms/key:Key"
KEY_POLICY: Final = "aws:kms/keyPolicy:KeyPolicy"
TOPIC: Final = "aws:sns/topic:Topic"
QUEUE: Final = "aws:sqs/queue:Queue"
SECRET: Final = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type token
ROTATION: Final = "aws:secretsmanager/secretRotation:SecretRotation"
PARAMETER: Final = "aws:ssm/parameter:Parameter"
LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
A_YEAR_DAYS: Final = 365


@rule("CKV_AWS_7", "F19", title="Keys rotate", level=MANDATORY, on=(KEY,))
def rotation(resource: Resource, stack: Stack) -> Iterator[str]:
    """Asymmetric and HMAC keys cannot."""
    spec = resource.inputs.text("customerMasterKeySpec") or "SYMMETRIC_DEFAULT"
    if spec == "SYMMETRIC_DEFAULT" and not resource.inputs.flag("enableKeyRotation"):
        yield "enableKeyRotation is not true"


@rule("CKV2_AWS_64", title="Keys have a policy of their own", level=MANDATORY, on=(KEY,))
def key_policy(resource: Resource, stack: Stack) -> Iterator[str]:
    """The default policy lets every administrator of IAM give the key away."""
    if not resource.inputs.has("policy") and not pointing_at(stack, resource, "keyId", KEY_POLICY):
        yield "no policy is set"


@rule("CKV_AWS_26", "W47", title="Topics are encrypted", level=MANDATORY, on=(TOPIC,))
def topic(resource: Resource, stack: Stack) -> Iterator[str]:
    """Alarm texts name resources and figures."""
    if not resource.inputs.has("kmsMasterKeyId"):
        yield "kmsMasterKeyId is not set"


@rule("CKV_AWS_27", "W48", title="Queues are encrypted", level=MANDATORY, on=(QUEUE,))
def queue(resource: Resource, stack: Stack) -> Iterator[str]:
    """Messages name the documents that were put in."""
    if not resource.inputs.has("kmsMasterKeyId") and not resource.inputs.flag("sqsManagedSseEnabled"):
        yield "neither kmsMasterKeyId nor sqsManagedSseEnabled is set"


@rule("CKV_AWS_149", "W77", title="Secrets are encrypted with a key of the account", level=ADVISORY, on=(SECRET,))
def secret_key(resource: Resource, stack: Stack) -> Iterator[str]:
    """With the key AWS manages, the key's policy cannot be narrowed."""
    if not resource.inputs.has("kmsKeyId"):
        yield "kmsKeyId is not set"


@rule("CKV2_AWS_57", title="Secrets rotate", level=ADVISORY, on=(SECRET,))
def secret_rotation(resource: Resource, stack: Stack) -> Iterator[str]:
    """A secret that never changes is shared in the end."""
    if not pointing_at(stack, resource, "secretId", ROTATION):
        yield "no rotation names the secret"


@rule("CKV_AWS_337", title="Secret parameters use a key of the account", level=ADVISORY, on=(PARAMETER,))
def parameter_key(resource: Resource, stack: Stack) -> Iterator[str]:
    """With the key AWS manages, everyone in the account who may read parameters may read this one."""
    if resource.inputs.text("type") == "SecureString" and not resource.inputs.has("keyId"):
        yield "keyId is not set"


@rule("CKV2_AWS_34", title="Parameters are encrypted", level=ADVISORY, on=(PARAMETER,))
def parameter(resource: Resource, stack: Stack) -> Iterator[str]:
    """Plain parameters show in every listing."""
    kind = resource.inputs.text("type")
    if kind != "SecureString":
        yield f"type is {kind or 'not set'}, not SecureString"


@rule("CKV_AWS_158", title="Log groups are encrypted with a key of the account", level=MANDATORY, on=(LOG_GROUP,))
def log_key(resource: Resource, stack: Stack) -> Iterator[str]:
    """Logs hold addresses of callers."""
    if not resource.inputs.has("kmsKeyId"):
        yield "kmsKeyId is not set"


@rule("CKV_AWS_338", "W84", "W86", title="Logs are kept for a year", level=ADVISORY, on=(LOG_GROUP,))
def log_retention(resource: Resource, stack: Stack) -> Iterator[str]:
    """Break-ins are found months later; 0 keeps them for ever."""
    days = resource.inputs.count("retentionInDays", 0)
    if 0 < days < A_YEAR_DAYS:
        yield f"retentionInDays is {days}"
