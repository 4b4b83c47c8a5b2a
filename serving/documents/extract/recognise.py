"""The kind of content, decided by what is in it."""

from typing import Final

from serving.documents import kinds
from serving.documents.extract import compound
from serving.documents.extract.registry import Content
from serving.documents.extract.unpack import Budget, open_zip, unpacked
from serving.documents.limits import Limits
from serving.documents.types import DocumentError, Why

# What a package of Office or OpenOffice holds, by the folder or part that only it has.
_OFFICE: Final = {"xl/": "a spreadsheet", "ppt/": "a presentation", "visio/": "a drawing"}
_COMPOUND: Final = {"Workbook": "a spreadsheet", "Book": "a spreadsheet", "PowerPoint Document": "a presentation"}
_TEXT: Final = "application/vnd.oasis.opendocument.text"


def kind(content: Content, head: bytes, limits: Limits) -> str:
    """One of KINDS. Raises DocumentError where the content has no reader or is not what its name says."""
    found = kinds.sniff(head, content.kind)
    if found == "zip":
        return _zip_kind(content, limits)
    return _compound_kind(content) if found == "compound" else found


def _zip_kind(content: Content, limits: Limits) -> str:
    with content.open() as file, open_zip(file, limits) as archive:
        names = set(archive.namelist())
        if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
            pieces = unpacked(archive, "mimetype", Budget(packed_bytes=content.size_bytes), limits)
            media_type = b"".join(pieces).decode("ascii", "replace").strip()
            if media_type.startswith("application/vnd.oasis.opendocument") and not media_type.startswith(_TEXT):
                raise DocumentError(Why.UNSUPPORTED, f"It is an OpenDocument file, but no text: {media_type}.")
            if media_type.startswith(_TEXT):
                return "opendocument"
            if media_type == "application/epub+zip":
                raise DocumentError(Why.UNSUPPORTED, "It is an e-book.")
    if "[Content_Types].xml" in names and "_rels/.rels" in names:
        for folder, what in _OFFICE.items():
            if any(name.startswith(folder) for name in names):
                raise DocumentError(Why.UNSUPPORTED, f"It is {what}.")
        return "word"
    if content.kind in ("word", "opendocument"):
        raise DocumentError(Why.BROKEN, "It is a zip archive without the parts of a document.")
    return "archive"


def _compound_kind(content: Content) -> str:
    streams = compound.Compound(content.data).root
    if "EncryptedPackage" in streams:
        raise DocumentError(Why.ENCRYPTED, "It is protected by a password.")
    for name, what in _COMPOUND.items():
        if name in streams:
            raise DocumentError(Why.UNSUPPORTED, f"It is {what}.")
    if "WordDocument" in streams:
        return "word"
    if "__properties_version1.0" in streams:
        return "email"
    raise DocumentError(Why.UNSUPPORTED, "It is a file of an office program that is not read.")
