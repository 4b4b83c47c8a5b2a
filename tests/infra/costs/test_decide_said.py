"""What an answer says beside its recommendation is true of the situation, and is not said of another."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from infra.costs.capacity import Capacity, ModelCapacity
from infra.costs.decide import Answer, Candidate, Situation, decide, reading_capacity
from infra.costs.decide.board import lay_out
from infra.costs.decide.choice import choose
from infra.costs.decide.options import Amounts
from infra.costs.vendors import vendors
from infra.costs.workload import Workload
from tests.infra.costs.hosts import FAST, SLOW, bought
from tests.infra.costs.stacks import fleet, priced, stack_of

FEW, MIDDLE, MANY = Decimal(200_000), Decimal(1_000_000), Decimal(50_000_000)
FIGURE = Capacity(
    instance_type="g4dn.xlarge",
    rate_per_second=Decimal(75),
    kind="assumed",
    source="a guess",
    checked=date(2026, 1, 1),
    p99_ms=Decimal(40),
)
GUESSED = Candidate(
    "guessed",
    priced(*fleet("g4dn.xlarge", 1, 4), capacity=ModelCapacity(model="resnet50", unit="images", figures=(FIGURE,))),
)


def answered(*candidates: Candidate, **values: Any) -> Answer:
    return decide(Situation(**{"volume_per_month": MANY, **values}), candidates or (FAST,), sensitivity=False)


def text(answer: Answer, rule: str) -> str:
    return "\n".join(reason.text for reason in answer.reasons if reason.rule == rule)


def forbids(answer: Answer, key: str, name: str = "") -> list[str]:
    row = next(r for r in answer.numbers.options if r.key == key and name in r.name)
    return [block.rule for block in row.blocks]


def test_a_volume_at_which_the_rule_of_thumb_is_wrong_is_said_to_be_one() -> None:
    differs = {volume: "differs" in text(answered(volume_per_month=volume), "high-volume") for volume in (FEW, MIDDLE)}
    assert differs == {FEW: False, MIDDLE: True}
    assert "differs" not in text(answered(), "high-volume")


def test_what_decides_is_told_first() -> None:
    first = answered(tried="works", budget_per_month=Decimal(50_000)).reasons[0]
    assert (first.rule, first.decides) == ("within-budget", True)


def test_a_budget_keeps_only_an_api_that_was_tried_and_works() -> None:
    assert answered(budget_per_month=Decimal(50_000)).side == "host"


@pytest.mark.parametrize(
    ("tried", "side"), [("poor-after-data", "api"), ("poor-after-provider", "host"), ("model-works", "host")]
)
def test_expertise_is_paid_for_only_where_the_provider_could_not_help(tried: str, side: str) -> None:
    answer = answered(tried=tried)
    assert {r.side for r in answer.reasons if r.rule == answer.next_steps[0]} == {side}


def test_rules_that_have_no_occasion_are_silent() -> None:
    host, api = answered(), answered(volume_per_month=FEW)
    assert not text(host, "fine-tuning")
    assert "that this answer takes" in text(host, "main-business")
    assert "that this answer takes" not in text(api, "main-business")


def test_that_no_vendor_is_vetted_is_said_only_where_it_is_why() -> None:
    nobody = answered(task="sentiment", data_may_leave="vetted")
    assert "vetted-vendor" in forbids(nobody, "api")
    assert "no API is left" in text(nobody, "privacy")
    far = answered(data_may_leave="vetted", latency_ms=Decimal(20))
    assert forbids(far, "api", "Google") == ["latency"]
    assert "no API is left" not in text(far, "privacy")
    assert "residency: " in text(answered(volume_per_month=FEW), "privacy")


def test_at_a_tie_the_api_is_taken() -> None:
    board = lay_out(Situation(), [FAST])
    same = Amounts(first=None, dearest=board.volumes[0], total=board.volumes[0])
    assert choose(board.situation, board.options, [same] * len(board.options)).side == "api"


def test_a_vendor_keeps_data_no_longer_than_it_may() -> None:
    keeps = vendors()["mistral"].facts["retention"].number
    assert keeps
    for days, blocked in ((keeps - 1, True), (keeps, False)):
        answer = answered(task="document-text", data_may_leave="vetted", retention_days=days)
        assert ("vetted-vendor" in forbids(answer, "api", "Mistral")) == blocked
    answer = answered(task="document-text", response_hours=Decimal(100))
    assert "response" in forbids(answer, "api", "Mistral")
    assert "response" not in forbids(answer, "api", "Google")


def test_an_instance_that_answers_too_late_or_starts_in_minutes_is_forbidden() -> None:
    for wanted, blocked in ((35, True), (50, False)):
        assert ("latency" in forbids(answered(GUESSED, latency_ms=Decimal(wanted)), "self-hosted")) == blocked
    assert "latency" in forbids(answered(), "scale-to-zero")
    assert "latency" not in forbids(answered(latency_ms=Decimal(0)), "scale-to-zero")


def test_capacity_that_ends_as_the_volume_grows_says_in_which_month() -> None:
    grown = answered(data_may_leave="no", volume_per_month=Decimal(10) ** 9, growth_per_month=Decimal("0.05"))
    assert "a month in the last month" in text(grown, "more-volume")


def test_what_a_burstable_instance_may_use_bounds_the_pages_it_reads() -> None:
    workload = Workload()
    rates = {}
    for name in ("t3.medium", "t3.small", "m6i.large"):
        found = reading_capacity(stack_of(*bought(name, (1, 4), 0)), workload)
        assert found
        rates[name] = found.figures[0].rate_per_second
    assert rates["t3.small"] == rates["t3.medium"] == rates["m6i.large"] / 5


@pytest.mark.parametrize(
    ("candidate", "values", "said"),
    [
        (FAST, {"latency_ms": Decimal(1000)}, "whether it answers within 1000 ms was not measured"),
        (FAST, {}, "30 ms to it and back is assumed"),
        (GUESSED, {}, "is assumed, not measured: a guess"),
        (FAST, {"region": "eu"}, "aws: whether data stay in eu is for you to check"),
        (
            replace(FAST, estimate=replace(FAST.estimate, workload=replace(FAST.estimate.workload, capacity=()))),
            {"rate_per_second": Decimal(75)},
            "its rate, 75 a second, is as stated",
        ),
        (FAST, {"response_hours": Decimal(6)}, "aws: its support is known from secondary sources"),
        (FAST, {"availability_percent": Decimal(99)}, "aws: its availability is known from memory"),
    ],
)
def test_what_is_not_known_is_said(candidate: Candidate, values: dict[str, Any], said: str) -> None:
    answer = answered(candidate, tried="works", budget_per_month=Decimal(50_000), **values)
    assert said in "\n".join(answer.unknown)


def test_the_nearer_end_of_a_range_is_the_flip() -> None:
    values: dict[str, Any] = {"budget_per_month": Decimal(4_000), "tried": "too-expensive"}
    ranges = answered(SLOW, **values).numbers.ranges
    span = next(r for r in ranges[1:] if r.end is not None)
    assert span.end is not None
    for part, end in ((1, span.start), (3, span.end)):
        volume = Decimal(int(span.start + (span.end - span.start) * part / 4))
        flips = decide(Situation(**values, volume_per_month=volume), [SLOW]).flips
        assert {flip.at for flip in flips if flip.assumption == "volume_per_month"} == {end}
