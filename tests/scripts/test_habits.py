"""What all verbs have in common: exit codes, JSON, defaults from elsewhere, how much is said, help, completion."""

import ast
import json
import os
import pty
import re
import resource
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from typer.main import get_command

from infra.costs.errors import CostError
from infra.lifecycle.training_types import NOT_BETTER
from scripts.cli import exit_codes, options, verbs
from scripts.cli.defaults import is_shared, settable
from scripts.cli.examples import EXAMPLES
from scripts.cli.exit_codes import ExitCode
from serving.errors import ServingError
from tests.scripts.command import ROOT, breakeven

SAMPLE = ROOT / "tests/infra/costs/samples/stack-export.json"
CLI = ROOT / "scripts" / "cli"


def commands() -> dict[str, Any]:
    """Every verb by its whole name."""
    found: dict[str, Any] = {}
    waiting = list(get_command(verbs.app_of()).commands.items())  # type: ignore[attr-defined]
    for name, command in waiting:
        found[name] = command
        waiting += [(f"{name} {below}", one) for below, one in getattr(command, "commands", {}).items()]
    return found


def run(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """A verb in a folder and an environment of its own; nobody's defaults are seen."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("BREAKEVEN_")}
    return subprocess.run(
        [sys.executable, "-m", "scripts.cli", *arguments],
        cwd=cwd,
        env={**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "80", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def one_line(done: subprocess.CompletedProcess[str], code: int = 3) -> str:
    assert done.returncode == code, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("breakeven: ")
    return line


# Exit codes


def below(kind: type) -> Iterator[type]:
    yield kind
    for one in kind.__subclasses__():
        yield from below(one)


def error_classes() -> list[Any]:
    for folder in ("infra", "serving"):
        for path in sorted((ROOT / folder).rglob("errors.py")):
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    import_module("infra.costs.stack")
    return [kind for base in (CostError, ServingError) for kind in below(base)]


def test_every_error_ends_with_a_code_of_the_table() -> None:
    kinds = error_classes()
    assert len(kinds) > 12
    assert {kind.__name__: kind.exit_code for kind in kinds if kind.exit_code not in set(ExitCode)} == {}


def used_names() -> set[str]:
    """What the command line ends with by name."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in CLI.glob("*.py"))
    return {
        node.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ExitCode"
    }


def test_every_code_of_the_table_is_used() -> None:
    # 2 is what Typer itself ends with.
    used = used_names() | {ExitCode(kind.exit_code).name for kind in error_classes()} | {"USAGE"}
    assert set(ExitCode.__members__) - used == set()
    assert breakeven("preview", "--nonsense").returncode == ExitCode.USAGE
    assert NOT_BETTER == ExitCode.NOT_BETTER


def test_no_verb_ends_with_a_bare_number() -> None:
    bare = [p.name for p in CLI.glob("*.py") if re.search(r"(typer\.Exit|sys\.exit)\(\d", p.read_text("utf-8"))]
    assert bare == []


def test_the_help_and_the_page_have_the_table() -> None:
    page = " ".join(breakeven("--help").stdout.split())
    assert all(f"{code.value} {code.meaning}" in page for code in ExitCode)
    assert exit_codes.as_markdown() in (ROOT / "docs/cli.md").read_text(encoding="utf-8")


# JSON


def test_every_verb_takes_json_and_says_how_much() -> None:
    lacking = [
        f"{name} {option}"
        for name, command in commands().items()
        for option in ("--json", "--quiet", "--verbose")
        if not any(option in param.opts for param in command.params)
    ]
    assert lacking == []


def test_every_verb_gives_a_document() -> None:
    """Each module ends in what writes JSON; `comment` has no result."""
    writes = re.compile(r"console\.(answer|report)\(|session\.(tell|write)\(|json\.dumps\(|work\.work\(")
    silent = [one for one in verbs.MODULES if not writes.search((CLI / f"{one}.py").read_text(encoding="utf-8"))]
    assert set(silent) <= {"comment", "rollback"}  # rollback says it through rollout's show_current


HERE = (
    "preview --stack small",
    f"estimate {SAMPLE}",
    f"explain asg --file {SAMPLE}",
    "explain-alarm",
    "explain-alarm no-instance",
    "decide --no-ask --stack small",
    "tco --stack small",
    "report --stack small --out {out}",
    "compare --stack small",
    "prices",
    "check --stack small",
    "access --stack small",
    "privacy --stack small",
    f"diff {SAMPLE} {SAMPLE}",
    "simulate --stack small --shape daily --days 0.05",
    "versions sentiment",
    "config",
)


@pytest.mark.parametrize("line", HERE, ids=lambda line: line.split()[0])
def test_json_stands_alone_on_standard_output(line: str, tmp_path: Path) -> None:
    done = run(*line.format(out=tmp_path / "page.html").split(), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)


def test_a_figure_unfolded_as_json_adds_up() -> None:
    found = json.loads(run("explain", "asg", "--file", str(SAMPLE), "--json").stdout)
    whole = json.loads(run("estimate", str(SAMPLE), "--json").stdout)
    rows = [row for row in whole["items"] if row["resource"] == "asg"]
    assert rows
    assert [row["monthly"] for row in found["items"]] == [row["monthly"] for row in rows]
    assert found["monthly"]["expected"] == f"{sum(float(row['monthly']['expected']) for row in rows):g}"


def test_a_verdict_comes_with_its_document_and_its_code() -> None:
    done = run("prices", "--stale", "0", "--json")
    assert done.returncode == ExitCode.PRICE
    assert {"file", "prices", "oldest", "age_days", "unverified"} == set(json.loads(done.stdout)[0])


def test_an_error_leaves_standard_output_empty() -> None:
    done = run("explain", "Flet", "--file", str(SAMPLE), "--json")
    assert done.stdout == ""
    one_line(done)


# Defaults


def stack_of(done: subprocess.CompletedProcess[str]) -> str:
    """Which stack a report is of."""
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[0].split("stack ")[1].split(",")[0].split()[0]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "breakeven.toml").write_text('[defaults]\nstack = "small"\n[access]\nstack = "prod"\n')
    return tmp_path


