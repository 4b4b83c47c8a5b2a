"""Leftovers by AWS's index of tags, which the emulator keeps for a few services only: here its answers are written."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from infra.lifecycle.aws import Account
from infra.lifecycle.leftovers import Marks, monthly
from infra.lifecycle.leftovers_tagged import find

ARN = "arn:aws:{}:us-east-1:123456789012:{}"
METRIC, COMPOSITE = ARN.format("cloudwatch", "alarm:breakeven-dev-errors"), ARN.format("cloudwatch", "alarm:health")
PROBE = ARN.format("lambda", "function:breakeven-dev-probe")
RULE = ARN.format("events", "rule/breakeven-dev-probe")


class Index(Account):
    """An account whose index names these things, all with the stack's tags."""

    def __init__(self, *arns: str) -> None:
        super().__init__("us-east-1")
        self.arns = arns

    def pages(self, service: str, call: str, key: str, **asked: Any) -> Iterator[Any]:
        if call == "describe_alarms":
            return iter([{"AlarmArn": COMPOSITE}])
        tags = [{"Key": "project", "Value": "breakeven"}, {"Key": "stack", "Value": "dev"}]
        return iter([{"ResourceARN": arn, "Tags": tags} for arn in self.arns])


def test_alarms_of_alarms_are_told_from_others_and_cost_what_they_cost() -> None:
    found = list(find(Index(METRIC, COMPOSITE), Marks(project="breakeven", stack="dev")))
    assert [(row.kind, row.id) for row in found] == [("alarm", METRIC), ("composite alarm", COMPOSITE)]
    assert monthly(found, "us-east-1") == {METRIC: Fraction("0.1"), COMPOSITE: Fraction("0.5")}


def test_a_probe_that_is_left_is_named_and_costs_by_its_runs_alone() -> None:
    found = list(find(Index(PROBE, RULE), Marks(project="breakeven", stack="dev")))
    assert [row.kind for row in found] == ["function", "rule"]
    assert monthly(found, "us-east-1") == {PROBE: 0, RULE: 0}
