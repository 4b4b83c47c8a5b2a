"""Passages: whole sentences, exact offsets, never more tokens than the model reads."""

# ruff: noqa: RUF001 - Japanese punctuation is meant

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.archive import CACHE
from serving.documents.chunk import Chunk, Tokenizer, chunks
from serving.documents.sentences import sentences
from serving.documents.types import Page
from serving.model import find


@pytest.fixture(scope="session")
def tokenizer_path() -> Path:
    return find("minilm").files(CACHE)["tokenizer"]


@pytest.fixture(scope="session")
def tokenizer(tokenizer_path: Path) -> Tokenizer:
    return Tokenizer(tokenizer_path)


def cut(text: str, tokenizer: Tokenizer, most: int) -> list[Chunk]:
    return chunks([Page(number=1, text=text, method="native")], tokenizer, most)


def check(text: str, found: list[Chunk], tokenizer: Tokenizer, most: int) -> None:
    """What holds of every text."""
    end = 0
    for one in found:
        assert one.text == text[one.start : one.end]
        assert one.start >= end
        assert 1 <= one.tokens <= most
        assert not tokenizer.offsets(text[end : one.start])
        end = one.end
    assert not tokenizer.offsets(text[end:])


STORY = "Dr. Brown paid 3.50 dollars for it. He liked the U.S. version better! Did you? Nobody knows e.g. why.\n\n" * 30


def test_passages_are_whole_sentences_with_exact_offsets(tokenizer: Tokenizer) -> None:
    found = cut(STORY, tokenizer, 50)
    check(STORY, found, tokenizer, 50)
    ends = {one.end for one in sentences(STORY)}
    assert len(found) > 10
    assert {one.end for one in found} <= ends
    assert not any(one.cut for one in found)
    assert [one.tokens for one in found] == [len(tokenizer.offsets(one.text)) for one in found]


def test_paragraphs_that_fit_are_not_divided(tokenizer: Tokenizer) -> None:
    paragraphs = [" ".join([f"Sentence {n} of this paragraph is here."] * (n % 5 + 1)) for n in range(40)]
    text = "\n\n".join(paragraphs)
    found = cut(text, tokenizer, 60)
    check(text, found, tokenizer, 60)
    for paragraph in paragraphs:
        assert any(paragraph in one.text for one in found)


def test_a_heading_stays_with_the_beginning_of_a_paragraph_that_is_longer_than_the_rest(tokenizer: Tokenizer) -> None:
    text = "A heading\n\n" + "This is one more sentence of it. " * 7
    first, *_ = cut(text, tokenizer, 60)
    assert first.text.startswith("A heading\n\nThis is one more")


def test_japanese_sentences_stay_whole(tokenizer: Tokenizer) -> None:
    text = "彼は「はい。そうです。」と言いました。今日はとても良い天気ですね！散歩に行きませんか？" * 20
    found = cut(text, tokenizer, 60)
    check(text, found, tokenizer, 60)
    assert {one.end for one in found} <= {one.end for one in sentences(text)}


@pytest.mark.parametrize(
    ("text", "most", "ends_with"),
    [
        ("word " * 400, 40, "word"),  # no stop anywhere: at the end of a word
        ("one two three four five six; " * 80, 40, ";"),
        ("a cell of a table\n" * 200, 40, "table"),
        ("日本語とても" * 60 + "。", 40, ""),
        ("antidisestablishmentarianism" * 3 + " " + "unbelievably" * 8, 9, ""),
    ],
)
def test_a_sentence_longer_than_any_passage_is_cut_where_it_hurts_least(
    tokenizer: Tokenizer, text: str, most: int, ends_with: str
) -> None:
    found = cut(text, tokenizer, most)
    check(text, found, tokenizer, most)
    assert len(found) > 1
    assert all(one.cut and one.text.endswith(ends_with) for one in found[:-1])


def test_what_follows_a_word_of_any_length_is_still_read(tokenizer: Tokenizer) -> None:
    text = f"A picture: {'x' * 200_000} and so on.{' ' * 30_000}The end."
    found = cut(text, tokenizer, 254)
    check(text, found, tokenizer, 254)
    seen = [one.text[: 254 * 64] for one in found]  # a handler looks at no more characters
    assert any("A picture:" in one for one in seen)
    assert any("and so on." in one for one in seen)
    assert any("The end." in one for one in seen)


def test_every_page_has_its_own_passages(tokenizer: Tokenizer) -> None:
    pages = [Page(number=n, text=text, method="ocr") for n, text in ((2, "First."), (3, " \n"), (7, "Next. Last."))]
    found = [(one.page, one.start, one.end) for one in chunks(pages, tokenizer, 254)]
    assert found == [(2, 0, 6), (7, 0, 11)]


@given(
    st.text(alphabet=st.sampled_from("abcAB1 .,!?。」「\n-é\u3000日本テ\u200b\x07"), max_size=400), st.integers(8, 40)
)
@settings(deadline=None)
def test_nothing_is_lost_of_any_text(tokenizer: Tokenizer, text: str, most: int) -> None:
    check(text, cut(text, tokenizer, most), tokenizer, most)
