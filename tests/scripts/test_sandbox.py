"""A stack on this machine as a user runs it: the whole journey with the real engine, and what a mistake looks like."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest
import yaml

from tests.infra.engine import needs_engine
from tests.scripts.command import ROOT
from tests.scripts.stage import Done, one_line, verb

GOOD = "Wonderful product, I love it. It works perfectly and the support was great."
BAD = "The delivery was late and the box was broken. Terrible service, I am very disappointed."


class Sandboxed:
    """A project of its own with one stack, `small`, which serves the model for sentiment."""

    def __init__(self, folder: Path, store: Path) -> None:
        self.folder = folder
        for name in ("infra", "serving"):
            (folder / name).symlink_to(ROOT / name)
        (folder / ".venv").symlink_to(sys.prefix)
        shutil.copy(ROOT / "Pulumi.yaml", folder)
        self.file = folder / "Pulumi.small.yaml"
        shutil.copy(ROOT / "Pulumi.small.yaml", self.file)
        self.change(model="sentiment")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_BACKEND"))}
        # Whoever has real keys keeps them: a sandbox must not see these.
        real = {"AWS_ACCESS_KEY_ID": "real", "AWS_SECRET_ACCESS_KEY": "real", "AWS_PROFILE": "none-such"}
        self.environment = {**kept, **real, "BREAKEVEN_MODEL_STORE": str(store)}

    @property
    def place(self) -> Path:
        return self.folder / ".breakeven" / "sandbox" / "small"

    def change(self, **changes: object) -> None:
        document = yaml.safe_load(self.file.read_text())
        document["config"] |= {f"breakeven:{key}": value for key, value in changes.items()}
        self.file.write_text(yaml.safe_dump(document))

    def __call__(self, name: str, *arguments: str, **environment: str) -> Done:
        asked = (name, *arguments, "--stack", "small", "--sandbox")
        return verb(*asked, project=self.folder, environment={**self.environment, **environment})

    def fine(self, name: str, *arguments: str) -> str:
        done = self(name, *arguments)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:] + self.log()
        return done.stdout

    def log(self) -> str:
        log = self.place / "log"
        return log.read_text()[-2000:] if log.is_file() else ""

    def running(self) -> list[psutil.Process]:
        """The sandbox's background process and all that it has started."""
        roots = [
            process
            for process in psutil.process_iter(["cmdline"])
            if {"infra.sandbox", str(self.folder)} <= set(process.info["cmdline"] or ())
        ]
        return [one for root in roots for one in (root, *root.children(recursive=True))]

    def pretend(self, pid: int, started: float) -> None:
        """The record of a process that is none of the sandbox's."""
        (self.place / "state").mkdir(parents=True)
        record = {
            "pid": pid,
            "started": started,
            "aws": "http://127.0.0.1:9",
            "entry": "http://127.0.0.1:9",
            "work": "",
        }
        (self.place / "running.json").write_text(json.dumps(record))


