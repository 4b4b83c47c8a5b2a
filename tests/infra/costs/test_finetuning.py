"""Fine-tuning as costs: a training, a month beside APIs that are trained, idle endpoints, and the article's steps."""

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.costs import finetuning
from infra.costs.errors import InputError, PriceError
from infra.costs.finetuning import FineTuned, Learned, Quality, Rival, Training, advice, fine_tuned, training_cost
from infra.costs.prices import PriceBook
from infra.costs.reports.finetuning import finetuning_document, finetuning_markdown, finetuning_text
from infra.costs.workload import Compare, Ownership, People, Request, Serving, Volume, Workload
from scripts.cli.finetune_cost import answer, compared
from scripts.cli.options import Format
from tests.infra.costs.stacks import fleet, priced

HOURS = 730
# One g4dn.xlarge for 730 hours, and the template's 1 GB of gp3.
INSTANCE = Fraction("0.526") * HOURS + Fraction("0.08")
# An inference unit of Comprehend for 730 hours of seconds, and the stored model.
UNIT = Fraction("0.0005") * 3600 * HOURS
MODEL = Fraction("0.50")
TEXTS = Training(
    examples=1_000,
    characters_each=Decimal(400),
    unit="texts",
    hours=Decimal(2),
    measured=True,
    instance_type="g4dn.xlarge",
    method="lora",
)
IMAGES = Training(examples=500, characters_each=Decimal(0), unit="images", hours=Decimal(4), measured=False)
BY_USE = ("comprehend_custom_async", "openai_gpt_4o_mini_tuned", "openai_gpt_4o_tuned")
DISK = Fraction(30) * Fraction("0.08") * 2 / HOURS


def workload(per_month: int = 1_000_000, owned: Ownership | None = None, **volume: Any) -> Workload:
    """One instance planned at its full rate, no people, texts unless said otherwise."""
    shape = {"unit": "texts", "peak_to_average": Decimal(1), "per_month": Decimal(per_month), **volume}
    return Workload(
        volume=Volume(**shape),
        serving=Serving(utilisation=Decimal(1)),
        people=People(engineers=Decimal(0)),
        ownership=owned or Ownership(),
        capacity=(("g4dn.xlarge", Decimal(75)),),
    )


def found_of(known: Workload, training: Training = TEXTS, maximum: int = 1) -> FineTuned:
    return fine_tuned(priced(*fleet("g4dn.xlarge", 1, maximum), workload=known), training)


def beside(found: FineTuned, key: str) -> Rival:
    (one,) = [rival for rival in found.rivals if rival.api.key == key]
    return one


def part(side: finetuning.Side, name: str, volume: int = 0) -> Fraction:
    (one,) = [p for p in side.parts if p.name == name]
    return one.monthly.at(volume)


def assumed(found: FineTuned, key: str) -> str:
    (one,) = [a for a in found.assumptions if a.key == key]
    return f"{one.value} {one.about}"


def test_the_door_names_everything_once() -> None:
    assert len(finetuning.__all__) == len(set(finetuning.__all__))
    assert all(hasattr(finetuning, name) for name in finetuning.__all__)


def test_a_training_costs_its_hours_on_demand_as_spot_with_a_range_and_its_disk_for_as_long() -> None:
    cost = training_cost(TEXTS, PriceBook(), "us-east-1")
    assert cost.on_demand == 2 * Fraction("0.526")
    assert [cost.spot[case] for case in ("low", "expected", "high")] == [
        2 * Fraction("0.2000"),
        2 * Fraction("0.2079"),
        2 * Fraction("0.2158"),
    ]
    assert cost.bought.expected == cost.bought.high == 2 * Fraction("0.526") + DISK
    spot = training_cost(replace(TEXTS, spot=True), PriceBook(), "us-east-1")
    assert (spot.bought.low, spot.bought.high) == (2 * Fraction("0.2000") + DISK, 2 * Fraction("0.2158") + DISK)


def test_spot_that_nobody_observed_is_counted_at_its_ceiling_and_says_so() -> None:
    cost = training_cost(replace(TEXTS, instance_type="c6i.large"), PriceBook(), "us-east-1")
    assert cost.spot.low == cost.spot.high == cost.on_demand
    assert "no spot price observed" in cost.seen


