"""Plain text, HTML, Markdown, RTF: what a reader sees, in any encoding."""

import codecs
from pathlib import Path

import pytest

from serving.documents.extract.registry import containers, readers
from serving.documents.kinds import EXTENSIONS
from serving.documents.types import KINDS
from tests.serving.documents.formats import makers

JAPANESE = "とても良い製品でした。また買います。\nカタカナも読めます。"


def test_every_kind_has_one_reader_and_some_extensions() -> None:
    assert sorted([*readers, *containers]) == sorted(KINDS)
    assert sorted(EXTENSIONS) == sorted(KINDS)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", JAPANESE),
        ("utf-8-sig", JAPANESE),
        ("utf-16", JAPANESE),
        ("utf-16-le", JAPANESE),
        ("utf-16-be", JAPANESE),
        ("utf-16-le", "Plain English."),
        ("utf-32", JAPANESE),
        ("cp932", JAPANESE),
        ("euc_jp", JAPANESE),
        ("iso2022_jp", JAPANESE),
        ("cp932", "良い。"),
        ("cp1252", "Le café était très bon, l’hôtel « moche » — 5 €."),  # noqa: RUF001
        ("cp1252", "señor, ¿qué tal?"),
        ("cp1250", "Příliš žluťoučký kůň. Výrobek byl velmi dobrý a rád ho koupím znovu."),
        ("cp1251", "Очень хороший продукт, всем советую."),
        ("koi8_r", "Плохой товар. Не советую никому, деньги на ветер."),  # noqa: RUF001
        ("gb18030", "服务态度很差，我不会再来。"),  # noqa: RUF001
        ("big5", "服務態度很差，我不會再來。"),  # noqa: RUF001
        ("cp949", "서비스가 나빴습니다. 다시는 안 갑니다."),
    ],
)
def test_text_is_read_in_the_encoding_it_was_written_in(encoding: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    assert makers.text(tmp_path / "a.txt") == text


def test_a_long_text_is_decoded_by_its_beginning_and_tells_what_was_lost(tmp_path: Path) -> None:
    line = f"{JAPANESE}\n"
    (tmp_path / "a.txt").write_bytes(codecs.BOM_UTF8 + (line * 3000).encode() + b"\xff\xff")
    found = makers.document(tmp_path / "a.txt")
    assert found.pages[0].text.startswith(line * 3000)
    assert found.notes == ("2 characters could not be decoded as utf-8-sig.",)


def test_form_feeds_are_pages_and_odd_characters_are_made_plain(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("one\r\ntwo\u00a0\u200bthree  \r\n\r\n\r\n\r\nso\u00adft\x07\ffour".encode())
    assert makers.text(tmp_path / "a.txt") == "one\ntwo three\n\nsoft\ffour"
    assert [page.number for page in makers.document(tmp_path / "a.txt").pages] == [1, 2]


@pytest.mark.parametrize(
    ("name", "start", "end"), [("a.txt", "", ""), ("a.html", "<html><pre>", "</pre>"), ("a.rtf", r"{\rtf1 ", "}")]
)
def test_a_long_run_of_blanks_takes_no_longer_than_other_text(name: str, start: str, end: str, tmp_path: Path) -> None:
    text = f"a{' ' * 2_000_000}b"  # a pattern that tries each of them anew would take hours
    (tmp_path / name).write_text(f"{start}{text}{end}")
    assert makers.text(tmp_path / name) == text


HTML = """<html><head><title>Not shown</title><style>p {}</style></head><body>
<h1>Head</h1> <p>One <b>two</b>,<br>three &amp; four<!-- no --></p><p style="display: none">hidden</p>
<ul><li>first<li>second</ul><table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>
<script>code()</script><p hidden>hidden</p><ruby>漢<rt>かん</rt></ruby> end</body></html>"""
SHOWN = "Head\n\nOne two,\nthree & four\n\nfirst\nsecond\n\na\tb\nc\td\n\n漢 end"


def test_html_is_what_a_browser_shows(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(HTML)
    assert makers.text(tmp_path / "a.html") == SHOWN


def test_html_names_its_own_encoding(tmp_path: Path) -> None:
    html = '<html><meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS"><p>株式会社</p></html>'
    (tmp_path / "a.html").write_bytes(html.encode("cp932"))
    assert makers.text(tmp_path / "a.html") == "株式会社"


def test_an_html_file_under_another_name_is_read_as_html(tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_text("<html><p>Old programs <b>export</b> this.</p></html>")
    found = makers.document(tmp_path / "a.doc")
    assert (found.kind, found.pages[0].text) == ("html", "Old programs export this.")


def test_html_nested_deeper_than_a_stack_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<html>" + "<b><i>" * 900 + "deep" + "</i></b>" * 900)
    assert makers.text(tmp_path / "a.html") == "deep"


def test_markdown_is_what_is_left_when_it_is_shown(tmp_path: Path) -> None:
    source = (
        "---\ntitle: settings\n---\n# Head\n\nSome *very* [good](http://x.y) `code` ![alt](p.png)\nwrapped\n\n"
        "- a\n- b\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n> said\n\n```\nprint(1)\n```\n\n<div>html <b>too</b></div>\n"
    )
    (tmp_path / "a.md").write_text(source)
    expected = "Head\n\nSome very good code alt\nwrapped\n\na\nb\n\nx\ty\n1\t2\n\nsaid\n\nprint(1)\n\nhtml too"
    assert makers.text(tmp_path / "a.md") == expected


RTF = (
    rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset128 MS Mincho;}{\f2\fcharset204 T;}}"
    rb"{\colortbl;\red0\green0\blue0;}{\*\generator Nobody;}{\info{\author Nobody}}{\header At the top\par}"
    rb"\pard Hello \b bold\b0  caf\'e9 \u8364? \ldblquote quoted\rdblquote{\v hidden}{\deleted gone}\par"
    b"\n{\\f1\\'93\\'fa\\'96\\'7b\\'8c\\'ea \\'83A}\\par {\\f2\\'cf\\'f0\\'e8\\'e2\\'e5\\'f2}\\par "
    rb"\trowd\pard\intbl a\cell b\cell\row\trowd\pard\intbl c\cell d\cell\row\pard "
    rb"After{\footnote A note.} it.{\pict\pngblip 89504e470d0a}{\*\shppict{\pict 00}}\par\page Two \bin3 }{}x\{\}\par}"
)


def test_rtf_is_read_with_its_fonts_encodings_tables_and_notes(tmp_path: Path) -> None:
    (tmp_path / "a.rtf").write_bytes(RTF)
    assert makers.text(tmp_path / "a.rtf") == (
        "At the top\n\nHello bold café € “quoted”\n\n日本語 ア\n\nПривет\n\na\tb\nc\td\n\nAfter it.\n\nA note.\fTwo x{}"  # noqa: RUF001
    )
