"""Every key of the workload: unit and meaning, default and limits, from the class that reads it."""

import tomllib
from collections.abc import Iterator
from dataclasses import Field, fields, is_dataclass
from pathlib import Path
from typing import Any, Final

from infra.costs.numbers import LARGEST
from infra.costs.workload import Workload
from scripts.docs.tables import code, head, joined, table

ABOUT: Final = """\
What is assumed about traffic and people, for both sides. [workload.toml](../../workload.toml) has every key with its
default and a remark; any file of this form is given with `--workload`. A key that is left out has its default; one
that is not known is an error."""
ROOT: Final = Path(__file__).resolve().parents[2]


def page() -> str:
    """The text of docs/reference/workload.md."""
    lines, remarks = head("Workload keys", ABOUT), remarks_of_the_file()
    for section, about, keys in sections():
        lines += [f"## [{section}]", "", about, ""]
        rows = (
            (code(one.name), _default(one), _limits(one), _meaning(one, remarks.get(f"{section}.{one.name}", "")))
            for one in keys
        )
        lines += table(("key", "default", "limits", "unit and meaning"), rows)
    lines += [
        "## [capacity]",
        "",
        "Units a second of one instance by instance type, in place of the model's own table.",
        "",
    ]
    return joined(lines)


def sections() -> Iterator[tuple[str, str, tuple["Field[Any]", ...]]]:
    """Name, meaning and keys of each table."""
    for section in fields(Workload):
        kind: Any = type(section.default)
        if is_dataclass(kind):
            yield section.name, str(kind.__doc__), fields(kind)


def remarks_of_the_file() -> dict[str, str]:
    """What the shipped file says behind a key, by `table.key`."""
    found, table_name = {}, ""
    for line in (ROOT / "workload.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            table_name = line[1 : line.index("]")]
        key, _, rest = line.partition(" = ")
        value, _, remark = rest.partition("#")
        if remark and not line.startswith("#") and tomllib.loads(f"x = {value}"):
            found[f"{table_name}.{key}"] = remark.strip()
    return found


def _meaning(one: "Field[Any]", remark: str) -> str:
    """What `explain` and `decide` call it, and what the file adds to that."""
    about = str(one.metadata["about"])
    return about if remark in ("", about) else f"{about}. In the file: {remark}"


def _default(one: "Field[Any]") -> str:
    value = one.default
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, str | tuple):
        return code(f'"{value}"' if isinstance(value, str) else str(list(value)))
    return code(f"{value:,}".replace(",", "_"))


def _limits(one: "Field[Any]") -> str:
    rule = one.metadata
    if rule["known"] is not None:
        return " or ".join(map(code, sorted(rule["known"]())))
    if isinstance(one.default, bool | str | tuple):
        return ""
    low = "above 0" if rule["low"] is None else f"{rule['low']} or more"
    whole = ", whole" if rule["whole"] else ""
    if rule["high"] == LARGEST:
        return low + whole
    return (f"above 0, to {rule['high']}" if rule["low"] is None else f"{rule['low']} to {rule['high']}") + whole