def value_of(option: str, verb: str, cwd: Path, **environment: str) -> tuple[Any, str]:
    done = run("config", verb, "--json", cwd=cwd, **environment)
    assert done.returncode == 0, done.stderr
    (row,) = [row for row in json.loads(done.stdout)["settings"] if row["option"] == option]
    return row["value"], row["source"]


def test_argument_environment_file_and_default_in_this_order(project: Path, tmp_path_factory: Any) -> None:
    empty = tmp_path_factory.mktemp("empty")
    assert value_of("stack", "preview", empty) == ("dev", "default")
    assert value_of("stack", "preview", project) == ("small", "breakeven.toml [defaults]")
    assert value_of("stack", "access", project) == ("prod", "breakeven.toml [access]")
    assert value_of("stack", "access", project, BREAKEVEN_STACK="dev") == ("dev", "BREAKEVEN_STACK")
    both = {"BREAKEVEN_STACK": "dev", "BREAKEVEN_ACCESS_STACK": "small"}
    assert value_of("stack", "access", project, **both) == ("small", "BREAKEVEN_ACCESS_STACK")
    assert stack_of(run("preview", cwd=project)) == "small"
    assert stack_of(run("preview", "--stack", "dev", cwd=project, BREAKEVEN_STACK="prod")) == "dev"


def test_a_variable_of_an_option_with_another_name_in_the_code_is_its_option_s() -> None:
    done = run("estimate", str(SAMPLE), BREAKEVEN_ESTIMATE_FORMAT="json")
    assert json.loads(done.stdout)["items"]


