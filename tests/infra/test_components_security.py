"""What must hold of every stack, whatever its settings: closed, encrypted, least privilege."""

import base64
import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from infra.record import Recording
from tests.infra.stack_variants import VARIANTS, of_type, only

Row = dict[str, Any]
INGRESS = "vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "vpc/securityGroupEgressRule:SecurityGroupEgressRule"


@pytest.fixture(params=VARIANTS)
def stack(request: pytest.FixtureRequest) -> Recording:
    return VARIANTS[request.param]()


def identity_statements(stack: Recording) -> Iterator[Row]:
    for row in of_type(stack, "iam/rolePolicy:RolePolicy"):
        yield from json.loads(row["inputs"]["policy"])["Statement"]


def templates(stack: Recording) -> list[Row]:
    found = [row["inputs"] for row in of_type(stack, "ec2/launchTemplate:LaunchTemplate")]
    assert found
    return found


def scripts(stack: Recording) -> list[bytes]:
    """Start scripts; a training's is its job's, and no part of the stack."""
    found = [base64.b64decode(template["userData"]) for template in templates(stack) if "userData" in template]
    assert found
    return found


def test_instances_answer_the_second_metadata_version_only_and_to_nobody_behind_them(stack: Recording) -> None:
    wanted = {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1}
    assert all(template["metadataOptions"] == wanted for template in templates(stack))


def test_instances_have_encrypted_disks_and_no_key_pair(stack: Recording) -> None:
    for template in templates(stack):
        (disk,) = template["blockDeviceMappings"]
        assert (disk["ebs"]["encrypted"], disk["ebs"]["volumeType"]) == ("true", "gp3")
        assert "keyName" not in template


def test_only_the_group_before_them_reaches_the_instances_and_only_on_the_inference_port(stack: Recording) -> None:
    nodes = {row["id"] for row in of_type(stack, "ec2/securityGroup:SecurityGroup") if row["urn"].endswith("::node")}
    rules = [row["inputs"] for row in of_type(stack, INGRESS) if row["inputs"]["securityGroupId"] in nodes]
    assert [(rule["fromPort"], rule["toPort"], rule["ipProtocol"]) for rule in rules] == [(8080, 8080, "tcp")]


def test_no_rule_lets_an_address_in_and_every_rule_says_why(stack: Recording) -> None:
    for row in of_type(stack, INGRESS):
        assert "referencedSecurityGroupId" in row["inputs"]
        assert "cidrIpv4" not in row["inputs"]
    assert all(row["inputs"]["description"] for row in (*of_type(stack, INGRESS), *of_type(stack, EGRESS)))


def test_nothing_goes_out_but_tls_and_the_way_to_the_instances(stack: Recording) -> None:
    outside = [row["inputs"] for row in of_type(stack, EGRESS) if "referencedSecurityGroupId" not in row["inputs"]]
    assert {rule["fromPort"] for rule in outside} | {rule["toPort"] for rule in outside} == {443}


