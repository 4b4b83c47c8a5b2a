"""Models charged by the token: the same bill as the package that holds the prices, to the last digit."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot

from infra.costs.compare import compare
from infra.costs.errors import InputError
from infra.costs.managed import managed_apis, named, offers_for
from infra.costs.vendors import vendors
from infra.costs.workload import Compare, Request, Volume, Workload
from infra.vendors import TokenPrices
from infra.vendors.tokens import DEFAULTS
from tests.infra.costs.stacks import fleet, priced

MILLION = 1_000_000


def stated(apis: tuple[str, ...] = (), unit: str = "requests", **request: Any) -> Workload:
    values = {key: Decimal(str(value)) for key, value in request.items()}
    return Workload(volume=Volume(unit=unit), request=Request(**values), compare=Compare(apis=apis))


# USD for a million tokens: prompt, answer, cached prompt. The price lists of 2026-10, as published.
LISTED = [
    ("openai/gpt-5", "1.25", "10.00", "0.125"),
    ("openai/gpt-5-mini", "0.25", "2.00", "0.025"),
    ("openai/gpt-5.4-nano", "0.20", "1.25", "0.02"),
    ("openai/gpt-5.6-luna", "0.20", "1.20", "0.02"),
    ("openai/gpt-4o-mini", "0.15", "0.60", "0.075"),
    ("openai/text-embedding-3-small", "0.02", "0", "0.02"),
    ("anthropic/claude-haiku-5-5", "0.10", "0.50", "0.01"),
    ("anthropic/claude-sonnet-5-5", "2.00", "10.00", "0.10"),
]


@pytest.mark.parametrize(("name", "prompt", "answer", "cached"), LISTED)
def test_a_model_costs_what_its_price_list_says(name: str, prompt: str, answer: str, cached: str) -> None:
    def million(**request: int) -> Fraction:
        workload = stated(**request)
        return named(name, workload).curve(workload).at(MILLION)

    assert million(tokens_in=1, tokens_out=0) == Fraction(prompt)
    assert million(tokens_in=0, tokens_out=1) == Fraction(answer)
    assert million(tokens_in=1, tokens_out=0, tokens_cached=1) == Fraction(cached)


@pytest.mark.parametrize("name", ["openai/gpt-5", "openai/gpt-5.6-luna", "anthropic/claude-sonnet-5-5"])
def test_what_can_wait_costs_half(name: str) -> None:
    now, waits = (stated(batched=share, tokens_cached="0.5") for share in (0, 1))
    assert named(name, waits).curve(waits).at(1) * 2 == named(name, now).curve(now).at(1)


# Every model the package prices by tokens in and out alone or with a cache, live and in batches.
PLAIN = {"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok"}
OPTIONAL = {"web_searches_kcount", "storage_searches_kcount"}
PROMPTS = (1_000, 300_000)


def plain_models() -> list[str]:
    now = datetime.now(UTC)
    return [
        f"{provider.id}/{model.id}"
        for provider in get_snapshot().providers
        for model in provider.models
        if {"input_mtok", "output_mtok"} <= set(vars(model.get_prices(now))) <= PLAIN | OPTIONAL
    ]


def test_the_bill_of_every_plain_model_is_that_of_the_package_also_for_long_prompts_caches_and_batches() -> None:
    models = plain_models()
    assert len(models) > 1_500
    # Every seventh of some two thousand, so that every vendor with more than a few models has its turn.
    differing = [name for name in models[::7] if not _same_bill(name)]
    assert differing == []


def _same_bill(name: str) -> bool:
    return all(
        _ours(name, prompt, batched) == _theirs(name, prompt, batched) for prompt in PROMPTS for batched in (0, 1)
    )


def _ours(name: str, prompt: int, batched: int) -> Fraction:
    workload = stated(tokens_in=prompt, tokens_out=500, tokens_cached="0.25", batched=batched)
    return named(name, workload).curve(workload).at(1)


def _theirs(name: str, prompt: int, batched: int) -> Fraction:
    vendor, _, wanted = name.partition("/")
    provider = next(p for p in get_snapshot().providers if p.id == vendor)
    model = next(m for m in provider.models if m.id == wanted)
    usage = Usage(input_tokens=prompt, cache_read_tokens=prompt // 4, output_tokens=500)
    context = {"processing": "batch"} if batched else None
    return Fraction(model.calc_price(usage, provider, price_context=context).total_price)


def test_a_prompt_longer_than_a_tier_is_charged_at_its_price_as_a_whole() -> None:
    at, above = (stated(tokens_in=tokens, tokens_out=0) for tokens in (100_000, 100_001))
    haiku = [named("anthropic/claude-haiku-5-5", w).curve(w).at(1) for w in (at, above)]
    assert haiku == [Fraction("0.01"), 100_001 * Fraction("0.0000005")]


def test_models_charged_by_the_page_agree_with_the_shipped_file() -> None:
    for batched in ("0", "0.5", "1"):
        workload = stated(batched=batched)
        package, shipped = named("mistral/mistral-ocr-2512", workload), managed_apis()["mistral_ocr"]
        assert (package.unit, package.vendor) == (shipped.unit, shipped.vendor)
        assert package.curve(workload) == shipped.curve(workload)


@pytest.mark.parametrize(
    ("shipped", "model"),
    [
        ("openai_gpt_4o_mini_tuned", "openai/ft:gpt-4o-mini"),
        ("openai_gpt_4o_tuned", "openai/ft:gpt-4o"),
    ],
)
def test_fine_tuned_models_of_the_shipped_file_cost_what_the_package_says(shipped: str, model: str) -> None:
    workload = stated(tokens_cached="0.3", batched="0.4")
    assert managed_apis()[shipped].curve(workload) == named(model, workload).curve(workload)


def test_where_requests_are_counted_some_small_models_are_compared() -> None:
    offers = offers_for(stated())
    assert tuple(api.key for api in offers) == DEFAULTS
    assert {api.vendor for api in offers} <= set(vendors())
    assert [api.key for api in offers_for(stated(unit="images"))] == ["rekognition_labels", "google_vision_labels"]


def test_a_model_stands_beside_a_stack_like_any_other_api() -> None:
    workload = replace(
        stated(("openai/gpt-5-mini", "comprehend_sentiment"), unit="texts", tokens_in=120, tokens_out=5),
        capacity=(("g4dn.xlarge", Decimal(50)),),
    )
    offers = compare(priced(*fleet("g4dn.xlarge", 1, 4), workload=workload)).offers
    assert [offer.api.key for offer in offers] == ["openai/gpt-5-mini", "comprehend_sentiment"]
    # Two million texts of 120 tokens and 5 in the answer.
    assert offers[0].monthly == 2 * (120 * Fraction("0.25") + 5 * 2)


def test_a_model_has_a_source_and_a_day_its_prices_are_at_least_as_new_as() -> None:
    api = named("anthropic/claude-sonnet-5-5", stated())
    assert api.source.startswith("genai-prices ")
    assert "anthropic.com" in api.source
    assert datetime(2026, 10, 1, tzinfo=UTC).date() <= api.checked <= datetime.now(UTC).date()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("openai/gpt-5-mni", "openai has no model 'gpt-5-mni', did you mean 'gpt-5-mini'?"),
        ("opnai/gpt-5", "no vendor 'opnai', did you mean 'openai'?"),
        ("openai/whisper-1", "'openai/whisper-1' is not charged by tokens or pages"),
        ("/", "'/' is unknown"),
        ("openai/", "'openai/' is unknown"),
    ],
)
def test_a_name_that_is_none_is_refused_with_the_nearest(name: str, said: str) -> None:
    with pytest.raises(InputError, match=r"defaults \[compare\] apis") as caught:
        offers_for(stated((name,)))
    assert said in str(caught.value)


def test_a_name_without_a_vendor_is_none_of_the_packages() -> None:
    assert TokenPrices().find("rekognition_labels", stated(), "here") is None


ABSENT = """
import sys
sys.modules["genai_prices"] = None
import infra.vendors
from infra.costs.errors import InputError
from infra.costs.managed import named, offers_for
from infra.costs.workload import Workload
assert [api.key for api in offers_for(Workload())] == ["rekognition_labels", "google_vision_labels"]
try:
    named("openai/gpt-5", Workload())
except InputError as error:
    print(error)
"""
LAZY = "import sys, infra.vendors; print('genai_prices' in sys.modules, 'pydantic' in sys.modules)"


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_without_the_package_everything_else_works_and_the_message_says_what_to_install() -> None:
    assert run(ABSENT) == (
        "defaults [compare] apis: 'openai/gpt-5' is priced by the package genai-prices, which is not installed; "
        "pip install genai-prices\n"
    )


def test_the_package_is_imported_only_when_a_model_is_asked_for() -> None:
    assert run(LAZY) == "False False\n"
