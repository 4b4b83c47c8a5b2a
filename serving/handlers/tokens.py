"""Texts to token ids, and batches of them of nearly one length, so that little of a batch is padding."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.handlers.types import ItemError, Loading

# English has 4 to 5 characters a token. What lies beyond 64 a token is not even looked at: a body of megabytes must
# not cost seconds of tokenising for the few tokens that count.
CHARACTERS_PER_TOKEN = 64
# Of one forward pass, padding included: bounds its memory, whatever is asked for at once.
MOST_TOKENS = 16_384
MOST_TEXTS = 512  # exported networks take up to 1,024


@dataclass(frozen=True)
class Tokens:
    """The token ids of one text, [CLS] and [SEP] included; `truncated` when the text goes on after them."""

    ids: Sequence[int]
    truncated: bool

    def report(self) -> dict[str, Any]:
        """What an answer says of them."""
        return {"tokens": len(self.ids), "truncated": self.truncated}


class Tokenizer:
    """A `tokenizer.json` that keeps the first `max_tokens` tokens of a text."""

    def __init__(self, path: Path, max_tokens: int) -> None:
        import tokenizers

        self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()  # as published it pads every text to 128
        self._tokenizer.enable_truncation(max_tokens)
        self._most_characters = max_tokens * CHARACTERS_PER_TOKEN
        self.padding = self._tokenizer.token_to_id("[PAD]") or 0

    def __call__(self, texts: Sequence[str]) -> list[Tokens]:
        """The tokens of each text, in order."""
        most = self._most_characters
        found = self._tokenizer.encode_batch([text[:most] for text in texts])
        return [Tokens(e.ids, bool(e.overflowing) or len(text) > most) for e, text in zip(found, texts, strict=True)]


def load(loading: Loading) -> Tokenizer:
    """The tokenizer of an unpacked archive."""
    return Tokenizer(loading.folder / "tokenizer.json", int(loading.settings["max_tokens"]))


def raw(body: bytes, content_type: str) -> bytes:
    """The body of a request that is one text; raises ItemError. A client that names no type (curl) sends a form's."""
    if content_type.startswith(("image/", "audio/", "video/", "multipart/")):
        raise ItemError(415, "Send the text as text/plain, or texts as JSON instances.")
    return body


def run(rows: Sequence[Tokens], padding: int, network: Callable[..., Any], device: str) -> Any:
    """One output row per text, float32 [texts, width] on the CPU, in the order of `rows`."""
    import torch

    output = None
    for places in batches([len(row.ids) for row in rows]):
        length = len(rows[places[-1]].ids)
        ids = torch.full((len(places), length), padding, dtype=torch.int64)
        mask = torch.zeros_like(ids)
        for line, place in enumerate(places):
            own = rows[place].ids
            ids[line, : len(own)] = torch.tensor(own)
            mask[line, : len(own)] = 1
        made = network(ids.to(device), mask.to(device)).to("cpu", torch.float32)
        output = made.new_empty(len(rows), *made.shape[1:]) if output is None else output
        output[torch.tensor(places)] = made
    return output


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of texts that go through the network together, shortest first.

    The longest of a batch is at most a quarter and 8 tokens longer than its shortest.
    """
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        length = lengths[place]
        full = len(batch) == MOST_TEXTS or (len(batch) + 1) * length > MOST_TOKENS
        if batch and (full or length > 1.25 * lengths[batch[0]] + 8):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