def test_a_path_of_the_file_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[volume]\nper_month = 7_000_000\n")
    (tmp_path / "breakeven.toml").write_text('[estimate]\nworkload = "mine.toml"\n')
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    config = str(tmp_path / "breakeven.toml")
    done = run("estimate", str(SAMPLE), "--json", cwd=elsewhere, BREAKEVEN_CONFIG=config)
    assert json.loads(done.stdout)["volume"]["per_month"] == "7000000"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[defaults]\nstak = "small"\n', "did you mean 'stack'"),
        ("[estimate]\nvolum = 5\n", "did you mean 'volume'"),
        ("[estimat]\nvolume = 5\n", "did you mean 'estimate'"),
        ("volume = 5\n", "stands in no table"),
        ("[estimate]\nstrict = 5\n", "5 is no true or false"),
        ("[estimate]\nvolume = true\n", "true or false where a value belongs"),
        ("[estimate]\nprices = 'book.toml'\n", "prices: one value"),
        ('[estimate]\nformat = "yaml"\n', "'yaml' is not one of"),
        ("[estimate\n", "not TOML"),
    ],
)
def test_what_a_file_gets_wrong_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "breakeven.toml").write_text(text)
    assert said in one_line(run("estimate", str(SAMPLE), cwd=tmp_path))


def test_a_file_that_is_named_and_not_there_is_one_line(tmp_path: Path) -> None:
    assert "no such file" in one_line(run("prices", BREAKEVEN_CONFIG=str(tmp_path / "no.toml")))


def test_config_tells_of_a_variable_that_no_option_knows(tmp_path: Path) -> None:
    done = run("config", cwd=tmp_path, BREAKEVEN_STAK="dev")
    assert "BREAKEVEN_STAK: no such variable" in done.stderr


def test_what_verbs_share_is_what_declares_a_variable() -> None:
    declared = {
        name
        for command in commands().values()
        for name, param in settable(command.params).items()
        if is_shared(param, name)
    }
    assert declared == options.SHARED
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    assert all(f"`{name.replace('_', '-')}`" in page for name in declared)


# How much is said


def test_quiet_and_verbose_stand_before_or_after_the_verb(tmp_path: Path) -> None:
    copy(ROOT / "Pulumi.yaml", tmp_path)
    line = ["init", "--project", str(tmp_path), "--task", "sentiment", "--volume", "300_000", "--yes", "--force"]
    said, quiet, also = run(*line), run(*line, "-q"), run("-q", *line)
    assert f"{tmp_path}/Pulumi.mine.yaml: written\n" in said.stderr
    assert quiet.stderr == also.stderr == ""
    assert said.stdout == quiet.stdout == also.stdout
    for done in (run("-v", "estimate", str(SAMPLE)), run("estimate", str(SAMPLE), "--verbose")):
        assert re.search(rf"^ *\d+ ms read {SAMPLE}$", done.stderr, re.MULTILINE)
    assert run("estimate", str(SAMPLE)).stderr == ""


def test_a_pipe_that_is_closed_early_ends_with_its_code() -> None:
    command = f"{shlex.quote(sys.executable)} -m scripts.cli estimate {SAMPLE} --json | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["/bin/bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("141", "0")  # 0: it had written all before the reader went
    assert done.stderr == ""


# Help


def test_every_verb_has_examples_and_help_that_shows_them() -> None:
    assert set(EXAMPLES) == set(commands())
    assert all(1 <= len(lines) <= 3 for lines in EXAMPLES.values())
    assert "Examples:\n  breakeven prices refresh --region" in run("prices", "refresh", "--help").stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_can_be_parsed(name: str) -> None:
    for line in EXAMPLES[name]:
        words = shlex.split(line)
        assert words[: len(name.split())] == name.split()
        command, group = commands()[name], words[len(name.split()) :]
        command.make_context(name, group, default_map={})  # raises what the user would see


