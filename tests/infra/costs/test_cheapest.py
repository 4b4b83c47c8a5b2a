"""The choice is exact: nothing cheaper that holds the goal exists, and what was varied costs what the program does."""

from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import pytest

from infra.choose import (
    Answer,
    Base,
    Goal,
    Option,
    Prices,
    Purchase,
    Shape,
    cheapest,
    in_region,
    option_for,
    price_option,
)
from infra.costs.compare import compare
from infra.costs.errors import InputError
from infra.costs.estimate import Estimate, estimate
from infra.costs.items import CASES
from infra.costs.stack import Stack
from infra.costs.usage import Usage
from infra.costs.workload import Billing, Volume, Workload
from infra.record import read_config, record
from infra.settings import GatewaySettings, NetworkSettings
from infra.settings_values import SettingsError
from tests.infra.costs.stacks import cents
from tests.infra.stack_variants import canary

MILLION = 1_000_000
# 23 images a second on average, 68 at the peak: one c6i.large, three t3.large or five t3.medium.
BUSY = 60 * MILLION


def base(volume: int = BUSY, stack: str = "small", **asked: Any) -> Base:
    workload = Workload(volume=Volume(per_month=Decimal(volume)))
    return Base.of(read_config(stack), workload, **asked)


@cache
def answer(goal: Goal, volume: int = BUSY, stack: str = "small", model: str = "") -> Answer:
    return cheapest(base(volume, stack, model=model), goal)


def recorded(start: Base, settings: dict[str, object]) -> Estimate:
    """What the program itself asks for with these settings, priced; no short cut of the search."""
    found = record(start.config.stack, overrides={f"breakeven:{key}": value for key, value in settings.items()})
    return estimate(found.as_stack(), workload=start.workload, capacity=start.capacity)


def lines(found: Estimate) -> list[tuple[str, str, str, tuple[Fraction | None, ...]]]:
    return sorted((i.resource.name, i.label, i.part, tuple(found.of_item(i, c) for c in CASES)) for i in found.items)


def serves(found: Estimate) -> bool:
    limit = compare(found).infrastructure.limit
    return limit is None or limit.volume >= found.volume


def grid() -> Iterator[dict[str, object]]:
    """A small space of its own making: sizes too small for the peak and needlessly large ones are in it."""
    mixes = [(0, 100), (0, 0), (1, 50)]
    sizes = [(1, 1), (1, 5), (2, 5)]
    for kind, (on, percent), (low, high), egress in product(
        ["t3.medium", "t3.large", "c6i.large"], mixes, sizes, ["public", "nat"]
    ):
        yield {
            "instanceTypes": [kind],
            "onDemandBase": on,
            "onDemandPercentAboveBase": percent,
            "minSize": low,
            "maxSize": high,
            "egress": egress,
        }


def test_no_stack_that_holds_the_peak_is_cheaper() -> None:
    start = base()
    found = answer(Goal(entries=("http",), egresses=("public", "nat")))
    assert found.winner
    priced = [recorded(start, settings) for settings in grid()]
    able = [one.monthly("expected") for one in priced if serves(one)]
    assert len(able) < len(priced)
    assert min(able) == found.winner.monthly.expected


SHAPES = (
    Shape(zones=1, entry="http", balancer=False, egress="public"),
    Shape(zones=3, entry="http", balancer=True, egress="nat-per-zone"),
    Shape(zones=2, entry="rest", balancer=True, egress="endpoints"),
)
PURCHASES = (Purchase(base=0, on_demand_percent=100), Purchase(base=1, on_demand_percent=50))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape.entry} {shape.egress}")
def test_a_varied_recording_costs_in_every_line_what_the_program_itself_does(shape: Shape) -> None:
    start, goal = base(), Goal(latency_ms=Decimal(500))
    first = option_for(start, goal, shape, "t3.medium", Purchase(base=2, on_demand_percent=0))
    stack = record("small", overrides={f"breakeven:{k}": v for k, v in first.settings.items()}).as_stack()
    prices = Prices(base=start)
    for kind, purchase in product(["t3.medium", "c6i.large"], PURCHASES):
        option = option_for(start, goal, shape, kind, purchase)
        real = recorded(start, dict(option.settings))
        assert lines(price_option(start, stack, option)) == lines(real)
        split = prices.of(stack, option)
        assert [split.monthly[case] for case in CASES] == [real.monthly(case) for case in CASES]
        assert serves(real)


def test_a_gpu_type_brings_its_image_and_disk_and_still_costs_the_same() -> None:
    start = base(2 * MILLION, "small", model="resnet50")
    option = option_for(start, Goal(), SHAPES[0], "g4dn.xlarge", PURCHASES[0])
    assert option.settings["rootVolumeGb"] == 75
    stack = record("small", overrides={"breakeven:egress": "public"}).as_stack()
    real = recorded(start, {"model": "resnet50", **option.settings})
    assert price_option(start, stack, option).monthly("expected") == real.monthly("expected")


