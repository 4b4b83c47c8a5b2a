"""The group: how it is bought, replaced and scaled."""

import json
from typing import Any

import pytest

from infra.record import Recording
from tests.infra.stack_variants import committed, named, of_type, only, trial

GROUP = "autoscaling/group:Group"
POLICY = "autoscaling/policy:Policy"
ALARM = "cloudwatch/metricAlarm:MetricAlarm"
TARGET = "targetTrackingConfiguration"


def mix(stack: Recording) -> dict[str, Any]:
    found: dict[str, Any] = only(stack, GROUP)["mixedInstancesPolicy"]
    return found


def test_the_policies_own_the_capacity() -> None:
    assert "desiredCapacity" not in only(committed("prod"), GROUP)
    for row in of_type(committed("prod"), "autoscaling/schedule:Schedule"):
        assert row["inputs"]["desiredCapacity"] == -1


def test_spot_is_spread_over_the_types_by_price_and_capacity() -> None:
    distribution = mix(committed("prod"))["instancesDistribution"]
    assert distribution["spotAllocationStrategy"] == "price-capacity-optimized"
    assert (distribution["onDemandBaseCapacity"], distribution["onDemandPercentageAboveBaseCapacity"]) == (2, 25)
    types = [row["instanceType"] for row in mix(committed("prod"))["launchTemplate"]["overrides"]]
    assert types == ["g4dn.xlarge", "g4dn.2xlarge", "g5.xlarge"]
    assert only(committed("prod"), GROUP)["capacityRebalance"] is True


def test_a_refresh_can_roll_back_because_version_and_image_are_fixed() -> None:
    version = mix(committed("dev"))["launchTemplate"]["launchTemplateSpecification"]["version"]
    assert version == "1"
    assert only(committed("dev"), "ec2/launchTemplate:LaunchTemplate")["imageId"].startswith("ami-")
    preferences = only(committed("dev"), GROUP)["instanceRefresh"]["preferences"]
    assert preferences["autoRollback"] is True
    assert preferences["alarmSpecification"]["alarms"] == [named(committed("dev"), ALARM, "rollback")["name"]]
    assert preferences["checkpointPercentages"] == [25, 50, 100]
    assert preferences["checkpointDelay"] == "300"


def test_hooks_are_resources_of_their_own() -> None:
    hooks = {
        row["inputs"]["lifecycleTransition"]
        for row in of_type(committed("dev"), "autoscaling/lifecycleHook:LifecycleHook")
    }
    assert hooks == {"autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"}
    assert "initialLifecycleHooks" not in only(committed("dev"), GROUP)


def test_the_request_target_is_per_minute() -> None:
    target = named(committed("dev"), POLICY, "requests")[TARGET]
    assert target["predefinedMetricSpecification"]["predefinedMetricType"] == "ALBRequestCountPerTarget"
    per_second, share = 75, 0.7
    assert target["targetValue"] == per_second * 60 * share


def test_the_request_metric_names_the_balancer_and_its_target_group() -> None:
    label = named(committed("dev"), POLICY, "requests")[TARGET]["predefinedMetricSpecification"]["resourceLabel"]
    assert [part for part in label.split("/") if part in ("app", "targetgroup")] == ["app", "targetgroup"]


@pytest.mark.parametrize(("credits_", "percent"), [("standard", 14), ("unlimited", 70)])
def test_without_a_balancer_the_cpu_target_stays_below_what_credits_sustain(credits_: str, percent: int) -> None:
    stack = trial(model="efficientnet_lite0", instanceTypes=["t3.medium"], balancer=False, cpuCredits=credits_, zones=1)
    assert named(stack, POLICY, "cpu")[TARGET]["targetValue"] == percent
    assert only(stack, "ec2/launchTemplate:LaunchTemplate")["creditSpecification"] == {"cpuCredits": credits_}


def test_credits_are_not_mentioned_to_types_that_have_none() -> None:
    assert "creditSpecification" not in only(committed("dev"), "ec2/launchTemplate:LaunchTemplate")


def test_the_queue_scales_by_documents_per_instance() -> None:
    target = named(committed("prod"), POLICY, "backlog")[TARGET]
    metrics = target["customizedMetricSpecification"]["metrics"]
    counted = {row["id"]: row["metricStat"]["metric"]["metricName"] for row in metrics if "metricStat" in row}
    # What is being read counts, or the group would shrink to what waits and end instances in the middle of documents.
    assert counted == {
        "waiting": "ApproximateNumberOfMessagesVisible",
        "reading": "ApproximateNumberOfMessagesNotVisible",
        "serving": "GroupInServiceInstances",
    }
    assert [row["expression"] for row in metrics if row["returnData"]] == ["(waiting + reading) / serving"]


@pytest.mark.parametrize(
    ("changes", "metrics"),
    [
        ({"intake": True}, {"waiting": "ApproximateNumberOfMessagesVisible"}),
        # What finds no target is not in RequestCount, and an empty group has none.
        ({}, {"requests": "RequestCount", "refused": "HTTPCode_ELB_503_Count"}),
    ],
)
def test_a_group_at_zero_is_woken_by_waiting_work_and_never_shrunk_by_it(
    changes: dict[str, object], metrics: dict[str, str]
) -> None:
    stack = trial(minSize=0, scaleToZero=True, **changes)
    policy = named(stack, POLICY, "wake")
    assert (policy["adjustmentType"], policy["stepAdjustments"][0]["scalingAdjustment"]) == ("ExactCapacity", 1)
    queries = {query["id"]: query for query in named(stack, ALARM, "wake")["metricQueries"]}
    found = {label: row["metric"]["metricName"] for label, row in queries.items() if "metric" in row}
    assert found == {**metrics, "serving": "GroupInServiceInstances"}
    waiting = " + ".join(f"FILL({label}, 0)" for label in metrics)
    assert queries["asleep"]["expression"] == f"IF(FILL(serving, 0) < 1, {waiting}, 0)"


def test_an_empty_group_is_no_alarm_where_it_may_be_empty() -> None:
    names = {row["urn"].rpartition("::")[2] for row in of_type(trial(minSize=0, scaleToZero=True), ALARM)}
    assert "no-instance" not in names


def test_a_warm_pool_keeps_stopped_instances() -> None:
    assert only(trial(warmPoolSize=2), GROUP)["warmPool"]["poolState"] == "Stopped"
    assert "warmPool" not in only(committed("dev"), GROUP)


def test_health_is_judged_where_the_traffic_comes_from() -> None:
    assert only(committed("dev"), GROUP)["healthCheckType"] == "ELB"
    assert only(committed("small"), GROUP)["healthCheckType"] == "EC2"
    assert only(committed("dev"), "lb/targetGroup:TargetGroup")["healthCheck"]["path"] == "/ping"


def test_the_node_may_read_its_models_archives_and_bundles_only() -> None:
    policy = json.loads(named(committed("dev"), "iam/rolePolicy:RolePolicy", "node-work")["policy"])
    (read,) = [row for row in policy["Statement"] if row["Action"] == ["s3:GetObject"]]
    assert [arn.partition("/")[2] for arn in read["Resource"]] == ["models/resnet50/*", "node/*"]
