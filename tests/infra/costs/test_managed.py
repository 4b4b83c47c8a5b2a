"""What managed APIs charge: every published row at the edges of its tiers, and every unit function at its own edges."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from infra.costs.errors import InputError
from infra.costs.managed import (
    EACH_MONTH,
    RULES,
    UNITS,
    ManagedApi,
    managed_apis,
    offers_for,
    read_apis,
)
from infra.costs.vendors import FACTS
from infra.costs.workload import Billing, Compare, Request, Volume, Workload

MILLION = 1_000_000


def stated(free: bool = False, unit: str = "images", **request: Any) -> Workload:
    """A workload of one unit a request with these properties of a request."""
    values = {key: Decimal(str(value)) for key, value in request.items()}
    return Workload(volume=Volume(unit=unit), request=Request(**values), billing=Billing(free_tiers=free))


# Characters of one unit of 100, three of them, so that a text is three units: prices below are of three.
THREE = stated(characters=300)


# Volumes at and just above the edges of every tier, with the bill in USD, worked out by hand from the price lists.
ROWS = [
    *[
        (api, volume, usd)
        for api in ("rekognition_labels", "rekognition_moderation", "rekognition_text")
        for volume, usd in [
            (MILLION, "1000"),
            (MILLION + 1, "1000.0008"),
            (5 * MILLION, "4200"),
            (5 * MILLION + 1, "4200.0006"),
            (35 * MILLION, "22200"),
            (35 * MILLION + 1, "22200.00025"),
            (200 * MILLION, "63450"),
        ]
    ],
    ("rekognition_faces", 35 * MILLION + 1, "22200.0004"),
    ("rekognition_properties", 1, "0.00075"),
    ("rekognition_properties", 40 * MILLION, "30000"),
    # 10 million units are 3,333,333 texts of three units and a third.
    ("comprehend_sentiment", 3 * MILLION, "900"),
    ("comprehend_sentiment", Fraction(10 * MILLION, 3), "1000"),
    ("comprehend_sentiment", Fraction(10 * MILLION + 1, 3), "1000.00005"),
    ("comprehend_sentiment", Fraction(50 * MILLION, 3), "3000"),
    ("comprehend_sentiment", Fraction(50 * MILLION + 1, 3), "3000.000025"),
    ("comprehend_sentiment", 100 * MILLION, "9250"),
    ("comprehend_custom_async", 1000, "2"),
    ("textract_detect_text", MILLION, "1500"),
    ("textract_detect_text", MILLION + 1, "1500.0006"),
    ("textract_detect_text", 10 * MILLION, "6900"),
    ("textract_tables", 2 * MILLION, "25000"),
    ("textract_forms", 2 * MILLION, "90000"),
    # The first thousand of a month are free for ever.
    ("google_vision_labels", 1000, "0"),
    ("google_vision_labels", 1001, "0.0015"),
    ("google_vision_labels", 5 * MILLION, "7498.5"),
    ("google_vision_labels", 5 * MILLION + 1, "7498.501"),
    ("google_vision_text", 1001, "0.0015"),
    ("google_vision_text", 5 * MILLION + 1, "7498.5006"),
    ("google_vision_objects", 1001, "0.00225"),
    ("google_vision_objects", 5 * MILLION, "11247.75"),
    ("google_vision_objects", 5 * MILLION + 1, "11247.7515"),
    ("google_document_ocr", 5 * MILLION, "7500"),
    ("google_document_ocr", 5 * MILLION + 1, "7500.0006"),
    ("google_document_layout", 1000, "10"),
    ("azure_vision_labels", MILLION, "1000"),
    ("azure_vision_labels", MILLION + 1, "1000.00065"),
    ("azure_vision_labels", 100 * MILLION + 1, "60850.0004"),
    ("azure_document_read", MILLION, "1500"),
    ("azure_document_read", MILLION + 1, "1500.0006"),
    ("azure_document_layout", 1000, "10"),
    ("mistral_ocr", 1000, "2"),
]


@pytest.mark.parametrize(("key", "volume", "usd"), ROWS)
def test_every_row_of_the_price_lists_is_charged_at_and_beyond_the_edges_of_its_tiers(
    key: str, volume: int, usd: str
) -> None:
    assert managed_apis()[key].curve(THREE).at(volume) == Fraction(usd)


def test_every_shipped_api_is_charged_in_some_test() -> None:
    endpoints = {"rekognition_custom_labels", "comprehend_custom", "openai_gpt_4o_mini_tuned", "openai_gpt_4o_tuned"}
    assert {key for key, _, _ in ROWS} | endpoints == set(managed_apis())


@pytest.mark.parametrize(
    ("key", "volume", "usd"),
    [
        ("rekognition_labels", 1000, "0"),
        ("rekognition_labels", 1001, "0.001"),
        ("comprehend_sentiment", 20_000, "1"),  # 60,000 units, 50,000 of them free
        ("textract_detect_text", 1001, "0.0015"),
        ("azure_document_read", 501, "0.0015"),
        ("google_vision_labels", 1001, "0.0015"),
    ],
)
def test_what_is_free_in_the_first_months_is_taken_off_where_one_asks_for_it(key: str, volume: int, usd: str) -> None:
    assert managed_apis()[key].curve(replace(THREE, billing=Billing(free_tiers=True))).at(volume) == Fraction(usd)


@pytest.mark.parametrize(
    ("rule", "request_of_one", "units"),
    [
        ("per_unit", {}, 1),
        ("per_feature_image", {}, 1),
        ("per_feature_image", {"features": 4}, 4),
        ("per_100_characters_min_3", {"characters": 0}, 3),
        ("per_100_characters_min_3", {"characters": 1}, 3),
        ("per_100_characters_min_3", {"characters": 299}, 3),
        ("per_100_characters_min_3", {"characters": 300}, 3),
        ("per_100_characters_min_3", {"characters": 301}, 4),
        ("per_100_characters_min_3", {"characters": 400}, 4),
        ("per_100_characters_min_3", {"characters": "300.1"}, 4),
        ("per_character", {"characters": 301}, 301),
        ("per_live_unit", {}, 1),
        ("per_live_unit", {"batched": "0.25"}, Fraction(3, 4)),
        ("per_live_unit", {"batched": 1}, 0),
        ("per_batched_unit", {}, 0),
        ("per_batched_unit", {"batched": 1}, 1),
        ("input_tokens", {"tokens_in": 0}, 0),
        ("input_tokens", {"tokens_in": 1000}, 1000),
        ("input_tokens", {"tokens_in": 1000, "tokens_cached": "0.4", "batched": "0.5"}, 300),
        ("input_tokens", {"tokens_in": 1000, "tokens_cached": 1}, 0),
        ("cached_tokens", {"tokens_in": 1000}, 0),
        ("cached_tokens", {"tokens_in": 1000, "tokens_cached": "0.4", "batched": "0.5"}, 200),
        ("output_tokens", {"tokens_out": 80, "batched": "0.5"}, 40),
        ("output_tokens", {"tokens_out": 0}, 0),
        ("batched_input_tokens", {"tokens_in": 1000, "tokens_cached": "0.4", "batched": "0.5"}, 300),
        ("batched_cached_tokens", {"tokens_in": 1000, "tokens_cached": "0.4", "batched": "0.5"}, 200),
        ("batched_output_tokens", {"tokens_out": 80, "batched": 1}, 80),
    ],
)
def test_a_unit_function_counts_exactly_at_its_edges(rule: str, request_of_one: dict[str, Any], units: int) -> None:
    assert RULES[rule](stated(**request_of_one).request) == units


@pytest.mark.parametrize("share", ["0", "0.3", "1"])
def test_the_tokens_of_a_prompt_are_counted_once_however_they_are_shared_out(share: str) -> None:
    request = stated(tokens_in=777, tokens_cached=share, batched="0.35").request
    counted = [RULES[rule](request) for rule in RULES if rule.endswith(("input_tokens", "cached_tokens"))]
    assert sum(counted) == 777


def test_pages_that_can_wait_cost_half() -> None:
    mistral = managed_apis()["mistral_ocr"]
    assert [mistral.curve(stated(batched=share)).at(1000) for share in (0, "0.5", 1)] == [2, Fraction("1.5"), 1]


def test_features_of_an_image_are_charged_each_and_reach_the_cheaper_tiers_sooner() -> None:
    vision = managed_apis()["google_vision_labels"]
    assert vision.curve(stated(features=3)).at(2 * MILLION) == vision.curve(stated()).at(6 * MILLION)


@pytest.mark.parametrize(
    ("unit", "keys"),
    [
        ("images", ["rekognition_labels", "google_vision_labels"]),
        ("texts", ["comprehend_sentiment"]),
        ("pages", ["textract_detect_text", "azure_document_read", "google_document_ocr", "mistral_ocr"]),
    ],
)
def test_without_names_the_default_apis_of_the_unit_are_compared(unit: str, keys: list[str]) -> None:
    assert [api.key for api in offers_for(stated(unit=unit))] == keys


def test_apis_compared_by_default_do_the_same_task() -> None:
    tasks = {(api.unit, api.task) for api in managed_apis().values() if api.default}
    assert len(tasks) == len({unit for unit, _ in tasks})


def test_an_unknown_name_is_refused_with_what_is_known() -> None:
    workload = replace(Workload(), compare=Compare(apis=("comprehend_sentimant",)))
    with pytest.raises(InputError, match=r"did you mean 'comprehend_sentiment'\?; known: .*, or vendor/model"):
        offers_for(workload)


@pytest.mark.parametrize("api", managed_apis().values(), ids=lambda api: api.key)
def test_every_meter_has_a_rule_a_unit_and_tiers_without_end(api: ManagedApi) -> None:
    assert api.unit in UNITS.values()
    for meter in api.meters:
        assert meter.unit_of_charge
        assert [tier.up_to for tier in meter.tiers].index(None) == len(meter.tiers) - 1
    for priced in (api.quota, api.training):
        assert priced is None or (priced.source and (priced.checked.year >= 2026))


@pytest.mark.parametrize("api", managed_apis().values(), ids=lambda api: api.key)
@pytest.mark.parametrize("volume", [0, 1, 10**9])
def test_the_bill_is_the_sum_of_the_meters_and_never_falls(api: ManagedApi, volume: int) -> None:
    workload = stated(batched="0.3", tokens_cached="0.2")
    curve = api.curve(workload)
    assert curve.at(volume) == sum(meter.curve(workload).at(volume) for meter in api.meters)
    assert curve.at(volume) <= curve.at(volume + 1)


FILE = """
vendor = "acme"
[acme_labels]
name = "Acme labels"
task = "image-labels"
rule = "per_unit"
unit_of_charge = "image"
amount = 0.5
source = "acme.example"
checked = 2026-11-23
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('task = "image-labels"', 'task = "image-label"', "task 'image-label'"),
        ('rule = "per_unit"', 'rule = "per_moon"', "rule 'per_moon'"),
        ("amount = 0.5", 'amount = "much"', "missing or misplaced"),
        ("amount = 0.5", "", "'amount'"),
        ("checked = 2026-11-23", 'checked = "today"', "is not a date"),
        ('vendor = "acme"', "", "'vendor'"),
        ('source = "acme.example"', "", "'source'"),
    ],
)
def test_a_broken_file_is_refused_naming_file_and_api(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(FILE)
    (whole,) = read_apis(path)
    assert (whole.vendor, whole.curve(Workload()).at(3)) == ("acme", Fraction("1.5"))
    path.write_text(FILE.replace(old, new))
    with pytest.raises(InputError, match=r"acme\.toml \[acme_labels\]") as caught:
        list(read_apis(path))
    assert said in str(caught.value)


def test_every_api_and_rule_is_in_the_documents() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "managed-apis.md").read_text(encoding="utf-8")
    assert [name for name in (*managed_apis(), *RULES, *FACTS, EACH_MONTH) if f"`{name}`" not in page] == []
