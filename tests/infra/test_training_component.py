"""What a stack holds for fine-tuning: nothing that runs, nothing that is open, nothing that costs."""

import json
from typing import Any

import pytest

from infra.costs.estimate import estimate
from infra.costs.workload import Workload
from infra.lifecycle.training_types import Place
from infra.policy.check import check
from infra.record import Recording, record
from tests.infra.stack_variants import committed, named, of_type, only, trial

TEMPLATE = "ec2/launchTemplate:LaunchTemplate"
INGRESS = "vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "vpc/securityGroupEgressRule:SecurityGroupEgressRule"
LIFECYCLE = "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
EGRESSES = ("nat", "endpoints", "public")


def on(**changes: object) -> Recording:
    return trial(training=True, **{"zones": 2, **changes})


def of_training(stack: Recording, type_: str) -> list[dict[str, Any]]:
    return [row for row in of_type(stack, type_) if "training" in row["urn"].rpartition("::")[2]]


def test_a_stack_that_does_not_ask_for_it_has_nothing_of_it() -> None:
    for stack in ("small", "dev", "prod"):
        recording = committed(stack)
        assert not [row for row in recording.resources if "raining" in row["urn"]]
        assert "training" not in recording.outputs
        assert {rule["id"] for rule in named(recording, LIFECYCLE, "artifacts-lifecycle")["rules"]} == {"tidy"}


def test_an_instance_started_from_the_template_is_spot_for_once_and_gone_when_it_shuts_down() -> None:
    template = named(on(), TEMPLATE, "training")
    assert template["instanceInitiatedShutdownBehavior"] == "terminate"
    assert template["instanceMarketOptions"] == {
        "marketType": "spot",
        "spotOptions": {"spotInstanceType": "one-time", "instanceInterruptionBehavior": "terminate"},
    }
    assert template["imageId"] == named(on(), TEMPLATE, "node")["imageId"]


def test_the_template_is_as_closed_as_the_fleets() -> None:
    template, node = named(on(), TEMPLATE, "training"), named(on(), TEMPLATE, "node")
    assert template["metadataOptions"] == node["metadataOptions"]
    assert template["blockDeviceMappings"] == node["blockDeviceMappings"]
    # EC2 refuses a launch that names its subnet where the template has an interface.
    assert not {"networkInterfaces", "userData", "keyName"} & template.keys()


def test_everything_started_from_it_bears_the_stacks_tags() -> None:
    tagged = {row["resourceType"]: row["tags"] for row in named(on(), TEMPLATE, "training")["tagSpecifications"]}
    assert tagged.keys() == {"instance", "volume", "spot-instances-request"}
    assert {(tags["project"], tags["stack"]) for tags in tagged.values()} == {("breakeven", "trial")}


@pytest.mark.parametrize("egress", EGRESSES)
def test_nothing_comes_in_and_what_goes_out_is_tls(egress: str) -> None:
    stack = on(egress=egress)
    (group,) = of_training(stack, "ec2/securityGroup:SecurityGroup")
    assert named(stack, TEMPLATE, "training")["vpcSecurityGroupIds"] == [group["id"]]
    inside = [row["inputs"] for row in of_type(stack, INGRESS) if row["inputs"]["securityGroupId"] == group["id"]]
    outside = [row["inputs"] for row in of_type(stack, EGRESS) if row["inputs"]["securityGroupId"] == group["id"]]
    nodes = [row["inputs"] for row in of_type(stack, EGRESS) if row["urn"].rpartition("::")[2].startswith("node-")]
    assert inside == []
    assert {rule["fromPort"] for rule in outside} == {443}
    assert len(outside) == len(nodes)


@pytest.mark.parametrize("egress", EGRESSES)
def test_an_instance_has_no_public_address_whatever_the_way_out(egress: str) -> None:
    stack = on(egress=egress)
    public = {row["id"] for row in of_type(stack, "ec2/subnet:Subnet") if row["inputs"]["mapPublicIpOnLaunch"]}
    assert not public & set(stack.outputs["training"]["subnetIds"])
    violated = [finding.resource.name for finding in check(stack.as_stack()).mandatory]
    assert "training" not in violated


def test_the_role_may_read_jobs_and_bundles_write_what_a_job_brings_and_nothing_else() -> None:
    stack = on()
    (bucket,) = of_type(stack, "s3/bucket:Bucket")
    statements = json.loads(named(stack, "iam/rolePolicy:RolePolicy", "training-work")["policy"])["Statement"]
    may = {(action, resource) for row in statements for action in row["Action"] for resource in row["Resource"]}
    own = f"arn:aws:s3:::{bucket['id']}/training"
    store = {pair for pair in may if pair[0].startswith("s3:")}
    assert store == {
        ("s3:GetObject", f"{own}/bundles/*"),
        ("s3:GetObject", f"{own}/*/in/*"),
        *((f"s3:{action}", f"{own}/*/out/*") for action in ("GetObject", "PutObject", "AbortMultipartUpload")),
    }
    key, log = only(stack, "kms/alias:Alias")["targetKeyId"], "/breakeven/trial/training:log-stream:*"
    rest = {(action, resource.rpartition(":log-group:")[2] or resource) for action, resource in may - store}
    assert {action for action, _ in rest} == {
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    assert {resource for action, resource in rest if action.startswith("logs:")} == {log}
    assert all(resource.endswith(f"key/{key}") for action, resource in rest if action.startswith("kms:"))
    (guarded,) = [row for row in statements if "kms:Decrypt" in row["Action"]]
    wanted = {"aws:ResourceAccount": "123456789012", "kms:ViaService": "s3.eu-west-1.amazonaws.com"}
    assert guarded["Condition"] == {"StringEquals": wanted}
    assert not of_training(stack, "iam/rolePolicyAttachment:RolePolicyAttachment")


def test_jobs_expire_and_their_old_versions_at_once() -> None:
    rules = {row["id"]: row for row in named(on(), LIFECYCLE, "artifacts-lifecycle")["rules"]}
    assert rules["training"]["filter"] == {"prefix": "training/"}
    assert rules["training"]["expiration"] == {"days": 30}
    assert rules["training"]["noncurrentVersionExpiration"] == {"noncurrentDays": 1}
    assert "expiration" not in rules["tidy"]


def test_it_costs_nothing_while_nothing_is_trained_and_each_part_is_in_the_bill() -> None:
    # Where every price is known.
    dev = record("dev", overrides={"breakeven:training": True})
    off, with_it = (estimate(found.as_stack(), workload=Workload()) for found in (committed("dev"), dev))
    assert with_it.monthly("high") == off.monthly("high")
    own = {row["urn"] for row in dev.resources if "training" in row["urn"].rpartition("::")[2]}
    assert own == {row.resource.urn for row in with_it.free} & own
    assert all(row.reason for row in with_it.free)
    assert not [row for row in with_it.unpriced if "training" in row.resource.name]


def test_the_stack_says_what_a_launch_has_to_know() -> None:
    stack = on(trainingMaxHours=7, rootVolumeGb=90)
    place = Place.of("breakeven", "trial", stack.outputs)
    assert (place.max_hours, place.volume_gb) == (7, 90)
    assert place.instance_types == ("g4dn.xlarge", "g5.xlarge")
    assert place.log_group == "/breakeven/trial/training"
    assert len(place.subnet_ids) == 2
    assert place.tags["stack"] == "trial"
