"""Programs that use the component package, and stand-ins for the SDKs that Pulumi's language plugins generate.

A stand-in is made from the committed schema and does what generated code does: it translates names, refuses what the
schema lacks, and registers a remote component.
"""

import json
import re
import tempfile
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from infra.package.declared import MODEL_STACK, declared
from infra.record import Recording, record
from tests.infra.stack_variants import trial_project

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "infra" / "package"
PAGE = ROOT / "docs" / "package.md"
SCHEMA: dict[str, Any] = json.loads((PACKAGE / "schema.json").read_text(encoding="utf-8"))
INPUTS: Mapping[str, Any] = SCHEMA["resources"][MODEL_STACK]["inputProperties"]
OUTPUTS: Mapping[str, Any] = SCHEMA["resources"][MODEL_STACK]["properties"]
REGION = "us-east-1"
TYPESCRIPT = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}
ANY = "pulumi.json#/Any"


def block(language: str) -> str:
    """The only block of a language in the package's page."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(found)


def asked() -> dict[str, Any]:
    """The arguments of the page's programs, as the one in YAML has them."""
    (resource,) = yaml.safe_load(block("yaml"))["resources"].values()
    return dict(resource["properties"])


@cache
def program() -> Recording:
    """What this project's own program makes of them."""
    with tempfile.TemporaryDirectory() as folder:
        return record("trial", trial_project(Path(folder), **asked()), {"aws:region": REGION})


def expected() -> "Counter[str]":
    """How many resources of each type a caller must get: those, and the component around them."""
    made = Counter(row["type"] for row in program().resources if not row["type"].startswith("pulumi:"))
    return made + Counter([MODEL_STACK])


def table() -> list[str]:
    """The rows of the page's table of arguments."""
    rows = []
    for key, row in sorted(declared().items()):
        default = row["default"]
        shown = "" if default in ("", [], {}) else json.dumps(default).replace('"', "").lstrip("[").rstrip("]")
        rows.append(f"| `{key}` | {_kind(INPUTS[key])} | {shown} |".replace("|  |", "| |"))
    return rows


def _kind(row: Mapping[str, Any]) -> str:
    if row["type"] == "array":
        return "schedules" if "$ref" in row["items"] else "list of texts"
    return {"object": "map of texts", "string": "text"}.get(row["type"], str(row["type"]))


def snake(key: str) -> str:
    """A name as Python has it."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower()


def python_caller(folder: Path, program: str, name: str = "shop") -> None:
    """A Python project with the program, and `pulumi_breakeven` beside it."""
    known = {snake(key): key for key in INPUTS}
    outputs = {snake(key): key for key in OUTPUTS}
    nested = {snake(key): _fields(row) for key, row in INPUTS.items() if "$ref" in row.get("items", {})}
    (folder / "pulumi_breakeven.py").write_text(
        f"import pulumi\n\nKNOWN = {known!r}\nOUTPUTS = {outputs!r}\nNESTED = {nested!r}\n\n\n"
        "def wire(key, value):\n"
        "    if key not in NESTED:\n"
        "        return value\n"
        "    return [{NESTED[key][name]: one for name, one in row.items()} for row in value]\n\n\n"
        "class ModelStack(pulumi.ComponentResource):\n"
        "    def __init__(self, name, opts=None, **given):\n"
        "        args = {KNOWN[key]: wire(key, value) for key, value in given.items()}\n"
        "        args |= dict.fromkeys(OUTPUTS.values())\n"
        f"        super().__init__({MODEL_STACK!r}, name, args, opts, remote=True)\n\n"
        "    def __getattr__(self, key):\n"
        "        return pulumi.get(self, OUTPUTS[key]) if key in OUTPUTS else self.__getattribute__(key)\n",
        encoding="utf-8",
    )
    (folder / "__main__.py").write_text(program, encoding="utf-8")
    project = {
        "name": name,
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}},
        "packages": {"breakeven": str(PACKAGE)},
    }
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project), encoding="utf-8")


def _fields(row: Mapping[str, Any]) -> dict[str, str]:
    """The names of a nested type's properties in Python, and in the schema."""
    token = str(row["items"]["$ref"]).removeprefix("#/types/")
    return {snake(key): key for key in SCHEMA["types"][token]["properties"]}


def typescript_sdk(folder: Path) -> None:
    """`@pulumi/breakeven` with the types of the schema."""
    inside = folder / "node_modules" / "@pulumi" / "breakeven"
    inside.mkdir(parents=True)
    (inside / "package.json").write_text('{"name": "@pulumi/breakeven", "version": "0.1.0", "main": "index.js"}')
    empty = ", ".join(f"{key}: undefined" for key in OUTPUTS)
    (inside / "index.ts").write_text(
        'import * as pulumi from "@pulumi/pulumi";\n'
        + "".join(_interface(token.rpartition(":")[2], row) for token, row in SCHEMA["types"].items())
        + _interface("ModelStackArgs", {"properties": INPUTS, "required": []})
        + "export class ModelStack extends pulumi.ComponentResource {\n"
        + "".join(f"  public readonly {key}!: pulumi.Output<{_type(row)}>;\n" for key, row in OUTPUTS.items())
        + "  constructor(name: string, args: ModelStackArgs = {}, opts?: pulumi.ComponentResourceOptions) {\n"
        + f'    super("{MODEL_STACK}", name, {{ ...args, {empty} }}, opts, true);\n  }}\n}}\n',
        encoding="utf-8",
    )


def _interface(name: str, row: Mapping[str, Any]) -> str:
    needed = row.get("required", ())
    lines = (f"  {key}{'' if key in needed else '?'}: {_type(one)};\n" for key, one in row["properties"].items())
    return f"export interface {name} {{\n{''.join(lines)}}}\n"


def _type(row: Mapping[str, Any]) -> str:
    if row.get("$ref") == ANY:
        return "any"
    if "$ref" in row:
        return str(row["$ref"]).rpartition(":")[2]
    if row["type"] == "array":
        return f"{_type(row['items'])}[]"
    return (
        f"Record<string, {_type(row['additionalProperties'])}>" if row["type"] == "object" else TYPESCRIPT[row["type"]]
    )
