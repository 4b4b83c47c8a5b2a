"""A thousand situations and more: the answer never contradicts its own numbers, nor a hard rule."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import groupby, pairwise, product
from pathlib import Path
from typing import get_args

import pytest

from infra.costs.capacity import ModelCapacity
from infra.costs.decide import SIDES, Answer, Candidate, Name, Side, Situation, decide
from infra.costs.estimate import estimate
from infra.record import record

ROOT = Path(__file__).resolve().parents[3]
MODELS = {"small": "efficientnet_lite0", "dev": "resnet50", "prod": "resnet50"}
VOLUMES = [20_000, 200_000, 1_000_000, 3_000_000, 20_000_000, 200_000_000, 1_000_000_000, 5_000_000_000]
PEOPLE = [(0, "0"), (2, "0.1"), (2, "1")]
TRIED = [("untried", 0), ("works", 5_000), ("too-expensive", 0), ("poor-after-provider", 0)]


@pytest.fixture(scope="module")
def candidates() -> list[Candidate]:
    """The project's own stacks, each with the model it names."""
    found = []
    for name, model in MODELS.items():
        capacity = ModelCapacity.read(ROOT / "serving" / "models" / model / "capacity.toml")
        found.append(Candidate(name, estimate(record(name, ROOT).as_stack(), capacity=capacity)))
    return found


def situations() -> Iterator[Situation]:
    """The grid; volume is what changes fastest."""
    for data, (engineers, share), (tried, budget), latency, peak, volume in product(
        ("yes", "vetted", "no"), PEOPLE, TRIED, (20, 0), (1, 10), VOLUMES
    ):
        yield Situation(
            volume_per_month=Decimal(volume),
            data_may_leave=data,
            engineers=Decimal(engineers),
            people_share=Decimal(share),
            tried=tried,
            budget_per_month=Decimal(budget),
            latency_ms=Decimal(latency),
            peak_to_average=Decimal(peak),
        )


@pytest.fixture(scope="module")
def answers(candidates: list[Candidate]) -> list[Answer]:
    return [decide(situation, candidates, sensitivity=False) for situation in situations()]


def test_the_grid_has_a_thousand_situations_and_every_side_is_recommended_in_some(answers: list[Answer]) -> None:
    assert len(answers) >= 1_000
    assert {answer.side for answer in answers} == {"api", "host", "neither"}
    assert {answer.recommendation for answer in answers} >= {
        "api",
        "api-first",
        "host",
        "host-with-fallback",
        "neither",
    }


def test_what_is_recommended_is_the_cheapest_that_is_allowed_or_the_rule_that_says_otherwise_is_named(
    answers: list[Answer],
) -> None:
    for answer in answers:
        totals = {(row.key, row.name): row.total for row in answer.numbers.options if not row.blocks and row.total}
        if not totals:
            assert answer.recommendation == "neither"
            continue
        taken = [
            total for (key, name), total in totals.items() if name == answer.option and side_of(key) == answer.side
        ]
        if answer.rule == "within-budget":
            assert answer.situation.tried == "works"
            assert any(reason.rule == "within-budget" and reason.decides for reason in answer.reasons)
        else:
            assert min(taken) == min(totals.values())


def side_of(key: str) -> str:
    return "api" if key == "api" else "host"


def test_no_hard_rule_is_ever_broken(answers: list[Answer]) -> None:
    for answer in answers:
        said = answer.situation
        if said.data_may_leave == "no" or said.tried == "poor-after-provider" or said.latency_ms == 20:
            assert answer.side != "api"
            assert answer.recommendation != "host-with-fallback"
        if not said.engineers:
            assert answer.side != "host"
        if said.latency_ms:
            assert answer.recommendation != "scale-to-zero"
        if said.budget_per_month and answer.side != "neither":
            first = [row.with_people for row in answer.numbers.options if row.name == answer.option and not row.blocks]
            assert min(amount for amount in first if amount is not None) <= said.budget_per_month


def test_more_volume_never_turns_hosting_into_the_api_without_saying_why(answers: list[Answer]) -> None:
    turned = 0
    for _, group in groupby(answers, key=lambda a: replace(a.situation, volume_per_month=Decimal(0))):
        rows = list(group)
        for before, after in pairwise(rows):
            if before.side == "host" and after.side != "host":
                turned += 1
                said = [reason.text for reason in after.reasons if reason.rule == "more-volume"]
                assert said, after.situation
                assert said[0].split(":")[0] in ("capacity", "budget", "tiers", "a further instance")
    assert turned > 10


def test_the_ranges_of_volume_say_what_each_answer_says(answers: list[Answer]) -> None:
    for answer in answers:
        volume = answer.situation.volume_per_month
        (found,) = [r for r in answer.numbers.ranges if r.start < volume and (r.end is None or volume <= r.end)]
        assert (found.side == answer.side) or volume == found.end


def test_every_recommendation_has_a_side() -> None:
    assert set(SIDES) == set(get_args(Name))
    assert set(SIDES.values()) == set(get_args(Side))
