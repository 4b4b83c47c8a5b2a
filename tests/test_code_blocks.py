"""Every block of the documents runs: commands, programs, data by its own reader, output beside what is printed."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from pathlib import PurePath

import pytest

from infra.record import record
from tests.code_blocks import aws, blocks, commands, parsing, readers, running, shapes
from tests.code_blocks.blocks import Block
from tests.code_blocks.commands import Command
from tests.code_blocks.world import World

NOT_RUN = {
    "README.ja.md": 6,
    "README.md": 7,
    "docs/finetune.md": 4,
    "docs/how-to/own-model.md": 2,
    "docs/operations.md": 34,
    "docs/package.md": 7,
    "docs/sandbox.md": 5,
    "docs/serving.md": 3,
    "docs/tutorial.md": 2,
}
"""Commands, and other blocks, that nothing runs from here, by page; `commands.why_not` and the marks say why."""
KINDS = (*commands.LANGUAGES, "toml", "yaml", "json", "python", "text")
PAGES = [str(page.relative_to(blocks.ROOT)) for page in blocks.pages()]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world") / "project")
    yield made
    made.close()


@pytest.fixture(scope="module")
def runner(world: World) -> Iterator[running.Runner]:
    with running.account() as account:
        made = running.Runner(world, account)
        yield made
        made.close()


def of_page(page: str, *languages: str) -> list[Block]:
    found = blocks.of(blocks.ROOT / page)
    return [block for block in found if block.language in languages and "not run" not in block.marks]


def of(page: str) -> list[Command]:
    return list(commands.of_page(blocks.of(blocks.ROOT / page)))


def before_a_stack(page: str) -> list[Command]:
    """All commands; of a page that is one journey those before its first stack, on which the others build."""
    if page not in commands.JOURNEYS:
        return of(page)
    return list(takewhile(lambda command: not (command.is_verb and command.needs_stack), of(page)))


def with_any(*languages: str) -> list[str]:
    return [page for page in PAGES if of_page(page, *languages)]


WITH_COMMANDS = [page for page in PAGES if of(page)]


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_commands_run(page: str, runner: running.Runner) -> None:
    failed, waiting = [], [block for block in blocks.of(blocks.ROOT / page) if "file" in block.marks]
    for command in filter(commands.runs_here, before_a_stack(page)):
        while waiting and waiting[0].line < command.block.line:
            runner.world.put(waiting.pop(0))
        done = runner.run(command)
        if done.code != commands.CODES.get(command.text, 0):
            failed.append(f"{command.where}: {done.code} {done.error}")
    runner.world.restore()
    assert failed == []


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is_and_somebody_runs_or_reads_it(page: str) -> None:
    for block in blocks.of(blocks.ROOT / page):
        assert block.language in KINDS or "not run" in block.marks, block.where
        if block.language == "text":
            assert {"output", "output, not compared", "keys of"} & set(block.marks), f"{block.where}: what is it?"
    for command in of(page):
        known = command.is_verb or command.words[0] in commands.SHELL or commands.why_not(command)
        assert known, f"{command.where}: a program that no test runs"


@pytest.mark.parametrize("page", PAGES)
def test_every_command_takes_what_it_is_given(page: str) -> None:
    for command in (*of(page), *(one for block in of_page(page, "text") for one in commands.shown(block))):
        if command.is_verb:
            parsing.look(command)
        elif command.words[0] == "aws":
            aws.look(command)


def test_what_is_read_alone_is_counted() -> None:
    """The list grows by a decision, not by itself."""
    alone = Counter(command.block.page for page in PAGES for command in of(page) if commands.why_not(command))
    alone.update(b.page for b in blocks.every() if "not run" in b.marks and b.language not in commands.LANGUAGES)
    assert dict(alone) == NOT_RUN


@pytest.mark.parametrize("page", with_any("toml", "yaml"))
def test_data_is_read_by_its_own_reader(page: str, world: World) -> None:
    for block in of_page(page, "toml", "yaml"):
        readers.read(block, world)
    world.restore()


@pytest.mark.parametrize("block", [block for block in blocks.every() if "file" in block.marks], ids=lambda b: b.where)
def test_a_file_of_a_page_is_used_by_a_command_after_it(block: Block) -> None:
    path = PurePath(block.marks["file"])
    name = path.parent.name if path.stem == "capacity" else path.stem.removeprefix("Pulumi.")
    after = [command.text for command in of(block.page) if command.block.line > block.line]
    assert path.name == "breakeven.toml" or any(name in text for text in after)


@pytest.mark.parametrize("page", with_any("python"))
def test_programs_run(page: str, runner: running.Runner) -> None:
    for block in of_page(page, "python"):
        assert readers.python(block, runner).strip()
    runner.world.restore()


@pytest.mark.parametrize("page", with_any("json"))
def test_a_document_has_the_keys_of_one_that_is_made(page: str, runner: running.Runner) -> None:
    for block in of_page(page, "json"):
        shown = json.loads(block.text)
        made = runner.answer(str(shown["model"]))
        assert shapes.of(shown) == shapes.of(made), block.where


OUTPUTS = [block for block in blocks.every() if "output" in block.marks]


@pytest.mark.parametrize("block", OUTPUTS, ids=lambda block: f"{block.page}-{block.marks['output']}")
def test_an_output_is_what_is_printed(block: Block, world: World) -> None:
    done = world.verb(*block.marks["output"].removeprefix("breakeven ").split())
    # A line of dots stands for lines that the page leaves out.
    shown = ".*".join(map(re.escape, block.text.split("...\n")))
    assert re.fullmatch(shown, done.out, re.DOTALL), f"{block.where}: {done.out} {done.error}"


DOCUMENTED = [block for block in blocks.every() if "keys of" in block.marks]


@pytest.mark.parametrize("block", DOCUMENTED, ids=lambda block: block.page)
def test_a_document_has_no_key_that_its_page_lacks(block: Block, world: World) -> None:
    page = (blocks.ROOT / block.page).read_text(encoding="utf-8")
    for part, asked in zip(shapes.parts(block), block.marks["keys of"].split("; "), strict=True):
        made = record("prod").outputs if asked == "outputs" else json.loads(world.verb(*asked.split()).out)
        assert shapes.undocumented(part, page, made) == set(), f"{block.where}: {asked}"
        assert shapes.outdated(part, made) == set(), f"{block.where}: {asked}"


WRONG = (
    "breakeven preview --stak dev",
    "breakeven previw",
    "breakeven archive",
    "breakeven explain Fleet Network",
    "aws autoscaling describe-scaling --max-items 3",
    "aws autoscaling describe-scaling-activities --group x",
)


@pytest.mark.parametrize("line", WRONG)
def test_a_line_that_cannot_run_is_found(line: str) -> None:
    (block,) = blocks.found(f"```sh\n{line}\n```\n", "a page")
    (command,) = commands.of_page([block])
    with pytest.raises(AssertionError, match="a page:1: "):
        (parsing if command.is_verb else aws).look(command)


def test_a_block_that_says_nothing_of_itself_is_found() -> None:
    (block,) = blocks.found("<!-- read as: usage -->\n\n```\ntext\n```\n", "a page")
    assert (block.language, block.marks) == ("", {})
