"""One emulator for all tests of a folder; each test has names of its own in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.emulator import Interception, emulator
from infra.emulator.patches import lifecycle
from tests.serving.node import world as worlds


@pytest.fixture(scope="session")
def aws() -> Iterator[Interception]:
    lifecycle.apply()
    between = Interception()
    with emulator(between) as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield between


@pytest.fixture
def world(aws: Interception, tmp_path: Path) -> Iterator[worlds.World]:
    with worlds.world(tmp_path) as made:
        made.put_in(made.this, "Pending:Wait")
        yield made
