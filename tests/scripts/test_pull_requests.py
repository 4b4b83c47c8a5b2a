"""What runs on other people's pull requests: the action's steps, GitLab's job, the commit hook, and their comment."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.scripts.command import ROOT
from tests.scripts.forge import TOKEN, Forge, forge
from tests.scripts.repository import ENVIRONMENT, Repository

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
MARK = "<!-- breakeven: breakeven -->\n"
# The interpreter of the tests has all that is needed; else each script would set up an environment of its own.
FOREIGN = "token-of-a-fork"
READY = {**ENVIRONMENT, "BREAKEVEN_PYTHON": sys.executable}


@pytest.fixture
def service() -> Iterator[Forge]:
    with forge() as found:
        yield found


class Job:
    """A runner of composite actions: expressions, conditions, environment and outputs, as GitHub documents them."""

    def __init__(self, folder: Path, repository: Repository, service: Forge, base: str) -> None:
        self.folder, self.repository = folder, repository
        folder.mkdir()
        (folder / "event.json").write_text(json.dumps({"pull_request": {"number": 7, "base": {"sha": base}}}))
        self.values = {
            "github.event.pull_request": "[object Object]",
            "github.event.pull_request.base.sha": base,
            "github.token": TOKEN,
        }
        self.environment = {
            **READY,
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_API_URL": service.address,
            "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "RUNNER_TEMP": str(folder),
        }
        self.said = ""

    def run(self, **inputs: str) -> int:
        """All steps; the exit code of the one that fails, else 0."""
        values = dict(self.values)
        for name, row in ACTION["inputs"].items():
            values[f"inputs.{name}"] = inputs.get(name.replace("-", "_"), self._shown(row["default"], values))
        for number, step in enumerate(ACTION["runs"]["steps"]):
            if not self._holds(step.get("if", ""), values):
                continue
            outputs = self.folder / f"outputs-{number}"
            outputs.write_text("")
            code = self._step(step, values, outputs)
            if code:
                return code
            written = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
            values |= {f"steps.{step.get('id')}.outputs.{key}": value for key, value in written.items()}
        return 0

    def _step(self, step: Mapping[str, Any], values: Mapping[str, str], outputs: Path) -> int:
        own = {key: self._shown(text, values) for key, text in step.get("env", {}).items()}
        done = subprocess.run(
            [step["shell"], "--noprofile", "--norc", "-eo", "pipefail", "-c", self._shown(step["run"], values)],
            cwd=self.repository.folder,
            env={**self.environment, "GITHUB_OUTPUT": str(outputs), **own},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        self.said += done.stdout + done.stderr
        return done.returncode

    @staticmethod
    def _shown(text: str, values: Mapping[str, str]) -> str:
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda match: values[match[1]], text)

    @staticmethod
    def _holds(condition: str, values: Mapping[str, str]) -> bool:
        terms = [re.fullmatch(r"(\S+)(?: == '(.*)')?", term) for term in condition.split(" && ") if term]
        return all(values[term[1]] == term[2] if term[2] is not None else values[term[1]] for term in terms if term)


@pytest.fixture
def pull_request(tmp_path: Path, service: Forge) -> Job:
    """A branch that makes `small` larger, opened against a commit that the clone does not have yet, as on GitHub."""
    origin = Repository(tmp_path / "origin", "small")
    base = origin.commit()
    origin.git("checkout", "--quiet", "-b", "larger")
    origin.change("small", minSize=2)
    origin.commit()
    clone = tmp_path / "shop"
    command = ["git", "clone", "--quiet", "--depth=1", "--branch=larger", f"file://{origin.folder}", str(clone)]
    subprocess.run(command, check=True, env=ENVIRONMENT)
    repository = Repository.of(clone)
    assert repository.git("rev-list", "--all", "--count") == "1"
    return Job(tmp_path / "job", repository, service, base)


def test_the_action_makes_one_comment_and_changes_it_on_the_next_push(pull_request: Job, service: Forge) -> None:
    service.holds("Nice!", f"> {MARK}quoted", *["chatter"] * 120)
    assert pull_request.run(budget="100") == 0, pull_request.said
    first = service.bodies()[-1]
    assert first.startswith(f"{MARK}## breakeven: +")
    assert "| changed `fleet` | Fleet |" in first
    assert ":white_check_mark: 0 mandatory" in first
    assert (pull_request.folder / "summary.md").read_text() == first.removeprefix(MARK)
    pull_request.repository.change("small", minSize=1)
    assert pull_request.run() == 0, pull_request.said
    assert len(service.comments) == 123
    assert service.bodies()[-1].startswith(f"{MARK}## breakeven: 0.00 USD a month")
    assert service.bodies()[:2] == ["Nice!", f"> {MARK}quoted"]
    assert [method for method, _ in service.asked] == ["GET", "GET", "POST", "GET", "GET", "PATCH"]


def test_over_budget_fails_after_the_comment_and_only_where_asked_for(pull_request: Job, service: Forge) -> None:
    assert pull_request.run(budget="50") == 5
    assert ":x: above 50.00" in service.bodies()[-1]
    assert pull_request.run(budget="50", fail_on="rules") == 0
    assert len(service.comments) == 1


def test_a_mandatory_rule_fails_with_code_ten_and_is_marked_as_new(pull_request: Job, service: Forge) -> None:
    # A stack with no written exception for its public addresses.
    folder = pull_request.repository.folder
    (folder / "Pulumi.tiny.yaml").write_text((folder / "Pulumi.small.yaml").read_text())
    assert pull_request.run(stacks="tiny", budget="100") == 10
    assert re.search(r"\| mandatory \| CKV_AWS_88 \| `Fleet node` \| .* \| \*\*new\*\* \|", service.bodies()[-1])
    assert pull_request.run(stacks="tiny", budget="100", check="false") == 0
    assert "CKV_AWS_88" not in service.bodies()[-1]


def test_a_token_that_may_not_write_is_a_warning_and_the_summary_has_the_text(
    pull_request: Job, service: Forge
) -> None:
    assert pull_request.run(budget="100", token=FOREIGN) == 0
    assert service.comments == []
    assert "answers 401 (Bad credentials); give a token that may write comments" in pull_request.said
    assert "::warning title=breakeven::" in pull_request.said
    assert FOREIGN not in pull_request.said
    assert "## breakeven" in (pull_request.folder / "summary.md").read_text()


def test_without_a_pull_request_there_is_no_base_and_one_line_says_so(pull_request: Job) -> None:
    assert pull_request.run(against="") == 2
    assert "AGAINST: is empty" in pull_request.said


def test_gitlabs_job_writes_one_note_and_changes_it(pull_request: Job, service: Forge, tmp_path: Path) -> None:
    job = yaml.safe_load((ROOT / "docs/examples/merge-request.gitlab-ci.yml").read_text())["breakeven"]
    lines = [line for line in job["script"] if not line.startswith("git clone")]
    assert len(lines) == len(job["script"]) - 1
    script = "\n".join(lines).replace("/opt/breakeven", str(ROOT))
    environment = {
        **READY,
        "GITLAB_CI": "true",
        "CI_API_V4_URL": service.address,
        "CI_PROJECT_ID": "acme/shop",
        "CI_MERGE_REQUEST_IID": "7",
        "GITLAB_TOKEN": TOKEN,
        "AGAINST": pull_request.values["github.event.pull_request.base.sha"],
        "GITHUB_OUTPUT": job["variables"]["GITHUB_OUTPUT"],
        "FAIL_ON": "rules",
        "TMPDIR": str(tmp_path),
    }
    for _ in range(2):
        done = subprocess.run(
            [shutil.which("bash") or "bash", "-eo", "pipefail", "-c", script],
            cwd=pull_request.repository.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert [body.partition("\n")[0] + "\n" for body in service.bodies()] == [MARK]
    assert [method for method, _ in service.asked] == ["GET", "POST", "GET", "PUT"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--repository", "acme/other"], 3, "answers 404 (Not Found); check repository and number"),
        (["--api", "http://example.com"], 3, "http://example.com: is no https address"),
        (["--api", "http://127.0.0.1:1"], 3, "cannot be reached"),
        (["--number", "seven"], 2, "this job runs for none"),
        (["--tag", "-->"], 2, "use letters"),
    ],
)
def test_what_stands_in_the_way_of_a_comment_is_told(
    service: Forge, arguments: list[str], code: int, said: str
) -> None:
    given = ["--on", "github", "--repository", "acme/shop", "--number", "7", "--api", service.address]
    done = subprocess.run(
        [sys.executable, "-m", "scripts.cli", "comment", "-", *given, *arguments],
        env={**ENVIRONMENT, "PYTHONPATH": str(ROOT), "GITHUB_TOKEN": TOKEN, "COLUMNS": "200"},
        input="text",
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert TOKEN not in done.stderr
    assert service.comments == []


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        ("action.yml", ["vendor.github-actions"]),
        ("docs/examples/pull-request.yml", ["vendor.github-workflows"]),
        ("docs/examples/merge-request.gitlab-ci.yml", ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"]),
    ],
)
def test_files_of_others_have_the_shape_that_their_schema_asks_for(file: str, schema: list[str]) -> None:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, str(ROOT / file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_workflow_gives_only_inputs_that_the_action_has() -> None:
    workflow = yaml.safe_load((ROOT / "docs/examples/pull-request.yml").read_text())
    (step,) = [step for step in workflow["jobs"]["cost"]["steps"] if "breakeven" in step["uses"]]
    assert step["with"].keys() <= ACTION["inputs"].keys()
    assert workflow["permissions"]["pull-requests"] == "write"


def test_the_hook_refuses_a_commit_above_the_budget_and_passes_the_others(tmp_path: Path) -> None:
    pytest.importorskip("pre_commit", reason="pre-commit is not installed")
    hooks = tmp_path / "hooks"
    (hooks / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    # The hook's own repository, where a hook's entry is looked up; it goes on to the sources here.
    (hooks / "scripts" / "breakeven").write_text(f'#!/bin/sh\nexec "{ROOT}/scripts/breakeven" "$@"\n')
    (hooks / "scripts" / "breakeven").chmod(0o755)
    tool = Repository.of(hooks)
    tool.git("init", "--quiet")
    revision = tool.commit()
    repository = Repository(tmp_path / "shop", "small")
    row = {"repo": str(hooks), "rev": revision, "hooks": [{"id": "breakeven"}]}
    (repository.folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [row]}))
    repository.commit()

    def hook() -> "subprocess.CompletedProcess[str]":
        repository.git("add", "--all")
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--verbose", "--color=never"],
            cwd=repository.folder,
            env={**READY, "PRE_COMMIT_HOME": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    (repository.folder / "notes.md").write_text("nothing that costs")
    assert "no files to check" in hook().stdout
    repository.change("small", minSize=2, budgetUsd=500)
    larger = hook()
    assert larger.returncode == 0, larger.stdout
    assert "~ Fleet/fleet" in larger.stdout
    repository.change("small", budgetUsd=50)
    refused = hook()
    assert refused.returncode == 1
    assert "exit code: 5" in refused.stdout
    assert "over budget: stack small" in refused.stdout
