"""`breakeven finetune` as a user runs it, with models and a store of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from serving.model import MODELS
from tests.scripts.command import ROOT
from tests.serving.finetune.sets import MOODS, SIGNALS, Words, moods


class Bench:
    """A copy of the models, an empty store, and the verb."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models, self.store = folder / "models", folder / "store"
        shutil.copytree(MODELS, self.models, ignore=shutil.ignore_patterns("__pycache__"))

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        own = {"BREAKEVEN_MODELS": str(self.models), "BREAKEVEN_MODEL_STORE": str(self.store), "COLUMNS": "80"}
        return subprocess.run(
            [sys.executable, "-m", "scripts.cli", *arguments], cwd=ROOT, env={**os.environ, **own},
            capture_output=True, text=True, timeout=900,
        )  # fmt: skip

    def data(self, words: Words = SIGNALS) -> str:
        """Texts with labels: signals, whose meaning no stock model knows, or moods, which it does."""
        return str(moods(self.folder / "moods.csv", 120, words=words))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


QUICK = ("--epochs", "4", "--threads", "1", "--no-compile")


def test_a_better_version_is_told_costed_registered_and_rolled_out(bench: Bench) -> None:
    done = bench("finetune", "sentiment", bench.data(), *QUICK, "--curve", "20", "--data-licence", "CC0-1.0")
    assert done.returncode == 0, done.stderr
    assert max(len(line) for line in done.stdout.splitlines() if str(bench.folder) not in line) <= 80
    said = done.stdout
    for words in ("macro F1 (95 %)", "Learning curve", "Break-even", "Next, in the article's order", "is current"):
        assert words in said
    inner = bench.models / "sentiment" / "versions" / "1.1"
    assert "CC0-1.0" in (inner / "card.md").read_text(encoding="utf-8")
    listed = json.loads(bench("versions", "sentiment", "--format", "json").stdout)
    current = [row for row in listed["versions"] if row["current"]]
    assert [row["version"] for row in current] == ["1.1"]
    assert (bench.store / "sentiment.mar").is_file()
    assert not list((bench.store / "finetune").iterdir()), "what is registered leaves no work behind"


def test_a_worse_version_is_refused_unless_told_to(bench: Bench) -> None:
    data = Path(bench.data(MOODS))
    lines = data.read_text(encoding="utf-8").splitlines()
    swap = {"negative": "positive", "positive": "negative"}
    rows = [line.rsplit(",", 1) for line in lines[1:]]
    data.write_text(
        "text,label,split\n"
        + "\n".join(
            f"{text},{label if i % 3 == 0 else swap[label]},{('test', 'train', 'validation')[i % 3]}"
            for i, (text, label) in enumerate(rows)
        )
    )
    arguments = ("finetune", "sentiment", str(data), "--epochs", "6", "--threads", "1", "--no-compile", "--no-cost")
    done = bench(*arguments)
    assert done.returncode == 13
    assert done.stderr.splitlines()[-1].startswith("breakeven: sentiment: not registered, since it is not better than")
    assert not (bench.models / "sentiment" / "versions").exists()
    again = bench(*arguments, "--even-if-worse")
    assert again.returncode == 0, again.stderr
    assert "Trained before" in again.stderr
    assert (bench.models / "sentiment" / "versions" / "1.1" / "card.md").is_file()


def test_json_has_all_and_registers_nothing_when_told_so(bench: Bench) -> None:
    done = bench("finetune", "sentiment", bench.data(), *QUICK, "--no-register", "--format", "json", "--goal", "0.99")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["outcome"]["macro_f1"]["value"] > 0.9
    assert found["outcome"]["current"]["name"] == "version 1.0"
    assert {api["api"] for api in found["cost"]["apis"]} >= {"comprehend_custom", "openai_gpt_4o_mini_tuned"}
    assert len(found["cost"]["steps"]) == 5
    assert Path(found["folder"], "model.toml").is_file()
    assert not (bench.models / "sentiment" / "versions").exists()


def test_checking_alone_names_rows_and_trains_nothing(bench: Bench) -> None:
    data = Path(bench.data())
    data.write_text(data.read_text(encoding="utf-8") + "\n" + '"  ",negative\n', encoding="utf-8")
    done = bench("finetune", "sentiment", str(data), "--check")
    assert done.returncode == 0
    assert "left out  empty" in done.stdout
    assert "moods.csv:122" in done.stdout or "moods.csv:123" in done.stdout
    assert not (bench.store / "finetune").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "MODEL: not given"),
        (("sentiment",), "DATA: not given"),
        (("sentiment", "nowhere.csv"), "nowhere.csv: no such file or folder"),
        (("sentimant", "{data}"), "did you mean sentiment?"),
        (("sentiment", "{data}", "--text-column", "words"), "column 'words' is not there (text, label)"),
        (("sentiment", "{data}", "--epochs", "0"), "--epochs: 0 is out of range"),
        (("sentiment", "{data}", "--curve", "many"), "--curve: 'many' is no list of numbers"),
        (("sentiment", "{data}", "--on", "nostack", "--yes"), "nostack"),
    ],
)
def test_a_users_mistake_is_one_line(bench: Bench, arguments: tuple[str, ...], says: str) -> None:
    done = bench("finetune", *(word.format(data=bench.data()) for word in arguments))
    assert done.returncode == 3, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("breakeven: ")
    assert says in line


def test_data_that_stops_is_told_before_anything_is_trained(bench: Bench) -> None:
    path = bench.folder / "one.csv"
    path.write_text("text,label\n" + "\n".join(f"all is well {i},positive" for i in range(40)))
    done = bench("finetune", "sentiment", str(path))
    assert done.returncode == 3
    assert "STOP      one class" in done.stdout
    assert "cannot be trained on as it is" in done.stderr
    assert not (bench.store / "finetune").exists()
