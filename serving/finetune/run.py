"""A fine-tuning from the data to a version that can be registered."""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from serving.digest import sha256_of
from serving.errors import InputError
from serving.finetune import answers, card, encode, judge, report, result
from serving.finetune.checks import Limits, check
from serving.finetune.encode import IMAGES, TASKS
from serving.finetune.job import Job
from serving.finetune.outcome import Beside, Outcome, Point, verdict
from serving.finetune.read import read
from serving.finetune.scores import Scores
from serving.finetune.settings import AUTO, Method, Settings
from serving.finetune.split import split
from serving.finetune.types import PARTS, TEST, TRAIN, VALIDATION, Data, Example
from serving.model import Model

Say = Callable[[str], None]
PACKAGES: Final = ("torch", "transformers", "peft", "accelerate")


def checked(job: Job) -> Data:
    """The data as they are trained on: read, checked, split. Raises InputError where the file cannot be used."""
    model = job.model
    if model.task not in TASKS:
        raise InputError(f"model {model.name}", f"its task is {model.task}", f"take one for {' or '.join(TASKS)}")
    given = model.settings
    limits = Limits(
        max_tokens=int(given.get("max_tokens", Limits.max_tokens)),
        script=str(given.get("script", "")),
        image_size=int(given.get("image_size", Limits.image_size)),
        most_megapixels=int(given.get("most_megapixels", Limits.most_megapixels)),
    )
    data = check(read(job.data, job.columns, job.labels), limits)
    there, taken = _kind(bool(data.examples and data.examples[0].image)), _kind(model.task == IMAGES)
    if data.examples and there != taken:
        raise InputError(str(job.data), f"it holds {there}", f"{model.name} takes {taken}")
    return data if data.stops else replace(data, examples=split(data.examples))


def _kind(images: bool) -> str:
    return "images" if images else "texts"


def run(job: Job, data: Data, say: Say) -> Outcome:
    """Train, judge, and write the new version's folder into `job.result`.

    `data` as `checked` gives them; an earlier try that was killed goes on from its last whole checkpoint. Raises
    InputError, ServingError.
    """
    from serving.finetune.train import device_of

    job = replace(job, settings=replace(job.settings, device=device_of(job.settings)))
    labels = _labels(job.model, data.examples)
    parts = {part: [example for example in data.examples if example.part == part] for part in PARTS}
    say(f"{len(parts[TRAIN])} to learn from, {len(parts[VALIDATION])} to stop by, {len(parts[TEST])} to judge by")
    training, made = _train(job, parts, labels, "all", job.result, say)
    test = parts[TEST]
    ours = judge.answers(made, _files(job, made), test, job.settings.device)
    scores = judge.judged(test, labels, ours)
    current, commonest, api = _beside(job, test, labels, ours)
    outcome = Outcome(
        model=job.model.name,
        parent=job.model.version,
        labels=labels,
        counts={part: dict(Counter(example.label for example in parts[part])) for part in PARTS},
        findings=data.findings,
        scores=scores,
        verdict=verdict((current or commonest).difference),
        current=current,
        commonest=commonest,
        api=api,
        curve=tuple(_curve(job, parts, labels, scores, say)),
        training=training,
        about=_about(job),
        folder=made.folder,
    )
    _describe(outcome, made)
    return outcome


def _train(
    job: Job, parts: Mapping[str, Sequence[Example]], labels: Sequence[str], name: str, target: Path, say: Say
) -> tuple[dict[str, Any], Model]:
    """One training; what is served is what is judged, so the weights are read again from the folder.

    One that was done before whatever came after it was interrupted is not done again.
    """
    ended = job.work / f"trained-{name}.json"
    if ended.is_file() and (target / job.model.name / "model.toml").is_file():
        return json.loads(ended.read_text(encoding="utf-8")), Model.read(target / job.model.name)
    from serving.finetune import train, trainee
    from serving.finetune.batches import Rows
    from serving.finetune.features import Features

    settings, model = job.settings, job.model
    train.use_threads(settings.threads)
    encoder = encode.encoder(model, job.files)
    network = trainee.tunable(model, job.files, labels, settings)
    rows = {}
    for part in (TRAIN, VALIDATION):
        features = None
        if settings.method is Method.HEAD:
            at = job.work / f"features-{_key(parts[part])}"
            said = partial(_seen, say, part)
            features = Features(network, encoder, parts[part], at, said, settings.device)
        numbers = judge.truth(parts[part], labels).tolist()
        rows[part] = Rows(parts[part], numbers, encoder, features)
    weights = train.weights(rows[TRAIN].labels, len(labels)) if settings.class_weights else None
    learner = trainee.Trainee(network, settings, weights)
    at = job.work / f"checkpoints-{name}"
    done = train.fit(learner, rows[TRAIN], rows[VALIDATION], settings, at, say)
    origin = result.Origin(method=str(settings.method), data=job.data.name, licence=job.licence)
    made = result.write(model, learner.states(), labels, origin, target)
    whole = ended.with_suffix(".part")
    whole.write_text(json.dumps(done), encoding="utf-8")
    whole.replace(ended)
    shutil.rmtree(at)  # the result is whole: nothing is left to resume
    return done, made


