"""Mails as they are sent (.eml): the text that a reader sees, and what is attached."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from typing import Final

from serving.documents.extract import html
from serving.documents.extract.encoding import decoded
from serving.documents.extract.mail import Mail
from serving.documents.extract.registry import Context
from serving.documents.types import DocumentError, Why

_MOST_BOUNDARIES: Final = 100_000
_LONGEST_HEADER: Final = 1_000
_HEADER: Final = re.compile(rb"^[!-9;-~]{1,80}:", re.MULTILINE)
_BODY: Final = ("text/plain", "text/html")


def parse(data: bytes, context: Context) -> Mail:
    """The parts of a mail; raises DocumentError for what is none."""
    if data.count(b"\n--") > _MOST_BOUNDARIES:
        raise DocumentError(Why.LIMIT, f"It has more than {_MOST_BOUNDARIES} parts.")
    if not _HEADER.search(data[:4096]):
        raise DocumentError(Why.BROKEN, "It has no e-mail headers.")
    # The policy that keeps headers as they are: the newer ones raise on headers that real mail has.
    message = message_from_bytes(data.removeprefix(b"\xef\xbb\xbf"), policy=policy.compat32)
    leaves = list(_leaves(message))
    bodies = [part for part in leaves if not _is_attached(part)]
    plain = [part for part in bodies if part.get_content_type() != "text/html"]
    text = "\n\n".join(filter(None, map(_text, plain)))
    if not text.strip():
        rich = [part for part in bodies if part.get_content_type() == "text/html"]
        text = "\n\n".join(html.visible(_rich(part)) for part in rich)
    attachments = [(_name(part, number), _payload(part)) for number, part in enumerate(leaves, 1) if _counts(part)]
    if any(_is_picture_in_text(part) for part in leaves):
        context.note("Pictures within the text of the mail were not read.")
    return Mail(subject=_subject(message), text=text, attachments=attachments)


def _leaves(message: Message) -> Iterator[Message]:
    """Parts that hold no others; a mail that is attached is one."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() == "multipart":
            waiting += [inner for inner in reversed(payload) if isinstance(inner, Message)]
        else:
            yield part


def _is_attached(part: Message) -> bool:
    """A multipart without parts is text whose header is wrong."""
    is_body = part.get_content_type() in _BODY or part.get_content_maintype() == "multipart"
    return part.get_content_disposition() == "attachment" or not is_body


def _counts(part: Message) -> bool:
    return _is_attached(part) and not _is_picture_in_text(part)


def _is_picture_in_text(part: Message) -> bool:
    """A logo or a smiley: shown by the text that refers to it."""
    is_picture = part.get_content_maintype() == "image"
    return is_picture and "Content-ID" in part and part.get_content_disposition() != "attachment"


def _text(part: Message) -> str:
    try:
        return decoded(_payload(part), _charset(part))[0]
    except DocumentError:
        return ""


def _rich(part: Message) -> str:
    """The header's encoding first; many mails name it in the HTML alone."""
    return _text(part) if _charset(part) else html.text_of(_payload(part))


def _charset(part: Message) -> str:
    """The declared encoding; empty where the header that names it is wrong."""
    try:
        return str(part.get_content_charset() or "")
    except (LookupError, ValueError):
        return ""


def _payload(part: Message) -> bytes:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        return inner[0].as_bytes() if isinstance(inner, list) and isinstance(inner[0], Message) else b""
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _name(part: Message, number: int) -> str:
    try:
        name = _words((part.get_filename() or "")[:_LONGEST_HEADER])
    except (LookupError, ValueError):
        name = ""
    ending = ".eml" if part.get_content_type() == "message/rfc822" else ""
    if ending and not name.lower().endswith(ending):
        return f"{name or f'part-{number}'}{ending}"
    return name or f"part-{number}"


def _subject(message: Message) -> str:
    return _words(str(message.get("Subject", ""))[:_LONGEST_HEADER])


def _words(raw: str) -> str:
    """A header's encoded words as text; one that is encoded wrongly stays as it is."""
    try:
        pieces = decode_header(raw)
    except (HeaderParseError, ValueError):
        return raw
    out = []
    for piece, charset in pieces:
        try:
            out.append(decoded(piece, charset or "")[0] if isinstance(piece, bytes) else piece)
        except DocumentError:
            out.append("")
    return " ".join("".join(out).split())
