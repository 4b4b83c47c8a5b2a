"""The component package without an engine: its schema, its arguments, and that it is the program itself."""

import base64
import contextvars
import copy
import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.output import Unknown

from infra.costs.estimate import estimate
from infra.costs.readers import stack_from_rows
from infra.package.arguments import project_of, settings_of
from infra.package.breaks import breaks, is_newer
from infra.package.declared import MODEL_STACK, OUTPUTS, SCHEDULE, SOMETIMES, declared, schema
from infra.package.write import FILE, text_of, write
from infra.record_monitor import run_program
from infra.settings import kinds
from infra.settings_values import SettingsError
from tests.infra.package_callers import INPUTS, PACKAGE, PAGE, ROOT, block, table
from tests.infra.stack_variants import archive_path, committed, trial

STACKS = ("small", "dev", "prod")
Row = dict[str, Any]
# Ids of a recording end in a digest of the resource's address, which is longer inside a component.
UNIQUE = re.compile(r"-[0-9a-f]{7}\b")


def shipped(stack: str) -> dict[str, Any]:
    """A stack's settings as a caller would give them."""
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    return {key.removeprefix("breakeven:"): value for key, value in config.items() if key.startswith("breakeven:")}


@cache
def inside(stack: str, region: str, changes: str = "{}") -> tuple[tuple[Row, ...], Row]:
    """Resources and outputs of a program whose only resource is a ModelStack."""
    args = {**(shipped(stack) if stack in STACKS else {}), **json.loads(changes)}
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(contextvars.Context().run, _run, stack, region, args).result()


def _run(stack: str, region: str, args: Mapping[str, Any]) -> tuple[tuple[Row, ...], Row]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "__main__.py").write_text(
            "import pulumi\nfrom infra.package.component import ModelStack\n"
            f"for name, value in ModelStack('hosting', {dict(args)!r}).outputs.items():\n"
            "    pulumi.export(name, value)\n"
        )
        return run_program(Path(folder), "breakeven", stack, {"aws:region": region})


def inputs(rows: tuple[Row, ...]) -> dict[tuple[str, str, str], str]:
    """What is asked of the provider, by component, type and name."""
    found = {}
    for row in rows:
        if row.get("custom") and row["type"].startswith("aws:"):
            component = row["parent"].rpartition("::")[2]
            key = (component, row["type"], row["urn"].rpartition("::")[2])
            script = base64.b64decode(row["inputs"].get("userData", "")).decode()
            asked = {**row["inputs"], "userData": script}
            found[key] = UNIQUE.sub("-", json.dumps(asked, sort_keys=True))
    return found


def test_the_committed_schema_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == text_of(schema()), "python -m infra.package.write"
    assert FILE.stat().st_size < 1_000_000


def test_every_setting_is_an_argument_with_its_type_default_and_description() -> None:
    document = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    assert set(INPUTS) == set(document) | {"project"} == set(kinds()) | {"project"}
    for key, said in document.items():
        shown = INPUTS[key]
        assert shown["plain"] is True
        assert said["description"] in shown["description"]
        if isinstance(said["default"], list | dict):
            assert shown["type"] == {"list": "array", "dict": "object"}[type(said["default"]).__name__]
            assert all(str(item) in shown["description"] for item in said["default"])
        else:
            assert str(shown["default"]).removesuffix(".0") == str(said["default"])


def test_what_a_setting_allows_stands_in_its_description() -> None:
    assert INPUTS["egress"]["description"].endswith("Allowed: nat, nat-per-zone, endpoints, public.")
    assert INPUTS["canaryWeightPercent"]["description"].endswith("Allowed: 0 to 50.")


@pytest.mark.parametrize("stack", STACKS)
def test_the_component_asks_for_the_resources_of_the_program(stack: str) -> None:
    program = committed(stack)
    rows, _ = inside(stack, program.region)
    assert inputs(rows) == inputs(program.resources)


