"""Text in several encodings, HTML, Markdown, e-mail, archives, and Japanese in some of them."""

import html
import io
import re
import zipfile
from email.message import EmailMessage

from scripts.corpus.registry import Desk, Made, maker, native
from scripts.corpus.texts import Leaf, japanese

ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "cp1252", "cp1252", "latin-1", "utf-16")
JAPANESE_ENCODINGS = ("utf-8", "shift_jis", "euc_jp", "utf-16")
CLOCK = (2024, 1, 1, 0, 0, 0)  # of every member of an archive: equal content gives equal files


@maker("text")
def text(desk: Desk) -> Made:
    """Plain text with the line ends of Unix or Windows."""
    encoding = desk.rng.choice(ENCODINGS)
    story = desk.short()
    data = _encoded(story.leaves[0].text, encoding)
    if desk.rng.random() < 0.3 and encoding != "utf-16":
        data = data.replace(b"\n", b"\r\n")
    written = data.decode(encoding).replace("\r\n", "\n")  # what the encoding could not hold is not to be found
    truth = desk.truth("txt", "txt", native(written), story.label, encoding=encoding)
    return Made(extension="txt", data=data, truths=(truth,))


@maker("html")
def page(desk: Desk) -> Made:
    """A web page with what is not to be read: styles, scripts, comments."""
    story = desk.short()
    data = _html(story.leaves[0], "en").encode()
    truth = desk.truth("html", "html", native(story.leaves[0].text), story.label)
    return Made(extension="html", data=data, truths=(truth,))


@maker("markdown")
def markdown(desk: Desk) -> Made:
    """Headings, bold first words, lists, links; the truth is without the marks."""
    story = desk.short()
    title, *paragraphs = (_plain_markdown(paragraph) for paragraph in story.leaves[0].paragraphs)
    lines = [f"# {title}"]
    for paragraph in paragraphs:
        first, _, rest = paragraph.partition(" ")
        style = desk.rng.choice(("{0} {1}", "**{0}** {1}", "- {0} {1}", "> {0} {1}", "[{0}](https://example.com) {1}"))
        lines.append(style.format(first, rest))
    truth = desk.truth("md", "markdown", native("\n\n".join((title, *paragraphs))), story.label)
    return Made(extension="md", data=("\n\n".join(lines) + "\n").encode(), truths=(truth,))


@maker("email")
def mail(desk: Desk) -> Made:
    """A message as text, HTML or both; a third have a text attached."""
    story = desk.short()
    message = EmailMessage()
    message["From"], message["To"] = "Ann Smith <ann@example.com>", "tom@example.com"
    message["Subject"] = desk.rng.choice(("Reviews", "Réponses à l'enquête", "The list you asked for"))
    message["Date"] = "Mon, 01 Jan 2024 10:00:00 +0000"
    style = desk.rng.choice(("plain", "html", "both"))
    if style == "html":
        message.set_content(_html(story.leaves[0], "en"), subtype="html", cte="base64")
    else:
        message.set_content(story.leaves[0].text + "\n", cte="quoted-printable")
    if style == "both":
        message.add_alternative(_html(story.leaves[0], "en"), subtype="html", cte="base64")
    written = f"{message['Subject']}\n\n{story.leaves[0].text}"  # the subject is a part of what was written
    truths = [desk.truth("eml", "email", native(written), story.label)]
    if desk.rng.random() < 1 / 3:
        other = desk.short()
        message.add_attachment(other.leaves[0].text.encode(), maintype="text", subtype="plain", filename="notes.txt")
        truths.append(desk.truth("eml", "txt", native(other.leaves[0].text), other.label, member="notes.txt"))
    _name_boundaries(message, desk.order.number)
    return Made(extension="eml", data=bytes(message), truths=tuple(truths))


@maker("archive")
def archive(desk: Desk) -> Made:
    """A zip of two to five texts in folders."""
    stories = {f"{i % 2}/letter-{i}.txt": desk.short() for i in range(desk.rng.randint(2, 5))}
    data = packed({name: story.leaves[0].text.encode() for name, story in stories.items()})
    truths = [
        desk.truth("zip", "txt", native(story.leaves[0].text), story.label, member=name)
        for name, story in stories.items()
    ]
    return Made(extension="zip", data=data, truths=tuple(truths))


@maker("japanese")
def in_japanese(desk: Desk) -> Made:
    """Text in four encodings, or a web page."""
    leaf = japanese(desk.rng, [desk.rng.randint(150, 600)]).leaves[0]
    if desk.rng.random() < 0.3:
        truth = desk.truth("html", "html", native(leaf.text), "", language="ja")
        return Made(extension="html", data=_html(leaf, "ja").encode(), truths=(truth,))
    encoding = desk.rng.choice(JAPANESE_ENCODINGS)
    truth = desk.truth("txt", "txt", native(leaf.text), "", language="ja", encoding=encoding)
    return Made(extension="txt", data=leaf.text.encode(encoding), truths=(truth,))


def packed(members: dict[str, bytes]) -> bytes:
    """A zip file with these members, without the time at which it was made."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, CLOCK), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _encoded(text: str, encoding: str) -> bytes:
    return text.encode(encoding, "replace")


def _html(leaf: Leaf, language: str) -> str:
    title, *rest = leaf.paragraphs
    body = "\n".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in rest)
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><style>p {{ color: #222 }}</style>\n'
        f'<script>console.log("not to be read")</script></head>\n<body><!-- nor this -->\n'
        f"<h1>{html.escape(title)}</h1>\n{body}\n</body></html>\n"
    )


def _plain_markdown(paragraph: str) -> str:
    """Without the characters that would be marks."""
    return " ".join(re.sub(r"[*_`\[\]<>#~|\\&]", " ", paragraph).lstrip("-+ 0123456789.").split())


def _name_boundaries(message: EmailMessage, number: int) -> None:
    """Fixed ones: the library draws them at random."""
    for depth, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"part-{number}-{depth}")
