"""IAM policies: what they allow, on what."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from infra.costs.stack import Resource, Stack
from infra.policy.documents import IDENTITY
from infra.policy.reading import listed, statements
from infra.policy.registry import MANDATORY, rule

# Their API takes no resource (IAM service authorization reference).
WITHOUT_RESOURCE: Final = (
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "xray:Put*",
    "sts:GetCallerIdentity",
    "s3:ListAllMyBuckets",
    "*:Describe*",
)
READING: Final = ("*:Describe*", "*:Get*", "*:List*", "*:BatchGet*", "*:Head*", "*:Query", "*:Scan", "*:Decrypt")
# What carries data out (checkov's data exfiltration list, the services this project may use).
EXFILTRATING: Final = (
    "s3:GetObject",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "secretsmanager:GetSecretValue",
)
# What gives its holder more than it has (checkov's privilege escalation list, single actions).
ESCALATING: Final = (
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:PassRole",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
)


def _wide(resource: Resource) -> Iterator[list[str]]:
    """The actions of each statement that allows them on every resource, without a condition."""
    for statement in statements(resource):
        everything = "*" in [str(item) for item in listed(statement.get("Resource"))] or "NotResource" in statement
        if statement.get("Effect") == "Allow" and everything and not statement.get("Condition"):
            yield _actions(statement)


def _actions(statement: Mapping[str, Any]) -> list[str]:
    return ["*"] if "NotAction" in statement else [str(item) for item in listed(statement.get("Action"))]


def _is(action: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def _grants(action: str, wanted: tuple[str, ...]) -> list[str]:
    """Which of the wanted actions an action, which may hold stars, includes."""
    return [item for item in wanted if fnmatchcase(item.lower(), action.lower())]


@rule("CKV_AWS_355", "CKV_AWS_356", title="Policies name their resources", level=MANDATORY, on=IDENTITY)
def star_resource(resource: Resource, stack: Stack) -> Iterator[str]:
    """Every resource of the account is more than any part of this stack needs."""
    for actions in _wide(resource):
        named = [action for action in actions if not _is(action, WITHOUT_RESOURCE)]
        if named:
            yield f"{', '.join(sorted(named))} on every resource"


@rule("CKV_AWS_290", title="Policies do not write everywhere", level=MANDATORY, on=IDENTITY)
def unbounded_write(resource: Resource, stack: Stack) -> Iterator[str]:
    """A write on every resource can delete what is not this stack's."""
    for actions in _wide(resource):
        writes = [a for a in actions if not _is(a, READING) and not _is(a, WITHOUT_RESOURCE)]
        if writes:
            yield f"{', '.join(sorted(writes))} on every resource"


@rule("CKV_AWS_288", title="Policies do not read all data", level=MANDATORY, on=IDENTITY)
def exfiltration(resource: Resource, stack: Stack) -> Iterator[str]:
    """Whoever takes over an instance would read every bucket and secret."""
    found = {name for actions in _wide(resource) for action in actions for name in _grants(action, EXFILTRATING)}
    if found:
        yield f"{', '.join(sorted(found))} on every resource"


@rule("CKV_AWS_286", title="Policies cannot raise their own privileges", level=MANDATORY, on=IDENTITY)
def escalation(resource: Resource, stack: Stack) -> Iterator[str]:
    """Passing any role, or changing any policy, is the same as being administrator."""
    found = {name for actions in _wide(resource) for action in actions for name in _grants(action, ESCALATING)}
    if found:
        yield f"{', '.join(sorted(found))} on every resource"
