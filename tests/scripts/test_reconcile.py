"""`breakeven reconcile` against recorded answers of Cost Explorer: per service, the difference split and explained."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.infra.account.answers import Aws, shape
from tests.scripts.account import account
from tests.scripts.command import breakeven

TYPES = {
    "nat": ("aws:ec2/natGateway:NatGateway", {}),
    "web": ("aws:lb/loadBalancer:LoadBalancer", {"internal": True}),
    "box": ("aws:ec2/instance:Instance", {"instanceType": "t3.medium"}),
    "log": ("aws:cloudwatch/metricAlarm:MetricAlarm", {}),
}
TAG = ("--tag", "stack=dev")


@pytest.fixture
def stack(tmp_path: Path) -> str:
    """A file with a NAT gateway, a balancer, an instance with its 8 GB root disk, and an alarm."""
    rows = [
        {"urn": f"urn:pulumi:dev::p::{kind}::{name}", "type": kind, "custom": True, "inputs": inputs}
        for name, (kind, inputs) in TYPES.items()
    ]
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return str(path)


def reconcile(stack: str, *arguments: str, month: str = "2026-10") -> tuple[int, str, str]:
    done = breakeven("reconcile", "--file", stack, "--month", month, "--region", "us-east-1", *arguments)
    return done.returncode, done.stdout, done.stderr


def document(stack: str, *arguments: str) -> dict[str, Any]:
    code, output, error = reconcile(stack, *TAG, "--format", "json", *arguments)
    assert (code, error) == (0, "")
    return json.loads(output)


def test_the_difference_is_split_into_quantity_and_price(
    stack: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with account(Aws(), monkeypatch, tmp_path):
        found = document(stack)
    services = {s["service"]: s for s in found["services"]}
    lines = {line["usage"]: line for s in found["services"] for line in s["lines"]}
    # October has 744 hours; the gateway was there for 400 of them at our own price.
    nat = lines["NatGateway-Hours"]
    assert (nat["estimate"], nat["bill"]) == ({"cost": "33.48", "quantity": "744"}, {"cost": "18", "quantity": "400"})
    assert (nat["by_quantity"], nat["by_price"]) == ("-15.48", "0")
    # The balancer ran all month, at 0.025 an hour in place of 0.0225.
    web = lines["LoadBalancerUsage"]
    assert (web["by_quantity"], web["by_price"]) == ("0", "1.86")
    box = lines["BoxUsage:t3.medium"]
    assert (box["by_quantity"], box["by_price"]) == ("0", "0")
    # What the estimate does not know, and what it knows without a quantity.
    assert lines["KendraDeveloperEdition"]["estimate"] is None
    assert lines["PublicIPv4:InUseAddress"]["by_quantity"] == "3.72"
    assert lines["CW:AlarmMonitorUsage"]["bill"] is None
    # Nobody stated how much the gateway processes: all of it is a difference in quantity.
    assert (lines["NatGateway-Bytes"]["estimate"], lines["NatGateway-Bytes"]["by_quantity"]) == (
        {"cost": "0", "quantity": "0"},
        "2.7",
    )
    assert any("nat Data processed" in line for line in found["unstated"])
    for service in services.values():
        split = sum(float(line["bill"]["cost"]) if line["bill"] else 0 for line in service["lines"])
        assert split == pytest.approx(float(service["bill"]))
    total = sum(float(row["UnblendedCost"]["Amount"]) for row in _metrics())
    assert float(found["bill"]) == pytest.approx(total)


def _metrics() -> list[Any]:
    return [g["Metrics"] for page in shape("by_service") for r in page["ResultsByTime"] for g in r["Groups"]]


def test_tax_credits_and_the_untagged_rest_stand_apart(
    stack: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with account(Aws(), monkeypatch, tmp_path):
        found = document(stack)
    assert found["apart"] == {"Credit": "-5", "Tax": "7.25"}
    assert found["untagged"] == {"Refund": "-3", "Tax": "11.02", "Usage": "41.5"}
    assert found["other_tag_values"] == "700.25"
    assert (found["requests"], found["tag_seen"], found["bill_is_estimated"]) == (4, True, False)


def test_the_text_explains_each_difference(stack: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with account(Aws(), monkeypatch, tmp_path):
        code, text, error = reconcile(stack, *TAG)
        markdown = reconcile(stack, *TAG, "--format", "markdown")[1]
    assert (code, error) == (0, "")
    assert max(map(len, text.splitlines())) <= 80
    assert "31 of 31 days, bill final, unblended; tags stack=dev" in text
    assert "-15.48 NatGateway-Hours: -15.48 by quantity, 400 billed, 744 estimated (hour)" in text
    assert "+1.86 by price, 0.025 billed, 0.0225 estimated" in text
    assert "on the bill, not in the estimate: Amazon Kendra" in text
    assert "4 requests to Cost Explorer, 0.04 USD" in text
    assert "| Amazon Kendra | 0.00 | 12.35 | +12.35 |" in markdown


def test_what_is_asked_of_cost_explorer(stack: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with account(Aws(), monkeypatch, tmp_path) as aws:
        assert reconcile(stack, *TAG, "--tag", "project=breakeven")[0] == 0
        first, second = aws.asked[0][1], aws.asked[1][1]
    assert first["TimePeriod"] == {"Start": "2026-10-01", "End": "2026-11-01"}
    tags = [part["Tags"] for part in first["Filter"]["And"] if "Tags" in part]
    assert [(tag["Key"], tag["Values"]) for tag in tags] == [("stack", ["dev"]), ("project", ["breakeven"])]
    assert second["NextPageToken"] == "page-2"


def test_a_stack_of_the_program_is_found_by_its_own_tags(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with account(Aws(), monkeypatch, tmp_path) as aws:
        done = breakeven("reconcile", "--stack", "dev", "--month", "2026-10", "--format", "json")
        parts = aws.asked[0][1]["Filter"]["And"]
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["tags"] == {"stack": "dev", "project": "breakeven"}
    assert {part["Tags"]["Key"] for part in parts if "Tags" in part} == {"stack", "project"}
    assert {s["service"] for s in found["services"]} >= {"Amazon API Gateway", "AWS Key Management Service"}
    lines = {line["usage"]: line for s in found["services"] for line in s["lines"]}
    assert float(lines["LCUUsage"]["estimate"]["quantity"]) > 100


def test_a_month_that_is_not_over_counts_its_days(stack: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    if today.day == 1:
        pytest.skip("no day of this month is over")
    by_service = shape("by_service")
    by_service[0]["ResultsByTime"][0]["Estimated"] = True
    with account(Aws(by_service=by_service), monkeypatch, tmp_path) as aws:
        code, text, _ = reconcile(stack, *TAG, month=f"{today:%Y-%m}")
        assert aws.asked[0][1]["TimePeriod"]["End"] == today.isoformat()
    assert code == 0
    assert f"{today.day - 1} of " in text
    assert "bill still changes" in text
    assert f"{(today.day - 1) * 24} estimated" in text


@pytest.mark.parametrize(
    "month", ["2026-13", "october", "2999-01", (datetime.now(UTC) + timedelta(40)).strftime("%Y-%m")]
)
def test_a_month_that_cannot_be_is_one_line(
    month: str, stack: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with account(Aws(), monkeypatch, tmp_path) as aws:
        code, output, error = reconcile(stack, *TAG, month=month)
        assert (code, output, error.count("\n"), aws.asked) == (3, "", 1, [])
    assert month in error


def test_a_tag_that_no_cost_bears_says_what_to_activate(
    stack: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty = shape("by_record")
    empty["ResultsByTime"][0]["Groups"] = []
    rest = shape("by_tag")
    rest["ResultsByTime"][0]["Groups"] = rest["ResultsByTime"][0]["Groups"][:3]
    with account(Aws(by_service=[empty], by_record=empty, by_tag=rest), monkeypatch, tmp_path):
        code, text, _ = reconcile(stack, *TAG)
    assert code == 0
    assert max(map(len, text.splitlines())) <= 80
    said = " ".join(text.split())
    assert "no cost of the month bears the tag stack: activate it as a cost allocation tag in Billing" in said


def test_what_has_no_price_is_named(stack: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with account(Aws(), monkeypatch, tmp_path):
        text, found = [
            breakeven(
                "reconcile", "--file", stack, "--month", "2026-10", "--region", "eu-central-1", *TAG, *form
            ).stdout
            for form in ((), ("--format", "json"))
        ]
    assert "nat: price nat_gateway_hour: no such price in eu-central-1" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80
    assert any(reason.startswith("nat: ") for reason in json.loads(found)["unpriced"])
    assert not any(reason.startswith("box: price t3.medium") for reason in json.loads(found)["unpriced"])


def test_a_large_bill_with_a_long_name_stays_in_its_columns(
    stack: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    by_service = shape("by_service")
    group = by_service[0]["ResultsByTime"][0]["Groups"][0]
    name = "Amazon Elastic Container Service for Kubernetes and all"
    group["Keys"][0], group["Metrics"]["UnblendedCost"]["Amount"] = name, "12345678.9"
    with account(Aws(by_service=by_service), monkeypatch, tmp_path):
        code, text, _ = reconcile(stack, *TAG)
    assert code == 0
    assert max(map(len, text.splitlines())) <= 80
    assert name in " ".join(re.sub(r"  +[-+\d.,]+", "", text).split())
    assert re.search(r" 0\.00 +12,345,678\.90 +\+12,345,678\.90$", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ((400, "AccessDeniedException"), "allow ce:GetCostAndUsage"),
        ((400, "DataUnavailableException"), "enable it in Billing"),
        ((400, "ExpiredTokenException"), "renew them"),
    ],
)
def test_a_refusal_is_one_line(
    fault: tuple[int, str], says: str, stack: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with account(Aws(faults=[fault]), monkeypatch, tmp_path):
        code, output, error = reconcile(stack, *TAG)
    assert (code, output, error.count("\n")) == (3, "", 1)
    assert says in error


def test_being_throttled_once_is_waited_out(stack: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with account(Aws(faults=[(400, "LimitExceededException")]), monkeypatch, tmp_path):
        assert reconcile(stack, *TAG)[0] == 0


def test_no_credentials_another_currency_and_bad_tags(
    stack: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with account(Aws(), monkeypatch, tmp_path, credentials=False):
        assert "no AWS credentials were found" in reconcile(stack, *TAG)[2]
    euro = json.loads(json.dumps(shape("by_service")).replace('"USD"', '"CNY"'))
    with account(Aws(by_service=euro), monkeypatch, tmp_path):
        code, _, error = reconcile(stack, *TAG)
        assert (code, error.count("\n")) == (3, 1)
        assert "the bill is in CNY" in error
        assert "not KEY=VALUE" in reconcile(stack, "--tag", "stack")[2]
        assert "stack is given twice" in reconcile(stack, *TAG, "--tag", "stack=prod")[2]
        assert "add --tag" in reconcile(stack)[2]
