"""Which process gets which file, in which order; at the end it says how many tests used the engine, or why none did.

Files that use the engine wait for most of their minutes, the others compute: half of the processes begin with the ones
and half with the others, so that the cores are busy from the first minute to the last.
"""

import gc
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
# Files of more than a minute, longest first: begun late, one of them would run alone at the end.
LONG = (
    "scripts/test_lifecycle_faults.py",
    "infra/test_engine_changes.py",
    "scripts/test_teardown.py",
    "infra/test_engine_canary.py",
    "scripts/test_backup.py",
    "scripts/test_sandbox.py",
    "infra/test_engine.py",
    "scripts/test_tutorial.py",
    "scripts/test_lifecycle.py",
    "test_code_blocks_engine.py",
    "infra/test_engine_faults.py",
    "infra/test_upgrade.py",
    "serving/finetune/test_training.py",
    "test_code_blocks.py",
    "scripts/test_habits.py",
    "serving/test_end_to_end.py",
    "scripts/test_finetune.py",
    "serving/documents/run/test_api.py",
    "serving/documents/run/test_ray.py",
    "infra/policy/test_pack.py",
    "infra/costs/test_cheapest.py",
)


def pytest_configure(config: pytest.Config) -> None:
    # What is loaded with the tests stays to the end: to look through it again and again is a third of collecting them.
    gc.disable()
    config.addinivalue_line("markers", "engine: runs the real Pulumi engine and an AWS provider against the emulator")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that use the engine first, and of these and the others the longest."""
    order = {str(HERE / name): place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: (not uses_engine(item.path), order.get(str(item.path), len(order))))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@cache
def uses_engine(file: Path) -> bool:
    """Whether a file's tests are marked so: the process that hands out files has the names of tests alone."""
    text = file.read_text(encoding="utf-8")
    return "needs_engine" in text or "mark.engine" in text


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Whole files, from two lines; a process whose own line has ended takes from the other."""
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

    class TwoLines(LoadFileScheduling):  # type: ignore[misc]
        def _assign_work_unit(self, node: Any) -> None:
            with_engine = int(node.gateway.id.removeprefix("gw")) % 2 == 0
            own = (name for name in self.workqueue if uses_engine(config.rootpath / name) is with_engine)
            first = next(own, None)
            if first is not None:
                self.workqueue.move_to_end(first, last=False)
            super()._assign_work_unit(node)

    return TwoLines(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    every = [row for rows in terminalreporter.stats.values() for row in rows]
    reports = [row for row in every if isinstance(row, pytest.TestReport) and "engine" in row.keywords]
    ran = {row.nodeid for row in reports if row.when == "call"}
    skipped = {row.nodeid: row.longrepr[2] for row in reports if isinstance(row.longrepr, tuple)}
    if ran or skipped:
        reasons = f", {len(skipped)} skipped ({'; '.join(sorted(set(skipped.values())))})" if skipped else ""
        terminalreporter.write_line(f"engine tests: {len(ran)} ran{reasons}")