def test_this_machine_costs_nothing_here() -> None:
    cost = training_cost(IMAGES, PriceBook(), "us-east-1")
    assert (cost.on_demand, cost.bought.high, cost.disk) == (0, 0, 0)


def test_a_price_book_of_ones_own_decides(tmp_path: Path) -> None:
    book = tmp_path / "book.toml"
    rate = '[us-east-1.ec2_on_demand.linux]\n"g4dn.xlarge" = 1.5\n'
    book.write_text(f'source = "a contract"\nchecked = 2026-11-01\n{rate}')
    assert training_cost(TEXTS, PriceBook((book,)), "us-east-1").on_demand == 3


def test_an_instance_type_without_a_price_is_the_engines_own_error() -> None:
    with pytest.raises(PriceError, match="no such instance type"):
        training_cost(replace(TEXTS, instance_type="g4dn.huge"), PriceBook(), "us-east-1")
    with pytest.raises(PriceError, match="not offered in eu-west-3"):
        training_cost(replace(TEXTS, instance_type="g5.xlarge"), PriceBook(), "eu-west-3")


@pytest.mark.parametrize(
    "wrong",
    [
        {"examples": 0},
        {"hours": Decimal(-1)},
        {"hours": Decimal("NaN")},
        {"characters_each": Decimal(0)},
        {"unit": "pages"},
        {"method": "magic"},
    ],
)
def test_a_training_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="training"):
        replace(TEXTS, **wrong)


def test_comprehends_endpoint_is_paid_all_month_with_nobody_asking() -> None:
    rival = beside(found_of(workload(0)), "comprehend_custom")
    assert rival.side.parts[0].monthly.at(0) == Fraction("0.0005") * 3600 * 730 + Fraction("0.50")
    assert rival.endpoint
    assert (rival.endpoint.units, rival.endpoint.paid, rival.endpoint.idle) == (1, HOURS, HOURS)
    assert rival.endpoint.idle_usd == UNIT


def test_hours_of_an_endpoint_are_idle_where_the_volume_leaves_them() -> None:
    # A unit answers 100 characters a second: 657,000 texts of 400 in a month; three times the average needs three.
    rival = beside(found_of(workload(657_000, peak_to_average=Decimal(3))), "comprehend_custom")
    assert rival.endpoint
    assert (rival.endpoint.units, rival.endpoint.paid, rival.endpoint.idle) == (3, 3 * HOURS, 2 * HOURS)
    assert rival.endpoint.idle_usd == 2 * UNIT


def test_custom_labels_are_paid_in_the_open_hours_alone() -> None:
    known = workload(0, unit="images", hours_open_per_day=Decimal(8))
    rival = beside(found_of(known, IMAGES), "rekognition_custom_labels")
    # 4 USD an hour, a third of 730 hours.
    assert rival.side.parts[0].monthly.at(0) == 4 * Fraction(HOURS, 3)
    assert rival.one_training == 4


def test_apis_that_charge_for_no_time_have_no_idle_hours() -> None:
    found = found_of(workload())
    assert [r.api.key for r in found.rivals if r.endpoint] == ["comprehend_custom"]


def test_tokens_of_a_training_are_the_datas_own_size_in_every_epoch() -> None:
    found = found_of(workload())
    # 1,000 texts of 400 characters: 100 tokens and 5 of an answer, three times, at 3 and 25 USD a million.
    tokens = 1_000 * (100 + 5) * 3
    assert beside(found, "openai_gpt_4o_mini_tuned").one_training == Fraction(3 * tokens, 1_000_000)
    assert beside(found, "openai_gpt_4o_tuned").one_training == Fraction(25 * tokens, 1_000_000)
    assert "assumed" in beside(found, "openai_gpt_4o_tuned").basis
    assert beside(found, "comprehend_custom").one_training == 12
    assert "(assumed)" in beside(found, "comprehend_custom").basis


def test_one_text_is_one_request_of_a_language_model() -> None:
    mini = beside(found_of(workload()), "openai_gpt_4o_mini_tuned")
    each = 100 * Fraction("0.0000003") + 5 * Fraction("0.0000012")
    assert part(mini.side, "Serving", 1_000_000) == 1_000_000 * each


