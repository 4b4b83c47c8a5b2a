"""Plain text: encoding, pages by form feeds."""

from serving.documents.extract.encoding import decoded
from serving.documents.extract.registry import Content, Context, reader, too_long
from serving.documents.limits import Limits
from serving.documents.types import Page

_MOST_BYTES_PER_CHARACTER = 4


@reader("txt")
def read(content: Content, context: Context) -> list[Page]:
    """A page for each form feed, as printers have it."""
    text = decode(content, context)
    parts = text.split("\f", context.limits.pages)
    return [Page(number=number, text=part, method="native") for number, part in enumerate(parts, 1)]


def decode(content: Content, context: Context, declared: str = "") -> str:
    """The text of content, not yet tidied; raises DocumentError before it reads far more than the limit allows."""
    refuse_long(content.size_bytes, context.limits)
    text, encoding = decoded(content.data, declared)
    lost = text.count("\ufffd")
    if lost:
        context.note(f"{lost} characters could not be decoded as {encoding}.")
    return text


def refuse_long(size_bytes: int, limits: Limits) -> None:
    """Content in which more than the allowed characters would fit is not read; its markup counts as text."""
    if size_bytes > limits.characters * _MOST_BYTES_PER_CHARACTER:
        raise too_long(limits)
