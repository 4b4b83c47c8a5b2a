"""Why a side changes as the volume grows, what is not known, whole per cents of spot: each against its definition."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from infra.costs.decide import Answer, Candidate, Range, Situation, decide
from infra.costs.decide.board import lay_out
from infra.costs.workload import Workload
from tests.infra.costs.hosts import FAST, SLOW, candidate
from tests.infra.costs.stacks import fleet, priced, row

OPEN_SECONDS = 730 * 3600
UTILISATION = Fraction(7, 10)
WEAK = candidate("weak", "g4dn.xlarge", "0.4", (1, 40))
FEW_PEOPLE: dict[str, Any] = {"engineers": Decimal(1), "people_share": Decimal("0.01")}


def ended(answer: Answer, reason: str) -> list[Range]:
    """The ranges before which hosting ended for that reason."""
    return [found for found in answer.numbers.ranges if found.why.startswith(f"{reason}:")]


def needs_another_beyond(volume: Fraction, rate: Fraction) -> bool:
    """Whether a volume is just what a whole number of instances is planned to answer."""
    return (volume / (rate * UTILISATION * OPEN_SECONDS)).denominator == 1


@pytest.mark.parametrize("growth", ["0", "0.01"])
def test_a_further_instance_ends_hosting_only_where_one_is_needed(growth: str) -> None:
    situation = Situation(**FEW_PEOPLE, growth_per_month=Decimal(growth))
    answer = decide(situation, [WEAK], sensitivity=False)
    factors = lay_out(situation, [WEAK]).factors
    found = ended(answer, "a further instance")
    assert found
    for one in found:
        assert one.side == "api"
        assert any(needs_another_beyond(one.start * factor, Fraction(2, 5)) for factor in factors)
        assert "needs one less" in one.why


def test_tiers_end_hosting_only_where_no_instance_is_added_and_a_unit_costs_less_at_the_api() -> None:
    situation = Situation(**FEW_PEOPLE)
    answer = decide(situation, [WEAK], sensitivity=False)
    (found,) = ended(answer, "tiers")
    assert found.side == "api"
    assert not needs_another_beyond(found.start, Fraction(2, 5))
    board = lay_out(situation, [WEAK])
    before, after = (found.start + by for by in (-1, 1))
    managed = min((o.scenario.curve for o in board.open if o.key == "api"), key=lambda curve: curve.at(after))
    (hosted,) = (o.scenario.curve for o in board.open if o.key == "fallback")
    # What differs between them is what a unit adds: at the API less, from here on.
    assert 0 < managed.at(after) - managed.at(before) < hosted.at(after) - hosted.at(before)


def test_where_capacity_ends_or_money_does_neither_is_the_reason() -> None:
    alone = decide(Situation(**FEW_PEOPLE, data_may_leave="no"), [WEAK], sensitivity=False)
    assert [found.why.split(":")[0] for found in alone.numbers.ranges] == ["", "capacity"]
    poor = decide(
        Situation(**FEW_PEOPLE, data_may_leave="no", budget_per_month=Decimal(2_000)), [WEAK], sensitivity=False
    )
    assert [found.why.split(":")[0] for found in poor.numbers.ranges] == ["", "budget"]


def unknown(*candidates: Candidate, **values: Any) -> tuple[str, ...]:
    return decide(Situation(**values), candidates, sensitivity=False).unknown


def test_what_no_answer_knows_is_said_in_every_answer_and_of_its_own_unit() -> None:
    for task, unit in (("image-labels", "images"), ("sentiment", "texts"), ("document-text", "pages")):
        assert f"try both on the same {unit}" in "\n".join(unknown(FAST, task=task))


def test_what_is_not_known_of_hosting_is_said_only_where_hosting_is_an_option() -> None:
    hosted = unknown(FAST, volume_per_month=Decimal(50_000_000))
    forbidden = unknown(FAST, volume_per_month=Decimal(50_000_000), engineers=Decimal(0))
    assert any("real AWS account" in line for line in hosted)
    assert not any("real AWS account" in line or line.startswith("fast:") for line in forbidden)


def test_how_fast_an_api_answers_is_said_only_where_that_matters_and_an_api_is_an_option() -> None:
    said = "how fast the API answers: 30 ms to it and back is assumed"
    assert any(line.startswith(said) for line in unknown(FAST))
    assert not any("how fast the API" in line for line in unknown(FAST, latency_ms=Decimal(0)))
    assert not any("how fast the API" in line for line in unknown(FAST, data_may_leave="no"))


def test_a_line_about_several_options_is_said_once() -> None:
    # The API is not trained: that holds of the API alone, and of the API behind what is hosted.
    lines = unknown(FAST, volume_per_month=Decimal(10**9), fine_tunings_per_year=Decimal(4))
    assert [line for line in lines if "is not trained on data of one's own" in line]
    assert len(lines) == len(set(lines))


def test_spot_prices_and_speed_of_a_gpu_are_said_of_the_stack_that_has_them() -> None:
    many = {"volume_per_month": Decimal(5_000_000)}
    spot, none = (unknown(candidate("one", name, "75", (1, 4), spot=bought), **many) for name, bought in GPUS)
    assert any("one: spot prices are undated" in line for line in spot)
    assert any("speed of a GPU (g4dn.xlarge)" in line for line in spot)
    assert not any("spot prices" in line or "speed of a GPU" in line for line in none)


GPUS = (("g4dn.xlarge", 100), ("m6i.large", 0))


def test_resources_without_a_price_are_counted_and_only_they() -> None:
    for odd in ([], ["one"], ["one", "two"]):
        rows = [row("aws:braket/quantumTask:QuantumTask", name) for name in odd]
        workload = Workload(capacity=(("g4dn.xlarge", Decimal(75)),))
        stack = Candidate("odd", priced(*fleet("g4dn.xlarge", 1, 4), *rows, workload=workload))
        said = [line for line in unknown(stack, volume_per_month=Decimal(50_000_000)) if "are not priced" in line]
        assert [line.split()[1] for line in said] == ([str(len(odd))] if odd else [])


@pytest.mark.parametrize("volume", [1_800_000, 1_900_000, 2_000_000, 2_500_000])
@pytest.mark.parametrize("share", [None, "0.35", "1"])
def test_spot_flips_at_a_whole_per_cent_and_at_none_nearer(volume: int, share: str | None) -> None:
    situation = Situation(
        volume_per_month=Decimal(volume),
        engineers=Decimal(1),
        people_share=Decimal("0.05"),
        tried="too-expensive",
        spot_share=None if share is None else Decimal(share),
    )
    answer = decide(situation, [SLOW])
    (flip,) = [found for found in answer.flips if found.assumption == "spot_share"]
    others = [p for p in range(101) if side_at_spot(situation, p) != answer.side]
    assert flip.reachable == bool(others)
    if flip.at is None:
        return
    percent, within = flip.at * 100, flip.within * 100
    assert (percent.denominator, within.denominator) == (1, 1)
    assert percent in others
    nearest = min(others, key=lambda p: abs(p - flip.now * 100))
    assert abs(percent - nearest) < max(within, 1)


def side_at_spot(situation: Situation, percent: int) -> str:
    there = replace(situation, spot_share=Decimal(percent) / 100)
    return decide(there, [SLOW], sensitivity=False).side
