"""What is said about vendors: every fact is there, has a source and a date, and does not claim more than was read."""

import re
from datetime import date
from pathlib import Path

import pytest

from infra.costs.errors import InputError
from infra.costs.managed import managed_apis
from infra.costs.prices import DATA, price_files
from infra.costs.vendors import FACTS, Fact, Vendor, read_vendor, vendors

ADDRESS = re.compile(r"[a-z0-9-]+\.(com|ai|sh|directory|ninja|io)\b")
ALL = [(vendor, name, fact) for vendor in vendors().values() for name, fact in vendor.facts.items()]


def test_every_vendor_of_a_managed_api_is_known() -> None:
    assert {api.vendor for api in managed_apis().values()} <= set(vendors())
    assert {"aws", "google", "azure", "openai", "anthropic", "mistral"} == set(vendors())


@pytest.mark.parametrize(("vendor", "name", "fact"), ALL, ids=lambda x: x if isinstance(x, str) else "")
def test_a_fact_has_words_a_date_and_a_source_or_says_that_it_is_from_memory(
    vendor: Vendor, name: str, fact: Fact
) -> None:
    assert name in FACTS
    assert fact.value
    assert fact.value[-1] != "."
    assert date(2026, 10, 1) <= fact.checked <= date.today()
    assert fact.mark in ("", "secondary", "from memory")
    assert ADDRESS.search(fact.source) or fact.mark == "from memory", vendor.name
    assert fact.number is None or fact.number >= 0


@pytest.mark.parametrize("vendor", vendors().values(), ids=lambda vendor: vendor.key)
def test_a_vendor_has_every_fact_and_numbers_that_mean_what_they_say(vendor: Vendor) -> None:
    assert list(vendor.facts) == list(FACTS)
    for share in ("availability", "credits"):
        number = vendor.facts[share].number
        assert number is not None
        assert number <= 100
        assert not number or f"{number} %" in vendor.facts[share].value
    assert vendor.facts["training"].number in (0, 1)
    days = vendor.facts["retention"].number
    assert days is None or re.search(rf"\b{days}\b|24 hours", vendor.facts["retention"].value)


def test_the_age_of_the_facts_is_listed_with_that_of_the_prices() -> None:
    listed = {file.file: file for file in price_files()}
    for key, vendor in vendors().items():
        file = listed[f"vendors/{key}.toml"]
        assert file.count == len(FACTS)
        assert file.unverified == sum(bool(fact.mark) for fact in vendor.facts.values())


def test_every_managed_api_counts_as_one_price_with_its_date() -> None:
    listed = {file.file: file for file in price_files() if file.file.startswith("managed/")}
    assert sum(file.count for file in listed.values()) == len(managed_apis())
    assert not any(file.undated for file in listed.values())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[credits]", "[credit]", "[credit]: not a fact; known: availability"),
        ('name = "Mistral AI"', "", "[name]: not a fact"),
        (
            'number = 0\nsource = "legal.mistral.ai"\nchecked = 2026-11-23\nmark = "from memory"\n\n[support]',
            'tiers = [99]\nsource = "legal.mistral.ai"\nchecked = 2026-11-23\n\n[support]',
            "[credits]: missing or misplaced",
        ),
        ("number = 30", "number = -30", "[retention]: missing or misplaced"),
        ("number = 30", 'number = "many"', "[retention]: missing or misplaced"),
        ("checked = 2026-11-23", 'checked = "today"', "[availability]: missing or misplaced"),
        ("source = ", "origin = ", "'source'"),
    ],
)
def test_a_broken_file_is_refused_naming_the_fact(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "mistral.toml"
    path.write_text((DATA / "vendors" / "mistral.toml").read_text().replace(old, new))
    with pytest.raises(InputError, match=r"mistral\.toml") as caught:
        read_vendor(path)
    assert said in str(caught.value)
