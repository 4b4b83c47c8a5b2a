"""Settings in a stack's file, changed line by line: its comments and their order stay as they were written."""

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from infra.costs.errors import InputError

Value = str | int | None
# A new key goes below the first of these that is there, else to the end.
ANCHORS: Final = ("canaryArchive", "modelArchive", "model")
PLAIN: Final = r"[A-Za-z_./][\w./-]*"
# A key, its value in quotes or without, and a comment behind it.
LINE: Final = re.compile(r"""(\s*["']?[\w:-]+["']?\s*:)(?:\s+(?:"[^"]*"|'[^']*'|[^#\s"'][^#]*?))?(\s+#.*?)?\s*""")


def change(path: Path, project: str, values: Mapping[str, Value]) -> None:
    """Write settings into a stack's file, or take out those that are None; keys carry no namespace.

    Raises InputError and leaves the file as it is where its lines cannot be changed one by one.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"cannot be read ({error})", "give a stack's file") from None
    target = path.resolve()
    with tempfile.TemporaryDirectory(prefix=".stack-", dir=target.parent) as scratch:
        made = Path(scratch) / target.name
        with made.open("w", encoding="utf-8", newline="") as file:
            file.write(changed(text, project, values, path.name))
        made.chmod(target.stat().st_mode)
        made.replace(target)


def changed(text: str, project: str, values: Mapping[str, Value], shown: str = "the stack's file") -> str:
    """The text with other settings. Raises InputError where it is not one key a line."""
    lines = text.splitlines(keepends=True)
    end = "\r\n" if "\r\n" in text else "\n"
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += end
    for key, value in values.items():
        _set(lines, project, key, value, end)
    made = "".join(lines)
    # Whatever YAML can look like: what is written says just this, or is not written.
    try:
        just_this = _read(made, project) == _wanted(text, project, values)
    except RecursionError:
        just_this = False
    if not just_this:
        told = ", ".join(f"{project}:{k}: {scalar(v)}" if v is not None else f"no {k}" for k, v in values.items())
        raise InputError(shown, "its config is not one key a line", f"write it yourself: {told}")
    return made


def _set(lines: list[str], project: str, key: str, value: Value, end: str) -> None:
    start, stop = _block(lines, end)
    found = _find(lines[start:stop], project, key)
    if found is None:
        if value is not None:
            _insert(lines, project, f"{project}:{key}: {scalar(value)}{end}")
        return
    if value is None:
        del lines[start + found]
    elif match := LINE.fullmatch(lines[start + found]):
        lines[start + found] = f"{match[1]} {scalar(value)}{match[2] or ''}{end}"


def _insert(lines: list[str], project: str, row: str) -> None:
    start, stop = _block(lines, "\n")
    block = lines[start:stop]
    anchor = next((n for key in ANCHORS if (n := _find(block, project, key)) is not None), None)
    written = [n for n, line in enumerate(block) if line.strip()]
    place = anchor if anchor is not None else (written[-1] if written else -1)
    first = next((line for line in block if line.strip() and not line.lstrip().startswith("#")), "  ")
    indent = first[: len(first) - len(first.lstrip())] or "  "
    lines.insert(start + place + 1, indent + row)


def _block(lines: list[str], end: str) -> tuple[int, int]:
    """Where the lines below `config:` begin and end; the key is added where the file has none."""
    head = next((n for n, line in enumerate(lines) if re.match(r"config\s*:", line)), None)
    if head is None:
        lines.append(f"config:{end}")
        head = len(lines) - 1
    after = (n for n, line in enumerate(lines[head + 1 :], head + 1) if re.match(r"[^\s#]", line))
    return head + 1, next(after, len(lines))


def _find(block: Sequence[str], project: str, key: str) -> int | None:
    pattern = re.compile(rf"""\s+["']?(?:{re.escape(project)}:)?{key}["']?\s*:(\s|$)""")
    return next((n for n, line in enumerate(block) if pattern.match(line)), None)


def _wanted(text: str, project: str, values: Mapping[str, Value]) -> dict[str, Any]:
    document = _read(text, project)
    for key, value in values.items():
        document["config"].pop(f"{project}:{key}", None)
        if value is not None:
            document["config"][f"{project}:{key}"] = value
    return document


def _read(text: str, project: str) -> dict[str, Any]:
    import yaml

    try:
        # The parser in C, where there is one: the other takes seconds for what is nested deeply.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        document: dict[str, Any] = yaml.load(text, Loader=loader) or {}  # noqa: S506 - a safe loader either way
        config = document.get("config") or {}
        full = {key if ":" in key else f"{project}:{key}": value for key, value in config.items()}
    except (yaml.YAMLError, AttributeError, TypeError, ValueError, RecursionError):
        return {"config": {}, "unreadable": text}
    return {**document, "config": full}


def scalar(value: Value) -> str:
    """As YAML reads it back: a path stands as it is, any other text in quotes."""
    if isinstance(value, str) and not re.fullmatch(PLAIN, value):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