def test_what_the_workload_states_is_taken_and_what_it_does_not_is_assumed_and_said() -> None:
    owned = Ownership(fine_tunings_per_year=Decimal(6), fine_tuning_hours=Decimal(2), labelled_examples=Decimal(200))
    stated = replace(
        workload(owned=owned),
        request=Request(characters=Decimal(250), tokens_in=Decimal(300), tokens_out=Decimal(20)),
    )
    found = found_of(stated)
    assert beside(found, "comprehend_custom").one_training == 6
    assert beside(found, "openai_gpt_4o_mini_tuned").one_training == Fraction(1_000 * 320 * 3 * 3, 1_000_000)
    # Six times a year 200 labels at 0.08 and the training: half of it a month.
    assert part(found.own, "Labels") == 8
    assert part(found.own, "Training") == (2 * Fraction("0.526") + DISK) / 2
    assert "(assumed)" not in beside(found, "comprehend_custom").basis
    assert "stated" in assumed(found, "ownership.fine_tunings_per_year")
    for key, value in (("request.characters", "400"), ("request.tokens_in", "100"), ("request.tokens_out", "5")):
        assert assumed(found_of(workload()), key).startswith(f"{value} assumed")
        assert "stated" in assumed(found, key)
    assert assumed(found_of(workload()), "ownership.fine_tunings_per_year").startswith("1 assumed")


def test_a_workload_of_another_unit_is_taken_for_the_trainings_and_says_so() -> None:
    found = found_of(workload(unit="images"))
    assert found.workload.volume.unit == "texts"
    assert "counts images, taken one for one" in assumed(found, "volume.unit")
    # A text of 400 characters is sent as one KB, not as an image.
    assert found.workload.request.kb_in == 1
    assert found_of(workload()).workload.request.kb_in == Request().kb_in


def test_a_month_is_serving_people_a_twelfth_of_the_trainings_and_labels_that_are_the_same_on_either_side() -> None:
    people = People(engineers=Decimal(2), share=Decimal("0.1"), api_share=Decimal("0.02"))
    found = found_of(replace(workload(), people=people))
    labels = Fraction(1_000) * Fraction("0.08") / 12
    own = INSTANCE + 2_000 + (2 * Fraction("0.526") + DISK) / 12 + labels
    assert found.own.at(Fraction(1_000_000)) == own
    batch = beside(found, "comprehend_custom_async")
    # Four pieces of 100 characters.
    assert batch.side.at(Fraction(1_000_000)) == 4 * 1_000_000 * Fraction("0.0005") + MODEL + 400 + 1 + labels


def test_the_break_even_is_where_both_cost_the_same_and_self_hosting_ends_with_its_capacity() -> None:
    found = found_of(workload())
    batch = beside(found, "comprehend_custom_async")
    # Labels are the same; a text costs 0.002.
    volume = (INSTANCE + (2 * Fraction("0.526") + DISK) / 12 - MODEL - 1) / Fraction("0.002")
    assert batch.with_people.volumes == (volume,)
    assert found.own.curve.at(volume) == batch.side.curve.at(volume)
    # 75 a second, every second of 730 hours.
    most = 75 * 3600 * HOURS
    assert batch.with_people.self_hosted_wins == ((volume, most),)
    assert found.limit
    assert found.limit.volume == most
    assert found.own.at(Fraction(most + 1)) is None


@given(
    examples=st.integers(1, 100_000),
    characters=st.integers(1, 5_000),
    hours=st.integers(0, 500),
    times=st.integers(1, 50),
)
@settings(max_examples=25, deadline=None)
def test_at_every_crossing_with_a_price_by_use_both_sides_cost_the_same(
    examples: int, characters: int, hours: int, times: int
) -> None:
    training = replace(TEXTS, examples=examples, characters_each=Decimal(characters), hours=Decimal(hours))
    known = workload(owned=Ownership(fine_tunings_per_year=Decimal(times)))
    found = found_of(replace(known, compare=Compare(apis=BY_USE)), training)
    for rival in found.rivals:
        for volume in rival.with_people.volumes:
            assert found.own.curve.at(volume) == rival.side.curve.at(volume)
        for start, end in rival.with_people.self_hosted_wins:
            assert end is not None
            middle = (start + end) / 2
            assert found.own.curve.at(middle) < rival.side.curve.at(middle)