@pytest.mark.parametrize("free", [False, True])
def test_prices_taken_apart_add_up_to_the_whole(free: bool) -> None:
    start = base()
    start = replace(start, workload=replace(start.workload, billing=Billing(free_tiers=free)))
    goal = Goal(commitment="3_year", entries=("http",), egresses=("public",))
    stack = record("small").as_stack()
    found = [row for row in cheapest(start, goal).found if not row.option.shape.balancer]
    assert len(found) > 15
    for row in found:
        whole = price_option(start, stack, row.option)
        assert [row.monthly[case] for case in CASES] == [whole.monthly(case) for case in CASES]


def test_the_best_of_every_shape_costs_what_the_program_itself_does() -> None:
    start, best = base(), {row.option.shape: row for row in reversed(answer(Goal()).found)}
    assert len(best) == answer(Goal()).shapes == 11
    for row in best.values():
        real = recorded(start, dict(row.option.settings))
        assert [row.monthly[case] for case in CASES] == [real.monthly(case) for case in CASES]


def test_stated_usage_counts_where_there_is_the_resource_and_is_noted_where_nothing_has_it() -> None:
    stated = Usage({"nat-0": {"monthly_data_processed_gb": Decimal(1000)}, "nat-9": {}}, "usage.toml")
    goal = Goal(egresses=("public", "nat"), entries=("http",))
    plain, told = answer(goal), cheapest(base(usage=stated), goal)
    ways = [{row.option.shape.egress: row for row in reversed(one.found)} for one in (plain, told)]
    assert ways[0]["public"].monthly == ways[1]["public"].monthly
    more = ways[1]["nat"].parts["Network"] - ways[0]["nat"].parts["Network"]
    # 1,000 GB at 0.045 in place of 5 GB for each of three t3.medium and 0.5 KB for each of 60 million requests.
    assert more == (1000 - 3 * 5 - 30) * Fraction("0.045")
    assert "usage.toml [nat-9]: no option has such a resource, so it changes nothing" in told.notes


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
@pytest.mark.parametrize("stack", ["small", "prod"])
def test_a_recording_laid_in_another_region_costs_what_one_made_there_does(stack: str, region: str) -> None:
    start = base(stack=stack)
    there = record(stack, overrides={"aws:region": region}).as_stack()
    moved = in_region(record(stack).as_stack(), region)
    a, b = (estimate(one, workload=start.workload, capacity=start.capacity) for one in (there, moved))
    assert lines(a) == lines(b)
    assert {(r.resource.name, r.reason) for r in a.unpriced} == {(r.resource.name, r.reason) for r in b.unpriced}


def test_every_entry_and_way_out_that_the_settings_know_is_tried() -> None:
    known = {item.name: item.metadata for section in (GatewaySettings, NetworkSettings) for item in fields(section)}
    tried = {row.option.shape for row in answer(Goal()).found} | {
        row.option.shape for row in answer(Goal(zones=2)).found
    }
    assert {shape.entry for shape in tried} == set(known["entry"]["choices"])
    assert {shape.egress for shape in tried} == set(known["egress"]["choices"])


def test_every_purchase_mix_is_priced() -> None:
    found = answer(Goal(entries=("http",), egresses=("public", "nat"))).found
    bought = {row.option.purchase for row in found if row.option.instance_type == "t3.medium"}
    mixes = {(purchase.base, purchase.on_demand_percent) for purchase in bought}
    assert mixes == {(0, 100), *product((0, 1, 2), (50, 0))}


def test_every_answer_holds_the_peak_and_comes_in_order_of_cost() -> None:
    found = answer(Goal()).found
    assert [row.monthly.expected for row in found] == sorted(row.monthly.expected for row in found)
    for row in found:
        assert row.option.maximum * row.rate_per_second >= answer(Goal()).peak_per_second


def test_a_type_known_to_be_too_slow_is_ruled_out_with_its_figure() -> None:
    found = answer(Goal(latency_ms=Decimal(131)))
    assert found.winner is None
    assert not found.found
    assert {row.what for row in found.ruled_out} == {"t3.medium", "t3.large", "c6i.large"}
    assert all("p99 of 132 ms at 83.4 images/s" in row.reason for row in found.ruled_out)
    assert answer(Goal(latency_ms=Decimal(132))).winner


def test_a_type_whose_latency_is_not_known_never_wins_but_is_shown() -> None:
    found = answer(Goal(latency_ms=Decimal(500)), 2 * MILLION, "dev")
    assert found.winner is None
    assert {row.latency for row in found.found} == {"not known"}


def test_a_dearer_type_known_to_be_quick_comes_before_a_cheaper_one_not_known() -> None:
    start = base(2 * MILLION)
    figures = [replace(f, p99_ms=None) if f.instance_type == "t3.medium" else f for f in start.capacity.figures]
    start = replace(start, capacity=replace(start.capacity, figures=tuple(figures)))
    found = cheapest(start, Goal(latency_ms=Decimal(150), egresses=("public",)))
    assert found.winner
    assert found.winner.option.instance_type != "t3.medium"
    unknown = [row for row in found.found if row.latency == "not known"]
    assert min(row.monthly.expected for row in unknown) < found.winner.monthly.expected
    assert found.found[-len(unknown) :] == tuple(unknown)


