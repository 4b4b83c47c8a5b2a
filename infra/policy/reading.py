"""What several rules read alike: who points at a resource, and the statements of a policy document."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.costs.errors import InputError
from infra.costs.stack import Resource, Stack, missing

ANYWHERE = ("0.0.0.0/0", "::/0")


def pointing_at(stack: Stack, target: Resource, prop: str, *types: str) -> tuple[Resource, ...]:
    """Resources of these types whose input `prop` is the target: by id, ARN or address, else by dependency."""
    return tuple(owner for owner in stack.of_type(*types) if _points_at(stack, owner, prop, target))


def _points_at(stack: Stack, owner: Resource, prop: str, target: Resource) -> bool:
    value = owner.inputs.get(prop)
    if isinstance(value, str) and not missing(value) and target.id and value == target.id:
        return True
    return target in stack.referred(owner, prop, target.type)


def statements(resource: Resource, key: str = "policy") -> Iterator[Mapping[str, Any]]:
    """The statements of the policy document in an input; none when it is not set.

    Raises Unreadable for a document that is known only after deployment, InputError for one that is no policy.
    """
    text = resource.inputs.get(key)
    document = text if isinstance(text, Mapping) and not missing(text) else _parse(resource, key)
    for statement in listed(document.get("Statement")):
        if isinstance(statement, Mapping):
            yield statement


def _parse(resource: Resource, key: str) -> Mapping[str, Any]:
    text = resource.inputs.text(key)
    if not text:
        return {}
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, Mapping):
        raise InputError(f"{resource.name} {key}", "is not a policy document", "give a JSON object with a Statement")
    return document


def listed(value: Any) -> list[Any]:
    """A value of a policy document as a list: one thing may stand for a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
