"""Figures of the document pipeline over corpora whose truth is known, by the real command line.

    python -m scripts.bench.documents quality --work DIR [--documents 480]       errors, way up, agreement of labels
    python -m scripts.bench.documents run --work DIR [--documents 10000 --few 1000]  none lost, memory, speed, stages
    python -m scripts.bench.documents kill --work DIR [--documents 1000]         kill -9, --resume, compare
    python -m scripts.bench.documents ray --work DIR [--documents 1000]          the engine `ray` against `processes`

Corpora and results are kept in DIR; a corpus that is there is used again. Each prints its table, and writes its figures
to DIR/<verb>.json. Give `--documents 30` to see one work.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from scripts.bench.documents_compare import Account, Difference
from scripts.bench.documents_quality import plain, quality, tables
from scripts.bench.documents_runs import Asked, Finished, Running, finish
from scripts.corpus import DOCUMENTS, MAKES, Corpus, build, read_truth
from serving.archive import STORE
from serving.backends.types import cores

SIZES: Final = {"quality": 480, "run": 10_000, "kill": 1_000, "ray": 1_000}
FEW_EVERY_SECONDS: Final = 0.2


def main() -> None:
    """Parse the command line, run one benchmark, show and keep its figures."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.bench.documents", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("--work", type=Path, required=True, help="folder for corpora and results")
    parser.add_argument("--documents", type=int, help=", ".join(f"{verb}: {n}" for verb, n in SIZES.items()))
    parser.add_argument("--few", type=int, default=1_000, help="documents of the smaller run, and of one worker's")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, help="(default: one per core)")
    parser.add_argument("--only", nargs="+", choices=MAKES, metavar="MAKE", help="equally many of these, no mix")
    parser.add_argument("--texts", default="reviews", help="or templates, which need no network")
    parser.add_argument("--no-reference", action="store_true", help="quality without tesseract")
    asked = parser.parse_args()
    asked.documents = asked.documents or SIZES[asked.verb]
    print(f"{asked.verb}: {asked.documents} documents, {cores()} cores, seed {asked.seed}", file=sys.stderr)
    shown, figures = VERBS[asked.verb](asked)
    print(shown)
    (asked.work / f"{asked.verb}.json").write_text(json.dumps(plain(figures), indent=1) + "\n", encoding="utf-8")


