"""Command lines of the documents, one by one: what each is, and where it can run."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise, takewhile

from tests.code_blocks.blocks import ROOT, Block, of

LANGUAGES = ("console", "sh")
PROGRAMS = ("scripts/breakeven", "breakeven")
SHELL = ("mkdir", "echo", "cat", "sed", "cp")
"""Programs of every shell that a page may use, run as they stand."""
OTHERS = {
    "aws": "needs an account; held against AWS's model of the service",
    "git": "the copy of the project is the clone",
    "cd": "the copy of the project is where commands run",
    "pulumi": "runs in the tests of the engine",
    "scripts/test": "this test is one of those that it runs",
}
"""Programs that are not run from here, and why."""
LOCAL = "http://127.0.0.1:8080"
OF_A_STACK = {"up", "destroy", "sweep", "doctor", "outputs", "timeline", "backup", "restore", "refresh"}
"""Verbs that read or change what is deployed, whatever their options say."""
STACK = "needs a stack in an account; tests/scripts/test_lifecycle.py has one's whole life in the emulator"
JOURNEYS = ("docs/tutorial.md", "docs/sandbox.md")
"""Pages that are followed from their first command to their last, with the real engine in a sandbox."""
OF_ONE_IF_SANDBOXED = {"predict", "load", "sentiment", "diff"}
CODES = {
    # The recorded price list of the region is a part of the real one.
    "preview --stack eu --prices eu-prices.toml": 4,
}
"""What a command ends with, where that is not 0 and the page says so."""
READ_ALONE: dict[str, str] = {
    r"smollm2_135m_instruct": "its weights come from the network",
    r"^measure ": "loads all cores for minutes",
    r"^finetune (?!.*--check)": "trains for minutes to an hour; tests/scripts/test_finetune.py trains, too",
    r"^(backup|restore) .*(s3://|/mnt/)": "writes to a place outside the project",
}
"""Commands that are held against the real options and no more, and why."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command of a block; `words` without what stands after a `>`, which is `target`, or before it (`A=b`)."""

    block: Block
    words: tuple[str, ...]
    target: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_verb(self) -> bool:
        """Whether it is one of the command line of this project."""
        return self.words[0] in PROGRAMS

    @property
    def arguments(self) -> tuple[str, ...]:
        """What follows the program's name."""
        return self.words[1:]

    @property
    def text(self) -> str:
        """The arguments in one line, to be looked up."""
        return " ".join(self.arguments if self.is_verb else self.words)

    @property
    def is_sandboxed(self) -> bool:
        """Whether it looks at the emulated account."""
        return "--sandbox" in self.words or "BREAKEVEN_SANDBOX" in self.environment

    @property
    def needs_stack(self) -> bool:
        """Whether something must be deployed, in an account or in a sandbox."""
        verb, *rest = self.arguments
        return (
            verb in OF_A_STACK
            or (self.is_sandboxed and verb in OF_ONE_IF_SANDBOXED)
            or (verb == "diff" and "--against" not in rest and not _operands(rest))
            or (verb in ("predict", "load") and "--stack" in rest)
            or (verb == "finetune" and "--on" in rest)
        )

    @property
    def where(self) -> str:
        """For the message of a failure."""
        return f"{self.block.where}: {self.text}"


def _operands(words: list[str]) -> list[str]:
    return [word for before, word in pairwise(["", *words]) if not (word.startswith("-") or before.startswith("--"))]


def of_page(blocks: Iterable[Block]) -> Iterator[Command]:
    """The commands of a page in their order: what one exports holds for those that follow."""
    exported: dict[str, str] = {}
    for block in blocks:
        if block.language in LANGUAGES:
            for command in _of(block):
                if command.words[0] == "export":
                    exported |= dict(word.split("=", 1) for word in command.words[1:])
                else:
                    yield replace(command, environment={**exported, **command.environment})


def _of(block: Block) -> Iterator[Command]:
    """The commands of a block; a comment is none, and `&&` joins two."""
    for line in block.text.replace("\\\n", " ").splitlines():
        words = _words(line)
        while words:
            end = words.index("&&") if "&&" in words else len(words)
            yield _command(block, words[:end])
            words = words[end + 1 :]


def _words(line: str) -> list[str]:
    reader = shlex.shlex(line, posix=True, punctuation_chars="&|;>")
    reader.whitespace_split, reader.commenters = True, "#"
    return list(reader)


def _command(block: Block, words: list[str]) -> Command:
    target = ""
    if ">" in words:
        at = words.index(">")
        words, target = words[:at], words[at + 1]
    before = list(takewhile(re.compile(r"[A-Z_]+=\S*").fullmatch, words))
    environment = dict(word.split("=", 1) for word in before)
    return Command(block=block, words=tuple(words[len(before) :]), target=target, environment=environment)


def why_not(command: Command) -> str:
    """Why nothing runs a command; empty where something does."""
    stated = command.block.marks.get("not run", "") or OTHERS.get(command.words[0], "")
    known = stated or next((why for pattern, why in READ_ALONE.items() if re.search(pattern, command.text)), "")
    if known or not command.is_verb or not command.needs_stack or command.text in _on_journeys():
        return known
    return STACK


@cache
def _on_journeys() -> frozenset[str]:
    blocks = (block for page in JOURNEYS for block in of(ROOT / page))
    return frozenset(command.text for command in of_page(blocks))


def runs_here(command: Command) -> bool:
    """Whether it is run without anything that is deployed."""
    return not why_not(command) and not (command.is_verb and command.needs_stack)


def shown(block: Block) -> Iterator[Command]:
    """Commands that an output shows before it: `$ breakeven ...`."""
    for line in block.text.splitlines():
        if line.startswith("$ "):
            yield _command(block, _words(line.removeprefix("$ ")))
