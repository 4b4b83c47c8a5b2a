"""A stack that an earlier version deployed, under the program as it is now: what `up` would do to it.

`states/` holds what `pulumi stack export` said of stacks that commit 8627d20 (2026-11-23, before the first release)
deployed against the emulator with the real engine; stack traces are taken out.
"""

import json
import lzma
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.costs.estimate import estimate
from infra.costs.readers import parse_stack
from infra.emulator import emulator
from infra.lifecycle.data import is_data
from tests.infra.engine import Engine, changes, needs_engine
from tests.scripts.command import breakeven
from tests.scripts.stage import Stage

STATES = Path(__file__).with_name("states")
STACKS = ("small", "prod")
# What is gone for good with the resource, beside what `--keep-data` would keep.
DATA = ("aws:sqs/queue:Queue", "aws:dynamodb/table:Table", "aws:efs/fileSystem:FileSystem", "aws:secretsmanager/")
# Deleted by an upgrade, each with its reason.
DELETED: Mapping[str, str] = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment::node-session-manager": "five actions in the place of a policy",
}


def exported(stack: str) -> str:
    return lzma.decompress((STATES / f"0.1.0-2026-11-23-{stack}.json.xz").read_bytes()).decode()


def data(document: Mapping[str, Any]) -> set[str]:
    """The URNs of what holds data."""
    rows = document["deployment"]["resources"]
    return {row["urn"] for row in rows if is_data(row) or row["type"].startswith(DATA)}


@pytest.mark.parametrize("stack", STACKS)
def test_the_old_state_is_read_and_priced(stack: str) -> None:
    text = exported(stack)
    priced = estimate(parse_stack(text, stack))
    assert priced.unpriced == ()
    assert priced.monthly("expected") > 0
    assert {urn.split("::")[2].rpartition("$")[2] for urn in data(json.loads(text))} >= {
        "aws:s3/bucket:Bucket",
        "aws:kms/key:Key",
        "aws:cloudwatch/logGroup:LogGroup",
    }


def test_the_estimate_of_an_old_state_is_a_verb_away(tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    file.write_text(exported("prod"))
    done = breakeven("estimate", str(file), "--strict")
    assert done.returncode == 0, done.stderr
    assert "Not priced: 0" in done.stdout


@dataclass(frozen=True)
class Imported:
    """An engine whose state is that of the old stacks; what they described is in no account."""

    engine: Engine
    previews: Mapping[str, str]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Imported]:
    with emulator() as aws:
        engine, previews = Engine(tmp_path_factory.mktemp("engine"), aws), {}
        for stack in STACKS:
            file = engine.project / "old.json"
            file.write_text(exported(stack))
            engine.create(stack)
            engine("stack", "import", "--stack", stack, "--file", str(file))
            previews[stack] = engine.preview(stack)
        yield Imported(engine, previews)


class TestEngine:
    pytestmark = needs_engine

    @pytest.mark.parametrize("stack", STACKS)
    def test_an_upgrade_replaces_nothing_and_deletes_no_data(self, imported: Imported, stack: str) -> None:
        steps = json.loads(imported.previews[stack])["steps"]
        ended = {step["urn"] for step in steps if "replace" in step["op"] or "delete" in step["op"]}
        assert {"::".join(urn.split("$")[-1].split("::")) for urn in ended} == set(DELETED)
        assert ended.isdisjoint(data(json.loads(exported(stack))))
        # The comparison has something to compare: the same resources, most of them changed by nothing.
        assert "update" in " ".join(changes(imported.previews[stack]))
        kept = {step["urn"] for step in steps} | {"same"}
        assert json.loads(imported.previews[stack])["changeSummary"]["same"] > len(kept) / 2

    @pytest.mark.parametrize("stack", STACKS)
    def test_diff_reads_the_old_state_and_prices_the_upgrade(self, imported: Imported, stack: str) -> None:
        done = Stage(imported.engine)("diff", "--stack", stack, "--json")
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert found["before"]["expected"] != "0"
        assert found["not_priced"] == []
        assert all(row["kind"] != "removed" for row in found["changes"])

    def test_destroy_reads_the_old_state_and_refuses_without_an_answer(self, imported: Imported) -> None:
        done = Stage(imported.engine)("destroy", "--stack", "small", "--keep-data")
        assert done.returncode == 2
        assert "What stops being paid" in done.stdout + done.stderr
        assert "nobody can be asked here" in done.stderr

    def test_refresh_reads_the_old_state_and_finds_that_nothing_of_it_is_there(self, imported: Imported) -> None:
        said = imported.engine("refresh", "--preview-only", "--stack", "small")
        assert "Resources:" in said
        assert "to delete" in said or "deleted" in said
