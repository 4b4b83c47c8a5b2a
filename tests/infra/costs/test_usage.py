"""Usage files: only known keys, of known resources, with values that can be."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from infra.costs.errors import InputError
from infra.costs.estimate import Estimate, estimate
from infra.costs.usage import Usage
from tests.infra.costs.stacks import INSTANCE, cost, group, lines, priced, quantity, row, stack_of

NAT = "aws:ec2/natGateway:NatGateway"
BUCKET = "aws:s3/bucket:Bucket"
TRANSFER = {"data_transfer": {"region": "eu-central-1", "monthly_outbound_internet_gb": 100}}


def _with(token: str, name: str, table: Mapping[str, Any]) -> Estimate:
    return priced(row(token, name), usage={name: dict(table)})


@pytest.mark.parametrize(
    "text",
    [
        '{"nat": {"monthly_data_processed_gb": 12.5}}',
        "[nat]\nmonthly_data_processed_gb = 12.5\n",
        '{"nat": {"monthly_data_processed_gb": "12.5"}}',
        '\n  {"nat": {"monthly_data_processed_gb": 1.25e1}}',
    ],
)
def test_json_and_toml_say_the_same(text: str) -> None:
    found = estimate(stack_of(row(NAT, "nat")), usage=Usage.parse(text, "usage"))
    assert quantity(found, "Data processed") == Fraction(25, 2)


@pytest.mark.parametrize(
    ("token", "table", "said"),
    [
        (NAT, {"monthly_data_procesed_gb": 1}, "did you mean 'monthly_data_processed_gb'?"),
        (NAT, {"monthly_requests": 1}, "known: monthly_data_processed_gb"),
        ("aws:ec2/eip:Eip", {"monthly_requests": 1}, "it takes no usage"),
        (NAT, {"monthly_data_processed_gb": -1}, "-1 cannot be a quantity"),
        (NAT, {"monthly_data_processed_gb": "much"}, "'much' is not a number"),
        (NAT, {"monthly_data_processed_gb": True}, "True is not a number"),
        (NAT, {"monthly_data_processed_gb": [1]}, "a list is not a number"),
        (NAT, {"monthly_data_processed_gb": None}, "is not a number"),
        (NAT, {"monthly_data_processed_gb": "NaN"}, "'NaN' cannot be a quantity"),
        (NAT, {"monthly_data_processed_gb": 10**16}, "beyond anything billable"),
        (INSTANCE, {"monthly_hours": 745}, "give a number up to 744"),
        (INSTANCE, {"operating_system": "window"}, "did you mean 'windows'?"),
        (INSTANCE, {"operating_system": 3}, "3 is not a word"),
        (INSTANCE, {"reserved_instance_type": "standard"}, "a reservation needs type, term and payment option"),
        (BUCKET, {"standard": 5}, "a storage class is a table"),
        (BUCKET, {"standard": {"storage": 5}}, "did you mean 'storage_gb'?"),
        (BUCKET, {"standrd": {"storage_gb": 5}}, "did you mean 'standard'?"),
        (BUCKET, {"standard": {"storage_gb": -5}}, "-5 cannot be a quantity"),
    ],
)
def test_what_cannot_be_is_refused_naming_the_table_and_the_way_out(
    token: str, table: Mapping[str, Any], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        _with(token, "thing", table)
    assert said in str(caught.value)
    assert "usage [thing]" in str(caught.value)


def test_an_unknown_resource_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match=r"usage \[nta\]: no such resource in the stack, did you mean 'nat'\?"):
        priced(row(NAT, "nat"), usage={"nta": {"monthly_data_processed_gb": 1}})


@pytest.mark.parametrize("text", ['{"nat": ', "[nat\n", "{}}", "nat: 1"])
def test_neither_json_nor_toml_is_refused_naming_the_file(text: str) -> None:
    with pytest.raises(InputError, match=r"some\.file: neither JSON nor TOML"):
        Usage.parse(text, "some.file")


def test_a_value_in_place_of_a_table_is_refused() -> None:
    with pytest.raises(InputError, match="usage nat: not a table"):
        Usage.parse('{"nat": 5}', "usage")


@pytest.mark.parametrize("name", ["absent.json", "folder", "binary.json"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(InputError, match=name):
        Usage.read(tmp_path / name)


def test_stated_usage_speaks_for_its_resource_alone() -> None:
    found = priced(row(NAT, "one"), row(NAT, "two"), usage={"one": {"monthly_data_processed_gb": 1000}})
    (one,), (two,) = lines(found, "Data processed", "one"), lines(found, "Data processed", "two")
    assert cost(found, "Data processed", "one") == 45
    assert one.quantity is not None
    assert two.quantity is None


def test_a_stated_nothing_is_nothing_and_not_unknown() -> None:
    found = priced(row(NAT, "nat"), usage={"nat": {"monthly_data_processed_gb": 0}})
    assert not lines(found, "Data processed")


def test_stated_instances_hold_in_every_case() -> None:
    found = priced(*group("g4dn.xlarge", 1, 4), usage={"asg": {"instances": 6}})
    assert [cost(found, "Instance usage", case=c) for c in ("low", "expected", "high")] == [
        6 * 730 * Fraction("0.526")
    ] * 3


def test_data_transfer_needs_no_resource_and_keeps_its_own_region() -> None:
    found = estimate(stack_of(), usage=Usage(TRANSFER, "usage"))
    (item,) = found.items
    # eu-central-1 sends its first terabytes out at 0.09 a GB.
    assert (item.resource.region, found.monthly("expected")) == ("eu-central-1", 9)


def test_stated_hours_of_zero_cost_nothing() -> None:
    found = priced(row(INSTANCE, "box", instanceType="t3.medium"), usage={"box": {"monthly_hours": 0}})
    assert not lines(found, "Instance usage")
    assert cost(found, "Storage") == Fraction("0.80")
