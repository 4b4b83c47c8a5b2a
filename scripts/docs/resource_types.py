"""Every resource type the estimator knows: what is priced of it, which usage keys it takes, or why it is free."""

from typing import Final

import infra.costs.pricers  # noqa: F401 - registers them
from infra.costs.pricing import FREE, PRICERS
from scripts.docs.tables import code, head, joined, table

ABOUT: Final = """\
Types as Pulumi names them. A type that is in neither table is *not priced*: it is listed as such in every report, never
counted as nothing, and `--strict` makes it exit code 6. What each usage key means:
[costs](../costs.md)."""


def page() -> str:
    """The text of docs/reference/resource-types.md."""
    lines = head("Resource types", ABOUT)
    lines += [f"## Priced ({len(PRICERS)})", ""]
    rows = (
        (code(kind), about(kind), ", ".join(map(code, sorted(found.usage))), code(_where(kind)))
        for kind, found in sorted(PRICERS.items())
    )
    lines += table(("type", "what is priced", "usage keys", "in"), rows)
    lines += [f"## Free ({len(FREE)})", ""]
    lines += table(("type", "why"), ((code(kind), reason) for kind, reason in sorted(FREE.items())))
    return joined(lines)


def about(kind: str) -> str:
    """What a type's pricer says of itself."""
    return (PRICERS[kind].price.__doc__ or "").partition("\n\n")[0].strip()


def _where(kind: str) -> str:
    return PRICERS[kind].price.__module__.replace(".", "/") + ".py"
