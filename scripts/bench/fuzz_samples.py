"""Small good inputs that are not shipped as files: traces, documents, pictures, tables."""

import csv
import gzip
import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

MONDAY: Final = datetime(2026, 1, 5, tzinfo=UTC)
WORD: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
WORDS: Final = (
    "The parcel came a day early and nothing in it was broken.",
    "I waited three weeks and nobody answered my mails.",
    "It does what it says, no more and no less.",
    "The colours are wrong and the seams come apart.",
)


def trace_csv() -> list[bytes]:
    """Requests a minute under a head, with ISO times and with seconds since 1970."""
    moments = [MONDAY + timedelta(minutes=i) for i in range(20)]
    iso = "\n".join(f"{moment.isoformat()},{i * 3}" for i, moment in enumerate(moments))
    epoch = "\n".join(f"{int(moment.timestamp())},{i}" for i, moment in enumerate(moments))
    texts = (f"time,requests\n{iso}\n".encode(), f"timestamp,count\n{epoch}\n".encode())
    return [*texts, gzip.compress(texts[0], mtime=0)]


def access_logs() -> list[bytes]:
    """Lines of an Application Load Balancer."""
    made = []
    for i in range(6):
        at = f"{MONDAY + timedelta(seconds=7 * i):%Y-%m-%dT%H:%M:%S.%f}Z"
        made.append(
            f"https {at} app/lb/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.000 0.048 0.000 200 200 34 366 "
            '"GET https://www.example.com:443/ HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 '
            'arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/t/73e2d6bc24d8a067 "Root=1-58337262" '
            f'"www.example.com" "arn" 0 {at} "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1 "-" "-" "-"'
        )
    text = ("\n".join(made) + "\n").encode()
    return [text, gzip.compress(text, mtime=0)]


def cloudwatch() -> list[bytes]:
    """The two JSON exports and the console's CSV."""
    moments = [(MONDAY + timedelta(minutes=i)).isoformat() for i in range(8)]
    rows = [{"Timestamp": moment, "Sum": float(i), "Unit": "Count"} for i, moment in enumerate(moments)]
    data = {
        "MetricDataResults": [
            {
                "Id": "m1",
                "Label": "RequestCount",
                "Timestamps": moments,
                "Values": list(range(8)),
                "StatusCode": "Complete",
            }
        ]
    }
    console = "Metrics,\n\nLabel,RequestCount\nFull label,us-east-1:AWS/ApplicationELB RequestCount Sum 60\n"
    console += "".join(f"{MONDAY + timedelta(minutes=i):%Y/%m/%d %H:%M:%S},{i}\n" for i in range(8))
    return [
        json.dumps({"Label": "RequestCount", "Datapoints": rows}).encode(),
        json.dumps(data).encode(),
        console.encode(),
    ]


def parquet(folder: Path) -> list[bytes]:
    """A trace as Parquet, with times that know their zone and with numbers."""
    moments = [MONDAY + timedelta(minutes=i) for i in range(20)]
    rows: tuple[dict[str, Sequence[Any]], ...] = (
        {"time": moments, "requests": list(range(20))},
        {"time": [int(m.timestamp()) for m in moments], "count": [1.5] * 20},
    )
    return [table_parquet(folder, row) for row in rows]


def table_parquet(folder: Path, columns: Mapping[str, Sequence[Any]]) -> bytes:
    """Columns as a Parquet file."""
    import pyarrow as arrow
    from pyarrow import parquet as files

    path = folder / "table.parquet"
    files.write_table(arrow.table(dict(columns)), path)
    return path.read_bytes()


def labelled() -> list[dict[str, Any]]:
    """Labelled examples."""
    return [
        {
            "text": f"{WORDS[i % 4]} ({i})",
            "label": ("good", "bad")[i % 2],
            "split": ("train", "test")[i % 5 == 0],
            "group": i,
        }
        for i in range(12)
    ]


def as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows under their head."""
    held = io.StringIO()
    writer = csv.DictWriter(held, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return held.getvalue().encode()


def as_lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def png(width: int = 40, height: int = 30) -> bytes:
    """A picture of one colour."""
    rows = b"".join(b"\0" + b"\x40\x80\xc0" * width for _ in range(height))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    made = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)


def pictures() -> list[bytes]:
    """One as PNG and as the other formats that are read."""
    from PIL import Image

    found = [png()]
    with Image.open(io.BytesIO(found[0])) as image:
        for form in ("JPEG", "WEBP", "GIF", "BMP"):
            held = io.BytesIO()
            image.save(held, form)
            found.append(held.getvalue())
    return found


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    """A zip archive."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def tarred(members: Mapping[str, bytes]) -> bytes:
    """A packed tar archive."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, content in members.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return held.getvalue()


def pdf() -> bytes:
    """A page with a line of text."""
    stream = b"BT /F1 18 Tf 20 100 Td (The parcel came a day early.) Tj ET"
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    made, places = bytearray(b"%PDF-1.4\n"), []
    for number, part in enumerate(parts, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(made + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, start))


def docx() -> bytes:
    """A Word document of two paragraphs."""
    body = "".join(f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>" for words in WORDS)
    relation = f'<Relationship Id="r1" Type="{OFFICE}" Target="word/document.xml"/>'
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": f'<Relationships xmlns="{RELATIONS}">{relation}</Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
        }
    )


def mail() -> bytes:
    """A mail with a page in HTML and an attachment."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "A parcel", "a@example.com", "b@example.com"
    message.set_content(WORDS[0])
    message.add_alternative(f"<html><body><p>{WORDS[1]}</p></body></html>", subtype="html")
    message.add_attachment(WORDS[2].encode(), maintype="text", subtype="plain", filename="note.txt")
    return message.as_bytes()


def documents() -> dict[str, list[bytes]]:
    """By file name: good files of each kind that is read, and bombs among the archives."""
    html = f"<html><head><title>x</title></head><body><p>{WORDS[0]}</p><table><tr><td>{WORDS[1]}</table></body></html>"
    rtf = "{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}\\f0 " + "\\par ".join(WORDS) + "}"
    plain = {f"{n}.txt": words.encode() for n, words in enumerate(WORDS)}
    nested = {**plain, "inner.zip": zipped(plain), "a.docx": docx()}
    bomb = zipped({"a.txt": bytes(30_000_000)})
    return {
        "a.pdf": [pdf()],
        "a.docx": [docx()],
        "a.eml": [mail()],
        "a.html": [html.encode(), html.encode("utf-16")],
        "a.rtf": [rtf.encode()],
        "a.md": [f"# Title\n\n* {WORDS[0]}\n\n| a | b |\n|---|---|\n| {WORDS[1]} | 1 |\n".encode()],
        "a.txt": ["\n".join(WORDS).encode(), "\n".join(WORDS).encode("utf-16")],
        "a.zip": [zipped(nested), bomb, zipped({"b.zip": bomb})],
        "a.tar.gz": [tarred(nested), tarred({"a.txt": bytes(20_000_000)})],
        "a.png": pictures(),
    }
