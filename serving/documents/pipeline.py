"""What one worker does with its sources: read, cut, predict over all documents at once, gather, and make rows."""

import dataclasses
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from serving.client.results import ItemFailure, Prediction, Result
from serving.documents import gather
from serving.documents.chunk import Chunk, chunks
from serving.documents.extract import extract
from serving.documents.extract.tools import Tools
from serving.documents.models import Input, Model, check, open_model
from serving.documents.ocr.types import Ocr, Seen
from serving.documents.plan import Plan
from serving.documents.rows import failed, failed_row, grouped, judged
from serving.documents.types import Document, Extracted, Failure, Row, Source, Why

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from serving.redact import Redactor

__all__ = ["Pipeline", "failed_row"]

# Predicted together; about 60,000 tokens, half a minute of one core. Enough to sort texts by length, little to hold.
MOST_CHARACTERS: Final = 250_000

SayStage = Callable[[str, str], None]


def _silent(_: str, __: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, kw_only=True)
class _Work:
    """A document that waits for its prediction; `inputs` are its passages or the pictures of its pages."""

    document: Document
    model: str
    seconds: dict[str, float]
    inputs: Sequence[Input]
    lengths: Sequence[int]
    chunks: Sequence[Chunk] = ()
    redacted: Mapping[str, int] = field(default_factory=dict)


@dataclass(kw_only=True)
class _Held:
    """A source and what was found in it so far; once a document has its row, its text is let go."""

    source: Source
    items: list[Row | _Work] = field(default_factory=list)

    @property
    def rows(self) -> list[Row] | None:
        """Those of the source; None while one waits for its prediction."""
        rows = [item for item in self.items if isinstance(item, Row)]
        return grouped(self.source, rows) if len(rows) == len(self.items) else None


class Pipeline:
    """The stages of one worker process, with its models and tools; not safe for two threads at once.

    `say_stage` is called with a document's id before each stage of it ("read", "ocr", "predict"), also before each of
    the batches in which it is predicted. `workers` is how many processes share the plan's endpoint. Raises InputError
    for a plan that cannot work, before any document is read.
    """

    def __init__(self, plan: Plan, cache: Path, say_stage: SayStage = _silent, *, workers: int = 1) -> None:
        check(plan)
        self._plan, self._say, self._reading = plan, say_stage, ""
        self._redactor = _redactor() if plan.redact else None
        self._models = {name: open_model(name, plan, cache, workers) for name in sorted({s.model for s in plan.steps})}
        tools = Tools.find(plan)
        self._ocr = _TimedOcr(tools.ocr, lambda: self._say(self._reading, "ocr")) if tools.ocr else None
        self._tools = dataclasses.replace(tools, ocr=self._ocr)

    def run(self, sources: Sequence[Source]) -> Iterator[tuple[Source, list[Row]]]:
        """Each source with its rows, at least one, in the order given.

        Equal sources in an equal call give equal rows, but for `seconds`; in another call the scores differ by some
        1e-7, for sums of floats depend on what is predicted together. Raises EndpointError when the endpoint is down.
        """
        held: list[_Held] = []
        size = 0
        for source in sources:
            held.append(_Held(source=source))
            for item in self._items(source):
                held[-1].items.append(item)
                size += sum(map(len, item.inputs)) if isinstance(item, _Work) else 0
                if size >= MOST_CHARACTERS:
                    self._predict(held)
                    size = 0
            while held and (found := held[0].rows) is not None:
                yield held.pop(0).source, found
        self._predict(held)
        yield from ((one.source, one.rows or []) for one in held)

    def close(self) -> None:
        """Let go of connections."""
        for model in self._models.values():
            model.close()

    def _items(self, source: Source) -> Iterator[Row | _Work]:
        """The documents of a source, read and cut."""
        self._reading = source.id
        self._say(source.id, "read")
        found = extract(source, self._plan, self._tools)
        while True:
            start, before = time.perf_counter(), self._ocr_seconds
            one = next(found, None)
            if one is None:
                return
            ocr = self._ocr_seconds - before
            yield self._item(one, {"read": time.perf_counter() - start - ocr, "ocr": ocr, "predict": 0.0})
            if one.id != source.id:  # the next member has its own time
                self._say(one.id, "read")

    def _item(self, one: Extracted, seconds: dict[str, float]) -> Row | _Work:
        if isinstance(one, Failure):
            return failed(one, seconds)
        step = self._plan.step(one.kind)
        if step is None:
            sentence = f"No step of the workflow takes documents of the type {one.kind}."
            return _failed(one, Why.UNSUPPORTED, sentence, seconds)
        model = self._models[step.model]
        if model.tokenizer is None:
            pictures = [page.picture for page in one.pages if page.picture]
            if not pictures:
                return _failed(
                    one, Why.UNSUPPORTED, f"A document of the type {one.kind} has no pages to look at.", seconds
                )
            return _Work(document=one, model=step.model, seconds=seconds, inputs=pictures, lengths=[1] * len(pictures))
        one, redacted = self._redacted(one)
        start = time.perf_counter()
        found = chunks(one.pages, model.tokenizer, model.most_tokens)
        seconds["predict"] = time.perf_counter() - start
        if not found:
            return _failed(one, Why.NO_TEXT, "There is no text in it.", seconds)
        texts, lengths = [chunk.text for chunk in found], [chunk.tokens for chunk in found]
        return _Work(
            document=one,
            model=step.model,
            seconds=seconds,
            inputs=texts,
            lengths=lengths,
            chunks=found,
            redacted=redacted,
        )

    def _redacted(self, one: Document) -> tuple[Document, Mapping[str, int]]:
        """The document as everything after this sees it, and how much of each kind was taken out of it."""
        if self._redactor is None:
            return one, {}
        counts: Counter[str] = Counter()
        pages = []
        for page in one.pages:
            found = self._redactor.redact(page.text)
            counts.update(found.counts)
            pages.append(dataclasses.replace(page, text=found.text))
        return dataclasses.replace(one, pages=pages), dict(sorted(counts.items()))

    def _predict(self, held: Sequence[_Held]) -> None:
        """Put a row in the place of everything that waits: all documents of a model are predicted together."""
        for name, model in self._models.items():
            places = [
                (one.items, index, item)
                for one in held
                for index, item in enumerate(one.items)
                if isinstance(item, _Work) and item.model == name
            ]
            if not places:
                continue
            for (items, index, _), row in zip(places, self._rows(model, [work for *_, work in places]), strict=True):
                items[index] = row

    def _rows(self, model: Model, works: Sequence[_Work]) -> Iterator[Row]:
        owners = [work.document.id for work in works for _ in work.inputs]
        lengths = [length for work in works for length in work.lengths]
        start = time.perf_counter()
        inputs = [one for work in works for one in work.inputs]
        answers = iter(model.predict(inputs, lengths, lambda place: self._say(owners[place], "predict")))
        a_token = (time.perf_counter() - start) / sum(lengths)
        for work in works:
            work.seconds["predict"] += a_token * sum(work.lengths)
            yield self._row(model, work, [next(answers) for _ in work.inputs])

    def _row(self, model: Model, work: _Work, answers: Sequence[Result]) -> Row:
        wrong = next((one for one in answers if isinstance(one, ItemFailure)), None)
        if wrong is not None:
            sentence = f"The model {model.name} did not answer: {wrong.message}"
            return _failed(work.document, Why.PREDICTION, sentence, work.seconds)
        good: list[Prediction] = [one for one in answers if not isinstance(one, ItemFailure)]
        pictured = [page.number for page in work.document.pages if page.picture]
        return judged(
            work.document,
            gather.of_passages(work.chunks, good) if work.chunks else gather.of_pictures(pictured, good),
            model=(model.name, model.version),
            tokens=sum(chunk.tokens for chunk in work.chunks),
            notes=[*work.document.notes, *_notes(work, model)],
            seconds=work.seconds,
            keep_text=self._plan.keep_text,
            passages=self._plan.passages,
            redacted=work.redacted if self._redactor else None,
        )

    @property
    def _ocr_seconds(self) -> float:
        return self._ocr.seconds if self._ocr else 0.0


