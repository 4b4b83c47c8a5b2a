"""How a page becomes one file: its templates and styles, and what its security policy allows them by."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.costs.errors import InputError
from infra.costs.reports.words import money

if TYPE_CHECKING:
    from jinja2 import Environment

HERE: Final = Path(__file__).parent


def asset(name: str) -> str:
    """The text of a style or a script."""
    return (HERE / "assets" / name).read_text(encoding="utf-8").strip()


def digest(text: str) -> str:
    """What a content security policy allows one inline text by."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def environment() -> "Environment":
    """The templates; raises InputError where jinja2 is not installed."""
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError:
        raise InputError("the page", "jinja2 is not installed", "pip install -e '.[report]'") from None

    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["money"] = money
    return found
