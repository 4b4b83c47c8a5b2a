"""A plan leaves out what only AWS can tell and names the resource it comes from; everything else stays as it is."""

from typing import Any

import pytest

from infra.costs.errors import InputError
from infra.costs.readers import stack_from_rows
from infra.costs.stack import SECRET_KEY, UNKNOWN_VALUE
from infra.policy.terraform_plan import terraform_plan
from tests.infra.costs.stacks import Row, row

KEY, BUCKET, ALARM = "aws:kms/key:Key", "aws:s3/bucket:Bucket", "aws:cloudwatch/metricAlarm:MetricAlarm"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
GROUP = "aws:autoscaling/group:Group"


def resource(*rows: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values and expressions of the last of some resources."""
    document = terraform_plan(stack_from_rows(rows, "dev", "test", "us-east-1")).document
    planned = document["planned_values"]["root_module"]["resources"][-1]
    configured = document["configuration"]["root_module"]["resources"][-1]
    assert planned["address"] == configured["address"]
    return planned["values"], configured["expressions"]


def refers(to: Row, prop: str, owner: Row) -> Row:
    """The owner, with an input that depends on another resource."""
    return {**owner, "propertyDependencies": {prop: [to["urn"]]}}


def test_names_and_nested_blocks_are_terraforms() -> None:
    values, _ = resource(row(GROUP, "asg", minSize=1, tags=[{"key": "Name", "value": "x", "propagateAtLaunch": True}]))
    assert values == {"min_size": 1, "tag": [{"key": "Name", "value": "x", "propagate_at_launch": True}]}


def test_maps_keep_their_keys_and_objects_become_blocks() -> None:
    values, _ = resource(
        row(ALARM, "a", name="a", dimensions={"ApiId": "1"}, metricQueries=[{"metric": {"stat": "Sum"}}])
    )
    assert values == {
        "alarm_name": "a",
        "dimensions": {"ApiId": "1"},
        "metric_query": [{"metric": [{"stat": "Sum"}]}],
    }


@pytest.mark.parametrize(
    ("value", "attribute"),
    [("id-k", "id"), ("arn:aws:kms:us-east-1:123456789012:key/id-k", "arn"), ("fancy", "name")],
)
def test_a_value_of_another_resource_is_left_out_with_a_reference(value: str, attribute: str) -> None:
    key = row(KEY, "k", name="fancy")
    values, expressions = resource(
        key, refers(key, "kmsKeyId", row("aws:cloudwatch/logGroup:LogGroup", "l", kmsKeyId=value))
    )
    assert values == {}
    assert expressions == {"kms_key_id": {"references": [f"aws_kms_key.k.{attribute}", "aws_kms_key.k"]}}


def test_a_reference_deep_in_blocks_stays_in_its_place() -> None:
    key = row(KEY, "k")
    rules = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "id-k"}}]
    values, expressions = resource(key, refers(key, "rules", row(ENCRYPTION, "e", rules=rules)))
    default = "apply_server_side_encryption_by_default"
    assert values == {"rule": [{default: [{"sse_algorithm": "aws:kms"}]}]}
    reference = {"references": ["aws_kms_key.k.id", "aws_kms_key.k"]}
    assert expressions == {"rule": [{default: [{"kms_master_key_id": reference}]}]}


def test_a_policy_that_speaks_of_another_resource_is_kept_whole() -> None:
    bucket, policy = row(BUCKET, "b"), '{"Statement": [{"Resource": "arn:aws:s3:::id-b/*"}]}'
    values, expressions = resource(
        bucket, refers(bucket, "policy", row("aws:s3/bucketPolicy:BucketPolicy", "p", policy=policy))
    )
    assert values == {"policy": policy}
    assert expressions == {"policy": {"references": ["aws_s3_bucket.b"]}}


def test_of_a_list_what_is_known_stays() -> None:
    group = row("aws:ec2/securityGroup:SecurityGroup", "g")
    owner = row("aws:lb/loadBalancer:LoadBalancer", "lb", securityGroups=["id-g", "sg-1"])
    values, expressions = resource(group, refers(group, "securityGroups", owner))
    assert values == {"security_groups": ["sg-1"]}
    assert expressions["security_groups"]["references"] == ["aws_security_group.g.id", "aws_security_group.g"]


def test_an_unknown_value_is_a_reference_to_what_it_depends_on() -> None:
    key = row(KEY, "k")
    values, expressions = resource(
        key, refers(key, "targetKeyId", row("aws:kms/alias:Alias", "a", targetKeyId=UNKNOWN_VALUE))
    )
    assert values == {}
    assert expressions == {"target_key_id": {"references": ["aws_kms_key.k"]}}


def test_secrets_and_files_are_never_written() -> None:
    secret = {SECRET_KEY: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}
    values, _ = resource(row("aws:ssm/parameter:Parameter", "p", value=secret, type="SecureString"))
    assert values == {"value": "[secret]", "type": "SecureString"}


def test_addresses_are_unique_and_lead_back_to_the_resource() -> None:
    prefix = "urn:pulumi:dev::test::"
    rows = [
        {**row(BUCKET, "logs"), "urn": f"{prefix}breakeven:infra:Artifacts${BUCKET}::logs"},
        {**row(BUCKET, "logs"), "urn": f"{prefix}breakeven:infra:Artifacts${KEY}${BUCKET}::logs"},
    ]
    plan = terraform_plan(stack_from_rows(rows, "dev", "test", "us-east-1"), "first")
    assert {address: found.urn for address, found in plan.resources.items()} == {
        "aws_s3_bucket.first_artifacts_logs": rows[0]["urn"],
        "aws_s3_bucket.first_artifacts_logs_2": rows[1]["urn"],
    }


def test_resources_that_are_none_of_aws_are_left_out_and_a_strange_type_is_an_error() -> None:
    provider = row("pulumi:providers:aws", "default")
    assert terraform_plan(stack_from_rows([provider], "dev", "test")).resources == {}
    with pytest.raises(InputError, match="is no type of AWS resources"):
        terraform_plan(stack_from_rows([row("aws:strange", "s")], "dev", "test"))
