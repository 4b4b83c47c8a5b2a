"""Every statement of an identity's policies: named actions, named or bounded resources, this account's alone."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from infra.costs.stack import Resource, Stack
from infra.policy.documents import IDENTITY, Statement, account_of, allowed, own_account
from infra.policy.permissions import permissions
from infra.policy.registry import MANDATORY, rule

ATTACHMENTS: Final = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
)
# Their ARNs name no account, and their API reaches the caller's own alone (service authorization reference).
OWN_ACCOUNT_ONLY: Final = ("apigateway",)
OWNER_KEYS: Final = ("aws:ResourceAccount",)
PASS: Final = "iam:PassRole"  # noqa: S105 - an action, not a secret
PASSED_TO: Final = "iam:PassedToService"


@rule("CKV_AWS_63", "F3", "F4", title="Policies name their actions", level=MANDATORY, on=IDENTITY)
def star_action(resource: Resource, stack: Stack) -> Iterator[str]:
    """A star grants what the service invents next year, too."""
    found = sorted({action for statement in allowed(resource) for action in statement.actions if "*" in action})
    if found:
        yield f"{', '.join(found)} with a star"


@rule("W12", title="Every resource only where the API takes none, within a bound", level=MANDATORY, on=IDENTITY)
def unbounded(resource: Resource, stack: Stack) -> Iterator[str]:
    """The actions, and the condition that bounds each, stand in infra/policy/permissions.toml with their source."""
    found = sorted({action for statement in allowed(resource) for action in _unbounded(statement)})
    if found:
        yield f"{', '.join(found)} on every resource without a bound"


def _unbounded(statement: Statement) -> Iterator[str]:
    if not any(is_everything(arn) for arn in statement.resources):
        return
    for action in statement.actions:
        keys = permissions().bounds.get(action, ())
        if not keys or not statement.bound(*keys):
            yield action


def is_everything(arn: str) -> bool:
    """Whether a resource is all there is of a service, or of every service."""
    return not arn.split(":", 5)[-1].strip("*/:")


@rule("W15", "W16", "W21", "W22", title="Policies say what they mean", level=MANDATORY, on=IDENTITY)
def negated(resource: Resource, stack: Stack) -> Iterator[str]:
    """NotAction and NotResource allow everything that nobody thought of."""
    found = sorted({key for statement in allowed(resource) for key in statement.negations})
    if found:
        yield f"{', '.join(found)} in a statement that allows"


@rule("F38", "F39", title="Roles are passed to a named service only", level=MANDATORY, on=IDENTITY)
def passed(resource: Resource, stack: Stack) -> Iterator[str]:
    """Who may pass a role to any service has what the role has."""
    for statement in allowed(resource):
        passes = any(fnmatchcase(PASS.lower(), action.lower()) for action in statement.actions)
        if passes and not statement.bound(PASSED_TO):
            yield f"{PASS} without a condition on {PASSED_TO}"


@rule("resource_account", title="Policies reach this account's resources only", level=MANDATORY, on=IDENTITY)
def own_resources(resource: Resource, stack: Stack) -> Iterator[str]:
    """An S3 ARN names no account: a bucket that was deleted can be made again by somebody else, and be written to."""
    account = own_account(stack)
    found = sorted({arn for statement in allowed(resource) for arn in foreign(statement, account)})
    if found:
        yield f"{', '.join(found)} may be another account's"


def foreign(statement: Statement, account: str) -> list[str]:
    """The resources of a statement that another account may own, by what is known of ours."""
    if statement.is_bound_to(account, *OWNER_KEYS):
        return []
    if all(action in permissions().bounds for action in statement.actions):
        return []
    return [arn for arn in statement.resources if _may_be_foreign(arn, account)]


def _may_be_foreign(arn: str, account: str) -> bool:
    owner = account_of(arn)
    if not owner:
        return arn.split(":")[2] not in OWN_ACCOUNT_ONLY
    return not owner.isdigit() or bool(account and owner != account)


@rule("managed_policy_read", title="Managed policies are those that were read", level=MANDATORY, on=ATTACHMENTS)
def managed(resource: Resource, stack: Stack) -> Iterator[str]:
    """A managed policy is on every resource, and AWS changes it; AmazonSSMManagedInstanceCore reads all parameters."""
    arn = resource.inputs.text("policyArn")
    if permissions().managed_by(arn) is None and not _is_own(arn, stack):
        yield f"{arn or 'a policy'} is not in infra/policy/permissions.toml"


def _is_own(arn: str, stack: Stack) -> bool:
    return any(found.id == arn for found in stack.of_type("aws:iam/policy:Policy"))
