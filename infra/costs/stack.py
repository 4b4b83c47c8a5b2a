"""A Pulumi stack as the cost engine sees it: resources, their inputs, and who refers to whom."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

from infra.costs.errors import CostError, InputError
from infra.costs.numbers import number, shown

# The engine's own marks: sdk/go/common/resource/plugin/rpc.go and sdk/go/common/resource/sig.go in pulumi/pulumi.
UNKNOWN_VALUE: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET_KEY: Final = "4dabf18193072939515e22adb298388d"  # noqa: S105 - the public name of a signature, not a secret
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
SECRET_TEXT: Final = "[secret]"  # noqa: S105


class Unreadable(CostError):  # noqa: N818 - an answer about one resource, which is then listed as unpriced
    """An input that a price needs but that is unknown before deployment or secret."""

    exit_code = 6


Missing = Literal["unknown", "secret"]


def missing(value: Any) -> Missing | None:
    """Whether a raw input is the engine's mark for an unknown or a secret value."""
    if value == UNKNOWN_VALUE:
        return "unknown"
    if value == SECRET_TEXT or (isinstance(value, Mapping) and value.get(SECRET_KEY) == SECRET_SIGNATURE):
        return "secret"
    return None


def printable(text: str) -> str:
    """A name from a file as it may be shown: a terminal obeys control characters, and a name could hold them."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


class Inputs(Mapping[str, Any]):
    """A resource's inputs, or one object inside them, read by what a price needs: a number, a text, a flag.

    Raises Unreadable for unknown and secret values, InputError for values of the wrong kind. Never shows raw values
    of anything but numbers and names.
    """

    __slots__ = ("_raw", "_thing")

    def __init__(self, raw: Mapping[str, Any], thing: str) -> None:
        self._raw, self._thing = raw, thing

    def __getitem__(self, key: str) -> Any:
        return self._raw[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)

    def has(self, key: str) -> bool:
        """Whether the input is set to anything, known or not."""
        return self._raw.get(key) not in (None, "")

    def number(self, key: str, default: Decimal | int | None = None) -> Decimal:
        """The input as a number; the default when it is not set, an error when it is needed."""
        value = self._known(key)
        if value is None or value == "":
            if default is None:
                raise InputError(f"{self._thing} {key}", "not set, and its cost depends on it", "set it in the stack")
            return Decimal(default)
        return number(value, f"{self._thing} {key}")

    def count(self, key: str, default: int | None = None) -> int:
        """The input as a whole number."""
        value = self.number(key, default)
        if value != value.to_integral_value():
            raise InputError(f"{self._thing} {key}", f"{value} is not a whole number", "give a whole number")
        return int(value)

    def text(self, key: str, default: str = "") -> str:
        """The input as text."""
        value = self._known(key)
        if value is None:
            return default
        if isinstance(value, Mapping | list):
            raise InputError(f"{self._thing} {key}", f"a {type(value).__name__} where text is needed", "mend the stack")
        return printable(str(value))

    def flag(self, key: str, default: bool = False) -> bool:
        """The input as yes or no; Pulumi writes some of them as text."""
        value = self._known(key)
        return default if value is None or value == "" else str(value).lower() == "true"

    def object(self, key: str) -> "Inputs":
        """The input as an object; empty when it is not set (also the one object of a list of one)."""
        value = self._known(key)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if value is None:
            return Inputs({}, f"{self._thing} {key}")
        if not isinstance(value, Mapping):
            raise InputError(f"{self._thing} {key}", f"{shown(value)} where an object is needed", "mend the stack")
        return Inputs(value, f"{self._thing} {key}")

    def objects(self, key: str) -> tuple["Inputs", ...]:
        """The input as a list of objects; empty when it is not set."""
        return tuple(
            Inputs(item, f"{self._thing} {key}[{index}]")
            for index, item in enumerate(self.values_of(key))
            if isinstance(item, Mapping)
        )

    def values_of(self, key: str) -> tuple[Any, ...]:
        """The input as a list of raw values, whose items may be unknown; a single value counts as a list of one."""
        value = self._known(key)
        if value is None:
            return ()
        return tuple(value) if isinstance(value, list | tuple) else (value,)

    def _known(self, key: str) -> Any:
        value = self._raw.get(key)
        kind = missing(value)
        if kind == "secret":
            raise Unreadable(f"{self._thing} {key}", "is a secret", "give the value in a usage file, or make it plain")
        if kind == "unknown":
            raise Unreadable(
                f"{self._thing} {key}", "is known only after deployment", "estimate the stack export after `pulumi up`"
            )
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource of a stack: its URN, type token, physical id if known, inputs and references."""

    urn: str
    type: str
    inputs: Inputs
    id: str | None = None
    region: str = ""
    custom: bool = True
    external: bool = False
    parent: str = ""
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of the URN: the name given in the program."""
        return printable(self.urn.rsplit("::", 1)[-1])

    @property
    def component(self) -> str:
        """The innermost component of this project the resource belongs to (`Fleet`, `Gateway` ...), else empty."""
        chain = self.urn.split("::")[2] if self.urn.count("::") >= 3 else ""
        own = [token for token in chain.split("$")[:-1] if token.startswith(OWN_TYPES)]
        return own[-1].rsplit(":", 1)[-1] if own else ""


OWN_TYPES: Final = "breakeven:infra:"
"""Type tokens of this project's components start with this."""


