"""docs/faults.md says what is true: its proofs are tests, its alarms exist, and what is unproven says why."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from infra.record import Recording
from tests.infra.stack_variants import canary, committed, of_type, trial

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
COLUMNS = ("fault", "caller sees", "alarm", "recovers by itself", "lost", "proof")
UNPROVEN = "not provable here: "
TELLS = ("cloudwatch/metricAlarm:MetricAlarm", "cloudwatch/compositeAlarm:CompositeAlarm", "budgets/budget:Budget")


@dataclass(frozen=True)
class Fault:
    """One row of the table."""

    fault: str
    caller_sees: str
    alarm: str
    recovers: str
    lost: str
    proof: str

    @property
    def proven(self) -> bool:
        return not self.proof.startswith(UNPROVEN)


def cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip("|").split("|"))


LINES = [cells(line) for line in TEXT.splitlines() if line.startswith("|") and not line.startswith("|---")]
FAULTS = [Fault(*row) for row in LINES if row != COLUMNS]


@cache
def functions_of(path: Path) -> frozenset[str]:
    """Names of the tests of a file; of one within a class, with the class's."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    found |= {f"{one.name}::{node.name}" for one in classes for node in one.body if isinstance(node, ast.FunctionDef)}
    return frozenset(name for name in found if name.rpartition("::")[2].startswith("test_"))


def existing_test(proof: str) -> bool:
    path, _, name = proof.partition("::")
    file = ROOT / "tests" / path
    return file.is_file() and name in functions_of(file)


@cache
def alarms() -> dict[str, bool]:
    """Every alarm and budget that a stack can have, and whether it tells somebody or acts by itself."""
    stacks: list[Recording] = [committed(name) for name in ("small", "dev", "prod")]
    stacks += [trial(minSize=0, scaleToZero=True, intake=True), trial(probe=True), canary(alarms="all")]
    rows = [row for stack in stacks for kind in TELLS for row in of_type(stack, kind)]
    return {row["urn"].rpartition("::")[2]: bool(row["inputs"].get("alarmActions")) for row in rows}


def test_there_are_many_faults_and_most_are_proven() -> None:
    assert len(FAULTS) >= 60
    assert len([fault for fault in FAULTS if fault.proven]) >= 50
    assert len({fault.fault for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("row", FAULTS, ids=lambda fault: fault.fault)
def test_every_fault_is_whole_and_proven_by_tests_or_says_why_it_is_not(row: Fault) -> None:
    assert all(vars(row).values())
    if not row.proven:
        assert len(row.proof.removeprefix(UNPROVEN).split()) >= 5
        return
    proofs = re.findall(r"`(.+?)`", row.proof)
    assert ", ".join(f"`{proof}`" for proof in proofs) == row.proof
    assert [proof for proof in proofs if not existing_test(proof)] == []


def test_every_alarm_exists_and_every_alarm_that_tells_is_for_some_fault() -> None:
    rows = [fault.alarm for fault in FAULTS if not fault.alarm.startswith("none")]
    named = {name for row in rows for name in re.findall(r"`([a-z][a-z0-9-]+)`", row)}
    assert named - alarms().keys() == set()
    assert {name for name, tells in alarms().items() if tells} - named == set()
