"""Pricing again from memory changes no figure: it is what pricing everything anew comes to."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from infra.costs.capacity import ModelCapacity
from infra.costs.decide import Candidate, Situation, decide
from infra.costs.decide.board import laid_out_again, lay_out
from infra.costs.decide.options import Option, amounts
from infra.costs.estimate import Estimate, estimate
from infra.costs.items import CASES
from infra.costs.workload import Billing, Workload
from infra.record import record
from tests.infra.costs.hosts import FAST, SLOW, candidate

ROOT = Path(__file__).resolve().parents[3]
VARIED: dict[str, dict[str, Any]] = {
    "growth": {"growth_per_month": Decimal("0.03")},
    "peak": {"peak_to_average": Decimal(9)},
    "rate": {"rate_factor": Decimal("0.4")},
    "utilisation": {"utilisation": Decimal("0.31")},
    "spot": {"spot_share": Decimal("0.4")},
    "hours": {"hours_open_per_day": Decimal(9), "idle_share": Decimal("0.25")},
    "people": {"engineers": Decimal(3), "people_share": Decimal("0.2"), "salary_per_year": Decimal(90_000)},
    "discount": {"api_discount": Decimal("0.2")},
}
HERE = Situation(volume_per_month=Decimal(30_000_000), latency_ms=Decimal(0))


@pytest.fixture(scope="module", params=[False, True], ids=["list prices", "free tiers"])
def own(request: pytest.FixtureRequest) -> list[Candidate]:
    """Stacks of the project, whose gateways, queues and networks follow the instances."""
    capacity = ModelCapacity.read(ROOT / "serving" / "models" / "resnet50" / "capacity.toml")
    workload = Workload(billing=Billing(free_tiers=request.param))
    stacks = {name: record(name, ROOT).as_stack() for name in ("dev", "prod")}
    return [Candidate(name, estimate(s, workload=workload, capacity=capacity)) for name, s in stacks.items()]


def fresh(candidates: Sequence[Candidate]) -> list[Candidate]:
    return [Candidate(one.name, one.estimate) for one in candidates]


def same(one: Estimate, other: Estimate) -> bool:
    """Whether two estimates hold the same lines, reasons and notes, in the same order."""
    return (one.items, one.free, one.unpriced, one.notes, one.groups) == (
        other.items,
        other.free,
        other.unpriced,
        other.notes,
        other.groups,
    ) and all(one.curve(case) == other.curve(case) for case in CASES)


@pytest.mark.parametrize("name", VARIED)
def test_an_estimate_priced_from_memory_is_the_estimate_priced_anew(name: str, own: list[Candidate]) -> None:
    for one in fresh(own):
        one.priced(HERE)
        assert all(one.remembered.curve(case) == one.estimate.curve(case) for case in CASES)
        situation = replace(HERE, **VARIED[name])
        for to_zero in (False, True):
            for part in (None, Fraction(7, 10)):
                stack, workload = one.stack(situation.spot_share, to_zero=to_zero), one.workload(situation)
                known = one.remembered.again(stack=stack, workload=workload, planned_part=part)
                assert same(known, one.estimate.again(stack=stack, workload=workload, planned_part=part))


@pytest.mark.parametrize("name", VARIED)
def test_options_laid_out_again_cost_what_they_cost_when_laid_out_anew(name: str, own: list[Candidate]) -> None:
    situation = replace(HERE, **VARIED[name])
    board = lay_out(HERE, fresh(own))
    again = laid_out_again(board, situation, board.open)
    anew = lay_out(situation, fresh(own))
    assert costs(again.options, again.volumes) == {
        key: cost for key, cost in costs(anew.options, anew.volumes).items() if key in names(board.open)
    }


def names(options: Sequence[Option]) -> set[tuple[str, str]]:
    return {(option.key, option.name) for option in options}


def costs(options: Sequence[Option], volumes: tuple[Fraction, ...]) -> dict[tuple[str, str], Any]:
    return {(option.key, option.name): amounts(option, volumes) for option in options}


def test_what_other_situations_left_in_memory_changes_no_answer(own: list[Candidate]) -> None:
    used = fresh(own)
    for name in VARIED:
        situation = replace(HERE, **VARIED[name])
        assert decide(situation, used) == decide(situation, fresh(own))


def test_what_an_option_costs_over_growing_months_is_the_sum_of_its_months() -> None:
    situation = Situation(volume_per_month=Decimal(900_000), growth_per_month=Decimal("0.06"))
    board = lay_out(situation, [SLOW, FAST])
    assert len(set(board.volumes)) == len(board.volumes)
    for option in board.options:
        found, limit = amounts(option, board.volumes), option.scenario.limit
        months = [option.scenario.curve.at(v) for v in board.volumes if not limit or v <= limit.volume]
        if option.scenario.impossible or len(months) < len(board.volumes):
            assert found.total is None
            continue
        assert (found.first, found.dearest) == (months[0], max(months))
        assert found.total == option.scenario.paid_once + sum(months)


def test_bursts_are_still_answered_where_no_api_may_be_used_alone() -> None:
    pair = candidate("pair", "g4dn.xlarge", "75", (2, 4))
    situation = Situation(volume_per_month=Decimal(5_000_000), availability_percent=Decimal("99.95"))
    board = lay_out(situation, [pair])
    again = laid_out_again(board, replace(situation, engineers=Decimal(2)), board.open)
    assert costs(again.options, again.volumes) == costs(board.open, board.volumes)
    answer = decide(situation, [pair])
    rows = {(row.key, row.name): row for row in answer.numbers.options}
    assert all(row.blocks for (key, _), row in rows.items() if key == "api")
    assert not rows["fallback", "pair"].blocks
    assert answer.side == "host"
    assert {flip.answer for flip in answer.flips if not flip.reachable} == {answer.recommendation}