def test_the_default_group_is_closed_and_groups_hold_no_rules_of_their_own(stack: Recording) -> None:
    closed = only(stack, "ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert (closed["ingress"], closed["egress"]) == ([], [])
    for row in of_type(stack, "ec2/securityGroup:SecurityGroup"):
        assert not {"ingress", "egress"} & row["inputs"].keys()


def test_identity_policies_name_their_actions(stack: Recording) -> None:
    for statement in identity_statements(stack):
        assert not any("*" in action for action in statement["Action"])


# Calls that take no resource; what bounds each instead.
SESSION_MANAGER = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")
CONDITION_OF = {
    **{f"ssmmessages:{action}": "aws:RequestedRegion" for action in SESSION_MANAGER},
    "ssm:UpdateInstanceInformation": "aws:RequestedRegion",
    "cloudwatch:PutMetricData": "cloudwatch:namespace",
    "servicediscovery:ListInstances": "servicediscovery:ServiceArn",
    "autoscaling:DescribeAutoScalingGroups": "aws:RequestedRegion",
}


def test_identity_policies_name_their_resources_where_the_api_can(stack: Recording) -> None:
    for statement in identity_statements(stack):
        if "*" in statement["Resource"]:
            for action in statement["Action"]:
                assert CONDITION_OF[action] in statement["Condition"]["StringEquals"]


def test_buckets_are_versioned_encrypted_private_and_refuse_plain_http(stack: Recording) -> None:
    buckets = {row["id"] for row in of_type(stack, "s3/bucket:Bucket")}
    for kind in ("bucketVersioning:BucketVersioning", "bucketOwnershipControls:BucketOwnershipControls"):
        assert {row["inputs"]["bucket"] for row in of_type(stack, f"s3/{kind}")} == buckets
    encryption = "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    for row in of_type(stack, encryption):
        (rule,) = row["inputs"]["rules"]
        # Neither load balancers nor S3 itself can write their logs to a bucket with a KMS key.
        own = not row["urn"].endswith("::logs-encryption")
        assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == ("aws:kms" if own else "AES256")
        assert rule["bucketKeyEnabled"] is own
    for row in of_type(stack, "s3/bucketPublicAccessBlock:BucketPublicAccessBlock"):
        assert [value for key, value in row["inputs"].items() if key != "bucket"] == [True] * 4
    for row in of_type(stack, "s3/bucketPolicy:BucketPolicy"):
        statement, *granted = json.loads(row["inputs"]["policy"])["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert all(row["urn"].endswith("::logs-policy") for _ in granted)
        assert all(grant["Principal"].keys() == {"Service"} for grant in granted)
    for row in of_type(stack, "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"):
        assert row["inputs"]["rules"][0]["abortIncompleteMultipartUpload"]["daysAfterInitiation"] > 0


def test_logs_queues_and_topics_use_the_one_key_which_rotates(stack: Recording) -> None:
    (key,) = of_type(stack, "kms/key:Key")
    assert key["inputs"]["enableKeyRotation"] is True
    for row in of_type(stack, "cloudwatch/logGroup:LogGroup"):
        assert "key/" in row["inputs"]["kmsKeyId"]
        assert row["inputs"]["retentionInDays"] > 0
    for row in (*of_type(stack, "sqs/queue:Queue"), *of_type(stack, "sns/topic:Topic")):
        assert "key/" in row["inputs"].get("kmsMasterKeyId", "")


def test_the_start_script_is_rendered_whole_and_holds_no_credentials(stack: Recording) -> None:
    for script in (found.decode() for found in scripts(stack)):
        assert script.startswith("#!/bin/bash\n")
        assert "@{" not in script
        assert "sha256sum --check --strict" in script
        assert not any(word in script.lower() for word in ("secret", "password", "access_key", "authorization"))
        assert len(script) < 16 * 1024  # the most that EC2 takes


def test_the_start_script_is_sound_bash_and_runs_only_what_root_owns(stack: Recording) -> None:
    for script in scripts(stack):
        subprocess.run(["bash", "-n"], input=script, check=True)  # noqa: S607
        assert b"chown -R root:breakeven /opt/breakeven" in script


def test_every_route_asks_who_is_calling(stack: Recording) -> None:
    for row in of_type(stack, "apigatewayv2/route:Route"):
        assert row["inputs"]["authorizationType"] in ("AWS_IAM", "JWT")
    for row in of_type(stack, "apigateway/method:Method"):
        assert row["inputs"]["authorization"] == "AWS_IAM" or row["inputs"]["apiKeyRequired"] is True


def test_everything_that_can_carry_tags_says_whose_it_is(stack: Recording) -> None:
    tagged = [row["inputs"]["tags"] for row in stack.resources if isinstance(row.get("inputs", {}).get("tags"), dict)]
    assert len(tagged) > 10
    assert {(tags["project"], tags["stack"]) for tags in tagged} == {(stack.project, stack.stack)}


def test_policies_are_compact_json(stack: Recording) -> None:
    texts = [
        value
        for row in stack.resources
        for key, value in row.get("inputs", {}).items()
        if key.lower().endswith("policy") and isinstance(value, str)
    ]
    assert texts
    assert all(text == json.dumps(json.loads(text), separators=(",", ":")) for text in texts)