def test_two_zones_mean_two_instances_and_no_way_out_through_one_zone() -> None:
    found = answer(Goal(zones=2))
    assert all(row.option.shape.zones >= 2 and row.option.minimum >= 2 for row in found.found)
    assert {row.option.shape.egress for row in found.found} == {"public", "endpoints", "nat-per-zone"}
    assert "egress nat" in {row.what for row in found.ruled_out}


@pytest.mark.parametrize(("most", "shares"), [(Fraction(0), {0}), (Fraction(3, 10), {0, Fraction(3, 10)})])
def test_no_more_spot_than_allowed(most: Fraction, shares: set[Fraction]) -> None:
    found = answer(Goal(most_spot=most, egresses=("public",))).found
    assert {row.option.purchase.spot_share for row in found} == shares


def test_reservations_count_only_for_those_who_commit() -> None:
    free, bound = answer(Goal(most_spot=Fraction(0))), answer(Goal(most_spot=Fraction(0), commitment="3_year"))
    assert not any(row.option.purchase.reservation for row in free.found)
    kept = {row.option.purchase.words: row for row in bound.found if row.option.shape == SHAPES[0]}
    # Three t3.medium at 0.018 an hour for three years, against 0.0416 on demand, which the average needs as well.
    reserved = kept["3 reserved (3_year, no_upfront), on demand above"]
    (plain,) = [
        row
        for row in free.found
        if (row.option.instance_type, row.option.shape, row.option.purchase) == ("t3.medium", SHAPES[0], PURCHASES[0])
    ]
    saved = plain.monthly.expected - reserved.monthly.expected
    assert cents(saved) == cents(3 * 730 * (Fraction("0.0416") - Fraction("0.018")))


def test_the_throttle_is_raised_where_it_would_turn_the_peak_away() -> None:
    low, high = answer(Goal(egresses=("public",)), 2 * MILLION), answer(Goal(egresses=("public",)), 100 * MILLION)
    assert low.winner
    assert high.winner
    assert "throttleRatePerSecond" not in low.winner.option.settings
    assert high.winner.option.settings["throttleRatePerSecond"] == 115


def test_a_region_without_prices_has_no_answer_and_says_which_are_missing() -> None:
    found = cheapest(base(region="eu-west-1"), Goal(entries=("http",), egresses=("nat",)))
    assert not found.found
    reasons = {row.reason for row in found.ruled_out}
    assert "price nat_gateway_hour: no such price in eu-west-1" in reasons
    assert {row.action for row in found.ruled_out} == {"breakeven prices refresh --region eu-west-1"}


def test_what_a_stacks_settings_refuse_is_ruled_out_with_their_reason() -> None:
    found = answer(Goal(egresses=("public",)), 2 * MILLION, "prod")
    assert {row.option.shape.entry for row in found.found} == {"rest"}
    assert any("waf: true needs a REST API" in row.reason for row in found.ruled_out)


def test_a_type_of_the_workloads_own_is_considered_too() -> None:
    start = base()
    start = replace(start, workload=replace(start.workload, capacity=(("c6i.xlarge", Decimal(10_000)),)))
    found = cheapest(start, Goal(egresses=("public",), entries=("http",)))
    (option,) = {row.option.settings["targetRequestsPerMinute"] for row in found.found if _is(row.option, "c6i.xlarge")}
    assert option == 10_000 * 60 * 7 // 10
    assert "c6i.xlarge" not in found.not_considered


def _is(option: Option, kind: str) -> bool:
    return option.instance_type == kind


def test_more_than_an_entry_lets_through_has_no_answer() -> None:
    found = answer(Goal(), 40_000 * MILLION)
    assert not found.found
    assert "every entry" in {row.what for row in found.ruled_out}


def test_a_stack_with_a_canary_cannot_be_varied() -> None:
    option = option_for(base(), Goal(), SHAPES[0], "t3.medium", PURCHASES[0])
    with pytest.raises(InputError, match="2 groups of instances, where one is chosen; leave the canary out"):
        price_option(base(), canary().as_stack(), option)


def test_a_model_without_a_table_is_refused() -> None:
    with pytest.raises(SettingsError, match="'resnet5' has no capacity table; did you mean resnet50"):
        base(model="resnet5")


def test_a_stack_in_several_regions_cannot_be_laid_in_another() -> None:
    first = record("small").as_stack()
    other = Stack((replace(r, region="eu-west-1") for r in tuple(first)[:3]), "x")
    with pytest.raises(InputError, match="it spans 2 regions"):
        in_region(Stack((*first, *other), "both"), "us-west-2")


def test_the_model_decides_the_unit_of_volume() -> None:
    start = base(model="minilm")
    assert start.workload.volume.unit == "texts"
    assert "minilm answers texts" in start.notes[0]
