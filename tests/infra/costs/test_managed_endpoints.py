"""APIs charged for time, for training and by several meters; and what a vendor takes before it is asked for more."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from infra.costs.compare import compare
from infra.costs.errors import InputError
from infra.costs.managed import fine_tuning_cost, managed_apis, over_quota, training_tokens
from infra.costs.reports import Report
from infra.costs.reports.explain import explain
from infra.costs.workload import Compare, Ownership, Request, Volume, Workload
from tests.infra.costs.stacks import fleet, priced

MILLION = 1_000_000
HOURS = 730


def requested(**request: Any) -> Request:
    return Request(**{key: Decimal(str(value)) for key, value in request.items()})


def busy(per_month: int = MILLION, peak: int = 1, hours: int = 24, **request: Any) -> Workload:
    shape = {"per_month": Decimal(per_month), "peak_to_average": Decimal(peak), "hours_open_per_day": Decimal(hours)}
    return Workload(volume=Volume(**shape), request=requested(**request))


# One inference unit answers 100 characters a second: of texts of 250, 0.4 a second.
ONE_UNIT = HOURS * 3600 * 100 // 250
CUSTOM = managed_apis()["comprehend_custom"]
SECOND = Fraction("0.0005")


@pytest.mark.parametrize(
    ("volume", "units"), [(0, 1), (1, 1), (ONE_UNIT, 1), (ONE_UNIT + 1, 2), (2 * ONE_UNIT, 2), (9 * ONE_UNIT + 1, 10)]
)
def test_an_endpoint_is_charged_by_the_second_used_or_not_in_as_many_units_as_the_peak_needs(
    volume: int, units: int
) -> None:
    workload = busy(characters=250)
    assert CUSTOM.curve(workload).at(volume) == units * HOURS * 3600 * SECOND + Fraction("0.50")


def test_a_peak_needs_more_units_and_shorter_hours_both_fewer_hours_and_more_units() -> None:
    volume = ONE_UNIT
    always, peaky, half = (CUSTOM.curve(busy(characters=250, **shape)) for shape in ({}, {"peak": 3}, {"hours": 12}))
    model = Fraction("0.50")
    assert peaky.at(volume) - model == 3 * (always.at(volume) - model)
    # Half the time at twice the rate: as many unit hours.
    assert half.at(volume) == always.at(volume)
    assert half.at(0) - model == (always.at(0) - model) / 2


def test_texts_of_no_characters_need_one_unit_however_many_they_are() -> None:
    curve = CUSTOM.curve(busy(characters=0))
    assert curve.at(0) == curve.at(100 * MILLION) == HOURS * 3600 * SECOND + Fraction("0.50")


@pytest.mark.parametrize("units", [1_000, 1_001, 12_345])
def test_beyond_a_thousand_units_a_full_endpoint_is_charged_exactly_and_no_volume_is_refused(units: int) -> None:
    curve = CUSTOM.curve(busy(characters=250))
    assert curve.at(units * ONE_UNIT) == units * HOURS * 3600 * SECOND + Fraction("0.50")


@pytest.mark.parametrize("units", [999, 1_500, 4_000])
def test_at_the_workloads_own_volume_the_units_are_whole(units: int) -> None:
    volume = units * ONE_UNIT + 1
    curve = CUSTOM.curve(busy(characters=250, per_month=volume))
    assert curve.at(volume) == (units + 1) * HOURS * 3600 * SECOND + Fraction("0.50")


def test_custom_labels_cost_four_dollars_an_hour_for_each_five_images_a_second() -> None:
    labels = managed_apis()["rekognition_custom_labels"]
    one = HOURS * 3600 * 5
    assert [labels.curve(busy()).at(v) for v in (0, one, one + 1)] == [4 * HOURS, 4 * HOURS, 8 * HOURS]


@pytest.mark.parametrize(("key", "hours", "usd"), [("rekognition_custom_labels", 4, 4), ("comprehend_custom", 4, 12)])
def test_training_by_the_hour_costs_the_hours_of_the_workload(key: str, hours: int, usd: int) -> None:
    workload = Workload(ownership=Ownership(fine_tuning_hours=Decimal(hours)))
    assert fine_tuning_cost(managed_apis()[key], workload) == usd


def test_training_by_tokens_reads_every_example_in_every_epoch() -> None:
    workload = Workload(
        request=requested(tokens_in=300, tokens_out=100), ownership=Ownership(labelled_examples=Decimal(1000))
    )
    assert training_tokens(workload) == 1000 * 400 * 3
    mini, large = (managed_apis()[f"openai_gpt_4o_{size}tuned"] for size in ("mini_", ""))
    assert [fine_tuning_cost(api, workload) for api in (mini, large)] == [Fraction("3.6"), 30]


def test_an_api_that_cannot_be_trained_says_so() -> None:
    with pytest.raises(InputError, match="rekognition_labels: the vendor trains no model"):
        fine_tuning_cost(managed_apis()["rekognition_labels"], Workload())


# 50 requests a second, every second of the month, are the default quota of Rekognition in us-east-1.
FULL = 50 * HOURS * 3600


@pytest.mark.parametrize(("volume", "peak", "over"), [(FULL, 1, False), (FULL + 1, 1, True), (FULL, 2, True)])
def test_a_peak_above_the_default_quota_is_said(volume: int, peak: int, over: bool) -> None:
    said = over_quota(managed_apis()["rekognition_labels"], busy(per_month=volume, peak=peak))
    assert bool(said) == over
    assert over == ("the default quota is 50 (us-east-1" in said)
    assert not over_quota(CUSTOM, busy(per_month=volume, peak=peak))


def test_explain_unfolds_every_meter_to_quantity_times_price() -> None:
    # Half a million texts of 500 characters at three times the average rate: three units of 100 characters a second.
    workload = replace(
        busy(500_000, peak=3, characters=500),
        compare=Compare(apis=("comprehend_custom",)),
        capacity=(("g4dn.xlarge", Decimal(50)),),
    )
    estimate = priced(*fleet("g4dn.xlarge", 1, 4), workload=workload)
    text = explain(Report("explain", "stack", estimate, compare(estimate)), "comprehend_custom")
    for line in ("7,884,000 x 0.0005 = 3,942.00 USD", "1 x 0.5 = 0.50 USD", "together    3,942.50 USD"):
        assert line in text
    assert "3 run in all 730 open hours, used or not" in " ".join(text.split())
    assert all(len(line) <= 80 for line in text.splitlines())