@pytest.mark.parametrize(
    "line",
    [line for name in ("preview", "explain", "prices", "access", "privacy", "config") for line in EXAMPLES[name]],
)
def test_examples_that_need_no_account_run(line: str) -> None:
    done = run(*shlex.split(line))
    # Prices grow older, and a budget may be passed: both are answers.
    assert done.returncode in (0, ExitCode.PRICE, ExitCode.OVER_BUDGET), done.stderr
    assert done.stdout or "--stale" in line


@pytest.mark.parametrize(
    ("line", "said"),
    [("preveiw", "Did you mean 'preview'"), ("preview --stak dev", "--stack"), ("prices refesh", "'refresh'")],
)
def test_a_mistyped_verb_or_option_is_answered_with_the_one_meant(line: str, said: str) -> None:
    done = run(*line.split())
    assert done.returncode == ExitCode.USAGE
    assert said in done.stderr


# Completion

SCRIPT = """
eval "$(_BREAKEVEN_COMPLETE=source_bash breakeven)"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_breakeven_completion breakeven
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def shell_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH on which `breakeven` is what a user calls."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "breakeven"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m scripts.cli "$@"\n')
    script.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["pre"], {"preview", "predict"}),
        (["preview", "--st"], {"--stack", "--strict"}),
        (["preview", "--stack", ""], {"small", "dev", "prod"}),
        (["preview", "--format", "m"], {"markdown"}),
        (["explain", "Fl"], {"Fleet"}),
        (["explain", "rekognition_l"], {"rekognition_labels"}),
        (["archive", "eff"], {"efficientnet_lite0"}),
        (["prices", "ref"], {"refresh"}),
        (["-q", "preview", "--bu"], {"--budget"}),
    ],
)
def test_bash_completes(words: list[str], found: set[str], shell_path: str) -> None:
    done = subprocess.run(
        ["/bin/bash", "--norc", "-c", SCRIPT, "bash", "breakeven", *words],
        cwd=ROOT,
        env={**os.environ, "PATH": shell_path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=150,
    )
    assert set(done.stdout.split()) == found


def test_zsh_and_fish_get_names_with_their_help() -> None:
    zsh = run(_BREAKEVEN_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS="breakeven prev")
    assert re.search(r'"preview":"Run the Pulumi program', zsh.stdout)
    asked = {"_BREAKEVEN_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    fish = run(**asked, _TYPER_COMPLETE_ARGS="breakeven preview --stack ")
    assert set(fish.stdout.split()) == {"small", "dev", "prod"}


def test_completion_loads_one_verb_and_nothing_heavy() -> None:
    code = (
        "import sys, scripts.cli.__main__ as cli\n"
        "try:\n    cli.main()\nexcept SystemExit: pass\n"
        "print([m for m in sys.modules if m.startswith(('pulumi', 'boto', 'infra.costs.', 'torch'))"
        " or m in ('scripts.cli.sentiment', 'scripts.cli.finetune')], file=sys.stderr)"
    )
    words = {"_BREAKEVEN_COMPLETE": "complete_bash", "COMP_WORDS": "breakeven\nexplain\nFl", "COMP_CWORD": "2"}
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **words},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["Fleet"]
    assert done.stderr.strip() == "['infra.costs.errors']"
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Of a processor, whatever else the machine does; a tenth of that on a quiet one.
    assert ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime < 5


def test_the_version_is_the_project_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert breakeven("--version").stdout == f"{project['name']} {project['version']}\n"


@pytest.mark.parametrize(
    ("environment", "coloured"), [({"TERM": "xterm"}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colours_are_for_a_terminal_that_wants_them(environment: dict[str, str], coloured: bool) -> None:
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    run = subprocess.Popen(
        [sys.executable, "-m", "scripts.cli", "preview", "--stack", "small"],
        cwd=ROOT,
        env={**kept, "TERM": "xterm", **environment},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # the other end is closed
        while part := os.read(ours, 10_000):
            shown += part
    os.close(ours)
    assert run.wait(60) == 0
    assert b"Total" in shown
    assert (b"\x1b[1m" in shown) is coloured
