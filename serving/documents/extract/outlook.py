"""Mails as Outlook saves them (.msg); [MS-OXMSG] and [MS-OXPROPS] are the source."""

from collections.abc import Mapping
from typing import Final

from serving.documents.extract import html
from serving.documents.extract.compound import Compound, Entry
from serving.documents.extract.encoding import decoded
from serving.documents.extract.mail import Mail
from serving.documents.extract.registry import Context
from serving.documents.types import DocumentError

MAGIC: Final = b"\xd0\xcf\x11\xe0"

_STREAM: Final = "__substg1.0_"
_ATTACHMENT: Final = "__attach_version1.0_"
_SUBJECT, _BODY, _HTML, _DATA, _LONG_NAME, _SHORT_NAME = "0037", "1000", "1013", "3701", "3707", "3704"
_UNICODE, _ANSI, _BINARY, _OBJECT = "001F", "001E", "0102", "000D"  # types of a property


def parse(data: bytes, context: Context) -> Mail:
    """The parts of a mail; raises DocumentError for a damaged file."""
    file = Compound(data)
    text = _text(file, file.root, _BODY)
    if not text.strip():
        rich = _bytes(file, file.root, _HTML, _BINARY)
        text = html.visible(html.text_of(rich)) if rich else html.visible(_text(file, file.root, _HTML))
    attachments: list[tuple[str, bytes]] = []
    for name, entry in file.root.items():
        if name.startswith(_ATTACHMENT):
            inside = file.children(entry)
            attachments.append(_attachment(file, inside, len(attachments) + 1))
            if f"{_STREAM}{_DATA}{_OBJECT}" in inside:
                context.note("An attached Outlook item was not read.")
    return Mail(subject=_text(file, file.root, _SUBJECT), text=text, attachments=attachments)


def _attachment(file: Compound, inside: Mapping[str, Entry], number: int) -> tuple[str, bytes]:
    name = _text(file, inside, _LONG_NAME) or _text(file, inside, _SHORT_NAME) or f"part-{number}"
    return name.strip("\0"), _bytes(file, inside, _DATA, _BINARY)


def _text(file: Compound, inside: Mapping[str, Entry], name: str) -> str:
    wide = _bytes(file, inside, name, _UNICODE)
    if wide:
        return wide.decode("utf-16-le", "replace")
    try:
        return decoded(_bytes(file, inside, name, _ANSI))[0]
    except DocumentError:
        return ""


def _bytes(file: Compound, inside: Mapping[str, Entry], name: str, type_: str) -> bytes:
    entry = inside.get(f"{_STREAM}{name}{type_}")
    return file.stream(entry) if entry is not None else b""
