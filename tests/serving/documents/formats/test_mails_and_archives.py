"""Mails and archives: each document in them is one of its own, in order, also archives in archives."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from serving.documents.plan import Plan
from tests.serving.documents.formats import makers
from tests.serving.documents.formats.makers import by_id, docx, paragraph, read, tarred, zipped


def mail(subject: str = "Größe der Lieferung") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@b.c", subject
    message.set_content("The plain text, mit Umläuten.\n")
    message.add_alternative("<p>The <b>HTML</b> text.</p>", subtype="html")
    return message


def test_a_mail_is_its_subject_and_plain_text_and_its_attachments_are_documents(tmp_path: Path) -> None:
    message = mail()
    attach = message.add_attachment
    attach(docx(paragraph("in Word")), maintype="application", subtype="octet-stream", filename="報告.docx")
    attach(b"\x00", maintype="application", subtype="octet-stream", filename="a.bin")
    attach("in text", filename="notes.txt")
    attach(mail("the inner one"))
    (tmp_path / "m.eml").write_bytes(bytes(message))
    assert by_id(read(tmp_path / "m.eml")) == {
        "m.eml": "Größe der Lieferung\n\nThe plain text, mit Umläuten.",
        "m.eml!/報告.docx": "in Word",
        "m.eml!/notes.txt": "in text",
        "m.eml!/part-6.eml": "the inner one\n\nThe plain text, mit Umläuten.",
    }


def test_html_is_read_where_a_mail_has_no_plain_text(tmp_path: Path) -> None:
    html = "<html><meta charset='euc-jp'><p>とても<b>良い</b></p></html>".encode("euc_jp")
    head = b"Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\nContent-Type: text/html\nContent-Transfer-Encoding: 8bit\n\n"
    (tmp_path / "m.eml").write_bytes(head + html)
    assert by_id(read(tmp_path / "m.eml")) == {"m.eml": "日本\n\nとても良い"}


@pytest.mark.parametrize(
    "head",
    [
        b"Subject: =?utf-8?B?broken",
        b"Subject: =?nothing?Q?caf=E9?=",
        b"Content-Type: text/plain; charset=nonsense",
        b"Content-Type: multipart/mixed",
        b"Content-Type: text/plain; name*=utf-9''%ff\"",
        b"Content-Transfer-Encoding: nonsense",
        b"Content-Type: text/plain; charset*=a\x00b''utf",
    ],
)
def test_a_mail_with_headers_that_are_wrong_is_read_all_the_same(head: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(head + b"\nFrom: a@b.c\n\nThe text.\n")
    (found,) = by_id(read(tmp_path / "m.eml")).values()
    assert found.endswith("The text.")


def test_a_mail_without_text_still_gives_its_attachment(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"] = "a@b.c"
    message.add_attachment("in text", filename="notes.txt")
    (tmp_path / "m.eml").write_bytes(bytes(message))
    assert by_id(read(tmp_path / "m.eml")) == {"m.eml": "no-text", "m.eml!/notes.txt": "in text"}


def test_an_outlook_mail_is_read_like_any_other(tmp_path: Path) -> None:
    streams = {
        "__properties_version1.0": bytes(600),
        "__substg1.0_0037001F": "件名".encode("utf-16-le"),
        "__substg1.0_1000001F": "The text of the mail. ".encode("utf-16-le") * 150,
        "__attach_version1.0_#00000000/__substg1.0_3707001F": "notes.txt".encode("utf-16-le"),
        "__attach_version1.0_#00000000/__substg1.0_37010102": b"in text",
    }
    (tmp_path / "m.msg").write_bytes(makers.compound(streams))
    expected = {"m.msg": "件名\n\n" + ("The text of the mail. " * 150).strip(), "m.msg!/notes.txt": "in text"}
    assert by_id(read(tmp_path / "m.msg")) == expected


MEMBERS = {"x/a.txt": b"one", "x/b.docx": docx(paragraph("two")), "c.py": b"no", "d.zip": zipped({"e.txt": "three"})}
EXPECTED = {"!/x/a.txt": "one", "!/x/b.docx": "two", "!/d.zip!/e.txt": "three"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.zip", lambda: zipped(MEMBERS)),
        ("a.tar", lambda: tarred(MEMBERS)),
        ("a.tgz", lambda: gzip.compress(tarred(MEMBERS))),
        ("a.tar.bz2", lambda: bz2.compress(tarred(MEMBERS))),
        ("a.tar.xz", lambda: lzma.compress(tarred(MEMBERS))),
        ("a.zip.gz", None),
    ],
)
def test_archives_give_their_documents_in_order(name: str, content: Callable[[], bytes] | None, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content() if content else gzip.compress(zipped(MEMBERS)))
    inside = "" if content else "!/a.zip"
    found = by_id(read(tmp_path / name))
    assert found == {f"{name}{inside}{member}": text for member, text in EXPECTED.items()}
    assert list(found) == [f"{name}{inside}{member}" for member in EXPECTED]


def test_a_packed_file_is_one_document(tmp_path: Path) -> None:
    for ending, packed in ((".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)):
        (tmp_path / f"a.txt{ending}").write_bytes(packed(b"some text"))
        assert by_id(read(tmp_path / f"a.txt{ending}")) == {f"a.txt{ending}!/a.txt": "some text"}


def test_only_members_of_the_asked_types_are_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a.txt": "one", "b.md": "two", "__MACOSX/._a.txt": "junk"}))
    plan = replace(Plan(), document_types=("txt", "archive"))
    assert by_id(read(tmp_path / "a.zip", plan)) == {"a.zip!/a.txt": "one"}


def test_members_of_one_name_have_ids_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tarred({"a.txt": b"one"})[:-9216] + tarred({"a.txt": b"two"}))
    assert by_id(read(tmp_path / "a.tar")) == {"a.tar!/a.txt": "one", "a.tar!/a.txt#2": "two"}


def test_a_bad_member_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a.txt": b"", "../b.txt": "x", "c.docx": "no Word", "d.txt": "good"}))
    assert by_id(read(tmp_path / "a.zip")) == {
        "a.zip!/a.txt": "empty",
        "a.zip!/../b.txt": "unsafe",
        "a.zip!/c.docx": "broken",
        "a.zip!/d.txt": "good",
    }