def _files(job: Job, made: Model) -> dict[str, Path]:
    """The new version's weights: its own, and those of the job, which need not lie where the model's file says."""
    return {w.role: made.folder / w.file if w.source == "folder" else job.files[w.role] for w in made.weights}


def _seen(say: Say, part: str, done: int, every: int) -> None:
    if done == every or done % 1024 == 0:
        say(f"features of the {part} part: {done} of {every}")


def _beside(
    job: Job, test: Sequence[Example], labels: Sequence[str], ours: judge.Answers
) -> tuple[Beside | None, Beside, Beside | None]:
    """The version in use, the commonest label, and a managed API, on the test part."""
    import numpy as np

    current = api = None
    always = np.full(len(test), np.bincount(judge.truth(test, labels)).argmax())
    said = judge.Answers(labels=tuple(labels), found=always)
    commonest = _one("always the commonest label", test, labels, ours, said)
    if judge.shares_labels(encode.current_labels(job.model), labels):
        said = judge.mapped(judge.answers(job.model, job.files, test, job.settings.device), labels)
        current = _one(f"version {job.model.version}", test, labels, ours, said)
    if job.answers:
        said, places = answers.read(job.answers, test, labels)
        mine = judge.Answers(labels=ours.labels, found=ours.found[places])
        some = [test[place] for place in places]
        api = _one(f"the API's answers ({job.answers.name})", some, labels, mine, said)
    return current, commonest, api


def _one(
    name: str, test: Sequence[Example], labels: Sequence[str], ours: judge.Answers, theirs: judge.Answers
) -> Beside:
    return Beside(
        name=name,
        scores=judge.judged(test, labels, theirs),
        difference=judge.apart(test, labels, ours, theirs),
        examples=len(test),
    )


def _curve(
    job: Job, parts: Mapping[str, Sequence[Example]], labels: Sequence[str], whole: Scores, say: Say
) -> Iterator[Point]:
    """The same training on parts of the examples, each a part of the next, judged on the same test part."""
    test, learn = parts[TEST], parts[TRAIN]
    for size in sorted(set(job.curve)):
        some = nested(learn, labels, size)
        if len(some) < len(learn):
            say(f"learning curve: {len(some)} examples")
            _, made = _train(job, {**parts, TRAIN: some}, labels, str(size), job.work / f"curve-{size}", say)
            scores = judge.judged(test, labels, judge.answers(made, _files(job, made), test, job.settings.device))
            yield Point(examples=len(some), macro_f1=scores.macro_f1)
    if job.curve:
        yield Point(examples=len(learn), macro_f1=whole.macro_f1)


def nested(examples: Sequence[Example], labels: Sequence[str], size: int) -> list[Example]:
    """So many examples, each class by its share and at least 2 of it: the first by the hash of their content."""
    ordered = sorted(examples, key=lambda example: hashlib.sha256(f"{example.text}{example.row}".encode()).digest())
    chosen = []
    for label in labels:
        own = [example for example in ordered if example.label == label]
        chosen += own[: max(2, round(size * len(own) / len(examples)))]
    return chosen


def _labels(model: Model, examples: Sequence[Example]) -> tuple[str, ...]:
    """The data's labels: in the model's order where it has just these, else sorted."""
    there, now = {example.label for example in examples}, encode.current_labels(model)
    return tuple(now) if set(now) == there else tuple(sorted(there))


def _about(job: Job) -> dict[str, Any]:
    return {
        "data": job.data.name,
        "data_licence": job.licence,
        "settings": {key: str(v) if key == "method" else v for key, v in asdict(job.settings).items()},
        "packages": {name: metadata.version(name) for name in PACKAGES},
    }


def _describe(outcome: Outcome, made: Model) -> None:
    document = json.dumps(outcome.document(), indent=1, ensure_ascii=False)
    (outcome.folder / "scores.json").write_text(document + "\n", encoding="utf-8")
    (outcome.folder.parent / "report.txt").write_text(report.text(outcome), encoding="utf-8")
    # The last file: where it is, the whole result is.
    (outcome.folder / "card.md").write_text(card.card(outcome, made), encoding="utf-8")


def _key(examples: Sequence[Example]) -> str:
    whole = hashlib.sha256()
    for example in examples:
        whole.update(f"{example.row}\0{example.text}\0".encode("utf-8", "surrogatepass"))
    return whole.hexdigest()[:16]


def digest(job: Job) -> str:
    """Of all that decides what a job gives: a folder of work under it is that of this very job."""
    whole = hashlib.sha256()
    for path in [job.data] if job.data.is_file() else sorted(p for p in job.data.rglob("*") if p.is_file()):
        whole.update(f"{path.relative_to(job.data)}\0".encode() + path.read_bytes())
    weights = [w.sha256 for w in job.model.weights]
    given: Settings = replace(job.settings, threads=0, device=AUTO)
    beside = [sha256_of(path) if path and path.is_file() else "" for path in (job.labels, job.answers)]
    asked = [weights, asdict(given), asdict(job.columns), beside, job.curve, job.licence]
    said = json.dumps(asked, sort_keys=True)
    whole.update(said.encode())
    return whole.hexdigest()[:12]
