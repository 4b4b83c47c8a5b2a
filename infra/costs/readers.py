"""Reads a stack from what Pulumi writes: preview JSON, stack export, a bare resource list, engine event lines.

Shapes: pkg/display/json.go (preview), sdk/go/common/apitype (export, events) in pulumi/pulumi.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from infra.costs.errors import InputError
from infra.costs.stack import Inputs, Resource, Stack, printable

# Steps whose new state will not exist in the end.
GONE: Final = {"delete", "delete-replaced", "discard", "read-discard", "remove-pending-replace", "discard-replaced"}
# Steps after which the resource is the one it was.
KEPT: Final = {"same", "update", "refresh"}
PROVIDER: Final = "pulumi:providers:aws"
FORMATS: Final = "`pulumi preview --json --show-sames`, `pulumi stack export`, or a list of resources"
OTHER_TOOLS: Final = {
    "terraform_version": "Terraform",
    "planned_values": "Terraform",
    "AWSTemplateFormatVersion": "CloudFormation",
    "Resources": "CloudFormation",
    "apiVersion": "Kubernetes",
    "projects": "Infracost",
    "services": "Docker Compose",
}


def parse_stack(text: str, source: str, region: str = "") -> Stack:
    """A stack from the text of a file; `region` is used for resources that name none themselves.

    Raises InputError, naming `source`, for text that is not one of the four formats.
    """
    rows, config = _rows(_json(text, source), source)
    return Stack(_resources(rows, config, source, region), source)


def stack_from_rows(rows: Iterable[Mapping[str, Any]], name: str, source: str, region: str = "") -> Stack:
    """A stack from rows in the shape of a stack export's resources, for programs recorded in process."""
    return Stack(_resources(rows, {}, source, region), name)


def _json(text: str, source: str) -> Any:
    if not text.strip():
        raise InputError(source, "the file is empty", f"give {FORMATS}")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return _event_lines(text, source)
        where = f"line {error.lineno} column {error.colno}"
        raise InputError(source, f"not JSON or cut off ({error.msg} at {where})", f"give {FORMATS}") from None
    except RecursionError:
        raise InputError(source, "nested too deeply to be a stack", f"give {FORMATS}") from None
    except ValueError as error:
        # A whole number of thousands of digits.
        raise InputError(source, f"cannot be a stack ({error})", f"give {FORMATS}") from None


def _event_lines(text: str, source: str) -> list[Any]:
    events = []
    for index, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                events.append(json.loads(line))
            except (ValueError, RecursionError):
                raise InputError(source, f"line {index} is not JSON", f"give {FORMATS}") from None
    return events


Rows = tuple[Iterable[Mapping[str, Any]], Mapping[str, Any]]


def _rows(document: Any, source: str) -> Rows:
    """The resource rows of a document and the configuration beside them."""
    if isinstance(document, list):
        if any(_is_event(item) for item in document):
            return _from_events(document), _config_of_events(document)
        return document, {}
    if not isinstance(document, Mapping):
        raise InputError(source, "not a Pulumi stack", f"give {FORMATS}")
    if _is_event(document):
        return _from_events([document]), {}
    if isinstance(document.get("steps"), list):
        return _from_preview(document, source), _mapping(document.get("config"))
    if isinstance(document.get("deployment"), Mapping):
        return _list(document["deployment"].get("resources"), source), {}
    other = next((tool for key, tool in OTHER_TOOLS.items() if key in document), "")
    if other:
        raise InputError(source, f"this looks like a file of {other}", f"give {FORMATS}")
    if isinstance(document.get("resources"), list):
        return document["resources"], {}
    if "changeSummary" in document:
        return [], {}  # the preview of an empty program leaves the steps out
    raise InputError(source, "not a Pulumi stack", f"give {FORMATS}")


