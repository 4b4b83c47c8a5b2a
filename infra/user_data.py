"""Start scripts of instances: files of shell whose placeholders look like @{name}."""

import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class _Script(string.Template):
    """The shell's own $ stays as it is."""

    delimiter = "@"


def render(template: Path, values: Mapping[str, Any]) -> str:
    """The script with its values; a placeholder without a value raises KeyError."""
    return _Script(template.read_text(encoding="utf-8")).substitute(values)
