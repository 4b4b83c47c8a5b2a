"""E-mail: the subject and the text are one document, each attachment is one of its own."""

from collections.abc import Iterator

from serving.documents.extract import members, mime, outlook
from serving.documents.extract.one import document, failure
from serving.documents.extract.registry import Content, Context, container
from serving.documents.types import DocumentError, Extracted, Page


@container("email")
def read(content: Content, context: Context) -> Iterator[Extracted]:
    """The mail itself, then its attachments; raises DocumentError before anything is yielded."""
    parse = outlook.parse if content.data.startswith(outlook.MAGIC) else mime.parse
    mail = parse(content.data, context)
    try:
        text = f"{mail.subject}\n\n{mail.text}"
        yield document(content, [Page(number=1, text=text, method="native")], context)
    except DocumentError as error:
        yield failure(content, error)
    yield from members.read(content, context, iter(mail.attachments))
