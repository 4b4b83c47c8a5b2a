"""How a setting is declared, read from a raw value, and refused."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import Field, field
from typing import Any

from infra.costs.errors import InputError
from infra.costs.names import nearest
from infra.costs.numbers import shown


class SettingsError(InputError):
    """A setting that cannot be used; the message names the key, the value and what is allowed."""


def within(minimum: float, maximum: float) -> Any:
    """A field whose number lies between two bounds, both included."""
    return field(metadata={"minimum": minimum, "maximum": maximum})


def one_of(*choices: object) -> Any:
    """A field that takes one of a few values."""
    return field(metadata={"choices": choices})


def shaped(pattern: str, example: str, known: Callable[[], Iterable[str]] = tuple) -> Any:
    """A field (or each item of it) that matches a pattern; an error shows the example, and which of `known` is near."""
    return field(metadata={"pattern": pattern, "example": example, "known": known})


def allowed(key: str, value: Any, item: "Field[Any]") -> Any:
    """The value, if the field's own rule lets it pass; raises SettingsError."""
    rule = item.metadata
    if "choices" in rule and value not in rule["choices"]:
        raise SettingsError(key, f"{shown(value)} is not allowed", f"use one of {', '.join(map(str, rule['choices']))}")
    if "minimum" in rule and not rule["minimum"] <= value <= rule["maximum"]:
        raise SettingsError(key, f"{value} is out of range", f"use {rule['minimum']} to {rule['maximum']}")
    for text in (value if isinstance(value, tuple) else (value,)) if "pattern" in rule else ():
        if not re.fullmatch(rule["pattern"], text):
            reason = f"{shown(text)} has not the shape of one{nearest(text, rule['known']())}"
            raise SettingsError(key, reason, f"write it like {rule['example']}")
    return value


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise SettingsError(key, f"{shown(value)} is not a text", "put it in quotes")
    return value


def _whole(key: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value):
        return int(value)
    raise SettingsError(key, f"{shown(value)} is not a whole number", "write digits only")


def _decimal(key: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", value):
        return float(value)
    raise SettingsError(key, f"{shown(value)} is not a number", "write it like 99.5")


def _truth(key: str, value: object) -> bool:
    if isinstance(value, bool) or value in ("true", "false"):
        return value is True or value == "true"
    raise SettingsError(key, f"{shown(value)} is neither true nor false", "use true or false")


def as_json(key: str, value: object, kind: type, wanted: str) -> Any:
    """A list or map, given as such or as JSON text, which is how the engine passes it."""
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, kind):
        raise SettingsError(key, f"{shown(value)} is not {wanted}", f"write {wanted} in the stack file")
    return found


def _texts(key: str, value: object) -> tuple[str, ...]:
    return tuple(_text(key, item) for item in as_json(key, value, list, "a list of texts"))


def _tags(key: str, value: object) -> dict[str, str]:
    found = as_json(key, value, dict, "a map of texts")
    return {_text(key, name): _text(f"{key}.{name}", text) for name, text in found.items()}


CONVERTERS: Mapping[object, Callable[[str, object], Any]] = {
    str: _text,
    int: _whole,
    float: _decimal,
    bool: _truth,
    Sequence[str]: _texts,
    Mapping[str, str]: _tags,
}
