"""docs/security.md has the table of who reaches what, as the resources of prod and small say."""

from pathlib import Path

from infra.policy.reach import Way, reach
from infra.policy.reach_report import as_markdown
from tests.infra.stack_variants import committed

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "security.md").read_text(encoding="utf-8")


def ways(stack: str) -> tuple[Way, ...]:
    return reach(committed(stack).as_stack())


def test_the_table_is_that_of_prod() -> None:
    expected = as_markdown(ways("prod"))
    assert expected in PAGE, f"docs/security.md should hold:\n{expected}"


def test_what_differs_in_small_is_what_differs() -> None:
    prod = set(ways("prod"))
    expected = as_markdown(way for way in ways("small") if way not in prod)
    assert expected in PAGE, f"docs/security.md should hold:\n{expected}"
