"""Support and outages: hours by hand, what a promise allows, credits by the vendor's own steps, no silent nought."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from infra.costs.managed import managed_apis
from infra.costs.tco import Tco, total_cost
from infra.costs.tco.support import HOURS, Support, support_of
from infra.costs.vendors import vendors
from infra.costs.workload import People, Workload
from infra.costs.workload import Support as Assumed
from tests.infra.costs.owned import ALONE, MILLION, cost_of, part, workload
from tests.infra.costs.stacks import fleet, priced

REKOGNITION = managed_apis()["rekognition_labels"]
PROMISES_NOTHING = replace(REKOGNITION, vendor="mistral", name="Another")
KNOWN_TO_NOBODY = replace(REKOGNITION, vendor="corner-shop", name="Corner shop")


def assumed(base: Workload | None = None, **changes: Any) -> Workload:
    known = base or workload(per_month=Decimal(MILLION))
    return replace(known, support=Assumed(**{key: Decimal(str(value)) for key, value in changes.items()}))


def found(api: Any = REKOGNITION, **changes: Any) -> Support:
    return support_of(assumed(**changes), api)


def beside(known: Workload, api: Any) -> Tco:
    return total_cost(priced(*fleet("g4dn.xlarge", 1, 1), workload=known), api)


def test_ones_own_downtime_is_incidents_times_the_hours_until_each_is_repaired() -> None:
    own = found(incidents_per_year=6, hours_to_detect=0.25, hours_to_repair=1.75).own
    assert own.downtime.value == 12
    assert own.availability.value == 100 * (1 - Fraction(12, 8_760))
    assert (own.answer.value, own.repair.value) == (Fraction("0.25"), Fraction("1.75"))
    assert "support.incidents_per_year 6" in own.downtime.basis
    assert own.credit.value is None


def test_no_year_has_more_hours_of_downtime_than_hours() -> None:
    assert found(incidents_per_year=8_000, hours_to_repair=700).own.downtime.value == HOURS


def test_a_vendor_may_be_down_for_what_its_promise_leaves() -> None:
    theirs = found().vendor
    assert theirs.availability.value == Fraction("99.9")
    # A thousandth of 8,760 hours.
    assert (theirs.downtime.value, theirs.downtime.at_most) == (Fraction("8.76"), True)
    assert theirs.answer.value == vendors()["aws"].facts["support"].number
    assert "from memory" in theirs.availability.basis


@pytest.mark.parametrize("api", [PROMISES_NOTHING, KNOWN_TO_NOBODY])
def test_where_nothing_is_promised_there_is_no_figure_and_a_reason(api: Any) -> None:
    theirs = found(api, outage_usd_per_hour=100).vendor
    for figure in (theirs.availability, theirs.downtime, theirs.answer, theirs.repair, theirs.outages, theirs.credit):
        assert figure.value is None
        assert figure.basis
    assert ("corner-shop" in api.vendor) == ("nothing is known of what the vendor of" in theirs.downtime.basis)


@pytest.mark.parametrize(("incidents", "allowed"), [(1, 6), (2, "8.76")])
def test_a_contract_that_repairs_within_six_hours_bounds_downtime_where_it_is_the_tighter_promise(
    incidents: int, allowed: Any
) -> None:
    theirs = found(contract_hours_to_repair=6, incidents_per_year=incidents).vendor
    assert theirs.repair.value == 6
    assert theirs.repair.at_most
    assert theirs.downtime.value == Fraction(allowed)


def test_a_contract_is_a_promise_where_there_is_no_other() -> None:
    assert found(PROMISES_NOTHING, contract_hours_to_repair=6, incidents_per_year=2).vendor.downtime.value == 12


@pytest.mark.parametrize(
    ("repair", "percent"),
    # Of 730 hours a tenth of a per cent is 0.73, one per cent 7.3, five per cent 36.5; a step begins below its bound.
    [("0.73", 0), ("0.74", 10), ("7.3", 10), ("7.31", 25), ("36.5", 25), ("36.51", 100)],
)
def test_a_credit_follows_the_vendors_steps(repair: str, percent: int) -> None:
    theirs = found(hours_to_detect=0, hours_to_repair=repair).vendor
    # A million images at 0.001.
    assert theirs.credit.value == Fraction(percent, 100) * 1_000


def test_every_vendor_that_credits_has_its_steps_and_the_last_is_the_most() -> None:
    for vendor in vendors().values():
        fact = vendor.facts["credits"]
        assert bool(fact.number) == bool(fact.tiers), vendor.key
        assert list(fact.tiers) == sorted(fact.tiers, key=lambda step: (-step[0], step[1]))
        for below, credited in fact.tiers:
            assert f"{credited} % below {below} %" in fact.value
            assert credited <= (fact.number or 0)
        assert not fact.tiers or fact.tiers[-1][1] == fact.number


def test_an_hour_of_outage_that_has_a_price_is_a_part_of_every_scenario() -> None:
    known = assumed(incidents_per_year=6, hours_to_detect=1, hours_to_repair=1, outage_usd_per_hour=500)
    tco, without = cost_of(known), cost_of(workload(per_month=Decimal(MILLION)))
    # Twelve hours a year at 500 are 500 a month; 8.76 hours are 365.
    assert part(tco, "self-hosted", "Outages") == 500
    assert part(tco, "fallback", "Outages") == 500
    assert part(tco, "api", "Outages") == 365
    grown = (tco.monthly("self-hosted", 0) or 0) - (without.monthly("self-hosted", 0) or 0)
    assert grown == 500
    assert "at most" in next(p.basis for p in tco.scenarios["api"].parts if p.name == "Outages")


def test_without_a_price_an_outage_is_in_no_scenario_and_the_figure_says_so() -> None:
    tco = cost_of(assumed(incidents_per_year=6))
    assert not [p for way in tco.scenarios.values() for p in way.parts if p.name == "Outages"]
    for side in (found().own, found().vendor):
        assert side.outages.value is None
        assert "support.outage_usd_per_hour is 0" in side.outages.basis


def test_an_outage_costs_only_while_requests_come() -> None:
    half = workload(per_month=Decimal(MILLION), hours_open_per_day=Decimal(12))
    known = assumed(half, incidents_per_year=6, hours_to_detect=1, hours_to_repair=1, outage_usd_per_hour=500)
    assert support_of(known, REKOGNITION).own.outages.value == 3_000


def test_outages_of_a_vendor_that_promises_nothing_are_listed_as_left_out() -> None:
    known = assumed(outage_usd_per_hour=500)
    api = beside(known, PROMISES_NOTHING).scenarios["api"]
    assert not [p for p in api.parts if p.name == "Outages"]
    assert any(text.startswith("outages: no promise for pay-as-you-go") for text in api.unknown)


def test_a_stated_rate_stands_in_place_of_the_salarys_and_a_years_support_is_twelve_months_of_it() -> None:
    people = People(engineers=Decimal(1), share=Decimal(0))
    known = workload(people=people, owned=replace(ALONE, on_call_hours=Decimal(10), support_per_month=Decimal(29)))
    known = assumed(known, on_call_usd_per_hour=80, vendor_plan_usd_per_month=100)
    tco, both = cost_of(known), support_of(known, REKOGNITION)
    assert part(tco, "self-hosted", "On-call") == 800
    assert both.own.support.value == 12 * (800 + 29)
    assert both.vendor.support.value == 1_200
    assert part(tco, "api", "Vendor support") == part(tco, "fallback", "Vendor support") == 100


def test_repairs_that_take_more_hours_than_anybody_is_called_for_are_pointed_out() -> None:
    people = People(engineers=Decimal(1))
    known = workload(people=people, owned=replace(ALONE, on_call_hours=Decimal(1)))
    # 4 times 3.5 hours a year are 1.17 a month.
    assert "more than ownership.on_call_hours 1" in support_of(known, REKOGNITION).notes[0]
    more = replace(known, ownership=replace(ALONE, on_call_hours=Decimal(2)))
    assert support_of(more, REKOGNITION).notes == ()
