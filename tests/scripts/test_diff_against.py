"""`breakeven diff --against COMMIT` as a user runs it in a repository of their own."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.scripts.command import ROOT, breakeven
from tests.scripts.repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """`small` and `dev`, committed."""
    made = Repository(tmp_path / "shop", "small", "dev")
    made.commit()
    return made


def compared(repository: Repository, *more: str) -> dict[str, dict[str, object]]:
    folder = str(repository.folder)
    done = breakeven("diff", "--project", folder, "--against", "HEAD", "--json", "--fail-on", "nothing", *more)
    assert done.returncode == 0, done.stderr
    return {row["stack"]: row for row in json.loads(done.stdout)["stacks"]}


def expected(stack: str, *more: str) -> Decimal:
    done = breakeven("preview", "--stack", stack, "--format", "json", *more)
    return Decimal(json.loads(done.stdout)["monthly"]["expected"])


def test_the_difference_is_that_of_two_previews_and_other_stacks_do_not_change(repository: Repository) -> None:
    repository.change("small", minSize=3, maxSize=3)
    found = compared(repository)
    assert Decimal(found["small"]["changes"]["before"]["expected"]) == expected("small")
    assert found["small"]["changes"]["delta"]["low"] > "0"
    assert [row["resource"] for row in found["small"]["changes"]["changes"]] == ["fleet", "registry"]
    assert found["dev"]["changes"]["changes"] == []


def test_each_side_is_priced_with_its_own_workload(repository: Repository) -> None:
    file = repository.folder / "workload.toml"
    text = file.read_text().replace("per_month = 2_000_000", "per_month = 20_000_000")
    assert text != file.read_text()
    file.write_text(text)
    change = compared(repository, "--stack", "dev")["dev"]["changes"]
    assert Decimal(change["before"]["expected"]) == expected("dev")
    assert Decimal(change["after"]["expected"]) == expected("dev", "--volume", "20_000_000")
    assert change["delta"]["expected"] != "0"


def test_a_stack_that_is_new_and_one_that_is_gone_are_told(repository: Repository) -> None:
    (repository.folder / "Pulumi.dev.yaml").rename(repository.folder / "Pulumi.next.yaml")
    found = compared(repository)
    assert (found["next"]["is_new"], found["next"]["is_gone"]) == (True, False)
    assert (found["dev"]["is_new"], found["dev"]["is_gone"]) == (False, True)
    assert found["dev"]["changes"]["after"]["expected"] == "0"
    gone, new = (Decimal(found[name]["changes"]["delta"]["expected"]) for name in ("dev", "next"))
    assert gone == -new != 0


def test_the_own_budget_and_a_given_one_end_with_code_five_unless_told_otherwise(repository: Repository) -> None:
    arguments = ["diff", "--project", str(repository.folder), "--against", "HEAD", "--stack", "small"]
    repository.change("small", budgetUsd=20)
    own = breakeven(*arguments)
    assert own.returncode == 5
    assert "over budget: stack small: 39." in own.stderr
    assert breakeven(*arguments, "--budget", "100").returncode == 0
    assert breakeven(*arguments, "--fail-on", "rules").returncode == 0


def test_a_stack_that_cannot_be_read_has_its_place_and_code_three(repository: Repository) -> None:
    repository.change("small", zones="many")
    done = breakeven("diff", "--project", str(repository.folder), "--against", "HEAD", "--format", "markdown")
    assert done.returncode == 3
    assert "`small` |  |  | :x: cannot be used" in done.stdout
    assert "zones: 'many' is not a whole number" in done.stdout
    assert "| `dev` |" in done.stdout
    assert done.stderr.count("\n") == 1


def test_a_base_that_cannot_be_read_gives_no_difference_and_no_failure(repository: Repository) -> None:
    repository.change("small", zones="many")
    repository.commit()
    repository.change("small", zones=1)
    done = breakeven("diff", "--project", str(repository.folder), "--against", "HEAD", "--format", "markdown")
    assert done.returncode == 0, done.stderr
    assert "no difference, since the base cannot be read: zones" in done.stdout
    assert "| `small` | unknown |" in done.stdout


def test_archives_that_are_built_elsewhere_are_not_needed(repository: Repository) -> None:
    repository.change("dev", modelArchive="model_store/next.mar", nodeBundle="model_store/node.tar.gz")
    found = compared(repository, "--stack", "dev", "--with-check")
    assert found["dev"]["problem"] == ""
    assert found["dev"]["rules"]["mandatory"] == []


def test_a_hook_before_the_first_commit_compares_with_nothing(tmp_path: Path) -> None:
    fresh = Repository(tmp_path / "fresh", "small")
    assert compared(fresh)["small"]["is_new"] is True


@pytest.mark.parametrize("reference", ["nowhere", "--output=x", "HEAD:Pulumi.yaml"])
def test_what_is_no_commit_is_told_in_one_line(repository: Repository, reference: str) -> None:
    done = breakeven("diff", "--project", str(repository.folder), f"--against={reference}")
    assert done.returncode == 3
    assert done.stderr.startswith(f"breakeven: --against {reference}: ")
    assert done.stderr.count("\n") == 1


def test_a_folder_outside_any_repository_and_two_ways_at_once_are_refused(tmp_path: Path) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    outside = breakeven("diff", "--project", str(tmp_path), "--against", "main")
    assert outside.returncode == 3
    assert "not a git repository" in outside.stderr
    assert breakeven("diff", "old.json", "--against", "main").returncode == 2


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no git repository: the sources were unpacked from an archive")
def test_in_the_projects_own_repository_the_base_is_run_by_its_own_program() -> None:
    done = breakeven("diff", "--against", "HEAD", "--stack", "small", "--format", "json")
    (found,) = json.loads(done.stdout)["stacks"]
    assert found["problem"] == ""
    assert Decimal(found["changes"]["before"]["expected"]) > 0
