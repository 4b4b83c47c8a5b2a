"""A run in figures, and as a page to look at."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from pathlib import Path
from typing import Any, Final

from serving.documents.resume import Record
from serving.errors import InputError

EXAMPLES: Final = 5
EXTREMES: Final = 10
PAGE: Final = Path(__file__).with_name("templates") / "summary.html"
STAGES: Final[Mapping[str, str]] = {"read": "Reading", "ocr": "Text recognition", "predict": "Prediction"}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Documents of one kind: how many have a result, how many have none, their pages."""

    ok: int = 0
    failed: int = 0
    pages: int = 0


@dataclass(frozen=True, kw_only=True)
class Extreme:
    """A document and how sure the model is of the label."""

    id: str
    score: float


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A whole run. `extremes` holds for each label the documents that it fits best, best first.

    `stage_seconds` adds up over all documents and workers; `seconds` is the time on the wall.
    """

    record: Record
    ok: int = 0
    failed: int = 0
    bytes: int = 0
    pages: int = 0
    ocr_pages: int = 0
    turned_pages: int = 0
    characters: int = 0
    labels: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    extremes: Mapping[str, Sequence[Extreme]] = field(default_factory=dict)
    stage_seconds: Mapping[str, float] = field(default_factory=dict)
    models: Mapping[str, int] = field(default_factory=dict)
    redacted: Mapping[str, int] | None = None

    @property
    def documents(self) -> int:
        """All of them."""
        return self.ok + self.failed

    @property
    def seconds(self) -> float:
        """How long the run took."""
        return self.record.seconds

    @property
    def documents_per_second(self) -> float:
        """Over the whole run; 0 where its time is not known."""
        return self.documents / self.seconds if self.seconds else 0.0

    @property
    def slowest_stage(self) -> str:
        """The stage that most time went into, which is what limits the rate; empty without any."""
        return max(self.stage_seconds, key=lambda stage: self.stage_seconds[stage], default="")


class _Counts:
    """What is counted while rows go by; its size does not grow with their number."""

    def __init__(self) -> None:
        self.status: Counter[str] = Counter()
        self.sums: Counter[str] = Counter()
        self.labels: Counter[str] = Counter()
        self.models: Counter[str] = Counter()
        self.redacted: Counter[str] | None = None
        self.kinds: dict[str, Counter[str]] = {}
        self.examples: dict[str, list[tuple[str, str]]] = {}
        self.reasons: Counter[str] = Counter()
        self.best: dict[str, list[tuple[float, str]]] = {}
        self.stages = dict.fromkeys(STAGES, 0.0)

    def add(self, row: Mapping[str, Any]) -> None:
        kind = self.kinds.setdefault(row["kind"], Counter())
        kind[row["status"]] += 1
        kind["pages"] += row.get("pages", 0)
        self.status[row["status"]] += 1
        self.sums.update({name: row.get(name, 0) for name in ("bytes", "pages", "characters")})
        for stage, seconds in row.get("seconds", {}).items():
            self.stages[stage] = self.stages.get(stage, 0.0) + seconds
        if row["status"] == "failed":
            self.reasons[row["reason"]] += 1
            examples = self.examples.setdefault(row["reason"], [])
            if len(examples) < EXAMPLES:
                examples.append((row["id"], row["message"]))
            return
        self.models[f"{row.get('model', '')} {row.get('version', '')}".strip()] += 1
        if "redacted" in row:
            self.redacted = (self.redacted or Counter()) + Counter(row["redacted"])
        for page in row.get("page_results", ()):
            self.sums["ocr"] += page.get("method") == "ocr"
            self.sums["turned"] += page.get("turned", 0) != 0
        self._judged(row)

    def _judged(self, row: Mapping[str, Any]) -> None:
        if (label := row.get("label")) is None:  # an embedding
            return
        self.labels[label] += 1
        best, one = self.best.setdefault(label, []), (row["score"], row["id"])
        if len(best) < EXTREMES:
            heappush(best, one)
        else:
            heappushpop(best, one)


def summarise(rows: Iterable[Mapping[str, Any]], record: Record) -> Summary:
    """The figures of all rows, in memory that does not grow with their number."""
    counts = _Counts()
    for row in rows:
        counts.add(row)
    return Summary(
        record=record,
        ok=counts.status["ok"],
        failed=counts.status["failed"],
        bytes=counts.sums["bytes"],
        pages=counts.sums["pages"],
        ocr_pages=counts.sums["ocr"],
        turned_pages=counts.sums["turned"],
        characters=counts.sums["characters"],
        labels=_by_count(counts.labels),
        kinds={
            name: Kind(ok=one["ok"], failed=one["failed"], pages=one["pages"])
            for name, one in sorted(counts.kinds.items())
        },
        reasons=_by_count(counts.reasons),
        examples=counts.examples,
        extremes={
            label: [Extreme(id=name, score=score) for score, name in sorted(best, key=lambda one: (-one[0], one[1]))]
            for label, best in sorted(counts.best.items())
        },
        stage_seconds={stage: counts.stages[stage] for stage in STAGES if counts.stages[stage]},
        models=_by_count(counts.models),
        redacted=None if counts.redacted is None else _by_count(counts.redacted),
    )


def _by_count(counter: Counter[str]) -> dict[str, int]:
    """Most frequent first, equal ones by name: runs finish documents in no fixed order."""
    return dict(sorted(counter.items(), key=lambda one: (-one[1], one[0])))


def in_words(summary: Summary) -> list[str]:
    """The run in a few lines."""
    lines = [f"{summary.documents:,} documents, {summary.ok:,} with a result, {summary.failed:,} failed"]
    if summary.labels:
        lines.append("labels   " + ", ".join(f"{label} {count:,}" for label, count in summary.labels.items()))
    if summary.redacted is not None:
        counts = ", ".join(f"{kind} {count:,}" for kind, count in summary.redacted.items())
        lines.append(f"redacted {counts or 'nothing found'}")
    if summary.reasons:
        lines.append("failed   " + ", ".join(f"{reason} {count:,}" for reason, count in summary.reasons.items()))
    if summary.seconds:
        lines.append(f"time     {summary.seconds:,.1f} s, {summary.documents_per_second:,.1f} documents/s")
    if stages := summary.stage_seconds:
        total = sum(stages.values())
        shares = ", ".join(f"{STAGES[stage].lower()} {100 * part / total:.0f} %" for stage, part in stages.items())
        lines.append(f"stages   {shares}")
    return lines


def write_page(summary: Summary, target: Path) -> None:
    """The summary as one HTML file that needs nothing else; raises InputError where it cannot be written."""
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError:
        raise InputError("the summary page", "jinja2 is not installed", "pip install -e '.[documents]'") from None

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    stages = [(STAGES[stage], round(seconds, 1)) for stage, seconds in summary.stage_seconds.items()]
    template = environment.from_string(PAGE.read_text(encoding="utf-8"))
    page = template.render(summary=summary, stages=STAGES, named_stages=stages)
    try:
        target.write_text(page, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(str(target), reason, "give a file in a folder that can be written") from None
