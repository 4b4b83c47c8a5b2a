"""What cannot be read has a reason of its own, stops nothing else, and costs a bounded amount of memory."""

import bz2
import gzip
import io
import lzma
import os
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from serving.documents.discover import discover
from serving.documents.extract import extract
from serving.documents.plan import Plan
from serving.documents.types import KINDS, Failure, Why
from tests.serving.documents.formats import makers
from tests.serving.documents.formats.makers import docx, limited, odt, paragraph, tarred, zipped

MB = 1000**2
ROOT = Path(__file__).parents[4]
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def gz(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def link(name: str, target: str, type_: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    about = tarfile.TarInfo(name)
    about.type, about.linkname = type_, target
    return about


def zip_link() -> bytes:
    about = zipfile.ZipInfo("a.txt")
    about.external_attr = 0o120777 << 16
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(about, "/etc/passwd")
    return held.getvalue()


def patched(data: bytes, local_at: int, central_at: int, value: int) -> bytes:
    """A zip of one member with two bytes changed in both of its headers."""
    changed, central = bytearray(data), data.index(b"PK\x01\x02")
    changed[local_at : local_at + 2] = changed[central + central_at : central + central_at + 2] = struct.pack(
        "<H", value
    )
    return bytes(changed)


def wrong_sum() -> bytes:
    return zipped({"a.txt": b"good text"}, zipfile.ZIP_STORED).replace(b"good", b"evil", 1)


def huge_directory() -> bytes:
    """A directory that claims, and has, more room than 10,000 members need."""
    size = 12 * MB
    return b"PK\x03\x04" + bytes(size) + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, size, 4, 0)


def long_header() -> bytes:
    """A tar archive whose first header says that it is 3 MB long."""
    about = tarfile.TarInfo("a.txt")
    about.pax_headers = {"comment": "x" * 3 * MB}
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(about)
    return gz(held.getvalue())


def damaged_tar() -> bytes:
    good = bytearray(tarred({"a.md": b"word " * 100 + b"the last one", "b.txt": b"second", "c.txt": b"third"}))
    good[1024:1034] = b"\xff" * 10
    return bytes(good)


def nested(levels: int) -> bytes:
    data = zipped({"a.txt": "deep"})
    for _ in range(levels):
        data = zipped({"a.zip": data})
    return data


def circular() -> bytes:
    """A compound file whose directory follows itself."""
    data = bytearray(makers.word97())
    table = struct.unpack_from("<I", data, 76)[0]
    directory = struct.unpack_from("<I", data, 48)[0]
    struct.pack_into("<I", data, (table + 1) * 512 + directory * 4, directory)
    return bytes(data)


def picture(width: int, height: int) -> bytes:
    """A white PNG."""
    held = io.BytesIO()
    Image.new("1", (width, height), 1).save(held, "PNG")
    return held.getvalue()


def pdf(pages: int) -> bytes:
    """Empty pages."""
    document, held = pypdfium2.PdfDocument.new(), io.BytesIO()
    for _ in range(pages):
        document.new_page(200, 200).close()
    document.save(held)
    document.close()
    return held.getvalue()


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A file, what becomes of it, and the limits under which it does."""

    name: str
    content: Callable[[], bytes | str]
    why: Why
    plan: Plan = Plan()

    @cached_property
    def data(self) -> bytes:
        content = self.content()
        return content if isinstance(content, bytes) else content.encode()


def bad(name: str, why: Why, content: Callable[[], bytes | str] | bytes | str, plan: Plan | None = None) -> Bad:
    made = content if callable(content) else lambda: content
    return Bad(name=name, content=made, why=why, plan=plan or Plan())


ENCRYPTED_ODT = '<m xmlns="urn:x"><encryption-data/></m>'
TABLE = [
    bad("empty.txt", Why.EMPTY, b""),
    bad("empty.docx", Why.EMPTY, b""),
    bad("blank.txt", Why.NO_TEXT, " \n\t\f \n"),
    bad("zeros.txt", Why.BROKEN, bytes(5000)),
    bad("noise.txt", Why.BROKEN, bytes(range(256)) * 20),
    bad("program.txt", Why.UNSUPPORTED, b"\x7fELF\x02\x01\x01" + bytes(100)),
    bad("long.txt", Why.LIMIT, "x" * 900, limited(characters=500)),
    bad("longer.txt", Why.LIMIT, "x" * 9000, limited(characters=500)),
    bad("large.txt", Why.LIMIT, "x" * 2000, limited(file_bytes=1000)),
    bad("many-pages.txt", Why.LIMIT, "page\f" * 3000),
    bad("other.txt", Why.OTHER_TYPE, rb"{\rtf1 text}", replace(Plan(), document_types=("txt",))),
    bad("text.pdf", Why.BROKEN, "this is no PDF"),
    bad("cut.pdf", Why.BROKEN, lambda: pdf(3)[:120]),
    bad("head.pdf", Why.BROKEN, b"%PDF-1.7\n" + os.urandom(2000)),
    bad("pages.pdf", Why.LIMIT, lambda: pdf(30), limited(pages=20)),
    bad("cut.png", Why.BROKEN, lambda: picture(300, 300)[:100]),
    bad("cut.jpg", Why.BROKEN, b"\xff\xd8\xff\xe0" + bytes(50)),
    bad("pixels.png", Why.LIMIT, lambda: picture(2000, 2000), limited(image_pixels=1_000_000)),
    bad("bomb.png", Why.LIMIT, lambda: picture(10_001, 10_000)),
    bad("text.png", Why.BROKEN, "this is no picture"),
    bad("photo.jpg", Why.UNSUPPORTED, b"\x00\x00\x00\x18ftypheic" + bytes(100)),
    bad("text.docx", Why.BROKEN, "this is no Word document"),
    bad("archive.docx", Why.BROKEN, zipped({"a.txt": "text"})),
    bad("truncated.docx", Why.BROKEN, lambda: docx(paragraph("text"))[:-200]),
    bad("xml.docx", Why.BROKEN, lambda: docx("<w:p><w:r></w:p>")),
    bad("laughs.docx", Why.UNSAFE, lambda: docx(paragraph("&c;"), start=LAUGHS)),
    bad("outside.docx", Why.UNSAFE, lambda: docx(paragraph("&a;"), start=OUTSIDE)),
    bad("blanks.docx", Why.LIMIT, lambda: docx(" " * 40 * MB)),
    bad("text-bomb.docx", Why.LIMIT, lambda: docx(paragraph("a" * 40 * MB))),
    bad("paragraphs.docx", Why.LIMIT, lambda: docx("<w:p/>" * 1000), limited(characters=1000)),
    bad("no-text.docx", Why.NO_TEXT, lambda: docx("<w:p/>")),
    bad("no-document.docx", Why.BROKEN, zipped({"[Content_Types].xml": "<a/>", "_rels/.rels": "<a/>"})),
    bad("sheet.docx", Why.UNSUPPORTED, zipped({"[Content_Types].xml": "", "_rels/.rels": "", "xl/workbook.xml": ""})),
    bad("slides.docx", Why.UNSUPPORTED, zipped({"[Content_Types].xml": "", "_rels/.rels": "", "ppt/x.xml": ""})),
    bad("password.docx", Why.ENCRYPTED, lambda: makers.compound({"EncryptedPackage": b"x" * 5000})),
    bad("password.doc", Why.ENCRYPTED, lambda: makers.word97(flags=1)),
    bad("no-tool.doc", Why.MISSING_TOOL, makers.word97),
    bad("truncated.doc", Why.BROKEN, lambda: makers.word97()[:300]),
    bad("circular.doc", Why.BROKEN, circular),
    bad("sheet.doc", Why.UNSUPPORTED, lambda: makers.compound({"Workbook": b"x" * 5000})),
    bad("password.odt", Why.ENCRYPTED, lambda: odt("<t:p>x</t:p>", manifest=ENCRYPTED_ODT)),
    bad("laughs.odt", Why.UNSAFE, lambda: odt("<t:p>&c;</t:p>", start=LAUGHS)),
    bad("bomb.odt", Why.LIMIT, lambda: odt(" " * 40 * MB)),
    bad("sheet.odt", Why.UNSUPPORTED, zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"})),
    bad("no-content.odt", Why.BROKEN, zipped({"mimetype": "application/vnd.oasis.opendocument.text"})),
    bad("cut.fodt", Why.BROKEN, lambda: "<?xml version='1.0'?>" + makers.flat_odt("<t:p>text</t:p>")[:-30]),
    bad("laughs.fodt", Why.UNSAFE, lambda: f"<?xml version='1.0'?>{LAUGHS}<office:document/>"),
    bad("cut.rtf", Why.BROKEN, rb"{\rtf1 some {\b text"),
    bad("nested.rtf", Why.LIMIT, b"{\\rtf1 " + b"{" * 20_000),
    bad("no-text.rtf", Why.NO_TEXT, rb"{\rtf1{\info{\author me}}}"),
    bad("nested.html", Why.LIMIT, "<html>" + "<div>" * 100_000),
    bad("no-text.html", Why.NO_TEXT, "<html><script>var a = 1</script><p hidden>x</p></html>"),
    bad("no-text.md", Why.NO_TEXT, "---\ntitle: only settings\n---\n"),
    bad("no-headers.eml", Why.BROKEN, "this is no mail at all\n"),
    bad("no-text.eml", Why.NO_TEXT, "From: a@b.c\n\n"),
    bad("parts.eml", Why.LIMIT, "From: a@b.c\nContent-Type: multipart/mixed; boundary=x\n" + "\n--x\n" * 110_000),
    bad("cut.msg", Why.BROKEN, lambda: makers.compound({"__properties_version1.0": b"x" * 600})[:500]),
    bad("empty.zip", Why.OTHER_TYPE, zipped({})),
    bad("programs.zip", Why.OTHER_TYPE, zipped({"a.py": "x", "b.exe": "x"})),
    bad("cut.zip", Why.BROKEN, zipped({"a.txt": "text"})[:-30]),
    bad("password.zip", Why.ENCRYPTED, lambda: patched(zipped({"a.txt": "text"}), 6, 8, 1)),
    bad("method.zip", Why.UNSUPPORTED, lambda: patched(zipped({"a.txt": "text"}), 8, 10, 98)),
    bad("sum.zip", Why.BROKEN, wrong_sum),
    bad("bomb.zip", Why.LIMIT, lambda: zipped({"a.txt": bytes(40 * MB)})),
    bad("bomb-bz2.zip", Why.LIMIT, lambda: zipped({"a.txt": bytes(40 * MB)}, zipfile.ZIP_BZIP2)),
    bad("bomb-lzma.zip", Why.LIMIT, lambda: zipped({"a.txt": bytes(40 * MB)}, zipfile.ZIP_LZMA)),
    bad("bomb-in-bomb.zip", Why.LIMIT, lambda: zipped({"b.zip": zipped({"a.txt": bytes(40 * MB)})})),
    bad("bytes.zip", Why.LIMIT, lambda: zipped({"a.txt": os.urandom(3000)}), limited(unpacked_bytes=2000)),
    bad("member.zip", Why.LIMIT, lambda: zipped({"a.txt": b"x" * 3000}), limited(file_bytes=2000)),
    bad("members.zip", Why.LIMIT, zipped({f"{n}.py": "x" for n in range(30)}), limited(members=20)),
    bad("directory.zip", Why.LIMIT, huge_directory),
    bad("deep.zip", Why.LIMIT, lambda: nested(3)),
    bad("up.zip", Why.UNSAFE, zipped({"../../a.txt": "x"})),
    bad("absolute.zip", Why.UNSAFE, zipped({"/etc/a.txt": "x"})),
    bad("drive.zip", Why.UNSAFE, zipped({"C:\\a.txt": "x"})),
    bad("backslash.zip", Why.UNSAFE, zipped({"..\\a.txt": "x"})),
    bad("link.zip", Why.UNSAFE, zip_link),
    bad("up.tar", Why.UNSAFE, lambda: tarred({"../a.txt": b"x"})),
    bad("link.tar", Why.UNSAFE, lambda: tarred({}, link("a.txt", "/etc/passwd"))),
    bad("hard-link.tar", Why.UNSAFE, lambda: tarred({}, link("a.txt", "/etc/passwd", tarfile.LNKTYPE))),
    bad("pipe.tar", Why.UNSUPPORTED, lambda: tarred({}, link("a.txt", "", tarfile.FIFOTYPE))),
    bad("cut.tar", Why.BROKEN, lambda: tarred({"a.txt": b"x" * 5000})[:3000]),
    bad("header.tar.gz", Why.LIMIT, long_header),
    bad("bomb.tar.gz", Why.LIMIT, lambda: gz(tarred({"a.py": bytes(40 * MB)}))),
    bad("bomb.txt.gz", Why.LIMIT, lambda: gz(bytes(40 * MB))),
    bad("twice.txt.gz.gz", Why.LIMIT, lambda: gz(gz(bytes(40 * MB)))),
    bad("bomb.txt.bz2", Why.LIMIT, lambda: bz2.compress(bytes(40 * MB))),
    bad("bomb.txt.xz", Why.LIMIT, lambda: lzma.compress(bytes(40 * MB))),
    bad("cut.txt.gz", Why.BROKEN, lambda: gz(os.urandom(5000))[:2000]),
    bad("noise.txt.xz", Why.BROKEN, b"\xfd7zXZ\x00" + bytes(100)),
    bad("a.7z", Why.UNSUPPORTED, b"7z\xbc\xaf\x27\x1c" + bytes(100)),
    bad("a.rar", Why.UNSUPPORTED, b"Rar!\x1a\x07\x00" + bytes(100)),
    bad("text.zip", Why.BROKEN, "this is no archive"),
]


def check(found: list[object], why: Why) -> None:
    (failure,) = found
    assert isinstance(failure, Failure)
    assert failure.why == why, failure.sentence
    assert failure.kind in KINDS
    assert failure.sentence.endswith(".")
    assert failure.sentence.isprintable()


@pytest.mark.parametrize("one", TABLE, ids=lambda one: one.name)
def test_each_bad_file_ends_in_one_failure_with_its_reason(one: Bad, tmp_path: Path) -> None:
    path = tmp_path / one.name
    path.write_bytes(one.data)
    check(list(makers.read(path, one.plan)), one.why)


def test_bad_files_do_not_disturb_the_good_ones_between_them(tmp_path: Path) -> None:
    bad_ones = [one for one in TABLE if one.plan == Plan()]
    for number, one in enumerate(bad_ones):
        (tmp_path / f"{number:03}-{one.name}").write_bytes(one.data)
        (tmp_path / f"{number:03}.txt").write_text(f"good number {number}")
    sources = list(discover(tmp_path, KINDS, lambda _: None))
    rows = {source.id: list(extract(source, Plan(), makers.NO_OFFICE)) for source in sources}
    assert len(rows) == 2 * len(bad_ones)
    for number, one in enumerate(bad_ones):
        check(list(rows[f"{number:03}-{one.name}"]), one.why)
        (good,) = rows[f"{number:03}.txt"]
        assert not isinstance(good, Failure)
        assert good.pages[0].text == f"good number {number}"


def test_damage_within_an_archive_is_said_after_the_members_that_could_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(damaged_tar())
    found = makers.by_id(makers.read(tmp_path / "a.tar"))
    assert found == {"a.tar!/a.md": "word " * 100 + "the last one", "a.tar": "broken"}


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    sources = list(discover(tmp_path, KINDS, lambda _: None))
    assert [source.id for source in sources] == ["gone.txt", "pipe.txt"]
    for source in sources:
        check(list(extract(source, Plan(), makers.NO_OFFICE)), Why.UNREADABLE)


# Not getrusage: what it calls the peak begins with that of the process that started this one.
PEAK = """
import re, sys
from pathlib import Path
from tests.serving.documents.formats import makers
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
(found,) = makers.read(Path(sys.argv[1]))
print(found.why, (peak() - before) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bomb.zip", lambda: zipped({"a.txt": bytes(300 * MB)})),
        ("bomb.txt.gz.gz", lambda: gz(gz(bytes(300 * MB)))),
        ("bomb.tar.xz", lambda: lzma.compress(tarred({"a.py": bytes(300 * MB)}), preset=0)),
        ("bomb.docx", lambda: docx(paragraph("<w:b/>" * 10 * MB))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bomb_is_stopped_in_little_memory(name: str, content: Callable[[], bytes], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content())
    command = [sys.executable, "-c", PEAK, str(tmp_path / name)]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120).stdout.split()
    assert out[0] == Why.LIMIT
    assert int(out[1]) < 100  # MB; the bombs hold 60 to 300
