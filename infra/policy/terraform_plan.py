"""A stack as a Terraform plan (`terraform show -json`), for scanners that read plans and know nothing of Pulumi.

The plan is that of a stack not yet created: values that only AWS can tell are left out, and the configuration names the
resource each comes from. Scanners find their way from resource to resource by that.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from infra.costs.stack import SECRET_KEY, SECRET_TEXT, Resource, Stack, missing
from infra.policy.terraform_names import MAPS, attribute_name, resource_type

FORMAT: Final = "1.2"
TOOL: Final = "1.9.0"
AWS: Final = "aws:"
SOURCE: Final = "registry.terraform.io/hashicorp/aws"
ARN: Final = "arn:"
INTERNAL: Final = "__"

Values = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TerraformPlan:
    """The plan as a JSON object, and the stack's resource at each address in it (`aws_s3_bucket.artifacts_logs`)."""

    document: Values
    resources: Mapping[str, Resource]


@dataclass(frozen=True, slots=True)
class _Part:
    """A value of the plan, None when nothing is known, and the expression behind it."""

    value: Any = None
    expression: Any = field(default_factory=dict)


def terraform_plan(stack: Stack, prefix: str = "") -> TerraformPlan:
    """The AWS resources of a stack as a plan; raises InputError for a type token of another shape than AWS's.

    `prefix` starts the name in every address: plans with different ones can be read side by side.
    """
    managed = {r.urn: r for r in stack if r.custom and not r.external and r.type.startswith(AWS)}
    addresses = _addresses(managed.values(), prefix)
    planned, configured = [], []
    for urn, resource in managed.items():
        type_, _, label = addresses[urn].partition(".")
        block = _Reader(type_, _targets(resource, managed, addresses)).block(resource.inputs, "")
        named = {"address": addresses[urn], "mode": "managed", "type": type_, "name": label}
        planned.append({**named, "provider_name": SOURCE, "schema_version": 0, "values": block.value})
        configured.append({**named, "provider_config_key": "aws", "expressions": block.expression})
    return TerraformPlan(
        document={
            "format_version": FORMAT,
            "terraform_version": TOOL,
            "planned_values": {"root_module": {"resources": planned}},
            "resource_changes": [_creation(row) for row in planned],
            # No provider_config: credentials and their checks are no matter of the stack.
            "configuration": {"root_module": {"resources": configured}},
        },
        resources={addresses[urn]: resource for urn, resource in managed.items()},
    )


def _addresses(resources: Iterable[Resource], prefix: str) -> dict[str, str]:
    """An address for each URN: type, prefix, component and name, with a number where two would have the same."""
    taken: dict[str, str] = {}
    for resource in resources:
        parts = (prefix, resource.component, resource.name)
        label = re.sub(r"\W", "_", "_".join(part for part in parts if part)).lower()
        address = base = f"{resource_type(resource.type)}.{label}"
        number = 2
        while address in taken:
            address, number = f"{base}_{number}", number + 1
        taken[address] = resource.urn
    return {urn: address for address, urn in taken.items()}


def _creation(planned: Values) -> Values:
    named = {key: planned[key] for key in ("address", "mode", "type", "name", "provider_name")}
    return {**named, "change": {"actions": ["create"], "before": None, "after": planned["values"], "after_unknown": {}}}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """A resource that another one refers to: its address, and the texts by which it is known."""

    address: str
    id: str
    name: str

    def attribute(self, value: str, *, alone: bool) -> str:
        """Which attribute of this resource the value is as a whole; `alone`: there is no other it could be of."""
        if value == self.id:
            return "id"
        if value.startswith(ARN) and (alone or self.is_in(value)):
            return "arn"
        return "name" if value == self.name else ""

    def is_in(self, value: str) -> bool:
        """Whether the value speaks of this resource."""
        return any(text and text in value for text in (self.id, self.name))


def _targets(
    owner: Resource, managed: Mapping[str, Resource], addresses: Mapping[str, str]
) -> dict[str, list[_Target]]:
    """What each input of a resource refers to; the longest ids first, for one may begin with another."""
    return {
        key: sorted(
            (
                _Target(address=addresses[urn], id=managed[urn].id or "", name=str(managed[urn].inputs.get("name", "")))
                for urn in urns
                if urn in managed
            ),
            key=lambda target: -len(target.id),
        )
        for key, urns in owner.references.items()
    }


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns the inputs of one resource into values and expressions."""

    type: str
    targets: Mapping[str, list[_Target]]

    def block(self, inputs: Mapping[str, Any], top: str) -> _Part:
        """The inputs of a resource, or of a block inside the input `top`."""
        values, expressions = Values(), Values()
        for key, raw in inputs.items():
            if key.startswith(INTERNAL) or raw is None:
                continue
            name = attribute_name(self.type, key)
            part = self._part(raw, name, top or key)
            if part.value is not None:
                values[name] = part.value
            if part.expression:
                expressions[name] = part.expression
        return _Part(values, expressions)

    def _part(self, raw: Any, name: str, top: str) -> _Part:
        if isinstance(raw, Mapping) and SECRET_KEY in raw:
            # A secret, or a file of the program: neither has a value that a plan would show.
            return _Part(SECRET_TEXT)
        if name in MAPS and isinstance(raw, Mapping):
            return _Part(dict(raw))
        blocks = [raw] if isinstance(raw, Mapping) else raw
        if isinstance(blocks, list) and any(isinstance(item, Mapping) for item in blocks):
            parts = [self.block(item, top) for item in blocks if isinstance(item, Mapping)]
            expressions = [part.expression for part in parts]
            return _Part([part.value for part in parts], expressions if any(expressions) else [])
        if isinstance(raw, list):
            items = [self._text(item, top) for item in raw]
            known = [item.value for item in items if item.value is not None]
            references = [name for item in items for name in item.expression.get("references", ())]
            return _Part(known if known or not references else None, {"references": references} if references else {})
        return self._text(raw, top)

    def _text(self, value: Any, top: str) -> _Part:
        """One value: left out when it is as a whole another resource's id, ARN or name."""
        targets = self.targets.get(top, [])
        if missing(value) == "unknown":
            return _Part(None, _references(target.address for target in targets))
        if not isinstance(value, str):
            return _Part(value)
        for target in targets:
            attribute = target.attribute(value, alone=len(targets) == 1)
            if attribute:
                return _Part(None, _references([f"{target.address}.{attribute}", target.address]))
        return _Part(value, _references(target.address for target in targets if target.is_in(value)))


def _references(names: Iterable[str]) -> Values:
    found = list(names)
    return {"references": found} if found else {}
