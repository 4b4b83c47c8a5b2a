"""docs/privacy.md shows where data rest and pass in prod as the resources say, and the figures of redaction."""

import re
from pathlib import Path

import pytest

from infra.costs.readers import stack_from_rows
from infra.privacy import Flow, dataflow
from infra.privacy.report import places_table, ways_table
from serving.redact import KINDS
from tests.infra.stack_variants import committed

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "privacy.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def prod() -> Flow:
    found = committed("prod")
    return dataflow(stack_from_rows(found.resources, "prod", "test", found.region))


def shown(mark: str) -> str:
    """What stands between a mark and its end."""
    found = re.search(rf"<!-- {mark} -->\n(.*?)<!-- end -->", PAGE, re.DOTALL)
    assert found
    return found[1]


def test_the_places_are_those_of_prod(prod: Flow) -> None:
    expected = "\n".join(places_table(prod.places)) + "\n"
    assert shown("places: prod") == expected, f"docs/privacy.md should hold:\n{expected}"


def test_the_ways_are_those_of_prod(prod: Flow) -> None:
    expected = "\n".join(ways_table(prod.ways)) + "\n"
    assert shown("ways: prod") == expected, f"docs/privacy.md should hold:\n{expected}"


def test_every_kind_has_its_placeholder_and_its_figures_there() -> None:
    figures = shown("redaction")
    for kind in KINDS:
        assert f"| `[{kind}]` |" in PAGE
        assert f"| {kind} |" in figures
    assert re.search(r"Measured on 20\d\d-\d\d-\d\d", figures)