class Stack:
    """The resources of one stack, in the order of the file, with references resolved on demand."""

    def __init__(self, resources: Iterable[Resource], name: str = "") -> None:
        self.resources = tuple(resources)
        self.name = name
        self._by_urn: dict[str, Resource] = {}
        self._by_id: dict[str, list[Resource]] = {}
        self._by_type: dict[str, list[Resource]] = {}
        self._by_name: dict[tuple[str, str], Resource] = {}
        self._owners: dict[tuple[str, str, str], dict[str, list[Resource]]] = {}
        for resource in self.resources:
            self._by_urn[resource.urn] = resource
            self._by_type.setdefault(resource.type, []).append(resource)
            if resource.id:
                self._by_id.setdefault(resource.id, []).append(resource)
            physical = resource.inputs.get("name")
            if isinstance(physical, str):
                self._by_name.setdefault((resource.type, physical), resource)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)

    def __len__(self) -> int:
        return len(self.resources)

    def of_type(self, *types: str) -> tuple[Resource, ...]:
        """All resources of these type tokens."""
        return tuple(r for token in types for r in self._by_type.get(token, ()))

    def resolve(self, owner: Resource, prop: str, value: Any, *types: str) -> Resource | None:
        """The resource of these types that `owner` refers to: by physical id or name, else by its dependencies.

        `prop` is the top-level input in which the reference stands. None when it lies outside the stack.
        """
        if isinstance(value, str) and not missing(value):
            return self._by_value(value, types)
        return next(iter(self.referred(owner, prop, *types)), None) if missing(value) else None

    def referred(self, owner: Resource, prop: str, *types: str) -> tuple[Resource, ...]:
        """All resources of these types that one input of `owner` depends on."""
        found = (self._by_urn.get(urn) for urn in owner.references.get(prop, ()))
        return tuple(r for r in found if r is not None and r.type in types)

    def owners(self, target: Resource, prop: str, owner_type: str) -> tuple[Resource, ...]:
        """All resources of a type whose input `prop` refers to `target`."""
        key = (owner_type, prop, target.type)
        if key not in self._owners:
            index: dict[str, list[Resource]] = {}
            for owner in self.of_type(owner_type):
                found = self.resolve(owner, prop, owner.inputs.get(prop), target.type)
                if found is not None:
                    index.setdefault(found.urn, []).append(owner)
            self._owners[key] = index
        return tuple(self._owners[key].get(target.urn, ()))

    def _by_value(self, value: str, types: tuple[str, ...]) -> Resource | None:
        direct = next((r for r in self._by_id.get(value, ()) if r.type in types), None)
        if direct is not None:
            return direct
        return next((found for token in types if (found := self._by_name.get((token, value)))), None)
