"""Broken inputs, a few for each reader: a result or one line that says why; and the fuzzer sees what is neither."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from infra.costs.errors import InputError
from scripts.bench import fuzz_case
from scripts.bench.fuzz import targets
from scripts.bench.fuzz_case import Run, Target, fuzz
from scripts.bench.fuzz_mutators import DEPTH, MARKER, treewise

CASES = {"readers": 25, "node": 25, "handlers": 25, "documents": 6, "cli": 6}
TARGETS = list(targets(*CASES))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("one", TARGETS, ids=[one.name for one in TARGETS])
def test_broken_inputs_end_in_a_result_or_in_one_line_that_says_why(one: Target, tmp_path: Path) -> None:
    tally = fuzz(one, CASES[one.group], 5, tmp_path)
    assert not tally.findings, tally.findings
    assert tally.good + tally.refused == tally.cases == CASES[one.group]


DEEP = b"[" * DEPTH
STATE = b'{"deployment": {"resources": %s}}'
URN = b'"urn": "urn:pulumi:saved::breakeven::x::archive", "type": "aws:s3/bucketObjectv2:BucketObjectv2"'
# What a run found, each of which ended in a traceback or reached the terminal.
FOUND = [
    ("backup-manifest", DEEP),
    ("backup-state", DEEP),
    ("backup-state", STATE % b"5"),
    ("backup-state", STATE % b"[5]"),
    ("backup-state", STATE % (b"[{%s, " % URN + b'"inputs": []}]')),
    ("backup-settings", b"config: {breakeven:modelArchive: %s}" % (b"x" * 5_000)),
    ("timeline", b'{"job": "/out/1/status.json", "word": {"ended": "", "exit_code": 1e999}}'),
    ("timeline", b'{"job": "/out/1/status.json", "word": "%s", "history": "%s", "access": "%s"}' % (DEEP, DEEP, DEEP)),
    ("timeline", b'{"label": "\\u001b[31m", "history": {"newState": {"stateValue": "\\u0007"}}, "status": "\\ud800"}'),
]


@pytest.mark.parametrize(("name", "data"), FOUND, ids=[f"{name}-{n}" for n, (name, _) in enumerate(FOUND)])
def test_what_was_found_stays_mended(name: str, data: bytes, tmp_path: Path) -> None:
    (one,) = (row for row in TARGETS if row.name == name)
    tally = fuzz(replace(one, make=lambda random: data), 1, 1, tmp_path)
    assert not tally.findings, tally.findings


def planted(run: Run) -> Target:
    @contextmanager
    def opened(folder: Path) -> Iterator[Run]:
        yield run

    return Target(name="planted", group="readers", make=lambda random: random.randbytes(4), open=opened, seconds=0.2)


def crash(data: bytes) -> str:
    return str(1 / 0)


def hang(data: bytes) -> str:
    time.sleep(2)
    return ""


def leak(data: bytes) -> str:
    raise InputError("password", f"{MARKER} is no number", "give another")


def quiet(data: bytes) -> str:
    raise InputError("size", "", "")


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (crash, "ZeroDivisionError at "),
        (hang, "over 0.2 s at "),
        (lambda data: f"shown: {MARKER}", "a secret is shown"),
        (leak, "a secret in the message of "),
    ],
)
def test_the_fuzzer_finds_what_must_not_come_out(run: Run, said: str, tmp_path: Path) -> None:
    (finding,) = fuzz(planted(run), 1, 1, tmp_path).findings
    assert finding.startswith(said)


def test_an_error_with_nothing_to_say_still_shows_that(tmp_path: Path) -> None:
    assert not fuzz(planted(quiet), 1, 1, tmp_path).findings
    with pytest.raises(InputError, match="size: ''; ''"):
        quiet(b"")


def test_a_case_is_the_same_whatever_ran_before_it(tmp_path: Path) -> None:
    seen: list[bytes] = []

    def note(data: bytes) -> str:
        seen.append(data)
        return ""

    fuzz(planted(note), 6, 3, tmp_path)
    fuzz(planted(note), 2, 3, tmp_path, first=4)
    assert seen[4:6] == seen[6:]
    assert len(set(seen)) == 6


def test_changing_a_tree_changes_no_later_one() -> None:
    first = [treewise(Random(n), b'{"a": [1, {"b": 2}]}') for n in range(200)]
    assert first == [treewise(Random(n), b'{"a": [1, {"b": 2}]}') for n in range(200)]


def test_a_finding_is_kept_with_the_input_that_showed_it(tmp_path: Path) -> None:
    tally = fuzz(planted(crash), 3, 1, tmp_path)
    fuzz_case.keep(tally, "planted", tmp_path / "kept")
    (kept,) = [path for path in (tmp_path / "kept").iterdir() if path.suffix != ".txt"]
    assert len(kept.read_bytes()) == 4
    assert "ZeroDivisionError" in kept.with_name(f"{kept.name}.txt").read_text()
