"""Who may read a place: roles by their policies, services and others by the policy of the place itself."""

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from infra.costs.errors import CostError
from infra.costs.stack import Resource, Stack
from infra.policy.reading import listed, pointing_at, statements

ROLE_POLICY: Final = "aws:iam/rolePolicy:RolePolicy"
ROLE: Final = "aws:iam/role:Role"
READS: Final[Mapping[str, Sequence[str]]] = {
    "bucket": ("s3:GetObject", "s3:GetObjectVersion"),
    "queue": ("sqs:ReceiveMessage",),
    "log group": ("logs:GetLogEvents", "logs:FilterLogEvents", "logs:StartQuery"),
}
"""What reading is called, by kind of place."""


def readers(stack: Stack, place: Resource, kind: str, tail: str) -> tuple[str, ...]:
    """Roles of the stack and others whom a policy lets read, sorted; `tail` is the end of the place's ARN."""
    found = {*_roles(stack, place, kind, tail), *_others(stack, place, kind)}
    return tuple(sorted(found))


def _roles(stack: Stack, place: Resource, kind: str, tail: str) -> Iterator[str]:
    for policy in stack.of_type(ROLE_POLICY):
        role = stack.resolve(policy, "role", policy.inputs.get("role"), ROLE)
        name = f"role {role.name if role else policy.name}"
        try:
            allows = any(_lets_read(row, kind, tail) for row in statements(policy))
        except CostError:
            # Known only after deployment: a policy that names the place may let it be read.
            allows = place in stack.referred(policy, "policy", place.type)
            name += " (its policy is known after deployment)"
        if allows:
            yield name


def _lets_read(statement: Mapping[str, Any], kind: str, tail: str) -> bool:
    if statement.get("Effect") != "Allow" or not _reads(statement, kind):
        return False
    # Of a bucket any of its objects will do, of a log group any of its streams.
    named = [str(one) for one in listed(statement.get("Resource"))]
    return any(one == "*" or re.search(f"{re.escape(tail)}(?:[:/*]|$)", one) for one in named)


def _others(stack: Stack, place: Resource, kind: str) -> Iterator[str]:
    policies = {
        "bucket": ("bucket", "aws:s3/bucketPolicy:BucketPolicy"),
        "queue": ("queueUrl", "aws:sqs/queuePolicy:QueuePolicy"),
    }
    if kind not in policies:
        return
    prop, token = policies[kind]
    for policy in pointing_at(stack, place, prop, token):
        try:
            rows = [row for row in statements(policy) if row.get("Effect") == "Allow" and _reads(row, kind)]
        except CostError:
            yield "whom its policy names (known after deployment)"
            continue
        yield from (name for row in rows for name in _principals(row.get("Principal")))


def _reads(statement: Mapping[str, Any], kind: str) -> bool:
    actions = [str(one) for one in listed(statement.get("Action"))]
    return any(fnmatch.fnmatchcase(read.lower(), one.lower()) for read in READS[kind] for one in actions)


def _principals(value: Any) -> Iterator[str]:
    if value == "*":
        yield "anybody"
    elif isinstance(value, Mapping):
        for names in value.values():
            yield from ("anybody" if name == "*" else str(name) for name in listed(names))
