"""Personal data is found by its form, and what only looks like it stays; counts are told, never texts."""

import random

import pytest

from scripts.bench.redact import LOOK_ALIKES, VALUES, examples, measure
from serving.errors import InputError
from serving.redact import KINDS, Redactor, redact

FOUND = [
    ("Write to anna.k+x@example.co.uk.", "Write to [EMAIL]."),
    ("'bob@example.org'", "'[EMAIL]'"),
    ("Call +44 20 7946 0958 or (212) 456-7890!", "Call [PHONE] or [PHONE]!"),
    ("Tel. 0171 5551234, please", "Tel. [PHONE], please"),
    ("phone: 2124567890", "phone: [PHONE]"),
    ("from DE89 3704 0044 0532 0130 00 to GB29NWBK60161331926819.", "from [IBAN] to [IBAN]."),
    ("nl91abna0417164300", "[IBAN]"),
    ("4111 1111 1111 1111, 3782-822463-10005", "[CARD], [CARD]"),
    ("from 203.0.113.7 and 2001:db8::1", "from [IP] and [IP]"),
    ("https://user:pa55@host.example/x", "https://[CREDENTIALS]@host.example/x"),
    ("https://example.com/?page=1&api_key=s3cr3t99#top", "https://example.com/?page=1&api_key=[CREDENTIALS]#top"),
    ("SSN 536-90-4399", "SSN [SSN]"),
    ("DNI 54362315K, AB 12 34 56 C, 756.9217.0769.85", "DNI [NATIONAL_ID], [NATIONAL_ID], [NATIONAL_ID]"),
    ("mail a@example.com, a@example.com", "mail [EMAIL], [EMAIL]"),
]
STAYS = [
    "version 10.0.19041.1, v1.2.3.4 and section 3.12.1.4, see 3.2.1.4",
    "order 4471234567 of 2026-11-28 14:03:59, 1,234,567.89 EUR or 1.234.567,89",
    "4111111111111112 has a wrong last digit, DE89370400440532013001 a wrong remainder",
    "127.0.0.1, ::1, 255.255.255.0, 12:30:45, 00:1a:2b:3c:4d:5e, std::vector, a::b",
    "ISBN 978-3-16-148410-0, 1914 - 1918, 000-12-3456, 666-12-3456",
    "@anna_99 on https://example.com/a/123456?page=2",
    "",
]


@pytest.mark.parametrize(("text", "wanted"), FOUND)
def test_what_has_a_form_of_its_own_is_taken_out(text: str, wanted: str) -> None:
    assert redact(text).text == wanted


@pytest.mark.parametrize("text", STAYS)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert redact(text).text == text
    assert redact(text).counts == {}


def test_counts_are_by_kind_and_nothing_shows_the_text() -> None:
    found = redact("a@example.com b@example.com 203.0.113.7")
    assert found.counts == {"EMAIL": 2, "IP": 1}
    assert "example" not in repr(found)


def test_a_second_time_finds_nothing() -> None:
    for text, _ in FOUND:
        once = redact(text).text
        assert redact(once).text == once


def test_names_and_addresses_are_not_found_as_the_page_says() -> None:
    text = "Anna Keller, 12 High Street, born 3 May 1980"
    assert redact(text).text == text


def test_a_region_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="'XX' is no region of telephone numbers; write it like US or DE"):
        Redactor(["XX"])


def test_every_kind_is_measured_and_found_as_often_as_the_page_says_at_least() -> None:
    assert VALUES.keys() == set(KINDS)
    there, found, placed, right, _ = measure(examples(800, seed=11))
    assert found.total() >= 0.97 * there.total()
    assert [kind for kind in KINDS if found[kind] < 0.85 * there[kind]] == []
    assert right.total() >= 0.9 * placed.total()
    assert there.total() == 400


def test_look_alikes_are_drawn_anew_for_each_seed() -> None:
    make = LOOK_ALIKES["long number"]
    assert make(random.Random(1)) != make(random.Random(2))


@pytest.mark.parametrize(
    "text",
    ["a" * 40_000, "a." * 20_000, "1 " * 20_000, "1" * 40_000, "::" * 20_000, "://" * 12_000, "DE12" * 10_000,
     "a@" * 20_000, "(" * 40_000, "+1(" * 12_000, "x:y@" * 10_000],
    ids=lambda text: text[:4],
)  # fmt: skip
def test_no_text_takes_more_than_linear_time(text: str) -> None:
    import time

    def seconds(part: str) -> float:
        start = time.process_time()
        redact(part)
        return time.process_time() - start

    short = min(seconds(text[: len(text) // 8]) for _ in range(2))
    # Eight times the text: quadratic would be sixty-four times as long.
    assert seconds(text) < 24 * short + 0.5
