"""What the engine hands a policy becomes what the rules read."""

from typing import Any

import pytest
from pulumi_policy import PolicyProviderResource, PolicyResource, PolicyResourceOptions
from pulumi_policy.proxy import UNKNOWN_BOOLEAN_VALUE, UNKNOWN_STRING_VALUE, unknown_checking_proxy

from infra.costs.stack import UNKNOWN_VALUE, missing
from infra.policy.adapter import Pack, plain
from infra.policy.rules import MANDATORY, RULES

REGION = "eu-west-1"
BUCKET = "aws:s3/bucket:Bucket"
LOGGING = "aws:s3/bucketLogging:BucketLogging"


def resource(token: str, name: str, props: dict[str, Any], **dependencies: list[PolicyResource]) -> PolicyResource:
    """A resource as the engine shows it, with the default provider of a region."""
    provider = PolicyProviderResource("pulumi:providers:aws", {"region": REGION}, "urn:p", "default")
    options = PolicyResourceOptions(False, [], None, [], None, [])  # type: ignore[arg-type]
    urn = f"urn:pulumi:dev::test::{token}::{name}"
    return PolicyResource(token, unknown_checking_proxy(props), urn, name, options, provider, None, [], dependencies)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [1.0, "x", True, None]}, {"a": [1, "x", True, None]}),
        ({"a": {"b": UNKNOWN_STRING_VALUE}}, {"a": {"b": UNKNOWN_VALUE}}),
        ({"a": [UNKNOWN_BOOLEAN_VALUE]}, {"a": [UNKNOWN_VALUE]}),
    ],
)
def test_values_come_out_of_their_wrapping_and_unknowns_stay_unknown(
    value: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert plain(unknown_checking_proxy(value)) == expected


def test_resources_keep_region_id_and_what_their_inputs_depend_on() -> None:
    bucket = resource(BUCKET, "b", {"id": "my-bucket"})
    log = resource(LOGGING, "log", {"bucket": UNKNOWN_STRING_VALUE}, bucket=[bucket])
    stack = Pack().stack([bucket, log])
    found, logging = stack.of_type(BUCKET)[0], stack.of_type(LOGGING)[0]
    assert (found.id, found.region, found.custom) == ("my-bucket", REGION, True)
    assert missing(logging.inputs["bucket"]) == "unknown"
    assert stack.resolve(logging, "bucket", logging.inputs["bucket"], BUCKET) is found


def test_every_rule_is_a_policy_of_its_level_beside_the_cost_limit() -> None:
    policies = {policy.name: policy for policy in Pack().policies()}
    assert policies.keys() - RULES.keys() == {"inputs", "cost-limit", "not-priced", "not-decided"}
    for rule in RULES.values():
        level = policies[rule.id].enforcement_level
        assert level is not None
        assert (level.value == "mandatory") is (rule.level == MANDATORY)
        assert rule.title in policies[rule.id].description
