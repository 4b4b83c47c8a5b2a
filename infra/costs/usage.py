"""Usage files: what a stack's file cannot say, per resource name, in the vocabulary of docs/costs.md."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from infra.costs.errors import InputError
from infra.costs.names import nearest
from infra.costs.numbers import number
from infra.costs.pricers.storage import CLASS_USAGE, CLASSES
from infra.costs.pricers.transfer import TRANSFER_USAGE
from infra.costs.pricing import PRICERS
from infra.costs.stack import Stack

TRANSFER: Final = "data_transfer"
WORDS: Final[dict[str, tuple[str, ...]]] = {
    "operating_system": ("linux", "windows"),
    "reserved_instance_type": ("standard", "convertible"),
    "reserved_instance_term": ("1_year", "3_year"),
    "reserved_instance_payment_option": ("no_upfront", "partial_upfront", "all_upfront"),
    "api_throughput_limit": ("standard", "advanced", "higher"),
}
LARGEST_OF: Final = {"monthly_hours": 744, "monthly_parameter_storage_hours": 744, "instances": 100_000}
TOGETHER: Final = ("reserved_instance_type", "reserved_instance_term", "reserved_instance_payment_option")


@dataclass(frozen=True, slots=True)
class Usage:
    """Stated usage by resource name, checked against the vocabulary; `source` names the file in messages."""

    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    source: str = "usage"

    @classmethod
    def read(cls, path: Path) -> "Usage":
        """Read a JSON or TOML usage file; raises InputError naming the file, the key and the nearest known one."""
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise InputError(str(path), "no such file", "check the path") from None
        except (IsADirectoryError, UnicodeDecodeError):
            raise InputError(str(path), "not a text file", "give JSON or TOML") from None
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, source: str) -> "Usage":
        """Usage from JSON or TOML text."""
        try:
            if text.lstrip().startswith("{"):
                raw = json.loads(text, parse_float=Decimal)
            else:
                raw = tomllib.loads(text, parse_float=Decimal)
        except (ValueError, ArithmeticError, RecursionError) as error:
            raise InputError(source, f"neither JSON nor TOML ({error})", "mend the file") from None
        tables = {}
        for name, table in raw.items():
            if not isinstance(table, Mapping):
                raise InputError(f"{source} {name}", "not a table", "write a table for each resource name")
            tables[name] = {key: _value(f"{source} [{name}] {key}", key, value) for key, value in table.items()}
            _check_reservation(f"{source} [{name}]", table)
        return cls(tables, source)

    def check(self, stack: Stack) -> None:
        """Refuse tables of no resource in the stack, and keys that the resource's type does not use."""
        types: dict[str, set[str]] = {}
        for resource in stack:
            types.setdefault(resource.name, set()).add(resource.type)
        for name, table in self.tables.items():
            if name == TRANSFER:
                self._check_keys(name, table, TRANSFER_USAGE, "data transfer")
                continue
            if name not in types:
                known = [n for n, tokens in types.items() if any(t in PRICERS for t in tokens)]
                raise InputError(
                    f"{self.source} [{name}]", f"no such resource in the stack{nearest(name, known)}", "mend the name"
                )
            # A type nobody prices takes any key of the vocabulary: it is reported as unpriced either way.
            pricers = [PRICERS[t] for t in types[name] if t in PRICERS] or PRICERS.values()
            self._check_keys(name, table, {k for p in pricers for k in p.usage}, ", ".join(sorted(types[name])))

    def of(self, name: str, known: Iterable[str]) -> Mapping[str, Any]:
        """What is stated for a resource name, as far as its type uses it."""
        table = self.tables.get(name)
        return {k: v for k, v in table.items() if k in known} if table else {}

    def _check_keys(self, name: str, table: Mapping[str, Any], known: Iterable[str], what: str) -> None:
        keys = sorted(known)
        for key in table:
            if key not in keys:
                allowed = f"known: {', '.join(keys)}" if keys else "it takes no usage"
                raise InputError(f"{self.source} [{name}] {key}", f"unknown for {what}{nearest(key, keys)}", allowed)
            if isinstance(table[key], Mapping) and key not in CLASSES:
                raise InputError(f"{self.source} [{name}] {key}", "a table is no number", "write a number of 0 or more")


def _value(thing: str, key: str, value: Any) -> Any:
    if key in CLASSES or isinstance(value, Mapping):
        if not isinstance(value, Mapping):
            raise InputError(thing, "a storage class is a table", f"write its keys below it, such as {CLASS_USAGE[0]}")
        for inner in value:
            if inner not in CLASS_USAGE:
                raise InputError(f"{thing} {inner}", f"unknown{nearest(inner, CLASS_USAGE)}", "see docs/costs.md")
        return {inner: number(v, f"{thing} {inner}") for inner, v in value.items()}
    if key == "region":
        return _word(thing, value)
    if key in WORDS:
        word = _word(thing, value)
        if word not in WORDS[key]:
            raise InputError(
                thing, f"{word!r} is unknown{nearest(word, WORDS[key])}", f"one of {', '.join(WORDS[key])}"
            )
        return word
    amount = number(value, thing)
    if amount > LARGEST_OF.get(key, amount):
        raise InputError(thing, f"{amount} is more than there can be", f"give a number up to {LARGEST_OF[key]:,}")
    return amount


def _word(thing: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise InputError(thing, f"{value!r} is not a word", "write a word in quotes")
    return value


def _check_reservation(thing: str, table: Mapping[str, Any]) -> None:
    given = [key for key in TOGETHER if key in table]
    if given and len(given) < len(TOGETHER):
        absent = next(key for key in TOGETHER if key not in table)
        raise InputError(f"{thing} {absent}", "missing", "a reservation needs type, term and payment option")