@pytest.mark.parametrize("stack", STACKS)
def test_the_component_costs_what_the_program_costs_and_says_the_same(stack: str) -> None:
    program = committed(stack)
    rows, outputs = inside(stack, program.region)
    assert outputs.keys() == program.outputs.keys()
    figures = ("costPerMonth", "costPerMillionRequests", "breakEven", "notPriced", "call", "groupName")
    for name in figures:
        assert UNIQUE.sub("-", str(outputs[name])) == UNIQUE.sub("-", str(program.outputs[name]))
    priced = estimate(stack_from_rows(rows, stack, "a caller", program.region))
    assert priced.monthly("expected") == estimate(program.as_stack()).monthly("expected") > 0


def test_the_schema_has_every_output_that_a_stack_can_have() -> None:
    everything = committed("prod").outputs.keys() | trial(training=True).outputs.keys()
    assert everything == OUTPUTS.keys() | SOMETIMES.keys()
    assert OUTPUTS.keys() <= committed("small").outputs.keys()


def test_what_lies_beside_the_caller_is_found_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = settings_of({"modelArchive": "model.mar", "nodeBundle": archive_path("node")}).model
    assert found.model_archive == str(tmp_path / "model.mar")
    assert found.node_bundle == archive_path("node")


def test_numbers_come_as_the_wire_has_them() -> None:
    rows = [{"name": "night", "recurrence": "0 20 * * *", "minSize": 1.0, "maxSize": 2.0}]
    found = settings_of(
        {"minSize": 1.0, "maxSize": 3.0, "latencyObjectivePercent": 99.5, "schedules": rows, "waf": None}
    )
    assert (found.fleet.max_size, found.observability.latency_objective_percent) == (3, 99.5)
    assert (found.fleet.schedules[0].max_size, found.fleet.schedules[0].time_zone) == (2, "Etc/UTC")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"egress": "nta"}, "egress: 'nta' is not allowed; use one of nat, nat-per-zone, endpoints, public"),
    ({"egres": "nat"}, "egres: no such setting; did you mean egress?"),
    ({"zones": 1.5}, "zones: 1.5 is not a whole number; write digits only"),
    ({"schedules": [{"name": "x"}]}, "recurrence: not set; "),
    (
        # An Output made here would belong to no event loop, and the next recording would wait for it.
        {"tags": {"a": Unknown()}},  # type: ignore[no-untyped-call]
        "tags.a: is secret, or known only after a deployment; give a plain value",
    ),
]


