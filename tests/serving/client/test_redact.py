"""A client that redacts: what leaves has no personal data of a known form, and what cannot be searched stays here."""

from pathlib import Path

import pytest

from serving.client import Client
from serving.errors import InputError
from tests.serving.client.endpoint import endpoint

TEXT = "Write to a@example.com or call +44 20 7946 0958."
LEFT = "Write to [EMAIL] or call [PHONE]."


def test_texts_and_text_files_leave_without_it_and_counts_stay(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text(TEXT, encoding="utf-8")
    with endpoint() as server, Client(server.url, "echo", redact=True) as client:
        client.predict([TEXT, "plain", file])
        assert client.redacted == {"EMAIL": 2, "PHONE": 2}
    sent = [one for asked in server.asked for one in asked.instances]
    assert sorted(sent) == sorted([LEFT, "plain", LEFT])


def test_without_the_option_nothing_is_changed_or_counted() -> None:
    with endpoint() as server, Client(server.url, "echo") as client:
        client.predict(TEXT)
        assert client.redacted == {}
    assert server.asked[0].instances == [TEXT]


@pytest.mark.parametrize("name", ["bytes", "photo.jpg", "latin.txt"])
def test_what_cannot_be_searched_is_refused_before_anything_is_sent(name: str, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8")
    (tmp_path / "latin.txt").write_bytes(b"\xe9t\xe9")
    one = b"\xff\xd8" if name == "bytes" else tmp_path / name
    with endpoint() as server, Client(server.url, "echo", redact=True) as client:
        with pytest.raises(InputError, match="searched for personal data; give a text, or leave redact out"):
            client.predict([TEXT, one])
        assert server.asked == []


def test_a_prompt_is_redacted_before_it_is_continued() -> None:
    with endpoint() as server, Client(server.url, "echo", redact=True) as client:
        with pytest.raises(Exception, match="it does not stream"):
            list(client.stream(TEXT))
        assert client.redacted == {"EMAIL": 1, "PHONE": 1}
    assert b"example.com" not in server.asked[0].body
    assert b"[EMAIL]" in server.asked[0].body
