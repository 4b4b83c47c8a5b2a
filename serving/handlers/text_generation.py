"""Prompts to texts, with a causal language model that lies in the archive as its authors published it.

An instance is a prompt, or {"prompt": "...", "max_new_tokens": n, "temperature": t}. All prompts of a batch are decoded
together, streamed or not; each has its own end and its own temperature (0, the default, takes the likeliest token).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from serving.handlers import precision, tokens
from serving.handlers.answers import Gone, event, nobody
from serving.handlers.decoding import Decoder, Line, Prompt
from serving.handlers.requests import request, text
from serving.handlers.types import Item, ItemError, Loading, Reply, answer, signature

KEYS = frozenset({"prompt", "max_new_tokens", "temperature"})
HOTTEST = 2.0
# Decoded together; bounds the memory of keys and values, whatever is asked for at once.
MOST_ROWS = 32


@dataclass
class Work:
    """One request: what becomes of each instance, and how many still grow."""

    results: Sequence[Line | ItemError]
    stream: bool
    growing: int


class TextGenerator:
    """A loaded language model.

    Settings: `max_new_tokens` is the default and the most a request may ask for, `max_prompt_tokens` the longest
    prompt, `chat` whether a prompt is a user's message to be put into the model's chat template, `precision` that of
    the weights.
    """

    def __init__(self, loading: Loading) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        # Code that comes with weights is never run, and nothing is fetched.
        place: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        kind = precision.kind(precision.of(loading, gpu=precision.BFLOAT16))
        self._loading = loading
        self._tokenizer = AutoTokenizer.from_pretrained(loading.folder, **place)
        model: Any = AutoModelForCausalLM.from_pretrained(loading.folder, use_safetensors=True, dtype=kind, **place)
        self._decoder = Decoder(model.to(loading.device).eval(), self._tokenizer, loading.device)
        self._most_new = int(loading.settings["max_new_tokens"])
        self._most_prompt = int(loading.settings["max_prompt_tokens"])
        self._chat = bool(loading.settings.get("chat", False))

    def predict(self, items: Sequence[Item]) -> list[Reply]:
        """One reply per request: of a stream, its last part."""
        last: dict[int, Reply] = {}
        for ready in self.answers(items):
            last.update(ready)
        return [last[i] for i in range(len(items))]

    def answers(self, items: Sequence[Item], gone: Gone = nobody) -> Iterator[dict[int, Reply]]:
        """Whole replies once all of their texts have ended, and each step's pieces for those who want them."""
        works = [self._work(item) for item in items]
        at_once = {i: reply for i, work in enumerate(works) if (reply := self._first(work))}
        if at_once:
            yield at_once
        rows = [(i, line) for i, work in enumerate(works) for line in work.results if isinstance(line, Line)]
        # Who streams waits for nobody; prompts of nearly one length need little padding.
        rows.sort(key=lambda row: (not works[row[0]].stream, len(row[1].prompt.ids)))
        for start in range(0, len(rows), MOST_ROWS):
            yield from self._together(works, rows[start : start + MOST_ROWS], gone)

    def _work(self, item: Item) -> Work:
        asked = request(item, tokens.raw, streams=True)
        results = [self._line(instance) for instance in asked.instances]
        return Work(results, asked.stream, sum(isinstance(one, Line) for one in results))

    def _line(self, instance: Any) -> Line | ItemError:
        try:
            if isinstance(instance, ItemError):
                return instance
            return Line(self._prompt(instance), self._decoder)
        except ItemError as refused:
            return refused

    def _first(self, work: Work) -> Reply | None:
        """What can be said before anything is generated: a refusal, or the beginning of a stream."""
        if not work.growing:
            return self._whole(work)
        line = work.results[0]
        if not work.stream or not isinstance(line, Line):
            return None
        return event({**signature(self._loading), "prompt_tokens": len(line.prompt.ids)})

    def _together(
        self, works: Sequence[Work], rows: Sequence[tuple[int, Line]], gone: Gone
    ) -> Iterator[dict[int, Reply]]:
        streamed = {i: (place, line) for place, (i, line) in enumerate(rows) if works[i].stream}

        def left() -> list[int]:
            return [streamed[i][0] for i in gone() if i in streamed]

        for step in self._decoder.steps([line.prompt for _, line in rows], left):
            ready: dict[int, Reply] = {}
            for (i, line), token in zip(rows, step, strict=True):
                if token is None:
                    continue
                goes_on = line.add(token)
                works[i].growing -= not goes_on
                reply = self._part(line, goes_on=goes_on) if i in streamed else None
                if i not in streamed and not works[i].growing:
                    reply = self._whole(works[i])
                if reply:
                    ready[i] = reply
            if ready:
                yield ready
        unread = {i: self._end(line) for i, (_, line) in streamed.items() if works[i].growing}
        if unread:
            yield unread

    def _part(self, line: Line, *, goes_on: bool) -> Reply | None:
        """What a step adds to a stream: a piece of text, the end, both in one, or nothing that is a character yet."""
        piece = line.piece(last=not goes_on)
        part = event({"text": piece}) if piece else None
        return part if goes_on else self._end(line, part.body if part else b"")

    def _end(self, line: Line, before: bytes = b"") -> Reply:
        last = event(line.counts(), more=False)
        return Reply(last.status, before + last.body, last.content_type, last.headers)

    def _whole(self, work: Work) -> Reply:
        results = [
            {"text": self._decoder.text(one.made), **one.counts()} if isinstance(one, Line) else one
            for one in work.results
        ]
        return answer(self._loading, results)

    def _prompt(self, instance: Any) -> Prompt:
        asked = instance if isinstance(instance, dict) else {"prompt": instance}
        unknown = sorted(set(asked) - KEYS)
        if unknown:
            raise ItemError(400, f"The key {unknown[0]!r} is unknown; {', '.join(sorted(KEYS))} are understood.")
        words = text(asked.get("prompt"))
        if len(words) > self._most_prompt * tokens.CHARACTERS_PER_TOKEN:
            raise ItemError(413, f"The prompt has {len(words)} characters; {self._most_prompt} tokens is the most.")
        ids = self._ids(words)
        # An answer to a part of a question is none: a long prompt is refused, not cut.
        if len(ids) > self._most_prompt:
            raise ItemError(413, f"The prompt has {len(ids)} tokens; {self._most_prompt} is the most.")
        return Prompt(ids, self._max_new_tokens(asked), _temperature(asked))

    def _max_new_tokens(self, asked: dict[str, Any]) -> int:
        found = asked.get("max_new_tokens", self._most_new)
        if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= self._most_new:
            raise ItemError(400, f"max_new_tokens must be a whole number from 1 to {self._most_new}.")
        return found

    def _ids(self, words: str) -> list[int]:
        if not self._chat:
            return list(self._tokenizer(words)["input_ids"])
        messages = [{"role": "user", "content": words}]
        framed = self._tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        # The template writes the special tokens itself.
        return list(self._tokenizer(framed, add_special_tokens=False)["input_ids"])


def load(loading: Loading) -> TextGenerator:
    """The predictor of an unpacked archive."""
    return TextGenerator(loading)


def _temperature(asked: dict[str, Any]) -> float:
    found = asked.get("temperature", 0)
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not 0 <= found <= HOTTEST:
        raise ItemError(400, f"temperature must be a number from 0 to {HOTTEST:g}.")
    return float(found)
