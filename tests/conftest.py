"""Files that use the real engine come first; at the end it says how many tests did, or why none did."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "engine: runs the real Pulumi engine and an AWS provider against the emulator")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Engine tests take minutes and mostly wait: begun last, one of them would run alone at the end."""
    with_engine = {item.path for item in items if item.get_closest_marker("engine")}
    items.sort(key=lambda item: item.path not in with_engine)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    every = [row for rows in terminalreporter.stats.values() for row in rows]
    reports = [row for row in every if isinstance(row, pytest.TestReport) and "engine" in row.keywords]
    ran = {row.nodeid for row in reports if row.when == "call"}
    skipped = {row.nodeid: row.longrepr[2] for row in reports if isinstance(row.longrepr, tuple)}
    if ran or skipped:
        reasons = f", {len(skipped)} skipped ({'; '.join(sorted(set(skipped.values())))})" if skipped else ""
        terminalreporter.write_line(f"engine tests: {len(ran)} ran{reasons}")
