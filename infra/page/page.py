"""Puts the page together: data, template, styles and scripts in one file that asks the network for nothing."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from infra.costs.numbers import LARGEST
from infra.costs.reports import Report, as_text
from infra.costs.tco.types import Tco
from infra.page.numbers import numbers
from infra.page.rendering import asset, digest, environment
from infra.page.sections import assumptions, ownership, prices, steps
from infra.page.variants import SpotVariants

if TYPE_CHECKING:
    from infra.costs.decide import Answer
    from infra.page.traffic import Traffic

SCRIPTS: Final = (
    "fractions", "curves", "words", "model", "document", "views", "scales", "chart", "sensitivity", "controls", "main",
)  # fmt: skip
STYLES: Final = ("page", "chart", "traffic", "print")
MOST_DECADES: Final = LARGEST.adjusted()
"""Of the largest volume."""


def page(
    report: Report,
    tco: Tco | None = None,
    answer: "Answer | None" = None,
    *,
    traffic: "Traffic | None" = None,
    variants: SpotVariants,
    command: Sequence[str],
) -> str:
    """The page as text. `variants` are the positions of its spot slider, `command` the lines of the command
    whose figures it shows, without the options its sliders stand for; `traffic` is a simulation of the stack.

    Raises InputError where jinja2 is not installed.
    """
    script = "\n".join(["(() => {", '"use strict";', *(asset(f"{name}.js") for name in SCRIPTS), "})();"])
    style = "\n".join(asset(f"{name}.css") for name in STYLES)
    estimate = report.estimate
    return environment().get_template("page.html").render(
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
        traffic=traffic,
        script=script,
        style=style,
        policy=f"default-src 'none'; script-src {digest(script)}; style-src {digest(style)}; "
        "base-uri 'none'; form-action 'none'",
    )  # fmt: skip


def _embedded(document: dict[str, Any]) -> str:
    """JSON that can stand in a script element: no name in it can end that element."""
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