@given(
    volume=st.integers(0, 10**7), opened=st.integers(1, 24), peak=st.integers(1, 20), characters=st.integers(1, 5_000)
)
@settings(max_examples=25, deadline=None)
def test_an_endpoint_never_costs_less_than_one_units_open_hours_and_idles_no_longer_than_it_is_paid(
    volume: int, opened: int, peak: int, characters: int
) -> None:
    known = workload(volume, hours_open_per_day=Decimal(opened), peak_to_average=Decimal(peak))
    known = replace(known, compare=Compare(apis=("comprehend_custom",)))
    (rival,) = found_of(known, replace(TEXTS, characters_each=Decimal(characters))).rivals
    assert rival.endpoint
    assert rival.endpoint.usd >= UNIT * opened / 24
    assert 0 <= rival.endpoint.idle <= rival.endpoint.paid
    assert rival.endpoint.idle_usd <= rival.endpoint.usd
    assert rival.side.curve.at(volume) >= rival.endpoint.usd + MODEL


def test_named_apis_alone_are_compared_and_one_that_cannot_be_trained_is_said() -> None:
    named = Compare(apis=("openai_gpt_4o_tuned", "comprehend_sentiment"))
    found = found_of(replace(workload(), compare=named))
    assert [r.api.key for r in found.rivals] == ["openai_gpt_4o_tuned"]
    assert "Comprehend sentiment (compare.apis) is not trained on texts" in " ".join(found.notes)


def test_a_stack_without_traffic_or_capacity_is_not_silently_compared() -> None:
    unsized = fine_tuned(priced(*fleet("g4dn.xlarge", 1, 1), workload=replace(workload(), capacity=())), TEXTS)
    assert not unsized.sized
    assert "no rate of the stack's instance type is known" in " ".join(unsized.left_out)
    assert "As if the stack answered any volume" in finetuning_text(unsized)


POOR = Quality(macro_f1=Decimal("0.700"), interval=(Decimal("0.680"), Decimal("0.720")))
GOOD = Quality(macro_f1=Decimal("0.900"), interval=(Decimal("0.880"), Decimal("0.920")), goal=Decimal("0.850"))


def learned(*points: tuple[int, str]) -> tuple[Learned, ...]:
    """Points of a curve, each known to 0.02 on either side."""
    near = Decimal("0.02")
    return tuple(Learned(size, Decimal(score), Decimal(score) - near, Decimal(score) + near) for size, score in points)


RISING = learned((500, "0.500"), (1_000, "0.600"), (2_000, "0.700"))
FLAT = learned((500, "0.680"), (1_000, "0.690"), (2_000, "0.700"))
# The instance, labels and training cost 390.81 a month; a text 0.000036 at the cheapest API, beside 6.75 for the same.
FEW, MANY = found_of(workload(10_000)), found_of(workload(100_000_000))
GOAL = Decimal("0.850")


