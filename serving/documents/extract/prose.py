"""Text in reading order as a format's events bring it: paragraphs, tables, pages, and boxes beside the text."""

from serving.documents.extract.registry import too_long
from serving.documents.limits import Limits
from serving.documents.types import Page


class Prose:
    """Collects text; raises DocumentError as soon as there is more than the limit allows.

    Text boxes and footnotes stand in the middle of a sentence in the file: they are asides, and come after the
    paragraph in which they are anchored.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._characters = 0
        self._pages: list[list[str]] = [[]]
        self._asides: list[list[str]] = []  # those that are open, the innermost last
        self._waiting: list[str] = []
        self._last: list[str] = []
        self._tables = 0
        self._break_due = False

    def text(self, text: str) -> None:
        """Some text of the paragraph that is open."""
        self._add(text)

    def paragraph(self) -> None:
        """The end of a paragraph."""
        self._add("\n" if self._tables else "\n\n")
        if not self._asides:
            self._settle()

    def table(self) -> None:
        """A table begins; one in a cell is part of that cell."""
        self._tables += 1

    def cell(self) -> None:
        """The end of a cell."""
        self._replace_last("\n", "\t")

    def row(self) -> None:
        """The end of a row."""
        self._replace_last("\t", "\n")

    def table_end(self) -> None:
        """The end of a table."""
        self._tables = max(0, self._tables - 1)
        self._add("\n")
        if not self._asides:
            self._settle()

    def page(self, *, at_once: bool = False) -> None:
        """A new page begins, at once or after the paragraph or table that crosses it."""
        self._break_due = True
        if at_once and not self._tables and not self._asides:
            self._settle()

    def aside(self) -> None:
        """A box or a note begins."""
        self._asides.append([])

    def aside_end(self, *, is_footer: bool = False) -> None:
        """It ends; a footer waits for the end of the document, the rest for that of a paragraph that has begun."""
        if self._asides:
            (self._last if is_footer else self._waiting).append("".join(self._asides.pop()).strip("\n") + "\n\n")
        if not self._asides and (not self._out or self._out[-1].endswith("\n")):
            self._settle()

    def pages(self) -> list[Page]:
        """All that was collected; a page without text has no number of its own."""
        while self._asides:
            self.aside_end()
        self._tables = 0
        self._settle()
        self._pages[-1] += self._last
        texts = ["".join(parts) for parts in self._pages]
        if len(texts) > 1 and not texts[-1].strip():
            texts.pop()
        return [Page(number=number, text=text, method="native") for number, text in enumerate(texts, 1)]

    @property
    def _out(self) -> list[str]:
        return self._asides[-1] if self._asides else self._pages[-1]

    def _add(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > self._limits.characters:
            raise too_long(self._limits)
        self._out.append(text)

    def _replace_last(self, end: str, instead: str) -> None:
        if self._out and self._out[-1] == end:
            self._out[-1] = instead
        else:
            self._add(instead)

    def _settle(self) -> None:
        """Asides after their paragraph, then the new page; both wait for the end of a table."""
        if self._tables:
            return
        if self._waiting:
            self._pages[-1] += self._waiting
            self._waiting = []
        if self._break_due and any(part.strip() for part in self._pages[-1]):
            self._pages.append([])
        self._break_due = False
