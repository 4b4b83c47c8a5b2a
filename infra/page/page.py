"""Puts the page together: data, template, styles and scripts in one file that asks the network for nothing."""

import json
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra.costs.errors import InputError
from infra.costs.numbers import LARGEST
from infra.costs.reports import Report, as_text
from infra.costs.reports.words import money
from infra.costs.tco.types import Tco
from infra.page.numbers import numbers
from infra.page.sections import assumptions, ownership, prices, steps
from infra.page.variants import SpotVariants

if TYPE_CHECKING:
    from jinja2 import Environment

    from infra.costs.decide import Answer

HERE: Final = Path(__file__).parent
SCRIPTS: Final = (
    "fractions", "curves", "words", "model", "document", "views", "scales", "chart", "sensitivity", "controls", "main",
)  # fmt: skip
STYLES: Final = ("page", "chart", "print")
MOST_DECADES: Final = LARGEST.adjusted()
"""Of the largest volume."""


def page(
    report: Report,
    tco: Tco | None = None,
    answer: "Answer | None" = None,
    *,
    variants: SpotVariants,
    command: Sequence[str],
) -> str:
    """The page as text. `variants` are the positions of its spot slider, `command` the lines of the command
    whose figures it shows, without the options its sliders stand for. Raises InputError where jinja2 is not installed.
    """
    script = "\n".join(["(() => {", '"use strict";', *(_asset(f"{name}.js") for name in SCRIPTS), "})();"])
    style = "\n".join(_asset(f"{name}.css") for name in STYLES)
    estimate = report.estimate
    return _environment().get_template("page.html").render(
        report=report,
        estimate=estimate,
        workload=estimate.workload,
        variants=variants,
        plain_report=as_text(report),
        data=_embedded({"command": list(command), **numbers(report, variants)}),
        decades=MOST_DECADES,
        assumptions=assumptions(estimate.workload),
        capacity=estimate.capacity,
        prices=prices(report),
        steps=steps(answer),
        ownership=ownership(tco) if tco else None,
        script=script,
        style=style,
        policy=f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "base-uri 'none'; form-action 'none'",
    )  # fmt: skip


def _asset(name: str) -> str:
    return (HERE / "assets" / name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    """What a content security policy allows one inline text by."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _embedded(document: dict[str, Any]) -> str:
    """JSON that can stand in a script element: no name in it can end that element."""
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _environment() -> "Environment":
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
