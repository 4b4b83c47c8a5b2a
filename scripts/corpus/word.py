"""Word documents: heading, paragraphs, sometimes a table."""

import datetime
import io
import zipfile
from typing import TYPE_CHECKING

from scripts.corpus.plain import packed
from scripts.corpus.registry import Desk, Made, maker, native

if TYPE_CHECKING:
    from docx.document import Document


@maker("word")
def word(desk: Desk) -> Made:
    """A .docx; a fifth have a table after the first paragraph."""
    import docx

    story = desk.short()
    title, *paragraphs = story.leaves[0].paragraphs
    document = docx.Document()
    document.core_properties.created = document.core_properties.modified = datetime.datetime(2024, 1, 1)
    document.add_heading(title, 0)
    written = [title]
    for number, paragraph in enumerate(paragraphs):
        first, _, rest = paragraph.partition(" ")
        added = document.add_paragraph()
        added.add_run(first).bold = True
        added.add_run(f" {rest}")
        written.append(paragraph)
        if not number and desk.rng.random() < 0.2:
            written += _table(document, desk)
    truth = desk.truth("docx", "word", native("\n\n".join(written)), story.label)
    return Made(extension="docx", data=_saved(document), truths=(truth,))


def _table(document: "Document", desk: Desk) -> list[str]:
    """Adds a table; its cells in reading order."""
    rows = [("Question", "Answers"), *((f"Number {i}", str(desk.rng.randint(10, 99))) for i in range(1, 4))]
    table = document.add_table(len(rows), 2)
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            table.cell(i, j).text = cell
    return [cell for row in rows for cell in row]


def _saved(document: "Document") -> bytes:
    """The file without the time at which it was packed."""
    out = io.BytesIO()
    document.save(out)
    with zipfile.ZipFile(out) as made:
        return packed({name: made.read(name) for name in made.namelist()})
