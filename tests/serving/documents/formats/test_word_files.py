"""Word and OpenDocument: all that a reader sees, in order, once, and nothing that was deleted."""

import io
import os
import shutil
import subprocess
import time
from pathlib import Path

import docx as python_docx
import pytest
from docx.enum.text import WD_BREAK

from serving.documents.extract import Tools
from serving.documents.types import Failure, Why
from tests.serving.documents.formats import makers
from tests.serving.documents.formats.makers import docx, flat_odt, limited, odt, paragraph

SOFFICE = shutil.which("soffice")


def word_file() -> bytes:
    """As python-docx writes it: header, footer, styles, a table, a page break."""
    file = python_docx.Document()
    file.sections[0].header.paragraphs[0].text = "At the top"
    file.sections[0].footer.paragraphs[0].text = "At the bottom"
    file.add_heading("A title", 1)
    first = file.add_paragraph("The first ")
    first.add_run("bold").bold = True
    first.add_run(" words.").add_break(WD_BREAK.PAGE)
    first.add_run("On the second page.")
    table = file.add_table(2, 2)
    for number in range(4):
        table.cell(number // 2, number % 2).text = f"cell {number}"
    file.add_paragraph("After the table. 日本語の文。")
    held = io.BytesIO()
    file.save(held)
    return held.getvalue()


EXPECTED = (
    "At the top\n\nA title\n\nThe first bold words.\f"
    "On the second page.\n\ncell 0\tcell 1\ncell 2\tcell 3\n\nAfter the table. 日本語の文。\n\nAt the bottom"
)


def test_a_word_file_is_read_in_order_with_headers_tables_and_pages(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(word_file())
    assert makers.text(tmp_path / "a.docx") == EXPECTED


def body(xml: str, folder: Path, **parts: str) -> str:
    (folder / "a.docx").write_bytes(docx(xml, **parts))
    return makers.text(folder / "a.docx")


def test_deleted_moved_and_hidden_text_is_left_out_and_inserted_text_is_not(tmp_path: Path) -> None:
    xml = (
        "<w:p><w:r><w:t>kept </w:t></w:r><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>inserted </w:t></w:r></w:ins><w:moveFrom><w:r><w:t>old place</w:t></w:r></w:moveFrom>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>"
        "<w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>shown</w:t></w:r>"
        "<w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
    )
    assert body(xml, tmp_path) == "kept inserted shown"


def test_a_text_box_comes_once_and_after_the_sentence_it_is_anchored_in(tmp_path: Path) -> None:
    box = f"<w:txbxContent>{paragraph('in the box')}</w:txbxContent>"
    choice = f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    xml = f"<w:p><w:r><w:t>before </w:t>{choice}<w:t>after</w:t></w:r></w:p>{paragraph('next')}"
    assert body(xml, tmp_path) == "before after\n\nin the box\n\nnext"


def test_notes_headers_and_footers_are_read(tmp_path: Path) -> None:
    notes = f"<w:footnote>{paragraph('a note')}</w:footnote>"
    found = body(paragraph("text"), tmp_path, footer=paragraph("end"), footnotes=notes, header=paragraph("start"))
    assert found == "start\n\ntext\n\na note\n\nend"


def test_nested_tables_tabs_and_breaks_keep_words_apart(tmp_path: Path) -> None:
    inner = f"<w:tbl><w:tr><w:tc>{paragraph('x')}</w:tc><w:tc>{paragraph('y')}</w:tc></w:tr></w:tbl>"
    cells = f"<w:tc>{paragraph('a')}{inner}</w:tc><w:tc>{paragraph('b')}{paragraph('c')}</w:tc>"
    stops = "<w:pPr><w:tabs><w:tab w:val='left'/></w:tabs></w:pPr>"
    run = "<w:r><w:t>1</w:t><w:tab/><w:t>2</w:t><w:br/><w:t>3</w:t></w:r>"
    assert body(f"<w:tbl><w:tr>{cells}</w:tr></w:tbl><w:p>{stops}{run}</w:p>", tmp_path).split() == list("axybc123")


def test_pages_are_those_that_word_laid_out_and_cut_no_paragraph(tmp_path: Path) -> None:
    crossing = "<w:p><w:r><w:t>it crosses </w:t><w:lastRenderedPageBreak/><w:t>the border</w:t></w:r></w:p>"
    assert body(f"{crossing}{paragraph('next')}", tmp_path) == "it crosses the border\fnext"


def test_reading_aids_over_japanese_are_no_text(tmp_path: Path) -> None:
    ruby = "<w:ruby><w:rt><w:r><w:t>かん</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢</w:t></w:r></w:rubyBase></w:ruby>"
    assert body(f"<w:p><w:r>{ruby}</w:r><w:r><w:t>字</w:t></w:r></w:p>", tmp_path) == "漢字"


ODT = (
    "<t:tracked-changes><t:p>deleted</t:p></t:tracked-changes><t:h>Head</t:h>\n  <t:p>One<t:s t:c='2'/>two<t:tab/>three"
    "<t:note><t:note-citation>1</t:note-citation><t:note-body><t:p>a note</t:p></t:note-body></t:note>"
    "<draw:frame><draw:text-box><t:p>a box</t:p></draw:text-box></draw:frame>, four\n    words.</t:p>"
    "<t:p>five<office:annotation><t:p>comment</t:p></office:annotation><t:soft-page-break/> six</t:p>"
    "<table:table><table:table-row><table:table-cell><t:p>a</t:p></table:table-cell><table:table-cell><t:p>b</t:p>"
    "</table:table-cell></table:table-row></table:table><t:p>end</t:p>"
)
ODT_TEXT = "Head\n\nOne  two\tthree, four words.\n\na note\n\na box\n\nfive six\fa\tb\n\nend"


def test_opendocument_is_read_packed_and_flat(tmp_path: Path) -> None:
    (tmp_path / "a.odt").write_bytes(odt(ODT))
    (tmp_path / "a.fodt").write_text(f"<?xml version='1.0'?>{flat_odt(ODT)}")
    assert makers.text(tmp_path / "a.odt") == ODT_TEXT
    assert makers.text(tmp_path / "a.fodt") == ODT_TEXT


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_what_libreoffice_writes_and_legacy_word_read_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(word_file())
    for ending in ("doc", "odt", "rtf"):
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = [SOFFICE or "", profile, "--headless", "--convert-to", ending, "--outdir", str(tmp_path)]
        subprocess.run([*command, str(tmp_path / "a.docx")], capture_output=True, check=True, timeout=120)
    tools = Tools(office=Path(SOFFICE or ""))
    assert makers.text(tmp_path / "a.doc", tools) == EXPECTED
    assert makers.text(tmp_path / "a.odt") == EXPECTED
    assert sorted(makers.text(tmp_path / "a.rtf").split()) == sorted(EXPECTED.split())


def test_a_conversion_that_hangs_is_ended_with_all_its_processes(tmp_path: Path) -> None:
    tool = tmp_path / "soffice"
    tool.write_text(f"#!/bin/sh\nsleep 600 &\necho $! > {tmp_path}/pid\nwait\n")
    tool.chmod(0o755)
    (tmp_path / "a.doc").write_bytes(makers.word97())
    start = time.monotonic()
    (found,) = makers.read(tmp_path / "a.doc", limited(seconds=1.0), Tools(office=tool))
    assert time.monotonic() - start < 30
    assert isinstance(found, Failure)
    assert found.why is Why.TIMEOUT
    child = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or " Z " in Path(f"/proc/{child}/stat").read_text():
            break
        time.sleep(0.05)
    else:
        os.kill(child, 9)
        pytest.fail("a process of the conversion lives on")


def test_a_conversion_that_fails_is_one_reason(tmp_path: Path) -> None:
    tool = tmp_path / "soffice"
    tool.write_text("#!/bin/sh\nexit 1\n")
    tool.chmod(0o755)
    (tmp_path / "a.doc").write_bytes(makers.word97())
    (found,) = makers.read(tmp_path / "a.doc", tools=Tools(office=tool))
    assert isinstance(found, Failure)
    assert found.why is Why.BROKEN
