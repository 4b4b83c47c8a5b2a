"""`breakeven init` as one runs it: on a terminal, in a script, twice, interrupted; and what its files are good for."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from shutil import copy

import pytest
import yaml

from tests.scripts.command import ROOT, breakeven

QUESTIONS = ("task", "volume", "latency_ms", "region", "data_rules")
SENTIMENT = ("--task", "sentiment", "--volume", "300_000", "--yes")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    copy(ROOT / "Pulumi.yaml", tmp_path)
    return tmp_path


def init(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return breakeven("init", "--project", str(project), *arguments, cwd=project)


def names(project: Path) -> list[str]:
    return sorted(path.name for path in project.iterdir())


def one_line(done: "subprocess.CompletedProcess[str]") -> str:
    (line,) = done.stderr.splitlines()
    return line


class Terminal:
    """A terminal on which somebody answers each question as it appears."""

    def __init__(self, project: Path, *arguments: str) -> None:
        self.process, self.far = pty.fork()
        if not self.process:
            os.chdir(project)
            words = ["init", "--project", str(project), *arguments]
            os.execve(  # noqa: S606 - our own interpreter, on the terminal that was just made
                sys.executable,
                [sys.executable, "-m", "scripts.cli", *words],
                {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "80"},
            )
        self.seen = ""

    def read_on(self) -> bool:
        """Take what appears; False at the end."""
        if not select.select([self.far], [], [], 100)[0]:
            os.kill(self.process, signal.SIGKILL)
            raise AssertionError(f"nothing more appears: {self.seen}")
        try:
            found = os.read(self.far, 4096)
        except OSError:
            return False
        self.seen += found.decode()
        return bool(found)

    def type(self, *answers: str) -> int:
        """Type each answer once there is a question, then wait for the end; the exit code."""
        waiting = list(answers)
        at = 0
        while self.read_on():
            if waiting and self.seen[at:].endswith("]: "):
                at = len(self.seen)
                os.write(self.far, waiting.pop(0).encode())
        os.close(self.far)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])

    def asked(self) -> list[str]:
        """The keys that were asked for, in order."""
        return re.findall(rf"^({'|'.join(QUESTIONS)}): ", self.seen, re.MULTILINE)


def test_enter_five_times_makes_a_stack_and_shows_its_preview(project: Path) -> None:
    terminal = Terminal(project)
    assert terminal.type(*["\n"] * 5) == 0, terminal.seen
    assert terminal.asked() == list(QUESTIONS)
    assert names(project) == ["Pulumi.mine.yaml", "Pulumi.yaml", "workload.toml"]
    assert "breakeven preview    stack mine, us-east-1" in terminal.seen
    assert "Rekognition labels" in terminal.seen


def test_an_answer_that_cannot_be_is_told_and_its_question_asked_again(project: Path) -> None:
    typed = (
        "sentimnt\n",
        "sentiment\n",
        "0\n",
        "300000\n",
        "20\n",
        "800\n",
        "us-esat-1\n",
        "us-east-1\n",
        "eu\n",
        "\n",
    )
    terminal = Terminal(project)
    # Not all prices of the region that is left are known, which is no reason to write nothing.
    assert terminal.type(*typed) == 4, terminal.seen
    for told in ("did you mean 'sentiment'", "0 is out of range", "20 is out of reach", "did you mean 'us-east-1'"):
        assert told in terminal.seen
    # The rules and the region did not go together: the region, which was only just answered, is asked for again.
    assert terminal.asked() == [
        *("task", "task", "volume", "volume", "latency_ms", "latency_ms", "region", "region", "data_rules", "region")
    ]
    config = yaml.safe_load((project / "Pulumi.mine.yaml").read_text())["config"]
    assert (config["aws:region"], config["breakeven:latencyObjectiveMs"]) == ("eu-central-1", 800)
    assert "eu-central-1" in config["breakeven:allowedRegions"]


def test_only_what_is_not_given_is_asked_and_rules_yield_to_a_given_region(project: Path) -> None:
    terminal = Terminal(project, "--task", "sentiment", "--region", "us-east-1", "--latency-ms", "900")
    assert terminal.type("\n", "eu\n", "us\n") == 0, terminal.seen
    assert terminal.asked() == ["volume", "data_rules", "data_rules"]


@pytest.mark.parametrize(("key", "code", "told"), [("\x03", 130, ""), ("\x04", 3, "no answer")])
@pytest.mark.parametrize("answered", [0, 3])
def test_giving_up_at_a_question_leaves_nothing(project: Path, answered: int, key: str, code: int, told: str) -> None:
    terminal = Terminal(project)
    assert terminal.type(*["\n"] * answered, key) == code, terminal.seen
    assert told in terminal.seen
    assert "Traceback" not in terminal.seen
    assert names(project) == ["Pulumi.yaml"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, "subprocess.CompletedProcess[str]"]:
    """A project in which a script ran the verb once."""
    folder = tmp_path_factory.mktemp("project")
    copy(ROOT / "Pulumi.yaml", folder)
    return folder, init(folder, "--stack", "first", *SENTIMENT)


Made = tuple[Path, "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("preview", ("--workload", "workload.toml", "--strict")),
        ("check", ()),
        ("decide", ("--workload", "workload.toml", "--no-ask")),
    ],
)
def test_the_files_are_what_other_verbs_take(made: Made, verb: str, arguments: tuple[str, ...]) -> None:
    folder, done = made
    assert done.returncode == 0, done.stderr
    found = breakeven(verb, "--stack", "first", "--project", str(folder), *arguments, cwd=folder)
    assert found.returncode == 0, found.stdout + found.stderr
    if verb == "preview":
        assert found.stdout == done.stdout, "the preview at the end is the ordinary one"
    if verb == "decide":
        assert "stack first on" in found.stdout


def test_the_command_it_names_shows_the_same(made: Made) -> None:
    folder, done = made
    (command,) = re.findall(r"breakeven (preview .*)$", done.stderr, re.MULTILINE)
    assert breakeven(*command.split(), cwd=folder).stdout == done.stdout


def test_a_script_is_never_asked_and_is_told_what_was_taken(project: Path) -> None:
    done = init(project, "--stack", "s", "--task", "sentiment")
    assert done.returncode == 0
    assert "Nobody can be asked here, so by default: volume 2,000,000; latency_ms 1000; region us-east-1" in done.stderr
    quiet = init(project, "--stack", "t", "--yes", "--task", "sentiment")
    assert "by default" not in quiet.stderr


def test_a_second_stack_leaves_the_first_alone(made: Made) -> None:
    folder, _ = made
    before = {path.name: path.read_bytes() for path in folder.glob("*.*") if "second" not in path.name}
    assert init(folder, "--stack", "second", *SENTIMENT).returncode == 0
    assert (folder / "workload.second.toml").is_file()
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_what_is_there_is_replaced_by_force_alone(made: Made) -> None:
    folder, _ = made
    before = {path: path.read_bytes() for path in folder.glob("*first*")} | {
        folder / "workload.toml": (folder / "workload.toml").read_bytes()
    }
    refused = init(folder, "--stack", "first", "--task", "sentiment", "--volume", "7000", "--yes")
    assert refused.returncode == 3
    assert "Pulumi.first.yaml: is there already; give another --stack, or --force to replace it" in one_line(refused)
    assert {path: path.read_bytes() for path in before} == before
    replaced = init(folder, "--stack", "first", "--task", "sentiment", "--volume", "7000", "--yes", "--force")
    assert replaced.returncode == 0
    assert "per_month = 7_000" in (folder / "workload.toml").read_text()
    # The same answers give back the same bytes.
    assert init(folder, "--stack", "first", *SENTIMENT, "--force").returncode == 0
    assert {path: path.read_bytes() for path in before} == before


def test_json_says_what_was_answered_written_and_what_it_costs(made: Made) -> None:
    folder, _ = made
    found = init(folder, "--stack", "third", *SENTIMENT, "--json")
    document = json.loads(found.stdout)
    assert [Path(path).name for path in document["files"].values()] == ["Pulumi.third.yaml", "workload.third.toml"]
    assert all(Path(path).is_file() for path in document["files"].values())
    assert document["answers"] == {
        "task": "sentiment",
        "volume": "300000",
        "latency_ms": "1000",
        "region": "us-east-1",
        "data_rules": [],
        "given": ["task", "volume"],
    }
    preview = ("preview", "--stack", "third", "--workload", "workload.third.toml", "--project", str(folder), "--json")
    assert document["preview"] == json.loads(breakeven(*preview, cwd=folder).stdout)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--task", "sentimnt"), "--task: 'sentimnt' is unknown, did you mean 'sentiment'?"),
        (("--task", "text-generation"), "breakeven measure smollm2_135m_instruct"),
        (("--volume", "-3"), "--volume: '-3' cannot be a quantity"),
        (("--latency-ms", "20"), "20 is out of reach"),
        (("--region", "us-esat-1"), "--region: 'us-esat-1' is no region of AWS, did you mean 'us-east-1'?"),
        (("--data-rules", "eu", "--region", "us-east-1"), "eu does not allow us-east-1; use one of eu-central-1"),
        (("--model", "resnt50"), "model resnt50: no such model; did you mean resnet50?"),
        (("--model", "resnet50", "--task", "sentiment"), "model resnet50: its task is image-labels"),
        (("--stack", "Mine"), "stack Mine: a name is a lower case letter"),
        (("--prices", "none.toml"), "none.toml"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(project: Path, arguments: tuple[str, ...], told: str) -> None:
    done = init(project, "--yes", *arguments)
    assert (done.returncode, done.stdout) == (3, "")
    assert told in one_line(done)
    assert names(project) == ["Pulumi.yaml"]


def test_a_region_without_all_prices_is_written_and_ends_with_the_code_of_a_missing_price(project: Path) -> None:
    done = init(project, "--task", "sentiment", "--region", "eu-south-2", "--yes")
    assert done.returncode == 4
    assert "breakeven prices refresh --region eu-south-2" in done.stderr.splitlines()[-1]
    assert "Not priced: 0." not in done.stdout
    assert names(project) == ["Pulumi.mine.yaml", "Pulumi.yaml", "workload.toml"]


MISTYPED: Mapping[str, tuple[str, str]] = {
    "minSiez: 1": ("minSize: 1", "minSiez: no such setting; did you mean minSize"),
    "[g4nd.xlarge]": ("[t3.medium]", "no capacity of g4nd.xlarge with sentiment is known, did you mean 'g4dn.xlarge'?"),
    "[t3.meduim]": ("[t3.medium]", "'t3.meduim' has not the shape of one, did you mean 't3.medium'?"),
    "model: sentimnt": ("model: sentiment", "did you mean sentiment?"),
    "us-esat-1": ("us-east-1", "no prices for region 'us-esat-1', did you mean 'us-east-1'?"),
    "us-east1": ("us-east-1", "'us-east1' has not the shape of one, did you mean 'us-east-1'?"),
    "per_moth = ": ("per_month = ", "per_moth: unknown key, did you mean 'per_month'?"),
    "[volum]": ("[volume]", "[volum]: unknown section, did you mean 'volume'?"),
}


@pytest.mark.parametrize("slip", MISTYPED)
def test_a_slip_in_a_written_file_is_answered_with_the_nearest_name(made: Made, tmp_path: Path, slip: str) -> None:
    meant, told = MISTYPED[slip]
    folder, _ = made
    copy(ROOT / "Pulumi.yaml", tmp_path)
    texts = {name: (folder / name).read_text() for name in ("Pulumi.first.yaml", "workload.toml")}
    assert any(meant in text for text in texts.values())
    for name, text in texts.items():
        (tmp_path / name).write_text(text.replace(meant, slip))
    done = breakeven("preview", "--stack", "first", "--project", ".", "--workload", "workload.toml", cwd=tmp_path)
    assert done.returncode in (3, 4)
    assert told in " ".join((done.stderr + done.stdout).split())


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("explain Flet", "did you mean 'Fleet'?"),
        ("explain FLEET", "did you mean 'Fleet'?"),
        ("preview --stack pord", "did you mean prod?"),
        ("prices --region us-esat-1", "did you mean 'us-east-1'?"),
        ("cheapest --model resnt50", "did you mean resnet50?"),
        ("config previw", "did you mean 'preview'?"),
    ],
)
def test_a_slip_on_the_command_line_is_answered_with_the_nearest_name(line: str, told: str) -> None:
    done = breakeven(*line.split())
    assert done.returncode in (3, 4)
    assert told in done.stderr
