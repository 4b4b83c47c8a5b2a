"""What models, versions, archives and fine-tuning read from files."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

from scripts.bench.fuzz_case import ROOT, Run, Target, target
from scripts.bench.fuzz_mutators import MARKER, bytewise, cellwise, jsonwise, linewise, one_of, tomlwise
from scripts.bench.fuzz_samples import as_csv, as_lines, labelled, pictures, table_parquet, zipped
from serving import digest, packed, version_record, versions
from serving.documents.limits import Limits
from serving.finetune import answers
from serving.finetune.checks import check
from serving.finetune.read import read
from serving.finetune.settings import Method, settings
from serving.finetune.types import Example
from serving.model import Model

GROUP: Final = "readers"
MODELS: Final = ROOT / "serving" / "models"
RECORD: Final = b"""current = "1.1"

[[version]]
version = "1.1"
made = 2026-11-01T10:00:00Z
from = "1.0"
note = "own data"

[[archive]]
version = "1.1"
made = 2026-11-01T11:00:00Z
sha256 = "0123456789abcdef"

[[change]]
version = "1.1"
made = 2026-11-01T12:00:00Z
why = "better"
"""
SCORES: Final = {"macro_f1": {"value": 0.9, "low": 0.8, "high": 0.95}}


def targets() -> Iterator[Target]:
    """All of them."""
    yield from _models()
    yield from _archives()
    yield from _training()


def _models() -> Iterator[Target]:
    for_model = [path.read_bytes() for path in sorted(MODELS.glob("*/model.toml"))]

    @contextmanager
    def model(folder: Path) -> Iterator[Run]:
        def run(data: bytes) -> str:
            name = next((path.parent.name for path in MODELS.glob("*/model.toml") if _named(data, path)), "minilm")
            home = folder / name
            home.mkdir(exist_ok=True)
            (home / "model.toml").write_bytes(data)
            found = Model.read(home)
            return f"{found} {json.dumps(dict(found.settings), default=str)}"

        yield run

    yield Target(name="model", group=GROUP, make=one_of(for_model, tomlwise), open=model)

    def record(path: Path) -> str:
        home = path.parents[1]
        (home / "model.toml").write_bytes(for_model[0])
        found = version_record.read(home)
        version_record.write(home, found)
        if version_record.read(home) != found:
            raise AssertionError("a record is read back as another")
        return repr(found)

    yield target("version-record", GROUP, [RECORD], tomlwise, "distilbert_sst2/versions/versions.toml")(record)

    def scored(path: Path) -> str:
        one = versions.Version(
            number="1.1", folder=path.parent, parent="1.0", made=None, note="", current=False, sha256=""
        )
        return repr(versions.macro_f1(one))

    yield target("scores", GROUP, [json.dumps(SCORES).encode()], jsonwise, "scores.json")(scored)


def _named(data: bytes, path: Path) -> bool:
    return f'name = "{path.parent.name}"'.encode() in data


def _archives() -> Iterator[Target]:
    about = {"name": "x", "version": "1", "task": "sentiment", "sample": "sample.txt", "serving": {"batch_size": 1}}
    good = zipped({"model.json": json.dumps(about), "sample.txt": "a good day", "serving/__init__.py": ""})
    outside = zipped({"model.json": "{}", "../x": "x", "/tmp/y": "y", "a/../../b": "z"})  # noqa: S108 - must not be written

    def unpacked(path: Path) -> str:
        said = f"{packed.about(path)} {packed.sample(path)}"
        place = path.parent / "out"
        packed.unpack(path, place)
        if any(not found.resolve().is_relative_to(place.resolve()) for found in place.rglob("*")):
            raise AssertionError("a file outside the folder")
        return said

    yield target("archive", GROUP, [good, outside], bytewise, "model.mar")(unpacked)

    @contextmanager
    def manifest(folder: Path) -> Iterator[Run]:
        def run(data: bytes) -> str:
            path = folder / "model.mar"
            path.write_bytes(zipped({"model.json": data.replace(MARKER.encode(), b"x"), "sample.txt": "a good day"}))
            # What an archive says of itself is no secret.
            return str((len(packed.about(path)), len(packed.sample(path)[1])))

        yield run

    yield Target(name="archive-about", group=GROUP, make=one_of([json.dumps(about).encode()], jsonwise), open=manifest)

    def noted(path: Path) -> str:
        found = digest.noted(path.with_suffix(""))
        return str(found)

    sums = [f"{'0123456789abcdef' * 4}  model.mar\n".encode()]
    yield target("sha256", GROUP, sums, bytewise, "model.mar.sha256")(noted)


def _training() -> Iterator[Target]:
    rows = labelled()
    with tempfile.TemporaryDirectory() as folder:
        columns: dict[str, list[Any]] = {key: [row[key] for row in rows] for key in rows[0]}
        table = table_parquet(Path(folder), columns)

    def seen(path: Path) -> str:
        data = check(read(path))
        return " ".join(map(str, (*data.findings, len(data.examples))))

    yield target("training-csv", GROUP, [as_csv(rows)], cellwise, "data.csv")(seen)
    yield target("training-lines", GROUP, [as_lines(rows)], linewise, "data.jsonl")(seen)
    yield target("training-parquet", GROUP, [table], bytewise, "data.parquet")(seen)
    documents = [{"id": f"{i}", "status": "ok", "page_results": [], "text": ["good"], "label": "x"} for i in range(6)]

    def joined(path: Path) -> str:
        labels = path.with_name("labels.csv")
        labels.write_bytes(b"id,label\n" + b"".join(b"%d,good\n" % i for i in range(6)))
        return str(check(read(path, labels=labels)).findings)

    yield target("training-documents", GROUP, [as_lines(documents)], linewise, "rows.jsonl")(joined)
    examples = [
        Example(row=f"data.csv:{i}", label=str(row["label"]), text=str(row["text"])) for i, row in enumerate(rows)
    ]
    said = [{"text": row["text"], "answer": row["label"]} for row in rows]

    def answered(path: Path) -> str:
        return str(answers.read(path, examples, ("good", "bad"))[1])

    yield target("answers-csv", GROUP, [as_csv(said)], cellwise, "answers.csv")(answered)
    yield target("answers-lines", GROUP, [as_lines(said)], linewise, "answers.jsonl")(answered)
    yield Target(name="training-images", group=GROUP, make=one_of(pictures(), bytewise), open=_images)
    yield Target(name="training-settings", group=GROUP, make=_asked, open=_settings)


@contextmanager
def _images(folder: Path) -> Iterator[Run]:
    def run(data: bytes) -> str:
        shutil.rmtree(folder / "set", ignore_errors=True)
        for name in ("cat", "dog"):
            (folder / "set" / name).mkdir(parents=True)
        (folder / "set" / "cat" / "1.png").write_bytes(data)
        (folder / "set" / "dog" / "1.png").write_bytes(data[::-1])
        return str(check(read(folder / "set")).findings)

    yield run


def _asked(random: Random) -> bytes:
    """Settings of a training and limits of a document, as a command line passes them."""
    numbers = (0, 1, -1, 0.5, 1e308, 10**30, float("nan"), float("inf"), 3)
    keys = ("epochs", "rate", "body_rate", "batch", "patience", "seed", "dropout", "smoothing", "rank", "threads")
    given = {random.choice(keys): random.choice(numbers) for _ in range(3)}
    texts = {
        random.choice(("pages", "seconds", "depth", "x")): random.choice(
            ("1", "nan", "inf", "-1", "1e9", "", "9" * 5000)
        )
    }
    return json.dumps({"method": random.choice(list(Method)), "given": given, "limits": texts}).encode()


@contextmanager
def _settings(folder: Path) -> Iterator[Run]:
    def run(data: bytes) -> str:
        asked = json.loads(data)
        return f"{Limits.of(asked['limits'])} {settings(Method(asked['method']), **asked['given'])}"

    yield run
