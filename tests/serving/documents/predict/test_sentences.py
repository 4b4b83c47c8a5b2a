"""Where sentences end, and where they do not."""

# ruff: noqa: RUF001 - Japanese punctuation is meant

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.documents.sentences import sentences

ENGLISH = {
    "It works. We like it! Do you? Yes.": ["It works.", "We like it!", "Do you?", "Yes."],
    "Dr. Smith met Mr. J. R. Jones. They talked.": ["Dr. Smith met Mr. J. R. Jones.", "They talked."],
    "It costs 3.50 dollars, or 4.25 at No. 5. Pay now.": ["It costs 3.50 dollars, or 4.25 at No. 5.", "Pay now."],
    "Bring fruit, e.g. apples, i.e. Those. Then leave.": ["Bring fruit, e.g. apples, i.e. Those.", "Then leave."],
    "The U.S. Army left the U.S. The rest stayed.": ["The U.S. Army left the U.S.", "The rest stayed."],
    "He said “It is over.” She left.": ["He said “It is over.”", "She left."],
    '"Why?" he asked. "Because."': ['"Why?" he asked.', '"Because."'],
    "Wait ... what is that? Nothing.": ["Wait ... what is that?", "Nothing."],
    "See Fig. 3 and pp. 10 to 12. No. I refuse.": ["See Fig. 3 and pp. 10 to 12.", "No.", "I refuse."],
    "So do I. And you?": ["So do I.", "And you?"],
    "Buy:\n- milk\n- bread and\n  butter\n1. First\n2) second": [
        "Buy:", "- milk", "- bread and\n  butter", "1. First", "2) second",
    ],
    "A title\n\nThe first line is\nwrapped here. Done.": ["A title", "The first line is\nwrapped here.", "Done."],
    "See www.example.com/a.html or mail me@example.org today. Thanks": [
        "See www.example.com/a.html or mail me@example.org today.", "Thanks",
    ],
}  # fmt: skip
JAPANESE = {
    "今日は晴れです。明日は雨ですか？はい！": ["今日は晴れです。", "明日は雨ですか？", "はい！"],
    "彼は「はい。そうです。」と言った。終わり。": ["彼は「はい。そうです。」と言った。", "終わり。"],
    "「もう終わりです。」彼女は帰った。": ["「もう終わりです。」", "彼女は帰った。"],
    "価格は３．５円です。\n・りんご\n・みかん": ["価格は３．５円です。", "・りんご", "・みかん"],
    "行は途中で\n折り返されます。次。": ["行は途中で\n折り返されます。", "次。"],
}


@pytest.mark.parametrize(("text", "expected"), [*ENGLISH.items(), *JAPANESE.items()])
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert [text[one.start : one.end] for one in sentences(text)] == expected


def test_paragraphs_begin_after_empty_lines_and_form_feeds() -> None:
    text = "One. Two.\nStill two.\n \n\nThree.\fFour."
    assert [text[one.start : one.end] for one in sentences(text) if one.paragraph] == ["One.", "Three.", "Four."]


@given(st.text(alphabet=st.sampled_from("ab1 A.!?。」「\n-\f“”é\u3000"), max_size=200))
def test_nothing_but_white_space_is_between_sentences(text: str) -> None:
    end = 0
    for one in sentences(text):
        assert not text[end : one.start].strip()
        assert text[one.start : one.end] == text[one.start : one.end].strip() != ""
        end = one.end
    assert not text[end:].strip()