def _runs(process: psutil.Process) -> bool:
    """Whether it does; one that has ended and that nobody waited for is listed all the same."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where archives are built, once for the file."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def sandboxed(tmp_path: Path, store: Path) -> Iterator[Sandboxed]:
    found = Sandboxed(tmp_path, store)
    yield found
    shutil.rmtree(found.place, ignore_errors=True)  # ends what a failed test has left running
    _until(lambda: not found.running())


def _until(holds: object, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.2)


@pytest.mark.engine
@pytest.mark.skipif(needs_engine[1].args[0], reason=needs_engine[1].kwargs["reason"])
def test_the_whole_journey_without_an_account(sandboxed: Sandboxed, tmp_path: Path) -> None:
    # S3 writes access logs into a bucket that was emptied already, and a protected one is not emptied by the provider.
    sandboxed.change(accessLogs=True, deletionProtection=True)
    own = sandboxed.file.read_text()
    _goes_up(sandboxed)
    _predicts(sandboxed, tmp_path / "documents")
    sandboxed.change(rootVolumeGb=20)
    assert "~ Fleet/fleet" in sandboxed.fine("diff")
    assert "updated   ec2/launchTemplate" in sandboxed.fine("up")
    assert "0.9" in sandboxed.fine("predict", "--text", GOOD)
    assert sandboxed("sweep").returncode == 8
    processes, work = sandboxed.running(), json.loads((sandboxed.place / "running.json").read_text())["work"]
    assert any("org.pytorch.serve.ModelServer" in process.cmdline() for process in processes)
    said = sandboxed.fine("destroy")
    assert "Nothing billable is left of breakeven/small." in said
    assert "nothing of it is left" in said
    assert not (sandboxed.folder / ".breakeven").exists()
    assert not Path(work).exists()
    assert not any(map(_runs, processes))
    assert "has no sandbox" in sandboxed.fine("sweep")
    # The engine writes its salt into a stack's file; the user's own is not touched.
    assert (
        yaml.safe_load(own)["config"] | {"breakeven:rootVolumeGb": 20}
        == yaml.safe_load(sandboxed.file.read_text())["config"]
    )
    assert "encryptionsalt" not in sandboxed.file.read_text()


def _goes_up(sandboxed: Sandboxed) -> None:
    done = sandboxed("up")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:] + sandboxed.log()
    for words in (
        "emulated   AWS (moto",
        "real       Pulumi engine",
        "not shown  speed",
        "served     sentiment",
    ):
        assert words in done.stderr
    assert 'It answers: {"schema":"1","model":"sentiment"' in done.stdout
    outputs = json.loads(sandboxed.fine("outputs", "--json"))
    assert outputs["endpoint"].startswith("http://127.0.0.1:")
    assert outputs["endpoint"].endswith("/predictions/sentiment")
    assert outputs["endpoint"] in done.stdout
    call = outputs["call"].replace("@input", f"'{GOOD}'")
    pasted = subprocess.run(["/bin/bash", "-c", call], capture_output=True, text=True, timeout=60, check=False)
    assert json.loads(pasted.stdout)["predictions"][0]["label"] == "positive", pasted.stdout + pasted.stderr


def _predicts(sandboxed: Sandboxed, documents: Path) -> None:
    said = sandboxed.fine("predict", "--text", GOOD, BAD).splitlines()
    assert [line.split()[-2] for line in said] == ["positive", "negative"]
    (documents / "inner").mkdir(parents=True)
    (documents / "bad.txt").write_text(BAD)
    (documents / "inner" / "good.txt").write_text(GOOD)
    rows = [json.loads(line) for line in sandboxed.fine("sentiment", str(documents)).splitlines()]
    labels = {Path(row["id"]).name: row["label"] for row in rows}
    assert labels == {"bad.txt": "negative", "good.txt": "positive"}
    sample = documents / "bad.txt"
    load = json.loads(sandboxed.fine("load", "--input", str(sample), "--seconds", "1", "--json"))
    assert load["answered"] > 0
    assert load["errors"] == {}


def test_an_up_that_is_stopped_before_anything_is_there_leaves_nothing(sandboxed: Sandboxed) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "scripts.cli", "up", "--stack", "small", "--sandbox"],
        cwd=ROOT,
        env={**sandboxed.environment, "BREAKEVEN_PROJECT": str(sandboxed.folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    lines = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith("Sandbox of stack small"):
            assert sandboxed.running()
            process.send_signal(signal.SIGINT)
            break
    _, errors = process.communicate(timeout=150)
    assert process.returncode == 130, "".join(lines) + errors
    assert not (sandboxed.folder / ".breakeven").exists()
    assert sandboxed.running() == []


def test_without_a_sandbox_there_is_nothing_to_look_at(sandboxed: Sandboxed) -> None:
    for name, *arguments in (["outputs"], ["predict", "--text", "x"], ["diff"], ["refresh"], ["destroy"]):
        done = sandboxed(name, *arguments)
        assert done.returncode == 3
        assert "it has no sandbox; breakeven up --sandbox --stack small makes one" in one_line(done)
    assert "has no sandbox" in sandboxed.fine("sweep")


def test_a_lost_account_is_told_and_can_be_forgotten(sandboxed: Sandboxed) -> None:
    me = psutil.Process()
    # The number of a process that runs, but began at another time: it is another one, and must be left alone.
    sandboxed.pretend(me.pid, me.create_time() - 100)
    for name in ("outputs", "diff"):
        done = sandboxed(name)
        assert done.returncode == 7
        assert "the emulated account with it; breakeven destroy --sandbox --stack small forgets it" in one_line(done)
    assert "is forgotten" in sandboxed.fine("destroy")
    assert not (sandboxed.folder / ".breakeven").exists()


def test_a_lost_account_that_held_a_stack_is_not_replaced_unasked(sandboxed: Sandboxed) -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    sandboxed.pretend(int(gone.stdout), 1.0)
    state = sandboxed.place / "state" / ".pulumi" / "stacks" / "breakeven"
    state.mkdir(parents=True)
    (state / "small.json").write_text('{"checkpoint": {"latest": {"resources": [{"id": "vpc-1"}]}}}')
    done = sandboxed("up")
    assert done.returncode == 7
    assert "forgets it" in one_line(done)
    assert (state / "small.json").is_file()


def test_a_model_that_nothing_can_stand_in_for_is_refused_with_those_that_are_here(sandboxed: Sandboxed) -> None:
    asked = (
        "from infra.sandbox.served import choose; from infra.settings import ModelSettings\n"
        "choose(ModelSettings(model='smollm2_135m_instruct', model_archive='', node_bundle=''))"
    )
    said = _python(asked, sandboxed.environment).stderr.splitlines()[-1]
    assert "model smollm2_135m_instruct: neither its weights nor those of another model" in said
    assert said.endswith("fetches them; here are efficientnet_lite0, minilm, sentiment")


def test_a_missing_extra_is_one_line(sandboxed: Sandboxed) -> None:
    hidden = (
        "import sys; sys.modules['moto'] = None; sys.argv[1:] = ['up', '--sandbox', '--stack', 'small']\n"
        "from scripts.cli.__main__ import main; main()"
    )
    done = _python(hidden, {**sandboxed.environment, "BREAKEVEN_PROJECT": str(sandboxed.folder)})
    assert done.returncode == 3
    assert "--sandbox: moto is not installed; pip install -e '.[sandbox]'" in one_line(done)


def test_the_variable_keeps_other_verbs_from_the_real_account(sandboxed: Sandboxed) -> None:
    done = verb(
        "timeline", "--stack", "small",
        project=sandboxed.folder, environment={**sandboxed.environment, "BREAKEVEN_SANDBOX": "1"},
    )  # fmt: skip
    assert done.returncode == 3
    assert "BREAKEVEN_SANDBOX: this verb knows no sandbox" in one_line(done)
    done = verb(
        "outputs", "--stack", "small",
        project=sandboxed.folder, environment={**sandboxed.environment, "BREAKEVEN_SANDBOX": "1"},
    )  # fmt: skip
    assert "it has no sandbox" in one_line(done)


def test_a_model_of_the_same_task_stands_in_and_is_named(sandboxed: Sandboxed) -> None:
    asked = (
        "from infra.record import read_config; from infra.sandbox.served import choose\n"
        "from pathlib import Path; found = choose(read_config('dev').settings().model)\n"
        "print(found.wanted, found.model, found.is_stand_in)"
    )
    assert _python(asked, sandboxed.environment).stdout.split() == ["resnet50", "efficientnet_lite0", "True"]


def _python(program: str, environment: Mapping[str, str]) -> Done:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False
    )
