"""Says at the end of a run how many tests used the real engine, or why none did."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "engine: runs the real Pulumi engine and an AWS provider against the emulator")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    every = [row for rows in terminalreporter.stats.values() for row in rows]
    reports = [row for row in every if isinstance(row, pytest.TestReport) and "engine" in row.keywords]
    ran = {row.nodeid for row in reports if row.when == "call"}
    skipped = {row.nodeid: row.longrepr[2] for row in reports if isinstance(row.longrepr, tuple)}
    if ran or skipped:
        reasons = f", {len(skipped)} skipped ({'; '.join(sorted(set(skipped.values())))})" if skipped else ""
        terminalreporter.write_line(f"engine tests: {len(ran)} ran{reasons}")
