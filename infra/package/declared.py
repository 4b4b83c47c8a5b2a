"""The package's schema, made from the settings: their types and rules, and what Pulumi.yaml says of each.

Deliberately not inferred from annotations (`component_provider_host`): those carry neither defaults nor allowed values,
and would be a second list of the settings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import Field, fields
from typing import Any, Final, get_type_hints

from infra import record
from infra.settings import Schedule, camel, fields_by_key, kinds
from infra.settings_values import CONVERTERS

PACKAGE: Final = "breakeven"
VERSION: Final = "0.1.0"
MODEL_STACK: Final = f"{PACKAGE}:index:ModelStack"
SCHEDULE: Final = f"{PACKAGE}:index:Schedule"
LANGUAGES: Final = ("csharp", "go", "java", "nodejs", "python")

ABOUT: Final = (
    "A model served on your own AWS account: network, fleet, entry, alarms and budget, with what all of it costs. "
    "One to a stack. Arguments are the settings of the program, with the same names and defaults, and are plain values."
)
PROJECT: Final = (
    "Start of every name in AWS, and the tag `project`; lower-case letters, digits and hyphens. "
    "Default: the calling program's project."
)
SCHEDULE_FIELDS: Final[Mapping[str, str]] = {
    "name": "A name of its own.",
    "recurrence": "When, as a cron expression of five fields.",
    "timeZone": "The expression's time zone. Default: Etc/UTC.",
    "minSize": "Fewest instances from then on.",
    "maxSize": "Most instances from then on.",
}
TEXT: Final[Mapping[str, Any]] = {"type": "string"}
OUTPUTS: Final[Mapping[str, tuple[Mapping[str, Any], str]]] = {
    "endpoint": (TEXT, "Address that answers predictions."),
    "call": (TEXT, "A call of it to paste into a shell."),
    "model": (TEXT, "The model that is served."),
    "groupName": (TEXT, "Name of the Auto Scaling group."),
    "artifactBucket": (TEXT, "Bucket of model archives and node bundles."),
    "alarmTopic": (TEXT, "ARN of the topic that alarms write to."),
    "costPerMonth": (
        {"type": "object", "additionalProperties": TEXT},
        "USD a month, as text: low, expected and high; and the currency.",
    ),
    "costPerMillionRequests": (TEXT, "USD per million requests in the expected case; empty where none comes."),
    "breakEven": (
        {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}},
        "For each managed API the volumes at which the cheaper side changes, with people and without.",
    ),
    "notPriced": ({"type": "array", "items": TEXT}, "Resources without a price; they count in no figure."),
}
SOMETIMES: Final[Mapping[str, tuple[Mapping[str, Any], str]]] = {
    "apiKey": ({**TEXT, "secret": True}, "The caller's key, with auth api-key."),
    "dashboard": (TEXT, "Address of the dashboard, with dashboard true."),
    "documentBucket": (TEXT, "Where documents are put, with intake true."),
    "documentQueue": (TEXT, "Queue that documents enter, with intake true."),
    "documentDeadLetters": (TEXT, "Queue of documents that could not be read, with intake true."),
    "training": (
        {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}},
        "What a training instance is started with, with training true.",
    ),
}
TYPES: Final[Mapping[object, Mapping[str, Any]]] = {
    str: TEXT,
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    Sequence[str]: {"type": "array", "items": {**TEXT, "plain": True}},
    Mapping[str, str]: {"type": "object", "additionalProperties": {**TEXT, "plain": True}},
    Sequence[Schedule]: {"type": "array", "items": {"$ref": f"#/types/{SCHEDULE}", "plain": True}},
}


def declared() -> Mapping[str, Mapping[str, Any]]:
    """What Pulumi.yaml says of each setting: `default` and `description`."""
    return {key.partition(":")[2]: row for key, row in record.declared()[1].items()}


def schema() -> dict[str, Any]:
    """The whole schema, as the engine and the generators of SDKs read it."""
    return {
        "name": PACKAGE,
        "version": VERSION,
        "displayName": PACKAGE,
        "description": ABOUT,
        "keywords": ["category/cloud", "kind/component"],
        "license": "Apache-2.0",
        "language": {name: {"respectSchemaVersion": True} for name in LANGUAGES},
        "types": {SCHEDULE: _schedule()},
        "resources": {MODEL_STACK: _model_stack()},
    }


def _model_stack() -> dict[str, Any]:
    outputs = {name: {**kind, "description": text} for name, (kind, text) in {**OUTPUTS, **SOMETIMES}.items()}
    project = {**TEXT, "plain": True, "description": PROJECT}
    return {
        "isComponent": True,
        "description": ABOUT,
        "inputProperties": {"project": project, **_settings()},
        "type": "object",
        "properties": outputs,
        "required": sorted(OUTPUTS),
    }


def _settings() -> dict[str, dict[str, Any]]:
    rules, said = fields_by_key(), declared()
    return {key: _setting(key, kind, said[key], rules.get(key)) for key, kind in kinds().items()}


def _setting(key: str, kind: object, said: Mapping[str, Any], rule: "Field[Any] | None") -> dict[str, Any]:
    default = said["default"]
    found = {**TYPES[kind], "plain": True, "description": _told(said["description"], rule)}
    if isinstance(default, list | dict):
        # A schema has defaults for plain values only; the provider fills these in.
        shown = ", ".join(map(str, default)) or "none"
        return {**found, "description": f"{found['description']} Default: {shown}."}
    return {**found, "default": CONVERTERS[kind](key, default)}


def _told(text: str, rule: "Field[Any] | None") -> str:
    """A description with the field's own rule in words."""
    found = rule.metadata if rule else {}
    if "choices" in found:
        return f"{text} Allowed: {', '.join(map(str, found['choices']))}."
    if "minimum" in found:
        return f"{text} Allowed: {found['minimum']} to {found['maximum']}."
    return text


def _schedule() -> dict[str, Any]:
    hints = get_type_hints(Schedule)
    named = {camel(item.name): item for item in fields(Schedule)}
    properties = {
        key: {
            **TYPES[hints[item.name]],
            "plain": True,
            "description": _told(SCHEDULE_FIELDS[key], item),
        }
        for key, item in named.items()
    }
    return {
        "type": "object",
        "description": "A change of the fleet's bounds at a fixed time.",
        "properties": properties,
        "required": sorted(set(named) - {"timeZone"}),
    }