class _TimedOcr:
    """An OCR engine, with the seconds that it took so far; `before` is called before each page."""

    def __init__(self, engine: Ocr, before: Callable[[], None]) -> None:
        self.name, self.seconds = engine.name, 0.0
        self._engine, self._before = engine, before

    def read(self, image: "npt.NDArray[np.uint8]") -> Seen:
        """See Ocr.read."""
        self._before()
        start = time.perf_counter()
        try:
            return self._engine.read(image)
        finally:
            self.seconds += time.perf_counter() - start


def _redactor() -> "Redactor":
    # Instances have neither this part nor its libraries: what is sent to them leaves as it is, or not at all.
    from serving.redact import redactor

    return redactor()


def _failed(document: Document, why: Why, sentence: str, seconds: dict[str, float]) -> Row:
    failure = Failure(id=document.id, kind=document.kind, size_bytes=document.size_bytes, why=why, sentence=sentence)
    return failed(failure, seconds)


def _notes(work: _Work, model: Model) -> Iterator[str]:
    if cut := sum(chunk.cut for chunk in work.chunks):
        times = "Once" if cut == 1 else f"{cut:,} times"
        yield f"{times} a sentence was cut: {model.name} reads at most {model.most_tokens} tokens at once."
    if model.script and _is_foreign(work.chunks, model.script):
        yield f"Most of it is not written in {model.script} letters, which {model.name} was trained on."


def _is_foreign(passages: Sequence[Chunk], script: str) -> bool:
    """Whether more than half of the letters are of another script, by their names in Unicode."""
    letters = Counter(letter for passage in passages for letter in passage.text if letter.isalpha())
    own = sum(count for letter, count in letters.items() if unicodedata.name(letter, "").startswith(script.upper()))
    return own < letters.total() / 2