@pytest.mark.parametrize(
    ("quality", "found", "kinds", "numbers"),
    [
        pytest.param(
            replace(POOR, api_f1=Decimal("0.870"), goal=GOAL, api="openai_gpt_4o_mini_tuned", curve=FLAT),
            FEW,
            ["stay-with-api"],
            ["0.870", "0.850", "10,000 texts", "7.11 USD", "390.81 USD"],
            id="stay",
        ),
        pytest.param(
            replace(POOR, curve=RISING),
            FEW,
            ["invest-in-data"],
            # 0.1 by the last doubling; as many labels more.
            ["1,000", "2,000", "+0.100", "0.700", "0.020", "4,000", "0.800", "2,000 labels for 160.00 USD"],
            id="the curve rises",
        ),
        pytest.param(
            replace(POOR, curve=RISING, goal=Decimal("0.900")),
            FEW,
            ["invest-in-data"],
            # Two doublings: 8,000 examples, 6,000 labels more.
            ["8,000", "0.900", "6,000 labels for 480.00 USD"],
            id="the curve reaches the goal",
        ),
        pytest.param(replace(POOR, left_out=Decimal("0.12")), FEW, ["invest-in-data"], ["12 %", "5 %"], id="left out"),
        pytest.param(
            replace(POOR, smallest_class=12),
            FEW,
            ["invest-in-data"],
            ["12 examples", "50", "38 labels for 3.04 USD"],
            id="a small class",
        ),
        pytest.param(
            replace(POOR, api_f1=Decimal("0.600"), goal=GOAL, left_out=Decimal("0.01"), smallest_class=200),
            MANY,
            ["ask-provider"],
            ["0.600", "0.850", "1 %", "200"],
            id="the API is poor and the data fine",
        ),
        pytest.param(
            replace(POOR, api_f1=Decimal("0.800"), goal=GOAL, api="comprehend_custom"),
            MANY,
            ["ask-provider"],
            ["0.800", "0.700 (0.680 to 0.720)", "12.00 USD", "Comprehend custom classification"],
            id="the API is better",
        ),
        pytest.param(
            replace(POOR, curve=FLAT, goal=GOAL),
            MANY,
            ["invest-in-ml"],
            ["1,000", "2,000", "+0.010", "0.700", "0.850", "10,000.00 USD"],
            id="an expert",
        ),
        pytest.param(
            GOOD,
            MANY,
            ["invest-in-mlops"],
            ["0.900 (0.880 to 0.920)", "0.850", "100,000,000 texts", "390.81 USD", "3,606.75 USD"],
            id="an engineer",
        ),
        pytest.param(
            replace(GOOD, goal=None, api_f1=Decimal("0.860"), api="openai_gpt_4o_mini_tuned"),
            MANY,
            ["invest-in-mlops"],
            ["0.900 (0.880 to 0.920)", "0.860", "100,000,000 texts"],
            id="better than the API",
        ),
    ],
)
def test_a_step_applies_where_its_numbers_say_so_and_names_them(
    quality: Quality, found: FineTuned, kinds: list[str], numbers: list[str]
) -> None:
    steps = advice(quality, found)
    assert [step.kind for step in steps if step.applies] == kinds
    (text,) = [step.text for step in steps if step.applies]
    assert [number for number in numbers if number not in text] == []


@pytest.mark.parametrize(
    ("quality", "found", "kind", "why"),
    [
        (Quality(), None, "stay-with-api", "have not been scored"),
        (Quality(), None, "invest-in-data", "no learning curve is known"),
        (Quality(), None, "ask-provider", "have not been scored"),
        (Quality(), None, "invest-in-ml", "no score of our model"),
        (Quality(), None, "invest-in-mlops", "no score of our model"),
        (Quality(api_f1=Decimal("0.9")), None, "stay-with-api", "neither a goal nor a score"),
        (replace(GOOD, api_f1=Decimal("0.9")), None, "stay-with-api", "what either side costs"),
        (replace(GOOD, api_f1=Decimal("0.9")), MANY, "stay-with-api", "self-hosting costs"),
        (replace(GOOD, api_f1=Decimal("0.6")), FEW, "stay-with-api", "0.600 is below the goal of 0.850"),
        (replace(GOOD, curve=RISING), FEW, "invest-in-data", "reaches the goal of 0.850"),
        (
            replace(POOR, api_f1=Decimal("0.6"), curve=RISING, goal=GOAL),
            MANY,
            "ask-provider",
            "better data comes first",
        ),
        (replace(POOR, api_f1=Decimal("0.6"), goal=GOAL), MANY, "ask-provider", "whether the data is at fault"),
        (replace(POOR, api_f1=Decimal("0.71")), MANY, "ask-provider", "not poor"),
        (replace(POOR, goal=GOAL), MANY, "invest-in-ml", "not known whether more data would help"),
        (replace(POOR, goal=GOAL, curve=RISING), MANY, "invest-in-ml", "more examples still help"),
        (replace(POOR, goal=GOAL, curve=FLAT, smallest_class=3), MANY, "invest-in-ml", "better data comes first"),
        (POOR, MANY, "invest-in-ml", "neither a goal nor a score"),
        (GOOD, FEW, "invest-in-mlops", "but at 10,000 texts"),
        (GOOD, None, "invest-in-mlops", "what either side costs"),
        (replace(GOOD, current_f1=Decimal("0.91")), MANY, "invest-in-mlops", "the version in use has 0.910"),
        (replace(GOOD, goal=Decimal("0.89")), MANY, "invest-in-mlops", "not certainly above the goal of 0.890"),
        (GOOD, found_of(workload(10**9)), "invest-in-mlops", "the stack cannot answer: asg at its maximum of 1"),
    ],
)
def test_a_step_that_does_not_apply_says_why_or_what_is_not_known(
    quality: Quality, found: FineTuned | None, kind: str, why: str
) -> None:
    steps = {step.kind: step for step in advice(quality, found)}
    assert list(steps) == ["stay-with-api", "invest-in-data", "ask-provider", "invest-in-ml", "invest-in-mlops"]
    assert not steps[kind].applies
    assert why in steps[kind].because