def _quality(asked: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Equally many documents of every make, unless others are named: a figure needs some of each."""
    only = asked.only or [make for make in MAKES if make != "japanese-scan"]
    corpus = _corpus(asked, asked.documents, only)
    found = quality(corpus, asked.work / "results", reference=not asked.no_reference, workers=asked.workers)
    return tables(found), found


def _run(asked: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    few, many = _corpus(asked, asked.few, asked.only), _corpus(asked, asked.documents, asked.only)
    workers = asked.workers or cores()
    plans = (("one worker, few", few, 1), ("all, few", few, workers), ("all, many", many, workers))
    found: dict[str, tuple[Finished, Account]] = {}
    for name, corpus, count in plans:
        wanted = _asked(asked, corpus, f"run-{len(found)}", workers=count, text=False)
        found[name] = finish(wanted), Account.of([truth.id for truth in read_truth(corpus)], wanted.results)
    one, some, all_of_them = (finished for finished, _ in found.values())
    figures = {
        "accounts": {name: vars(account) for name, (_, account) in found.items()},
        "runs": {name: {**vars(done), "per_second": done.per_second} for name, (done, _) in found.items()},
        "memory_ratio": all_of_them.peak_mb / some.peak_mb,
        "speedup_per_worker": some.per_second / one.per_second / workers,
    }
    lines = ["| run | documents/s | peak MB | seconds of read, ocr, predict | account |", "|---|---|---|---|---|"]
    for name, (done, account) in found.items():
        lines.append(f"| {name} | {done.per_second:.2f} | {done.peak_mb:.0f} | {_stages(done)} | {account} |")
    lines.append(f"\nmemory: many / few = {figures['memory_ratio']:.3f} (at most 1.2)")
    lines.append(f"speed: {workers} workers / ({workers} x one) = {figures['speedup_per_worker']:.3f} (at least 0.9)")
    return "\n".join(lines), figures


def _kill(asked: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    corpus = _corpus(asked, asked.documents, asked.only)
    whole = _asked(asked, corpus, "undisturbed")
    calm = finish(whole)
    stopped = _asked(asked, corpus, "killed")
    rng = random.Random(asked.seed)
    points = sorted(rng.sample(range(1, max(calm.rows, asked.kills + 1)), asked.kills))
    kills = [_killed_at(point, stopped, rng, number % 2 == 0) for number, point in enumerate(points)]
    last = finish(Asked(**{**vars(stopped), "resume": True}))
    account = Account.of([truth.id for truth in read_truth(corpus)], stopped.results)
    difference = Difference.between(whole.results, stopped.results)
    lines = [f"killed {how} at {rows} rows (wanted {point}), {left} processes left" for point, rows, how, left in kills]
    lines += [
        f"then resumed to its end in {last.seconds:.0f} s",
        f"union: {account}",
        f"against undisturbed: {difference}",
    ]
    lines.append("as demanded" if account.is_whole and difference.holds() else "NOT as demanded")
    return "\n".join(lines), {"kills": kills, "account": vars(account), "difference": vars(difference)}


def _killed_at(point: int, stopped: Asked, rng: random.Random, everyone: bool) -> tuple[int, int, str, int]:
    """Run on until so many rows are there and a random moment more; rows at the kill, how, survivors."""
    again = Asked(**{**vars(stopped), "resume": stopped.results.exists()})
    with Running(again) as running:
        while running.process.poll() is None and _rows(stopped.results) < point:
            time.sleep(FEW_EVERY_SECONDS / 4)
        time.sleep(rng.uniform(0, FEW_EVERY_SECONDS))
        code = running.process.poll()
        if code:
            running.wait()  # says what happened
        how = "too late" if code is not None else "every process" if everyone else "the first process"
        left = running.kill(everyone=everyone) if code is None else 0
    return point, _rows(stopped.results), how, left


def _rows(results: Path) -> int:
    try:
        return results.read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


def _ray(asked: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    corpus = _corpus(asked, asked.documents, asked.only)
    asks = {engine: _asked(asked, corpus, engine, engine=engine) for engine in ("processes", "ray")}
    runs = {engine: finish(ask) for engine, ask in asks.items()}
    account = Account.of([truth.id for truth in read_truth(corpus)], asks["ray"].results)
    difference = Difference.between(asks["processes"].results, asks["ray"].results)
    lines = [
        f"{name}: {run.per_second:.2f} documents/s, {run.peak_mb:.0f} MB; {_stages(run)}" for name, run in runs.items()
    ]
    lines += [f"ray: {account}", f"ray against processes: {difference}"]
    lines.append("as demanded" if account.is_whole and difference.holds() else "NOT as demanded")
    figures = {"runs": {name: vars(run) for name, run in runs.items()}, "account": vars(account)}
    return "\n".join(lines), {**figures, "difference": vars(difference)}


def _corpus(asked: argparse.Namespace, documents: int, only: Sequence[str] | None) -> Path:
    corpus = Corpus(documents=documents, seed=asked.seed, only=tuple(only or ()), texts=asked.texts)
    folder: Path = asked.work / f"corpus-{documents}-{asked.seed}{'-each' if only else ''}"
    for done in build(corpus, folder, STORE / "corpus"):
        print(f"\r  {folder.name}: {done}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return folder


def _asked(asked: argparse.Namespace, corpus: Path, name: str, **more: Any) -> Asked:
    """A run from the start: what an earlier one left is removed."""
    results = asked.work / "results" / f"{name}.jsonl"
    for old in results.parent.glob(f"{name}.*"):
        old.unlink()
    return Asked(**{"folder": corpus / DOCUMENTS, "results": results, "workers": asked.workers, **more})


def _stages(done: Finished) -> str:
    return ", ".join(f"{name} {seconds:.0f}" for name, seconds in done.stages.items())


Verb = Callable[[argparse.Namespace], tuple[str, dict[str, Any]]]
VERBS: Final[Mapping[str, Verb]] = {"quality": _quality, "run": _run, "kill": _kill, "ray": _ray}

if __name__ == "__main__":
    main()
