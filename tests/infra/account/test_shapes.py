"""The recorded answers have the shape that botocore documents, and the map of products names real prices."""

import json
from pathlib import Path

import pytest

from infra.account.price_list import read_product
from infra.account.price_list_region import known_keys
from infra.account.products import all_wanted, is_usage, on_bill, tables
from tests.infra.account.answers import shape


@pytest.mark.parametrize(
    ("service", "operation", "answers"),
    [
        ("ce", "GetCostAndUsage", [*shape("by_service"), shape("by_record"), shape("by_tag")]),
        (
            "pricing",
            "GetProducts",
            [{"FormatVersion": "aws_v1", "PriceList": [json.dumps(item) for item in shape("price_list")]}],
        ),
    ],
)
def test_recorded_answers_are_what_the_service_model_says(service: str, operation: str, answers: list[object]) -> None:
    from botocore.session import get_session
    from botocore.validate import ParamValidator

    model = get_session().get_service_model(service).operation_model(operation)
    for answer in answers:
        report = ParamValidator().validate(answer, model.output_shape)
        assert not report.has_errors(), report.generate_report()


def test_every_recorded_product_is_read() -> None:
    found = [read_product(json.dumps(item), "shape") for item in shape("price_list")]
    assert len(found) > 30
    assert all(product.steps and product.published.startswith("2026-11") for product in found)


def test_the_map_names_only_prices_that_exist_and_most_of_them() -> None:
    known = known_keys()
    mapped = [wanted.key for wanted in all_wanted()] + [f"{table.file}.{table.name}" for table in tables()]
    assert set(mapped) <= set(known)
    assert len(mapped) == len(set(mapped))
    network = {key for key in known if key.startswith(("network.", "load_balancing.", "kms.", "waf."))}
    assert network - set(mapped) == {"network.gateway_endpoint_hour"}


@pytest.mark.parametrize(
    ("usage_type", "usage", "same"),
    [
        ("NatGateway-Hours", "NatGateway-Hours", True),
        ("EUC1-NatGateway-Hours", "NatGateway-Hours", True),
        ("EU-NatGateway-Hours", "NatGateway-Hours", True),
        ("EUC1-RegionalNatGateway-Hours", "NatGateway-Hours", False),
        ("eu-central-1-KMS-Requests", "KMS-Requests", True),
        ("eu-central-1-KMS-Requests-Asymmetric", "KMS-Requests", False),
        ("EUC1-USW2-AWS-Out-Bytes", "AWS-Out-Bytes", True),
        ("EUC1-Outposts-LCUUsage", "LCUUsage", False),
        ("Global-DataTransfer-Out-Bytes", "DataTransfer-Out-Bytes", False),
        ("EUC1-Requests-SIA-Tier1", "Requests-Tier1", False),
        ("us-gov-west-1-KMS-Keys", "KMS-Keys", True),
    ],
)
def test_a_usage_type_is_known_in_every_region(usage_type: str, usage: str, same: bool) -> None:
    assert is_usage(usage_type, usage) is same


@pytest.mark.parametrize(
    ("key", "sender", "service", "usage"),
    [
        ("ec2_spot.g4dn.xlarge", "", "Amazon Elastic Compute Cloud - Compute", "SpotUsage:g4dn.xlarge"),
        ("network.nat_gateway_hour", "", "EC2 - Other", "NatGateway-Hours"),
        ("network.public_ipv4_hour", "", "Amazon Virtual Private Cloud", "PublicIPv4:InUseAddress"),
        ("data_transfer.internet_gb", "aws:apigatewayv2/api:Api", "Amazon API Gateway", "DataTransfer-Out-Bytes"),
        ("data_transfer.internet_gb", "", "EC2 - Other", "DataTransfer-Out-Bytes"),
        ("cloud_map.discovery_calls_million", "", "AWS Cloud Map", ""),
    ],
)
def test_where_a_price_shows_on_the_bill(key: str, sender: str, service: str, usage: str) -> None:
    assert on_bill(key, sender) == (service, usage)


def test_the_document_says_how_many_prices_are_mapped() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "prices.md").read_text(encoding="utf-8")
    assert f"maps {len(list(all_wanted()))} prices" in page
