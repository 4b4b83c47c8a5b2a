"""What would change the answer really does: just below a flip and just above it the recommended side is another."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from infra.costs.decide import Answer, Candidate, Flip, Situation, decide
from tests.infra.costs.hosts import FAST, SLOW

NEAR = Fraction(1, 10**6)
WHOLE_PERCENT = Fraction(1, 100)


PLAIN: dict[str, Any] = {"engineers": Decimal(1), "people_share": Decimal("0.05"), "tried": "too-expensive"}
SAMPLES: dict[str, tuple[dict[str, Any], list[Candidate]]] = {
    "below the break-even": ({"volume_per_month": Decimal(500_000)}, [FAST]),
    "above it": ({"volume_per_month": Decimal(6_000_000)}, [FAST]),
    "a growing volume": ({"volume_per_month": Decimal(600_000), "growth_per_month": Decimal("0.02")}, [FAST]),
    "a growing volume, hosted": ({"volume_per_month": Decimal(900_000), "growth_per_month": Decimal("0.05")}, [FAST]),
    "many slow instances": ({"volume_per_month": Decimal(9_000_000)}, [SLOW]),
    "more of them than pay": ({"volume_per_month": Decimal(3_000_000)}, [SLOW]),
    "spot that decides": ({"volume_per_month": Decimal(1_900_000)}, [SLOW]),
    "two ways to host": ({"volume_per_month": Decimal(4_000_000)}, [SLOW, FAST]),
    "no API": ({"volume_per_month": Decimal(5_000_000), "data_may_leave": "no"}, [SLOW]),
    "a budget": ({"volume_per_month": Decimal(5_000_000), "budget_per_month": Decimal(3_000)}, [SLOW]),
    "a budget that the API keeps": (
        {"volume_per_month": Decimal(3_000_000), "budget_per_month": Decimal(4_000), "tried": "works"},
        [FAST],
    ),
}


def answer_of(name: str) -> tuple[Answer, list[Candidate]]:
    values, candidates = SAMPLES[name]
    return decide(Situation(**{**PLAIN, **values}), candidates), candidates


def side_with(answer: Answer, candidates: list[Candidate], key: str, value: Fraction) -> str:
    exact = Decimal(value.numerator) / value.denominator
    if key == "volume_per_month":
        exact = exact.to_integral_value()
    return decide(replace(answer.situation, **{key: exact}), candidates, sensitivity=False).side


@pytest.mark.parametrize("name", SAMPLES)
def test_a_flip_turns_the_answer_and_nothing_nearer_does(name: str) -> None:
    answer, candidates = answer_of(name)
    reachable = [flip for flip in answer.flips if flip.at is not None]
    assert reachable
    for flip in reachable:
        before, after = around(flip)
        assert side_with(answer, candidates, flip.assumption, after) != answer.side, flip
        assert side_with(answer, candidates, flip.assumption, before) == answer.side, flip
        for part in (Fraction(1, 4), Fraction(3, 4)):
            between = flip.now + (before - flip.now) * part
            if flip.assumption == "spot_share":
                between = Fraction(round(between * 100), 100)
            assert side_with(answer, candidates, flip.assumption, between) == answer.side, flip


def around(flip: Flip) -> tuple[Fraction, Fraction]:
    """A value on this side of a flip, and one beyond it."""
    assert flip.at is not None
    outward = 1 if flip.at > flip.now else -1
    if flip.assumption == "spot_share":
        return flip.at - outward * WHOLE_PERCENT, flip.at
    near = max(flip.at * NEAR, Fraction(2) if flip.assumption == "volume_per_month" else Fraction(0))
    if flip.within:
        return flip.at - outward * flip.within, flip.at
    return flip.at - outward * near, flip.at + outward * near


@pytest.mark.parametrize("name", SAMPLES)
def test_where_no_flip_is_found_none_is_within_the_allowed_range(name: str) -> None:
    answer, candidates = answer_of(name)
    for flip in (flip for flip in answer.flips if not flip.reachable):
        assert (flip.at, flip.answer) == (None, answer.recommendation)
        if flip.assumption == "volume_per_month":
            continue
        for part in (0, 1, 5, 10):
            value = flip.low + (flip.high - flip.low) * Fraction(part, 10)
            assert side_with(answer, candidates, flip.assumption, value) == answer.side, (flip, value)


def test_the_smallest_change_comes_first_and_what_cannot_flip_last() -> None:
    answer, _ = answer_of("above it")
    changes = [flip.change for flip in answer.flips if flip.change is not None]
    assert changes == sorted(changes)
    assert [flip.reachable for flip in answer.flips] == sorted((f.reachable for f in answer.flips), reverse=True)


def test_every_assumption_is_tried_and_each_flips_somewhere() -> None:
    flipped, tried = set(), set()
    for name in SAMPLES:
        answer, _ = answer_of(name)
        tried |= {flip.assumption for flip in answer.flips}
        flipped |= {flip.assumption for flip in answer.flips if flip.reachable}
    assert tried == {
        "volume_per_month",
        "people_share",
        "engineers",
        "salary_per_year",
        "api_discount",
        "growth_per_month",
        "peak_to_average",
        "rate_factor",
        "utilisation",
        "spot_share",
    }
    assert tried == flipped
