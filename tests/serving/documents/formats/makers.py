"""Small files of many formats, good and bad, and the reading of them."""

import io
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from serving.documents import kinds
from serving.documents.extract import Tools, extract
from serving.documents.limits import Limits
from serving.documents.ocr.types import Seen
from serving.documents.plan import Plan
from serving.documents.types import Document, Extracted, Failure, Source

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"


class Blind:
    """An OCR engine that sees nothing."""

    name = "blind"

    def read(self, image: "npt.NDArray[np.uint8]") -> Seen:
        """No lines."""
        return Seen(lines=())


NO_OFFICE = Tools(ocr=Blind())


def read(path: Path, plan: Plan | None = None, tools: Tools = NO_OFFICE) -> list[Extracted]:
    """All that a file yields."""
    kind = kinds.of(path.name)
    assert kind is not None
    source = Source(id=path.name, path=path, kind=kind, size_bytes=path.stat().st_size if path.exists() else 0)
    return list(extract(source, plan or Plan(), tools))


def document(path: Path, tools: Tools = NO_OFFICE) -> Document:
    """The one document in a file."""
    (found,) = read(path, tools=tools)
    assert isinstance(found, Document), found
    return found


def text(path: Path, tools: Tools = NO_OFFICE) -> str:
    """All its text, pages apart by form feeds."""
    return "\f".join(page.text for page in document(path, tools).pages)


def by_id(found: list[Extracted]) -> dict[str, str]:
    """What each document says, or why there is none."""
    assert len({one.id for one in found}) == len(found)
    return {
        one.id: str(one.why) if isinstance(one, Failure) else "\f".join(page.text for page in one.pages)
        for one in found
    }


def limited(**limits: float) -> Plan:
    """A plan with other limits."""
    return replace(Plan(), limits=replace(Limits(), **limits))  # type: ignore[arg-type]


def zipped(members: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def tarred(members: Mapping[str, bytes], *extra: tarfile.TarInfo) -> bytes:
    """A tar archive; `extra` are members without content, such as links."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, content in members.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
        for about in extra:
            archive.addfile(about)
    return held.getvalue()


def docx(body: str, *, start: str = "", **parts: str) -> bytes:
    """A Word document of raw XML: `body` in w:body, `parts` by kind (header="<w:p>...")."""
    spaces = f'xmlns:w="{WORD}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    relations = "".join(f'<Relationship Id="{kind}" Type="{KIND}/{kind}" Target="{kind}.xml"/>' for kind in parts)
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": _relations(f'<Relationship Type="{KIND}/officeDocument" Target="word/document.xml"/>'),
            "word/_rels/document.xml.rels": _relations(relations),
            "word/document.xml": f"{start}<w:document {spaces}><w:body>{body}</w:body></w:document>",
            **{f"word/{kind}.xml": f"<w:part {spaces}>{content}</w:part>" for kind, content in parts.items()},
        }
    )


def paragraph(words: str) -> str:
    """One of Word."""
    return f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>"


def odt(body: str, *, start: str = "", **parts: str) -> bytes:
    """An OpenDocument text of raw XML; `parts` are files such as manifest."""
    names = {"manifest": "META-INF/manifest.xml", "styles": "styles.xml"}
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"{start}{flat_odt(body)}",
            **{names[kind]: content for kind, content in parts.items()},
        }
    )


def flat_odt(body: str) -> str:
    """The same in one XML file."""
    return (
        f'<o:document xmlns:o="{OFFICE}" xmlns:t="{TEXT}" xmlns:office="{OFFICE}"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0">'
        f"<o:body><o:text>{body}</o:text></o:body></o:document>"
    )


def _relations(inner: str) -> str:
    return f'<Relationships xmlns="{RELATIONS}">{inner}</Relationships>'


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound file: streams below storages ("a/b"), small ones in the stream for small ones, as programs do."""
    names = sorted({part for name in streams for part in _steps(name)})
    sectors: list[bytes] = []
    table: list[int] = []

    def put(data: bytes) -> int:
        first = len(sectors)
        pieces = [data[at : at + 512].ljust(512, b"\0") for at in range(0, len(data), 512)]
        sectors.extend(pieces)
        table.extend([*range(first + 1, first + len(pieces)), 0xFFFFFFFE][: len(pieces)])
        return first if pieces else 0xFFFFFFFE

    small, small_table, starts = b"", list[int](), dict[str, int]()
    for name, data in streams.items():
        if len(data) >= 4096:
            starts[name] = put(data)
            continue
        first, count = len(small) // 64, -(-len(data) // 64)
        starts[name] = first if data else 0xFFFFFFFE
        small += data.ljust(count * 64, b"\0")
        small_table += [*range(first + 1, first + count), 0xFFFFFFFE][:count]
    small_start = put(small)
    small_table_start = put(b"".join(struct.pack("<I", number) for number in small_table).ljust(512, b"\xff"))
    directory = put(_directory(names, streams, starts, small_start, len(small)))
    table_at = len(sectors)
    table.append(0xFFFFFFFD)
    assert len(table) <= 128, "one sector of table is enough for a test"
    sectors.append(struct.pack("<128I", *table, *[0xFFFFFFFF] * (128 - len(table))))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    head += struct.pack("<IIIIIIIII", 1, directory, 0, 4096, small_table_start, 1, 0xFFFFFFFE, 0, table_at)
    return head.ljust(512, b"\xff") + b"".join(sectors)


def _steps(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


def _directory(
    names: list[str], streams: Mapping[str, bytes], starts: Mapping[str, int], small_start: int, small_size: int
) -> bytes:
    none = 0xFFFFFFFF
    lines = []
    for name in ["", *names]:
        siblings = [other for other in names if other.rpartition("/")[0] == name.rpartition("/")[0]] if name else []
        after = siblings[siblings.index(name) + 1 :] if name else []
        inside = [other for other in names if other and other.rpartition("/")[0] == name]
        label = (name.rpartition("/")[2] or "Root Entry").encode("utf-16-le")
        type_ = 5 if not name else 2 if name in streams else 1
        start = small_start if not name else starts.get(name, 0)
        size = small_size if not name else len(streams.get(name, b""))
        right = names.index(after[0]) + 1 if after else none
        child = names.index(inside[0]) + 1 if inside and name not in streams else none
        lines.append(
            label.ljust(64, b"\0")
            + struct.pack("<HBB3I", len(label) + 2, type_, 1, none, right, child)
            + bytes(36)
            + struct.pack("<IQ", start, size)
        )
    return b"".join(lines)


def word97(flags: int = 0) -> bytes:
    """The outside of a legacy Word document."""
    return compound({"WordDocument": (struct.pack("<HHHHHBB", 0xA5EC, 0xC1, 0, 0, 0, 0x10, flags)).ljust(8000, b"\0")})
