"""What a change adds to the bill: by resource, in three cases, in every form."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest

from infra.costs.estimate import Estimate, estimate
from infra.costs.readers import parse_stack
from infra.lifecycle.changes import Changes, changes
from infra.lifecycle.changes_report import as_json, as_markdown, as_text
from tests.infra.costs.stacks import VOLUME, export, group, row

NAT = "aws:ec2/natGateway:NatGateway"
ROUTE = "aws:ec2/route:Route"


def priced(*rows: dict[str, object]) -> Estimate:
    return estimate(parse_stack(export(*rows), "test", "us-east-1"))


@pytest.fixture
def found() -> Changes:
    old = priced(row(VOLUME, "disk", size=10, type="gp3"), row(NAT, "nat"), *group("t3.medium", 1, 2))
    new = priced(row(VOLUME, "disk", size=30, type="gp3"), row(ROUTE, "way"), *group("t3.medium", 1, 4))
    return changes(old, new)


def test_each_resource_is_added_removed_or_changed_by_what_it_costs(found: Changes) -> None:
    disk, nat, asg = (next(r for r in found.rows if r.name == name) for name in ("disk", "nat", "asg"))
    assert (disk.kind, nat.kind, asg.kind) == ("changed", "removed", "changed")
    assert disk.delta.expected == 20 * Fraction("0.08")
    assert nat.delta.expected == -Fraction("0.045") * 730
    assert asg.delta.low == 0
    assert asg.delta.high == 2 * (Fraction("0.0416") * 730 + Fraction("0.08"))
    assert found.added_free == 1


def test_the_rows_add_up_to_the_difference_of_the_totals(found: Changes) -> None:
    for case in ("low", "expected", "high"):
        assert sum(r.delta[case] for r in found.rows) == found.delta[case] == found.after[case] - found.before[case]


def test_a_stack_that_is_new_is_added_and_one_that_goes_is_removed() -> None:
    disk = priced(row(VOLUME, "disk", size=10, type="gp3"))
    assert changes(None, disk).delta.expected == Fraction("0.8") == -changes(disk, None).delta.expected
    assert [r.kind for r in changes(None, disk).rows] == ["added"]


def test_two_equal_stacks_change_nothing() -> None:
    disk = priced(row(VOLUME, "disk", size=10, type="gp3"))
    assert changes(disk, disk).rows == ()
    assert "Nothing changes the bill" in as_text(changes(disk, disk), "a -> b")


def test_what_has_no_price_is_said_and_never_counted_as_nothing() -> None:
    found = changes(None, priced(row(VOLUME, "disk", size=10), row("gcp:pubsub/topic:Topic", "topic")))
    assert [r.resource.name for r in found.not_priced] == ["topic"]
    assert "Not priced: topic" in as_text(found, "a -> b")


def test_the_text_fits_80_columns_and_shows_signs(found: Changes) -> None:
    text = as_text(found, "stack dev, deployed -> stack dev, program")
    assert max(map(len, text.splitlines())) <= 80
    assert "- nat" in text
    assert "-32.85" in text
    assert "+1.60" in text


def test_markdown_is_a_table_for_a_pull_request(found: Changes) -> None:
    text = as_markdown(found, "old.json -> new.json")
    assert "| removed `nat` |  | -32.85 | -32.85 | -32.85 |" in text
    assert text.count("\n|---|") == 1


def test_json_holds_exact_figures_as_text(found: Changes) -> None:
    document = json.loads(as_json(found))
    total = sum(Decimal(r["delta"]["expected"]) for r in document["changes"])
    assert total == Decimal(document["delta"]["expected"])
