"""The page on the sandbox, from the first command to the last: real engine, real model server."""

import os
from collections.abc import Iterator

import pytest

from tests.code_blocks import blocks, commands, running
from tests.code_blocks.world import World
from tests.infra.engine import needs_engine

pytestmark = needs_engine
# Followed in a shell of its own, as a reader would: tests/scripts/test_tutorial.py.
PAGES = [page for page in commands.JOURNEYS if page != "docs/tutorial.md"]


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[running.Runner]:
    world = World(tmp_path_factory.mktemp("journey") / "project")
    made = running.Runner(world, {"HOME": os.environ["HOME"]})
    yield made
    made.close()
    world.close()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_followed_to_its_end(page: str, runner: running.Runner) -> None:
    followed = 0
    for command in commands.of_page(blocks.of(blocks.ROOT / page)):
        if not commands.why_not(command):
            done = runner.run(command)
            assert done.code == 0, f"{command.where}: {done.code} {done.out[-2000:]} {done.error[-3000:]}"
            followed += 1
    assert followed > 8
    assert not (runner.world.folder / ".breakeven").exists(), "a sandbox is left"
    runner.world.restore()
