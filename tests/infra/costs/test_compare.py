"""The arithmetic of the article, through the same code as any stack: break-even and where capacity ends, exactly."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from infra.costs.compare import BreakEven, Comparison, break_even, compare
from infra.costs.curves import Curve, Infeasible
from infra.costs.estimate import Estimate
from infra.costs.managed import managed_apis
from infra.costs.workload import Billing, Compare, People, Request, Serving, Volume, Workload
from tests.infra.costs.stacks import fleet, group, lines, priced

HOURS = 744
RATE = 75
# 75 images a second, every second of a month of 31 days.
LIMIT = 200_880_000
INSTANCE = Fraction("0.526") * HOURS
DISK = Fraction("0.08")  # the template's 1 GB of gp3
MILLION = 1_000_000
REKOGNITION = managed_apis()["rekognition_labels"]
NOBODY = People(engineers=Decimal(0))


def article(people: People = NOBODY, **volume: Any) -> Workload:
    """One instance always busy at its full rate, no people unless given."""
    shape = {"hours_per_month": Decimal(HOURS), "peak_to_average": Decimal(1), **volume}
    return Workload(
        volume=Volume(**shape),
        serving=Serving(utilisation=Decimal(1)),
        people=people,
        compare=Compare(apis=("rekognition_labels",)),
        capacity=(("g4dn.xlarge", Decimal(RATE)),),
    )


def one_instance(workload: Workload) -> Estimate:
    return priced(*fleet("g4dn.xlarge", 1, 1), workload=workload)


def compared(workload: Workload) -> Comparison:
    return compare(one_instance(workload))


def instance_alone(workload: Workload) -> Curve:
    (item,) = lines(one_instance(workload), "Instance usage")
    assert item.cost is not None
    return item.cost.expected


def of_people(salaries_a_year: int) -> People:
    return People(engineers=Decimal(1), share=Decimal(1), salary_per_year=Decimal(salaries_a_year))


def test_an_instance_of_75_a_second_answers_exactly_200_880_000_in_a_month() -> None:
    curve = compared(article()).infrastructure
    assert curve.limit is not None
    assert curve.limit.volume == LIMIT == RATE * 3600 * HOURS
    assert curve.at(LIMIT) == INSTANCE + DISK


def test_beyond_it_is_infeasible_and_names_the_group() -> None:
    with pytest.raises(Infeasible, match=r"asg at its maximum of 1 x g4dn\.xlarge, 75 a second each"):
        compared(article()).infrastructure.at(LIMIT + 1)


def test_the_instance_costs_391_dollars_34_for_the_month() -> None:
    assert instance_alone(article()).at(LIMIT) == INSTANCE == Fraction("391.344")


def test_200_million_calls_at_the_cheapest_tier_cost_50_000_dollars() -> None:
    assert REKOGNITION.curve(article(), tier=-1).at(200 * MILLION) == 50_000


@pytest.mark.parametrize(
    ("volume", "cost"),
    [
        (0, 0),
        (MILLION, 1_000),
        (MILLION + 1, Fraction("1000.0008")),
        (5 * MILLION, 4_200),
        (35 * MILLION, 22_200),
        (35 * MILLION + 1, Fraction("22200.00025")),
        (200 * MILLION, 63_450),
    ],
)
def test_the_tiers_of_the_api_are_charged_each_at_its_price(volume: int, cost: Fraction) -> None:
    assert REKOGNITION.curve(article()).at(volume) == cost


def test_a_vendors_free_units_count_where_they_last_or_where_one_asks_for_them() -> None:
    asked = replace(article(), billing=Billing(free_tiers=True))
    vision = managed_apis()["google_vision_labels"]
    assert [REKOGNITION.curve(w).at(2000) for w in (article(), asked)] == [2, 1]
    # 1,000 a month are always free; they count towards the first tier of 0.0015.
    assert [vision.curve(w).at(volume) for w in (article(), asked) for volume in (1000, 2000)] == [
        0,
        Fraction("1.5"),
        0,
        Fraction("1.5"),
    ]


def test_the_instance_alone_is_cheaper_than_the_first_tier_above_391_344() -> None:
    found = break_even(instance_alone(article()), REKOGNITION.curve(article(), tier=0))
    assert found.volumes == (391_344,)
    assert found.self_hosted_wins == ((391_344, LIMIT),)


@pytest.mark.parametrize(("salaries", "a_month"), [(240_000, 20_000), (120_000, 10_000)])
def test_people_move_the_break_even_by_exactly_what_they_cost(salaries: int, a_month: int) -> None:
    workload = article(of_people(salaries))
    found = compared(workload)
    assert found.people == a_month
    first_tier = REKOGNITION.curve(workload, tier=0)
    alone = break_even(found.infrastructure, first_tier).volumes
    together = break_even(found.self_hosted, first_tier).volumes
    assert alone == ((INSTANCE + DISK) * 1000,)
    assert together == (alone[0] + a_month * 1000,)


@pytest.mark.parametrize("salaries", [240_000, 120_000])
def test_with_all_tiers_and_people_the_break_even_is_where_the_tier_says(salaries: int) -> None:
    # Between 5 and 35 million the API costs 4,200 and 0.0006 for each above 5 million.
    own = INSTANCE + DISK + Fraction(salaries, 12)
    (offer,) = compared(article(of_people(salaries))).offers
    assert offer.with_people.volumes == (5 * MILLION + (own - 4_200) / Fraction("0.0006"),)
    assert offer.without_people.volumes == ((INSTANCE + DISK) * 1000,)


CHANGES: dict[str, Callable[[Workload], Workload]] = {
    "as it is": lambda w: w,
    "more people": lambda w: replace(w, people=of_people(240_000)),
    "all APIs": lambda w: replace(w, compare=Compare()),
    "free tiers": lambda w: replace(w, billing=Billing(free_tiers=True)),
    "half the rate": lambda w: replace(w, capacity=(("g4dn.xlarge", Decimal("37.5")),)),
    "several units a request": lambda w: replace(w, request=Request(units=Decimal(8))),
    "half the day": lambda w: replace(w, volume=replace(w.volume, hours_open_per_day=Decimal(12))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_at_a_break_even_both_sides_cost_exactly_the_same(change: str) -> None:
    found = compared(CHANGES[change](article(of_people(60_000))))
    assert found.offers
    for offer in found.offers:
        assert offer.with_people.volumes
        for volume in offer.with_people.volumes:
            assert found.self_hosted.at(volume) == offer.curve.at(volume)
        for volume in offer.without_people.volumes:
            assert found.infrastructure.at(volume) == offer.curve.at(volume)


def test_a_group_that_grows_can_win_and_lose_in_turn() -> None:
    # One image a second is 2,678,400 a month; at 0.00025 each an instance pays from 1,565,696 on.
    workload = replace(article(), capacity=(("g4dn.xlarge", Decimal(1)),))
    own = priced(*fleet("g4dn.xlarge", 1, 4), workload=workload).curve("expected")
    found = break_even(own, REKOGNITION.curve(workload, tier=-1))
    assert found.volumes == (1_565_696, 2_678_400, 3_131_392)
    assert found.self_hosted_wins == ((1_565_696, 2_678_400), (3_131_392, 4 * 2_678_400))


def test_where_one_side_always_wins_there_is_no_break_even() -> None:
    dear = compared(article(of_people(12 * 10**9)))
    (offer,) = dear.offers
    assert (offer.with_people.volumes, offer.with_people.self_hosted_wins) == ((), ())
    free = BreakEven(spans=break_even(Curve.constant(0), REKOGNITION.curve(article())).spans, limit=None)
    assert free.self_hosted_wins == ((0, None),)


def test_the_volume_asked_for_may_lie_beyond_capacity_and_the_bill_is_then_that_of_the_maximum() -> None:
    found = one_instance(article(per_month=Decimal(LIMIT * 2)))
    assert found.monthly("expected") == INSTANCE + DISK
    assert compare(found).offers[0].monthly == REKOGNITION.curve(article()).at(LIMIT * 2)


def test_the_traffic_is_laid_on_another_programs_group_when_asked() -> None:
    workload = article()
    rows = group("g4dn.xlarge", 1, 1)
    assert priced(*rows, workload=workload).curve("expected").limit is None
    limit = priced(*rows, workload=workload, everywhere=True).curve("expected").limit
    assert limit is not None
    assert limit.volume == LIMIT