@pytest.mark.parametrize(("given", "message"), REFUSED, ids=lambda value: str(value)[:20])
def test_an_argument_that_cannot_be_used_is_told_in_one_line(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as told:
        settings_of(given)
    assert str(told.value).startswith(message)


def test_a_project_whose_names_aws_would_refuse_is_refused_before() -> None:
    assert project_of(None, "shop", "dev") == "shop"
    assert project_of("vision", "My_Shop", "dev") == "vision"
    for given, calling in (("My_Shop", "shop"), (None, "shop.web"), ("s" * 23, "shop")):
        with pytest.raises(SettingsError, match=r"^project: names would start with "):
            project_of(given, calling, "dev")
    longest = "s" * 22
    bucket = committed("dev").outputs["artifactBucket"]
    prefix = next(
        row["inputs"]["bucketPrefix"]
        for row in committed("dev").resources
        if row["type"] == "aws:s3/bucket:Bucket" and "artifacts" in row["inputs"]["bucketPrefix"]
    )
    assert bucket
    assert len(prefix.replace("breakeven", project_of(longest, "shop", "dev"))) == 37


def changed(**changes: Any) -> dict[str, Any]:
    """The schema with other arguments: None removes one."""
    made = copy.deepcopy(schema())
    rows = made["resources"][MODEL_STACK]["inputProperties"]
    for key, row in changes.items():
        rows.pop(key) if row is None else rows.update({key: {**rows.get(key, {}), **row}})
    return made


BROKEN = {
    "removed": (changed(minSize=None), "inputProperties.minSize: removed"),
    "renamed": (changed(minSize=None, least={"type": "integer"}), "inputProperties.minSize: removed"),
    "type": (changed(minSize={"type": "string"}), "inputProperties.minSize: type integer became string"),
    "default": (changed(minSize={"default": 2}), "inputProperties.minSize: default 1 became 2"),
    "items": (
        changed(tags={"additionalProperties": {"type": "integer"}}),
        "tags.additionalProperties: type string bec",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_would_break_callers_is_not_written_under_the_same_version(kind: str, tmp_path: Path) -> None:
    found, line = BROKEN[kind]
    file = tmp_path / "schema.json"
    file.write_text(FILE.read_text(encoding="utf-8"), encoding="utf-8")
    broken = write(file, found)
    assert [row for row in broken if line in row] != []
    assert file.read_text(encoding="utf-8") == FILE.read_text(encoding="utf-8")
    assert write(file, {**found, "version": "0.2.0"}) == []
    assert json.loads(file.read_text(encoding="utf-8"))["version"] == "0.2.0"


def test_more_arguments_break_nobody_but_required_ones_do() -> None:
    more = changed(another={"type": "string"})
    assert breaks(schema(), more) == []
    more["resources"][MODEL_STACK]["requiredInputs"] = ["another"]
    assert breaks(schema(), more) == [f"{MODEL_STACK}: another became required"]
    less = copy.deepcopy(schema())
    less["resources"][MODEL_STACK]["required"].remove("endpoint")
    del less["types"][SCHEDULE]
    assert breaks(schema(), less) == [f"{MODEL_STACK}: output endpoint became optional", f"{SCHEDULE}: removed"]


def test_which_versions_may_break() -> None:
    assert is_newer("0.1.0", "0.2.0")
    assert is_newer("1.4.0", "2.0.0")
    assert not is_newer("0.1.0", "0.1.9")
    assert not is_newer("1.4.0", "1.5.0")


def test_the_page_lists_every_argument_and_output() -> None:
    text = PAGE.read_text(encoding="utf-8")
    _, _, rows = text.partition("| argument | type | default |\n|---|---|---|\n")
    assert rows.split("\n\n")[0].splitlines() == table()
    outputs = text.partition("## Outputs")[2].partition("## Arguments")[0]
    assert all(f"`{name}`" in outputs for name in {**OUTPUTS, **SOMETIMES})


def test_the_programs_of_the_page_in_go_and_yaml_use_names_of_the_schema() -> None:
    go = re.findall(r"^\t+([A-Z]\w+): ", block("go"), re.MULTILINE)
    assert go
    assert {name[0].lower() + name[1:] for name in go} <= set(INPUTS)
    document = yaml.safe_load(block("yaml"))
    (resource,) = document["resources"].values()
    assert resource["type"] == MODEL_STACK.replace(":index", "")
    assert settings_of(resource["properties"]).fleet.max_size == resource["properties"]["maxSize"]
    used = re.findall(r"\$\{hosting\.(\w+)\}", block("yaml"))
    assert set(used) <= set(OUTPUTS)
    assert Path(document["packages"]["breakeven"]).parts[-2:] == ("infra", "package")


def test_nothing_in_the_package_hides_a_standard_or_an_installed_module() -> None:
    """Its folder comes first on the path of the running package."""
    names = {path.stem for path in PACKAGE.glob("*.py") if not path.name.startswith("__")}
    assert len(names) >= 5
    assert not names & (sys.stdlib_module_names | packages_distributions().keys())


def test_the_package_asks_for_the_environment_of_the_project_and_can_be_executed() -> None:
    plugin = yaml.safe_load((PACKAGE / "PulumiPlugin.yaml").read_text(encoding="utf-8"))
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    asked = plugin["runtime"]["options"]["virtualenv"]
    assert plugin["runtime"]["name"] == project["runtime"]["name"]
    assert (PACKAGE / asked).resolve() == (ROOT / project["runtime"]["options"]["virtualenv"]).resolve()
    for line in (PACKAGE / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            assert (PACKAGE / line.partition(" ")[2]).resolve() in (ROOT, ROOT / "constraints.txt")
    assert os.access(PACKAGE / "pulumi-resource-breakeven", os.X_OK)


def test_the_defaults_alone_make_a_stack() -> None:
    assert settings_of({}).fleet.max_size == declared()["maxSize"]["default"]
