"""Policies of resources and roles: who is let in, on whose behalf a service acts, and over TLS alone."""

from collections.abc import Iterator
from typing import Final

from infra.costs.stack import Resource, Stack
from infra.policy.documents import (
    ENDPOINT,
    KEY,
    RESOURCE,
    ROLE,
    Principal,
    Statement,
    account_of,
    allowed,
    own_account,
    read,
)
from infra.policy.permissions import permissions
from infra.policy.reading import pointing_at
from infra.policy.registry import MANDATORY, rule

QUEUE: Final = "aws:sqs/queue:Queue"
TOPIC: Final = "aws:sns/topic:Topic"
QUEUE_POLICY: Final = "aws:sqs/queuePolicy:QueuePolicy"
TOPIC_POLICY: Final = "aws:sns/topicPolicy:TopicPolicy"
GRANTS: Final = (*RESOURCE, ROLE)
CALLER_KEYS: Final = ("aws:PrincipalAccount", "aws:SourceAccount", "aws:PrincipalOrgID")
SOURCE_ACCOUNT: Final = ("aws:SourceAccount",)
SOURCE_ARN: Final = ("aws:SourceArn", "kms:EncryptionContext:aws:logs:arn")
OWNED: Final = ("aws:ResourceAccount",)


def grants(resource: Resource) -> Iterator[Statement]:
    """What a resource's own policy, or a role's trust, allows."""
    return allowed(resource, "assumeRolePolicy" if resource.type == ROLE else "policy")


@rule(
    "CKV_AWS_70",
    "CKV_AWS_33",
    "CKV_AWS_168",
    "CKV_AWS_169",
    "F16",
    "F18",
    "F21",
    title="No policy admits everybody",
    level=MANDATORY,
    on=GRANTS,
)
def everybody(resource: Resource, stack: Stack) -> Iterator[str]:
    """Everybody is every account of AWS, and those without one."""
    for statement in grants(resource):
        if any(who.is_everybody for who in statement.principals) and not statement.bound(*CALLER_KEYS):
            yield f"everybody may {', '.join(statement.actions)}"


@rule("resource_policy_own_account", title="No policy admits another account", level=MANDATORY, on=GRANTS)
def strangers(resource: Resource, stack: Stack) -> Iterator[str]:
    """What another account may do is decided there."""
    account = own_account(stack)
    for statement in grants(resource):
        others = sorted({who.name for who in statement.principals if _is_other(who, account)})
        if others:
            yield f"{', '.join(others)} may {', '.join(statement.actions)}"


def _is_other(who: Principal, account: str) -> bool:
    return bool(who.account and account and who.account != account)


@rule("CKV_AWS_72", title="Resource policies name their actions", level=MANDATORY, on=GRANTS)
def star_action(resource: Resource, stack: Stack) -> Iterator[str]:
    """The one exception is the account itself on its own key: without it nobody could ever manage the key again."""
    for statement in grants(resource):
        found = [action for action in statement.actions if "*" in action]
        if found and not (resource.type == KEY and _is_account_itself(statement)):
            yield f"{', '.join(found)} with a star"


def _is_account_itself(statement: Statement) -> bool:
    return bool(statement.principals) and all(
        who.kind == "AWS" and who.name.endswith(":root") and account_of(who.name).isdigit()
        for who in statement.principals
    )


@rule(
    "iam_role_cross_service_confused_deputy_prevention",
    title="Services act for this account's resources alone",
    level=MANDATORY,
    on=GRANTS,
)
def deputy(resource: Resource, stack: Stack) -> Iterator[str]:
    """Else a service that somebody else's account has told to would do it with this stack's permission."""
    account = own_account(stack)
    for statement in grants(resource):
        free = [
            who.name
            for who in statement.principals
            if who.kind == "Service" and not acts_for_us(who, statement, resource, account)
        ]
        if free:
            yield f"{', '.join(free)} without aws:SourceAccount of this account"


def acts_for_us(who: Principal, statement: Statement, resource: Resource, account: str) -> bool:
    """Whether a service's grant is bounded to this account, by a condition or by what permissions.toml says."""
    if statement.is_bound_to(account, *SOURCE_ACCOUNT):
        return True
    sources = statement.bound(*SOURCE_ARN)
    if sources and all(_is_ours(account_of(arn), account) for arn in sources):
        return True
    kind = "trust" if resource.type == ROLE else "resource"
    if (who.name, kind) not in permissions().deputies:
        return False
    return kind == "trust" or all(f"/AWSLogs/{account}" in arn for arn in statement.resources)


def _is_ours(owner: str, account: str) -> bool:
    return owner == account if account else owner.isdigit()


@rule(
    "vpc_endpoint_connections_trust_boundaries",
    title="Endpoints let through this account's callers to this account's resources",
    level=MANDATORY,
    on=(ENDPOINT,),
)
def endpoint(resource: Resource, stack: Stack) -> Iterator[str]:
    """Through an endpoint without a policy, data leaves for any bucket of anybody, with anybody's credentials."""
    statements = list(allowed(resource))
    if not statements:
        yield "no policy, so it leads to every account"
    account = own_account(stack)
    for statement in statements:
        if not is_public_read(statement) and not statement.is_bound_to(account, "aws:PrincipalAccount"):
            yield "callers of every account are let through"


def is_public_read(statement: Statement) -> bool:
    """Whether only objects of named buckets are read, as a distribution's packages are, by callers without a name."""
    reads = set(statement.actions) == {"s3:GetObject"}
    return reads and all("*" not in arn.split(":")[-1].split("/")[0] for arn in statement.resources)


@rule("secure_transport_policy", title="Queues and topics refuse plain HTTP", level=MANDATORY, on=(QUEUE, TOPIC))
def transport(resource: Resource, stack: Stack) -> Iterator[str]:
    """Both answer plain HTTP unless a policy denies it."""
    found = (
        pointing_at(stack, resource, "queueUrl", QUEUE_POLICY)
        if resource.type == QUEUE
        else pointing_at(stack, resource, "arn", TOPIC_POLICY)
    )
    if not any(refuses_http(statement) for policy in (resource, *found) for statement in read(policy)):
        yield "no policy denies requests without TLS"


def refuses_http(statement: Statement) -> bool:
    """Whether everybody is denied what does not come over TLS."""
    plain = any(
        row.key.lower() == "aws:securetransport" and [v.lower() for v in row.values] == ["false"]
        for row in statement.conditions
    )
    return not statement.allows and plain and any(who.is_everybody for who in statement.principals)
