"""Every rule of the article's guide: what it says, with its number, and what it forbids or decides."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from infra.costs.compare import compare
from infra.costs.decide import Answer, Candidate, OptionRow, Situation, decide
from infra.costs.decide.hard import HARD
from infra.costs.errors import InputError
from infra.costs.tco import total_cost
from infra.costs.vendors import vendors
from tests.infra.costs.hosts import FAST, SLOW, candidate

UNKNOWN = Candidate("custom", replace(FAST.estimate, workload=replace(FAST.estimate.workload, capacity=())))
FEW, MANY = Decimal(200_000), Decimal(50_000_000)


def answered(*candidates: Candidate, **values: Any) -> Answer:
    said = {"volume_per_month": MANY, **values}
    exact = {
        k: Decimal(str(v)) if isinstance(v, int | float) and not isinstance(v, bool) else v for k, v in said.items()
    }
    return decide(Situation(**exact), candidates or (FAST,), sensitivity=False)


def text(answer: Answer, rule: str) -> str:
    return "\n".join(reason.text for reason in answer.reasons if reason.rule == rule)


def row(answer: Answer, key: str, name: str = "") -> OptionRow:
    return next(r for r in answer.numbers.options if r.key == key and name in r.name)


def forbids(answer: Answer, key: str, name: str = "") -> list[str]:
    return [block.rule for block in row(answer, key, name).blocks]


def test_the_totals_are_those_of_total_cost() -> None:
    answer = answered(volume_per_month=3_000_000, growth_per_month="0.03", salary_region="europe")
    tco = total_cost(FAST.priced(answer.situation))
    assert row(answer, "api", tco.api.name).total == tco.total("api")
    assert row(answer, "self-hosted").total == tco.total("self-hosted")
    assert row(answer, "fallback").total == tco.total("fallback")


def test_the_break_even_of_the_stack_alone_is_that_of_compare() -> None:
    answer = answered()
    found = compare(FAST.priced(answer.situation))
    alone = {offer.api.name: offer.without_people.volumes for offer in found.offers}
    assert {r.api: r.without_people for r in answer.numbers.break_evens} == alone


def test_high_volume_speaks_for_hosting_beside_the_exact_figure() -> None:
    many, few = answered(), answered(volume_per_month=FEW)
    (edge,) = (r.start for r in many.numbers.ranges if r.side == "host")
    for answer in (many, few):
        assert "400 k to 500 k" in text(answer, "high-volume")
        assert f"hosting wins from {float(edge) / 1e6:.3g} M" in text(answer, "high-volume")
    assert (many.recommendation, few.recommendation) == ("host", "api-first")


def test_the_article_s_own_rule_of_thumb_comes_out_of_its_own_figures() -> None:
    # One instance, no people, Rekognition's first tier: the article's conclusion, within its own rounding.
    alone = answered(volume_per_month=FEW, tried="works").numbers.break_evens
    at = next(r.without_people[0] for r in alone if "Rekognition" in r.api)
    assert 380_000 < at < 500_000


def test_the_api_is_tried_first_and_looked_at_again_at_a_volume() -> None:
    answer = answered(volume_per_month=FEW)
    assert answer.next_steps == ("try-api",)
    assert "look again at" in text(answer, "api-first")
    assert "10,000 images cost 10.00 USD" in text(answer, "api-first")
    assert "before anything is built" in text(answered(), "api-first")
    assert answered(volume_per_month=FEW, tried="works").recommendation == "api"


def test_an_api_that_does_the_job_within_budget_stays_even_where_hosting_costs_less() -> None:
    within, above, none = (answered(tried="works", budget_per_month=b) for b in (50_000, 20_000, 0))
    assert (within.recommendation, within.rule) == ("api", "within-budget")
    assert "hosting would save" in text(within, "within-budget")
    assert (above.recommendation, none.recommendation) == ("host", "host")
    assert "budget" in forbids(above, "api")


@pytest.mark.parametrize(("volume", "side", "said"), [(3_500_000, "host", "a little"), (MANY, "host", "times too")])
def test_a_little_too_expensive_is_compared_with_the_people_who_would_maintain_the_same(
    volume: Any, side: str, said: str
) -> None:
    answer = answered(volume_per_month=volume, tried="too-expensive")
    assert answer.side == side
    assert said in text(answer, "too-expensive")
    assert "2,461.54 of it people" in text(answer, "too-expensive")


def test_too_expensive_and_still_cheaper_than_people_means_to_negotiate() -> None:
    answer = answered(volume_per_month=FEW, tried="too-expensive")
    assert (answer.recommendation, answer.next_steps) == ("api", ("negotiate",))
    assert "hosting would cost" in text(answer, "too-expensive")


@pytest.mark.parametrize(
    ("tried", "step", "side"),
    [
        ("poor", "invest-in-data", "api"),
        ("poor-after-data", "ask-provider", "api"),
        ("poor-after-provider", "invest-in-ml", "host"),
        ("model-works", "invest-in-mlops", "host"),
    ],
)
def test_the_ladder_is_data_then_the_provider_then_ml_then_engineering(tried: str, step: str, side: str) -> None:
    answer = answered(volume_per_month=FEW, tried=tried, customisation="fine-tune", hours_open_per_day=8)
    assert answer.next_steps == (step,)
    assert text(answer, step)
    assert answer.side == side


def test_an_api_that_stayed_poor_and_nobody_to_host_leaves_neither() -> None:
    answer = answered(tried="poor-after-provider", engineers=0)
    assert answer.recommendation == "neither"
    assert {"quality", "nobody"} <= set(answer.rules)
    assert answer.option == ""


def test_full_control_is_hosted_and_fine_tuning_is_possible_on_both_sides() -> None:
    full = answered(volume_per_month=FEW, customisation="full-control")
    assert full.side == "host"
    assert "full-control" in forbids(full, "api")
    tuned = answered(customisation="fine-tune", fine_tunings_per_year=4, labelled_examples=1_000)
    assert [r.name for r in tuned.numbers.options if r.key == "api"] == ["Rekognition Custom Labels"]
    assert "both sides can be fine-tuned" in text(tuned, "fine-tuning")
    assert "Data and labels cost the same work" in text(tuned, "fine-tuning")


@pytest.mark.parametrize(("importance", "side", "word"), [("main", "host", "fine"), ("supporting", "api", "a risk")])
def test_a_service_of_your_own_is_fine_as_the_main_business_a_risk_as_a_feature(
    importance: str, side: str, word: str
) -> None:
    answer = answered(importance=importance)
    (reason,) = [r for r in answer.reasons if r.rule == "main-business"]
    assert (reason.side, word in reason.text) == (side, True)


def test_who_repairs_it_an_engineer_or_a_vendor_with_an_sla() -> None:
    own, theirs = answered(), answered(repair="someone-else")
    assert "0.2 of a full-time engineer" in text(own, "support")
    assert vendors()["aws"].facts["support"].value in text(own, "support")
    assert (own.side, theirs.side) == ("host", "api")
    assert forbids(theirs, "self-hosted") == ["repair"]
    assert answered(repair="someone-else", support_per_month=1_000).side == "host"


@pytest.mark.parametrize(("hours", "allowed"), [(6, True), (0.5, False)])
def test_an_sla_of_so_many_hours_needs_a_vendor_that_promises_it(hours: float, allowed: bool) -> None:
    assert ("response" not in forbids(answered(response_hours=hours), "api", "Rekognition")) == allowed


def test_what_is_promised_must_be_promised_and_one_instance_cannot_keep_it() -> None:
    answer = answered(FAST, SLOW, availability_percent=99.95)
    assert forbids(answer, "api", "Rekognition") == forbids(answer, "self-hosted") == ["availability"]
    assert answered(availability_percent=99).side == "host"


def test_data_that_may_not_leave_are_not_sent_not_even_in_bursts() -> None:
    answer = answered(volume_per_month=FEW, data_may_leave="no")
    assert answer.recommendation == "host"
    assert "data-stays" in forbids(answer, "api")
    assert "data-stays" in forbids(answer, "fallback")
    assert "no fallback" in text(answer, "privacy")


def test_a_provider_is_checked_for_training_and_retention() -> None:
    vetted = answered(volume_per_month=FEW, data_may_leave="vetted")
    assert forbids(vetted, "api", "Rekognition") == ["vetted-vendor"]
    assert not row(vetted, "api", "Google").blocks
    assert vetted.option == "Google Vision labels"
    opted = answered(volume_per_month=FEW, data_may_leave="vetted", opt_out=True)
    assert opted.option == "Rekognition labels"
    for word in ("training", "retention", "encryption"):
        assert f"{word}: " in text(opted, "privacy")


def test_hosted_is_not_secure_because_one_runs_it() -> None:
    without, expert = answered(), answered(security_expert=True)
    assert "not secure because you run it" in text(without, "security")
    assert "your expert" in text(expert, "security")
    assert not text(answered(volume_per_month=FEW), "security")


def test_nobody_to_run_it_means_an_api() -> None:
    for values in ({"engineers": 0}, {"people_share": 0}):
        assert answered(**values).side == "api"
        assert forbids(answered(**values), "self-hosted") == ["nobody"]


def test_an_answer_sooner_than_the_network_takes_is_hosted_near() -> None:
    answer = answered(volume_per_month=FEW, latency_ms=20)
    assert "latency" in forbids(answer, "api")
    assert answer.side == "host"
    assert answered(volume_per_month=FEW, latency_ms=20, api_round_trip_ms=10).side == "api"


def test_scaling_starts_small_and_is_said_with_its_figures() -> None:
    assert "with nobody calling" in text(answered(), "scaling")
    assert "article's server starts at 30" in text(answered(), "scaling")


def test_beyond_capacity_the_api_answers_bursts_or_everything_and_it_is_said() -> None:
    beyond = answered(volume_per_month=10**9)
    assert forbids(beyond, "self-hosted") == ["capacity"]
    assert beyond.recommendation == "host-with-fallback"
    alone = answered(volume_per_month=10**9, data_may_leave="no")
    assert alone.recommendation == "neither"
    assert text(alone, "more-volume").startswith("capacity: above")


def test_a_rate_nobody_knows_cannot_be_planned_with_until_it_is_stated() -> None:
    said = answered(UNKNOWN, task="custom")
    assert forbids(said, "self-hosted") == ["capacity-known"]
    assert answered(UNKNOWN, task="custom", rate_per_second=75).recommendation == "host"


def test_a_budget_that_nothing_fits_leaves_neither_and_says_so() -> None:
    answer = answered(budget_per_month=100)
    assert answer.recommendation == "neither"
    assert {block.rule for r in answer.numbers.options for block in r.blocks} >= {"budget"}


def test_a_quota_that_must_be_raised_is_said() -> None:
    assert "quota" in answered(volume_per_month=MANY, tried="works", budget_per_month=10**6).rules


def test_what_is_assumed_missing_or_unproven_is_listed() -> None:
    said = "\n".join(answered(SLOW, region="eu", availability_percent=99).unknown)
    for part in (
        "quality of either model",
        "a real AWS account",
        "speed of a GPU",
        "priced in us-east-1",
        "spot prices",
    ):
        assert part in said
    assert "from memory" in "\n".join(answered(task="sentiment", volume_per_month=FEW).unknown)


def test_every_hard_rule_says_what_it_means_and_forbids_something_in_some_situation() -> None:
    assert all(rule.__doc__ for rule in HARD.values())
    unpriced = candidate("unpriced", "z9.large", "75", (1, 4), spot=0)
    said = [
        answered(data_may_leave="no"),
        answered(data_may_leave="vetted"),
        answered(customisation="full-control"),
        answered(tried="poor-after-provider"),
        answered(engineers=0),
        answered(repair="someone-else"),
        answered(response_hours=0.5),
        answered(availability_percent=99.95),
        answered(latency_ms=20),
        answered(UNKNOWN, task="custom"),
        answered(unpriced),
    ]
    assert {block.rule for answer in said for r in answer.numbers.options for block in r.blocks} >= set(HARD)


def test_nobody_ever_calling_is_no_situation() -> None:
    with pytest.raises(InputError, match="nobody ever calls"):
        answered(idle_share=1)


def test_no_way_to_host_still_has_an_answer() -> None:
    answer = decide(Situation(), [])
    assert answer.recommendation == "api-first"
    assert answer.numbers.ranges[0].end is None
    assert answer.numbers.options[0].total == Fraction(36 * 2_200)