def _from_preview(document: Mapping[str, Any], source: str) -> Iterator[Mapping[str, Any]]:
    steps = [step for step in document["steps"] if isinstance(step, Mapping)]
    summary = _mapping(document.get("changeSummary")).get("same", 0)
    absent = (summary if isinstance(summary, int) else 0) - sum(step.get("op") == "same" for step in steps)
    if absent > 0:
        # Without them a second preview would price to near nothing.
        raise InputError(source, f"the preview leaves out {absent} unchanged resources", "run it with --show-sames")
    for step in steps:
        if str(step.get("op")) not in GONE and isinstance(step.get("newState"), Mapping):
            yield _left_by(step, step["newState"], step.get("oldState"))


def _left_by(step: Mapping[str, Any], new: Mapping[str, Any], old: Any) -> Mapping[str, Any]:
    """What a step leaves. The engine writes it before the step is done: a kept id then stands in the old state only."""
    kept = _mapping(old).get("id") if str(step.get("op")) in KEPT else None
    named = {key: step.get(key) for key in ("provider", "urn", "type")}
    return {**named, **new, "id": new.get("id") or kept, "external": step.get("op") == "read"}


def _is_event(item: Any) -> bool:
    return isinstance(item, Mapping) and "sequence" in item and any(key.endswith("Event") for key in item)


def _from_events(events: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for event in events:
        step = _mapping(_mapping(_mapping(event).get("resourcePreEvent")).get("metadata"))
        if step and str(step.get("op")) not in GONE and isinstance(step.get("new"), Mapping):
            yield _left_by(step, step["new"], step.get("old"))


def _config_of_events(events: Iterable[Any]) -> Mapping[str, Any]:
    configs = (_mapping(_mapping(event).get("preludeEvent")).get("config") for event in events)
    return next((_mapping(config) for config in configs if config), {})


def _resources(
    rows: Iterable[Mapping[str, Any]], config: Mapping[str, Any], source: str, region: str
) -> Iterator[Resource]:
    kept: dict[str, Mapping[str, Any]] = {}
    for index, row in enumerate(rows):
        urn, token = (row.get("urn"), row.get("type")) if isinstance(row, Mapping) else (None, None)
        if not isinstance(token, str) and isinstance(urn, str) and urn.count("::") >= 3:
            token = urn.split("::")[2].rsplit("$", 1)[-1]
        if not isinstance(urn, str) or not isinstance(token, str) or not token:
            raise InputError(source, f"resource {index} has no urn or type", f"give {FORMATS}")
        if not row.get("delete"):
            kept[urn] = {**row, "type": token}
    providers = _provider_regions(kept.values())
    fallback = region or str(config.get("aws:region") or "") or _only(providers)
    for urn, row in kept.items():
        inputs = _mapping(row.get("inputs"))
        own = inputs.get("region") if row["type"].startswith("aws:") else None
        provider = str(row.get("provider") or "").rsplit("::", 1)[0]
        yield Resource(
            urn=urn,
            type=printable(row["type"]),
            inputs=Inputs(inputs, printable(urn.rsplit("::", 1)[-1])),
            id=row["id"] if isinstance(row.get("id"), str) else None,
            region=printable(own if isinstance(own, str) and own else providers.get(provider, "") or fallback),
            custom=row.get("custom") is not False,
            external=row.get("external") is True,
            parent=str(row.get("parent") or ""),
            references=_references(row.get("propertyDependencies")),
        )


def _provider_regions(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    regions = {}
    for row in rows:
        if row["type"] == PROVIDER:
            region = _mapping(row.get("inputs")).get("region")
            if isinstance(region, str) and region:
                regions[str(row["urn"])] = region
    return regions


def _only(providers: Mapping[str, str]) -> str:
    return next(iter(providers.values())) if len(set(providers.values())) == 1 else ""


def _references(raw: Any) -> Mapping[str, tuple[str, ...]]:
    lists = ((key, urns) for key, urns in _mapping(raw).items() if isinstance(urns, list))
    return {key: tuple(urn for urn in urns if isinstance(urn, str)) for key, urns in lists}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any, source: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        # `pulumi stack export` of a stack that was never deployed.
        raise InputError(source, "the stack has no resources", "deploy it first, or preview it")
    return value