def test_an_api_that_was_scored_and_is_used_as_it_is_costs_its_bill_without_a_training() -> None:
    quality = replace(GOOD, api_f1=Decimal("0.9"), api="comprehend_sentiment")
    (step, *_) = advice(quality, FEW)
    # 10,000 texts of four pieces at 0.0001.
    assert step.applies
    assert "Comprehend sentiment 4.00 USD" in step.text


def test_an_api_that_is_unknown_or_answers_something_else_is_refused() -> None:
    with pytest.raises(InputError, match="quality api"):
        advice(Quality(api_f1=Decimal("0.9"), goal=GOAL, api="no_such_api"), FEW)
    with pytest.raises(InputError, match="answers images, not texts"):
        advice(Quality(api_f1=Decimal("0.9"), goal=GOAL, api="rekognition_labels"), FEW)


@pytest.mark.parametrize(
    "wrong",
    [{"macro_f1": Decimal("1.5")}, {"left_out": Decimal(-1)}, {"curve": learned((200, "0.5"), (100, "0.6"))}],
)
def test_a_quality_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="quality"):
        Quality(**wrong)


def numbers_in(value: Any) -> list[Any]:
    """Everything in a JSON document that is a number."""
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return [found for item in items for found in numbers_in(item)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


@pytest.mark.parametrize("volume", [0, 1_000_000, 10**9, 10**14])
def test_the_reports_hold_every_assumption_fit_80_columns_and_write_numbers_as_strings(volume: int) -> None:
    found = found_of(workload(volume))
    steps = advice(replace(POOR, curve=RISING, goal=GOAL, api_f1=Decimal("0.6")), found)
    text = finetuning_text(found, steps, name="stack test")
    assert max(map(len, text.splitlines())) <= 80
    flat, markdown = " ".join(text.split()), finetuning_markdown(found, steps)
    document = finetuning_document(found, steps)
    assert numbers_in(document) == []
    for one in found.assumptions:
        assert f"{one.key} = " in flat
        assert f"| `{one.key}` |" in markdown
        assert document["assumptions"][one.key]["about"] == one.about
    assert document["assumptions"]["volume.per_month"]["value"] == str(volume)
    assert f"volume.per_month = {volume:,} " in flat
    assert [step["kind"] for step in document["steps"] if step["applies"]] == ["invest-in-data"]


def test_the_document_says_what_idle_hours_cost() -> None:
    document = finetuning_document(found_of(workload(0)))
    (endpoint,) = [row["endpoint"] for row in document["apis"] if row["endpoint"]]
    assert endpoint == {
        "units": "1",
        "paid_hours": "730",
        "idle_hours": "730",
        "monthly": "1314",
        "idle_monthly": "1314",
    }


@pytest.mark.parametrize(
    ("training", "said"),
    [(TEXTS, "Comprehend custom classification"), (IMAGES, "Rekognition Custom Labels")],
    ids=["texts", "images"],
)
def test_the_command_line_answers_for_texts_and_for_images_in_every_form(training: Training, said: str) -> None:
    quality = replace(POOR, curve=RISING)
    text = answer(training, quality, stack="small")
    assert said in text
    assert "Better data" in text
    assert max(map(len, text.splitlines())) <= 80
    assert said in answer(training, None, stack="small", form=Format.MARKDOWN)
    document = json.loads(answer(training, quality, stack="small", form=Format.JSON))
    assert document["volume"]["unit"] == training.unit
    assert document["self_hosted"]["ends"]


def test_a_stack_of_another_unit_takes_the_rate_of_a_model_that_counts_the_trainings(tmp_path: Path) -> None:
    stated = tmp_path / "workload.toml"
    stated.write_text('[volume]\nper_month = 1_000\nunit = "texts"\n')
    found = compared(TEXTS, stack="small", workload=stated)
    assert found.volume == 1_000
    assert any("assumed to answer as fast as with" in note for note in found.notes)
    assert "59 a second" in (found.limit.reason if found.limit else "")
    faster = compared(TEXTS, stack="small", model="sentiment")
    assert "70 a second" in (faster.limit.reason if faster.limit else "")
