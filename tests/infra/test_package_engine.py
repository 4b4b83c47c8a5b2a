"""The component package under the real engine: its schema as the engine reads it, and a Python program that uses it."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from infra.costs.estimate import estimate
from infra.costs.readers import parse_stack
from infra.costs.workload import Workload
from infra.emulator import emulator
from infra.package.breaks import breaks
from infra.package.declared import MODEL_STACK
from tests.infra.engine import PROVIDER_SETTINGS, Engine, needs_engine
from tests.infra.package_callers import PACKAGE, PAGE, REGION, SCHEMA, block, expected, program, python_caller

pytestmark = needs_engine
STACK = "dev"
# A preview as JSON leaves the outputs of a stack out; what a program says of them it shows.
SAID = "\nhosting.cost_per_month.apply(lambda cost: pulumi.log.warn(f'bill dev {cost}'))\n"
WRONG = 'import pulumi_breakeven\n\npulumi_breakeven.ModelStack("hosting", egress="nta")\n'


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A project of its own, which has of this one no more than the path of the package."""
    with emulator() as aws:
        engine = Engine(tmp_path_factory.mktemp("caller"), aws)
        for name in ("infra", "serving", "Pulumi.yaml"):
            (engine.project / name).unlink()
        # The tests' own environment, in which nothing has to be set up first.
        engine.environment["BREAKEVEN_PYTHON"] = sys.executable
        python_caller(engine.project, block("python") + SAID)
        config = {"config": {"aws:region": REGION, **PROVIDER_SETTINGS}}
        (engine.project / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(config))
        engine("stack", "init", STACK)
        yield engine


@pytest.fixture(scope="module")
def previewed(caller: Engine) -> dict[str, Any]:
    return dict(json.loads(caller.preview(STACK)))


def test_the_engine_reads_the_committed_schema_from_the_running_package(caller: Engine) -> None:
    found = json.loads(caller("package", "get-schema", str(PACKAGE / "pulumi-resource-breakeven")))
    assert breaks(SCHEMA, found) == breaks(found, SCHEMA) == []
    assert {key: value for key, value in found.items() if value} == SCHEMA


def test_a_python_program_gets_the_resources_of_the_program(previewed: dict[str, Any]) -> None:
    created = Counter(row["newState"]["type"] for row in previewed["steps"] if row["op"] == "create")
    assert created - Counter(["pulumi:pulumi:Stack"]) == expected()
    names = {row["newState"]["inputs"].get("name") for row in previewed["steps"] if row["newState"].get("inputs")}
    assert "shop-dev-fleet" in names


def test_a_python_program_is_told_the_bill_before_anything_is_created(previewed: dict[str, Any]) -> None:
    (said,) = [row["message"] for row in previewed["diagnostics"] if "bill dev" in row["message"]]
    assert str(program().outputs["costPerMonth"]["expected"]) in said


def test_what_a_callers_stack_costs_can_be_estimated_as_any_other(previewed: dict[str, Any]) -> None:
    priced = estimate(parse_stack(json.dumps(previewed), STACK), workload=Workload())
    assert priced.unpriced == ()
    assert priced.monthly("expected") == estimate(program().as_stack(), workload=Workload()).monthly("expected")


def test_a_wrong_argument_is_told_in_one_line_and_nothing_is_created(caller: Engine, previewed: dict[str, Any]) -> None:
    assert previewed["steps"]
    python_caller(caller.project, WRONG)
    done = caller.attempt("preview", "--stack", STACK)
    (line,) = [row.strip() for row in done.stdout.splitlines() if "property egress" in row]
    assert done.returncode != 0
    assert line.removeprefix("- ") in PAGE.read_text(encoding="utf-8")
    assert "Traceback" not in done.stdout.partition("property egress")[0]
    assert f"+ {MODEL_STACK}" not in done.stdout
