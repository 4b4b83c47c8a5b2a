"""Texts to passages that a model reads as a whole: cut by its own tokens, at borders of sentences and paragraphs."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from serving.documents.sentences import Span, sentences
from serving.documents.types import Page
from serving.handlers.tokens import CHARACTERS_PER_TOKEN

# Tokenised at once: bounds the memory of offsets, some 300 bytes a token.
BLOCK_CHARACTERS: Final = 50_000
# A passage less full than this share goes on with a part of a paragraph that would fit into the next as a whole.
FULL_ENOUGH: Final = 0.25
_STOPS: Final = frozenset(".!?;:,。！？；：、…")  # noqa: RUF001 - those of Japanese


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A passage of one page: `text` is the page's text from `start` to `end`, in characters.

    `tokens` is without the special ones. `cut` says that it ends inside a sentence, which was too long.
    """

    page: int
    start: int
    end: int
    text: str
    tokens: int
    cut: bool = False


class Tokenizer:
    """A model's `tokenizer.json`, which says where each of its tokens is in a text."""

    def __init__(self, path: Path) -> None:
        import tokenizers

        self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    @property
    def special_tokens(self) -> int:
        """How many the model gets besides those of a text ([CLS] and [SEP])."""
        return int(self._tokenizer.num_special_tokens_to_add(False))

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Start and end of each token, in characters of `text`."""
        found: list[tuple[int, int]] = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return found


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, or a part of one that is too long, with its number of tokens."""

    start: int
    end: int
    tokens: int
    paragraph: bool
    cut: bool = False


def chunks(pages: Sequence[Page], tokenizer: Tokenizer, most_tokens: int) -> list[Chunk]:
    """The passages of all pages, in order, each of at most `most_tokens` tokens; none goes over a page's end.

    Whole paragraphs share a passage while they fit. One that does not fit begins the next passage, unless this one is
    still less than a quarter full or the paragraph is longer than any passage: then its sentences fill it up. A
    sentence is cut only when it alone is too long: at a stop, a line break or a word's end in the second half of what
    fits, at a token's end where there is none.
    """
    return [chunk for page in pages for chunk in _of_page(page, tokenizer, most_tokens)]


def _of_page(page: Page, tokenizer: Tokenizer, most: int) -> Iterator[Chunk]:
    taken: list[_Piece] = []
    for paragraph in _paragraphs(_pieces(page.text, tokenizer, most)):
        total, whole = sum(piece.tokens for piece in taken), sum(piece.tokens for piece in paragraph)
        if taken and total + whole > most >= whole and total >= FULL_ENOUGH * most:
            yield _chunk(page, taken)
            taken = []
        for piece in paragraph:
            if taken and not _fits(taken, piece, most):
                yield _chunk(page, taken)
                taken = []
            taken.append(piece)
    if taken:
        yield _chunk(page, taken)


def _chunk(page: Page, taken: Sequence[_Piece]) -> Chunk:
    start, end = taken[0].start, taken[-1].end
    return Chunk(
        page=page.number,
        start=start,
        end=end,
        text=page.text[start:end],
        tokens=sum(piece.tokens for piece in taken),
        cut=taken[-1].cut,
    )


def _fits(taken: Sequence[_Piece], piece: _Piece, most: int) -> bool:
    # Handlers look at no more characters of a text than these.
    short = piece.end - taken[0].start <= most * CHARACTERS_PER_TOKEN
    return short and sum(one.tokens for one in taken) + piece.tokens <= most


def _paragraphs(pieces: Iterator[_Piece]) -> Iterator[list[_Piece]]:
    paragraph: list[_Piece] = []
    for piece in pieces:
        if piece.paragraph and paragraph:
            yield paragraph
            paragraph = []
        paragraph.append(piece)
    if paragraph:
        yield paragraph


def _pieces(text: str, tokenizer: Tokenizer, most: int) -> Iterator[_Piece]:
    """Sentences with their tokens; a token belongs to the sentence in which it ends."""
    for block in _blocks(_bounded(text)):
        first = block[0].start
        offsets = tokenizer.offsets(text[first : block[-1].end])
        starts, ends = [first + start for start, _ in offsets], [first + end for _, end in offsets]
        for piece in block:
            low, high = bisect_right(ends, piece.start), bisect_right(ends, piece.end)
            if high - low > most or piece.end - piece.start > most * CHARACTERS_PER_TOKEN:
                yield from _cut(text, piece, starts[low:high], ends[low:high], most)
            elif high > low:  # else nothing that the model knows of: control characters
                yield _Piece(piece.start, piece.end, high - low, piece.paragraph, piece.cut)


def _bounded(text: str) -> Iterator[_Piece]:
    """The sentences; one longer than a block is cut at white space, if there is any, before it is tokenised."""
    for span in sentences(text):
        start, paragraph = span.start, span.paragraph
        while span.end - start > BLOCK_CHARACTERS:
            cut = _last_space(text, start, start + BLOCK_CHARACTERS)
            yield _Piece(start, cut, 0, paragraph, True)
            start, paragraph = cut, False
        yield _Piece(*_stripped(text, Span(start, span.end)), 0, paragraph)


def _last_space(text: str, start: int, end: int) -> int:
    for at in range(end, (start + end) // 2, -1):
        if text[at - 1].isspace():
            return at
    return end


def _stripped(text: str, span: Span) -> tuple[int, int]:
    start = span.start
    while start < span.end and text[start].isspace():
        start += 1
    return start, span.end


def _blocks(pieces: Iterator[_Piece]) -> Iterator[list[_Piece]]:
    block: list[_Piece] = []
    for piece in pieces:
        if block and piece.end - block[0].start > BLOCK_CHARACTERS:
            yield block
            block = []
        block.append(piece)
    if block:
        yield block


def _cut(text: str, piece: _Piece, starts: Sequence[int], ends: Sequence[int], most: int) -> Iterator[_Piece]:
    at, count, paragraph = 0, len(ends), piece.paragraph
    while at < count:
        # As many as fit, but one in any case: a word of 50,000 letters is a single unknown token.
        fit = max(at + 1, min(at + most, bisect_right(ends, starts[at] + most * CHARACTERS_PER_TOKEN)))
        stop = count if fit >= count else _border(text, starts, ends, at, fit)
        end = piece.end if stop == count else ends[stop - 1]
        yield _Piece(piece.start if at == 0 else starts[at], end, stop - at, paragraph, stop < count or piece.cut)
        at, paragraph = stop, False


def _border(text: str, starts: Sequence[int], ends: Sequence[int], at: int, fit: int) -> int:
    """The best place to cut between the tokens `at` and `fit`: of the best kind in the second half, the last."""
    places = range(fit, (at + fit) // 2, -1)
    return max(places, key=lambda stop: (_quality(text, ends[stop - 1], starts[stop]), stop))


def _quality(text: str, end: int, start: int) -> int:
    """Of a cut between two tokens: 3 at a stop or line break, 2 at white space, 1 where no word is cut, else 0."""
    gap = text[end:start]
    if "\n" in gap or (text[end - 1] in _STOPS and (gap or not text[end - 1].isascii())):
        return 3
    if gap:
        return 2
    return 0 if text[end - 1].isalnum() and text[start].isalnum() else 1
