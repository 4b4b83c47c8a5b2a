"""Total cost of ownership: the article's sums, what each scenario is made of, and months that cannot be answered."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.costs.errors import InputError
from infra.costs.managed import managed_apis
from infra.costs.simulated import SimulatedUse
from infra.costs.tco import SCENARIOS, total_cost
from infra.costs.workload import Compare, Ownership, People, Workload
from tests.infra.costs.owned import ALONE, INSTANCE, MILLION, QUEUE, cost_of, part, workload
from tests.infra.costs.stacks import fleet, group, priced, row


@pytest.mark.parametrize(("region", "a_year"), [("us", 240_000), ("europe", 120_000)])
def test_two_people_and_one_instance_cost_what_the_article_says(region: str, a_year: int) -> None:
    two = People(engineers=Decimal(2), share=Decimal(1), region=region)
    found = cost_of(workload(people=two))
    assert part(found, "self-hosted", "People") * 12 == a_year
    assert part(found, "self-hosted", "Stack") == INSTANCE
    assert found.monthly("self-hosted", 0) == INSTANCE + Fraction(a_year, 12)


def test_a_stated_salary_stands_in_place_of_the_regions() -> None:
    people = People(engineers=Decimal(1), share=Decimal(1), region="europe", salary_per_year=Decimal(90_000))
    assert part(cost_of(workload(people=people)), "self-hosted", "People") == 7_500


def test_an_api_takes_its_bill_and_a_small_part_of_people_and_nobody_is_on_call_for_it() -> None:
    people = People(engineers=Decimal(2), api_share=Decimal("0.05"))
    owned = Ownership(support_per_month=Decimal(100))
    found = cost_of(workload(people=people, owned=owned, per_month=Decimal(5 * MILLION)))
    assert [p.name for p in found.scenarios["api"].parts] == ["API", "People", "Fine-tuning"]
    # 1,000 + 4 million at 0.0008; 2 x 5 % of 10,000 a month.
    assert found.monthly("api", 0) == 4_200 + 1_000
    assert found.scenarios["api"].paid_once == 0


def test_what_one_owns_costs_on_call_support_and_a_licence_beside_the_stack() -> None:
    people = People(engineers=Decimal(1), share=Decimal(0), salary_per_year=Decimal(124_800))
    owned = replace(ALONE, on_call_hours=Decimal(10), support_per_month=Decimal(29), model_per_month=Decimal(50))
    found = cost_of(workload(people=people, owned=owned))
    # 124,800 a year are 60 an hour.
    assert found.monthly("self-hosted", 0) == INSTANCE + 600 + 29 + 50


@pytest.mark.parametrize(("saves", "left"), [("0.75", 15_000), ("0", 60_000), ("1", 0)])
def test_the_toolkit_takes_a_stated_part_of_building_away(saves: str, left: int) -> None:
    owned = Ownership(build_engineer_months=Decimal(6), toolkit_saves=Decimal(saves), amortised_months=Decimal(24))
    found = cost_of(workload(people=People(), owned=owned))
    for key in ("self-hosted", "fallback", "scale-to-zero"):
        assert found.scenarios[key].paid_once == left
        assert found.amortised(key) == Fraction(left, 24)


def test_where_no_people_are_counted_nobody_is_on_call_or_builds() -> None:
    found = cost_of(workload(owned=Ownership()))
    assert found.scenarios["self-hosted"].paid_once == 0
    assert found.monthly("self-hosted", 0) == INSTANCE


def test_fine_tuning_takes_instance_hours_and_labels_and_an_api_that_cannot_be_trained_says_so() -> None:
    owned = replace(
        ALONE,
        fine_tunings_per_year=Decimal(6),
        fine_tuning_hours=Decimal(4),
        labelled_examples=Decimal(1_000),
    )
    found = cost_of(workload(owned=owned))
    # 80 for labels, 4 x 0.526 for hours, every other month.
    assert part(found, "self-hosted", "Fine-tuning") == (80 + 4 * Fraction("0.526")) / 2
    assert part(found, "api", "Fine-tuning") == 40
    assert "Rekognition labels is not trained" in " ".join(found.scenarios["api"].unknown)
    assert part(found, "fallback", "Fine-tuning") == part(found, "self-hosted", "Fine-tuning")


def test_fine_tuning_an_api_that_can_be_trained_costs_its_training_and_labels_are_bought_once() -> None:
    owned = replace(
        ALONE, fine_tunings_per_year=Decimal(12), fine_tuning_hours=Decimal(4), labelled_examples=Decimal(100)
    )
    stack = priced(*fleet("g4dn.xlarge", 1, 1), workload=workload(owned=owned))
    found = total_cost(stack, managed_apis()["rekognition_custom_labels"])
    # A training hour is 1 USD.
    assert part(found, "api", "Fine-tuning") == 8 + 4
    assert part(found, "fallback", "Fine-tuning") == 8 + 4 + 4 * Fraction("0.526")
    assert found.scenarios["api"].unknown == ()


def test_scaled_to_zero_instances_run_in_open_hours_alone() -> None:
    # Half the day open, half of that idle: a quarter of the month.
    owned = replace(ALONE, idle_share=Decimal("0.5"))
    found = cost_of(workload(owned=owned, hours_open_per_day=Decimal(12)), 1, 2, QUEUE)
    assert found.scenarios["scale-to-zero"].impossible == ""
    saved = part(found, "self-hosted", "Stack") - part(found, "scale-to-zero", "Stack")
    polls = Fraction("0.75") * 730 * 180 * Fraction("0.0000004")
    assert saved == INSTANCE * Fraction(3, 4) + polls


@given(
    volume=st.integers(0, 700_000_000),
    opened=st.integers(1, 24),
    idle=st.integers(0, 99),
    size=st.tuples(st.integers(1, 4), st.integers(0, 4)),
)
@settings(max_examples=30, deadline=None)
def test_scale_to_zero_is_never_dearer_than_keeping_a_minimum(
    volume: int, opened: int, idle: int, size: tuple[int, int]
) -> None:
    owned = replace(ALONE, idle_share=Decimal(idle) / 100)
    known = workload(owned=owned, per_month=Decimal(volume), hours_open_per_day=Decimal(opened))
    found = cost_of(known, size[0], sum(size), QUEUE)
    zero, alone = found.monthly("scale-to-zero", 0), found.monthly("self-hosted", 0)
    assert (zero is None) == (alone is None)
    assert zero is None or alone is None or zero <= alone


@pytest.mark.parametrize(("idle", "most"), [("0", 66_960_000), ("0.5", 66_960_000), ("0.8", 40_176_000)])
def test_idle_hours_leave_the_busiest_minute_where_it_was(idle: str, most: int) -> None:
    # 75 a second over three times the average; in a fifth of the hours the average alone is five times as much.
    owned = replace(ALONE, idle_share=Decimal(idle))
    found = cost_of(workload(owned=owned, peak_to_average=Decimal(3)), 1, 1, QUEUE)
    for key in ("self-hosted", "scale-to-zero"):
        limit = found.scenarios[key].limit
        assert limit
        assert limit.volume == most


def test_without_a_queue_nothing_wakes_a_group_from_zero() -> None:
    found = cost_of(workload())
    assert "no queue" in found.scenarios["scale-to-zero"].impossible
    assert (found.monthly("scale-to-zero", 0), found.total("scale-to-zero")) == (None, None)


def test_volumes_grow_month_by_month_rounded_up_to_whole_units() -> None:
    owned = replace(ALONE, months=Decimal(4), growth_per_month=Decimal("0.1"))
    assert cost_of(workload(owned=owned, per_month=Decimal(100))).volumes == tuple(map(Fraction, (100, 110, 121, 134)))


def test_from_the_month_that_capacity_ends_there_is_no_total_and_no_figure() -> None:
    # An instance at 75 a second ends at 200,880,000; the fifth month asks for 204,120,000.
    owned = replace(ALONE, months=Decimal(6), growth_per_month=Decimal("0.5"))
    found = cost_of(workload(owned=owned, per_month=Decimal(40_320_000)))
    assert found.ends_from("self-hosted") == 4
    assert [found.monthly("self-hosted", m) is None for m in range(6)] == [False] * 4 + [True] * 2
    assert found.total("self-hosted") is None
    assert found.per_unit("self-hosted") is None
    limit = found.ends("self-hosted", 4)
    assert limit
    assert "asg at its maximum of 1 x g4dn.xlarge" in limit.reason


def test_the_cheapest_changes_in_the_month_in_which_growth_passes_the_break_even() -> None:
    # The API alone costs 0.001 each: the instance's 391.424 are passed by the fourth month's 400,000.
    owned = replace(ALONE, months=Decimal(5), growth_per_month=Decimal(1))
    found = cost_of(workload(owned=owned, per_month=Decimal(50_000)))
    assert [found.cheapest_in(month) for month in range(5)] == ["api"] * 3 + ["self-hosted"] * 2
    assert found.changes == ((3, "self-hosted"),)
    # 50 + 100 + 200 + 400 + 800 against 5 x 391.424.
    assert found.cheapest == "api"
    assert found.total("api") == 1_550


@given(growth=st.integers(0, 20), months=st.integers(1, 12), volume=st.integers(1, 10_000_000))
@settings(max_examples=20, deadline=None)
def test_a_total_is_what_is_paid_once_and_every_part_of_every_month(growth: int, months: int, volume: int) -> None:
    owned = Ownership(growth_per_month=Decimal(growth) / 100, months=Decimal(months))
    found = cost_of(workload(people=People(), owned=owned, per_month=Decimal(volume)), 1, 8, QUEUE)
    for key in SCENARIOS:
        summed = sum(p.monthly.at(units) for p in found.scenarios[key].parts for units in found.volumes)
        total = found.total(key)
        assert total == summed + found.scenarios[key].paid_once
        assert found.per_unit(key) == total / sum(found.volumes)
        assert total >= (found.total(found.cheapest) or 0)


def test_the_api_beside_which_it_stands_is_the_cheapest_unless_one_is_named() -> None:
    known = replace(workload(), compare=Compare(apis=("google_vision_labels", "rekognition_labels")))
    stack = priced(*fleet("g4dn.xlarge", 1, 1), workload=known)
    assert total_cost(stack).api.key == "rekognition_labels"
    assert total_cost(stack, managed_apis()["google_vision_labels"]).api.key == "google_vision_labels"


def test_the_bill_says_whose_instances_it_counts() -> None:
    steady = priced(*fleet("g4dn.xlarge", 1, 4), workload=workload())
    use = SimulatedUse.through([(0, 2, 0, 0), (10 * MILLION, 2, 0, 0)], "a weekday")
    said = [total_cost(one).scenarios["self-hosted"].assumes for one in (steady, steady.again(simulated={"asg": use}))]
    assert "of the average" in said[0]
    assert "of the average" not in said[1]
    assert "a simulation found" in said[1]


def test_what_the_bill_leaves_out_is_said() -> None:
    found = cost_of(workload(), 1, 1, row("aws:foo/bar:Baz", "odd"))
    for key in ("self-hosted", "fallback", "scale-to-zero"):
        assert "odd (1 in all)" in " ".join(found.scenarios[key].unknown)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (workload(owned=replace(ALONE, idle_share=Decimal(1))), "idle_share: 1: nobody ever calls"),
        (replace(workload(unit="songs"), compare=Compare()), "no managed API answers 'songs'"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_key(known: Workload, said: str) -> None:
    with pytest.raises(InputError, match=said):
        cost_of(known)


def test_another_programs_stack_needs_a_workload_that_speaks_for_it() -> None:
    stack = priced(*group("g4dn.xlarge", 1, 1), workload=workload())
    with pytest.raises(InputError, match="give --workload FILE"):
        total_cost(stack)
