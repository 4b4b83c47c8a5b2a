"""The sentiment model fine-tuned on each of the four sets that VADER was published with, beside the stock model.

    python -m scripts.bench.finetune --cache DIR [--method lora] [--curve 50,200,1000] [--twice] [SET ...]

Held out is what neither the stock model nor the choice of its settings saw (scripts/sentiment_data.py). Prints one row
of a Markdown table for each set, and its learning curve. `--twice` trains again with the same seed; weights must agree.
"""

import argparse
import csv
import platform
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from scripts import sentiment_data as data
from serving.digest import sha256_of
from serving.finetune import Job, Method, Outcome, checked, run, settings
from serving.finetune.card import figure
from serving.model import find

HEADS = (
    "set",
    "learned from",
    "held out",
    "macro F1: stock",
    "tuned",
    "above stock by",
    "accuracy: stock",
    "tuned",
    "s",
)
TITLES = f"| {' | '.join(HEADS)} |"


def main() -> None:
    """Parse the command line, train on each set, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(data.SETS)}; all when none is named")
    parser.add_argument("--cache", type=Path, required=True, help="folder for the data and the work, 1 GB")
    parser.add_argument("--method", type=Method, default=Method.LORA)
    parser.add_argument("--curve", default="")
    parser.add_argument("--twice", action="store_true")
    for key in ("epochs", "threads", "seed", "patience", "batch"):
        parser.add_argument(f"--{key}", type=int)
    for key in ("rate", "body_rate", "dropout"):
        parser.add_argument(f"--{key}", type=float)
    asked = parser.parse_args()
    asked.cache.mkdir(parents=True, exist_ok=True)
    print(f"{platform.processor() or platform.machine()}, {asked.method}, seed {asked.seed or 1}\n\n{TITLES}")
    print("|---" * len(HEADS) + "|", flush=True)
    for name in asked.sets or data.SETS:
        _one(name, asked)


def _one(name: str, asked: Any) -> None:
    job = _job(name, asked)
    began = time.monotonic()
    outcome = _trained(job)
    print(_row(name, outcome, time.monotonic() - began), flush=True)
    for point in outcome.curve:
        print(f"    {point.examples:>6} examples: {figure(point.macro_f1)}", flush=True)
    if asked.twice:
        first = _digests(outcome)
        again = _digests(_trained(replace(job, curve=())))
        print(f"    again with the same seed: {'the same weights' if first == again else 'OTHER WEIGHTS'}", flush=True)


def _job(name: str, asked: Any) -> Job:
    model, place = find("sentiment"), asked.cache / f"{name.replace(' ', '_')}-{asked.method}"
    keys = ("epochs", "threads", "seed", "patience", "batch", "rate", "body_rate", "dropout")
    return Job(
        model=model,
        files=model.files(asked.cache),
        data=_csv(name, asked.cache),
        settings=settings(asked.method, **{key: getattr(asked, key) for key in keys}),
        work=place / "work",
        result=place / "result",
        curve=tuple(int(size) for size in asked.curve.split(",") if size),
        licence="MIT (vaderSentiment)",
    )


def _csv(name: str, cache: Path) -> Path:
    path = cache / f"{name.replace(' ', '_')}.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["text", "label", "split"])
        for row in data.rows(data.fetch(cache)):
            if row.set == name:
                rows.writerow([row.text, data.LABELS[row.label], row.part])
    return path


def _trained(job: Job) -> Outcome:
    shutil.rmtree(job.work, ignore_errors=True)
    job.work.mkdir(parents=True)
    with (job.work.parent / "log.txt").open("a", encoding="utf-8") as log:
        return run(job, checked(job), lambda line: print(line, file=log, flush=True))


def _row(name: str, outcome: Outcome, seconds: float) -> str:
    current = outcome.current
    if current is None:
        raise SystemExit(f"{name}: the stock model knows other labels; train from the shipped sentiment model")
    cells = (
        name,
        str(sum(outcome.counts["train"].values())),
        str(outcome.scores.examples),
        figure(current.scores.macro_f1),
        figure(outcome.scores.macro_f1),
        figure(current.difference, sign=True),
        f"{current.scores.accuracy.value:.3f}",
        f"{outcome.scores.accuracy.value:.3f}",
        f"{seconds:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def _digests(outcome: Outcome) -> dict[str, str]:
    return {path.name: sha256_of(path) for path in sorted(outcome.folder.glob("*.safetensors"))}


if __name__ == "__main__":
    main()
