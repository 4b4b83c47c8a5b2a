"""A canary: a second version beside the first, with its own archive, group and share of the requests."""

import base64
import json
import re
from typing import Any

import pytest

from infra.record import Recording
from tests.infra.stack_variants import archive_digest, archive_path, canary, committed, named, of_type

GROUP = "autoscaling/group:Group"
TEMPLATE = "ec2/launchTemplate:LaunchTemplate"
LISTENER = "lb/listener:Listener"
TARGETS = "lb/targetGroup:TargetGroup"
ALARM = "cloudwatch/metricAlarm:MetricAlarm"
HOOK = "autoscaling/lifecycleHook:LifecycleHook"
OBJECT = "s3/bucketObjectv2:BucketObjectv2"


def names(stack: Recording, type_: str) -> set[str]:
    return {row["urn"].rpartition("::")[2] for row in of_type(stack, type_)}


def script(stack: Recording, template: str) -> str:
    return base64.b64decode(named(stack, TEMPLATE, template)["userData"]).decode()


def target_group(stack: Recording, name: str) -> str:
    (arn,) = [row["id"] for row in of_type(stack, TARGETS) if row["urn"].endswith(f"::{name}")]
    return str(arn)


def weights(stack: Recording) -> dict[str, int]:
    (action,) = named(stack, LISTENER, "listener")["defaultActions"]
    return {row["arn"]: row["weight"] for row in action["forward"]["targetGroups"]}


def tags(stack: Recording, group: str) -> dict[str, str]:
    return {row["key"]: row["value"] for row in named(stack, GROUP, group)["tags"]}


@pytest.mark.parametrize("stack", ["small", "dev", "prod"])
def test_without_one_there_is_one_version_with_all_the_requests(stack: str) -> None:
    recording = committed(stack)
    assert not [row["urn"] for row in recording.resources if "canary" in row["urn"]]
    for row in of_type(recording, LISTENER):
        assert row["inputs"]["defaultActions"][0].keys() == {"type", "targetGroupArn"}
    assert "trafficPercent" not in tags(recording, "fleet")


@pytest.mark.parametrize(("percent", "main"), [(0, 100), (10, 90), (50, 50)])
def test_the_listener_shares_the_requests_by_weight(percent: int, main: int) -> None:
    stack = canary(canaryWeightPercent=percent)
    assert weights(stack) == {
        target_group(stack, "inference"): main,
        target_group(stack, "inference-canary"): percent,
    }
    assert (tags(stack, "fleet")["trafficPercent"], tags(stack, "fleet-canary")["trafficPercent"]) == (
        str(main),
        str(percent),
    )


def test_each_template_pins_its_own_archive_and_both_the_same_bundle() -> None:
    main, second = script(canary(), "node"), script(canary(), "node-canary")
    assert archive_digest("main") in main
    assert archive_digest("canary") not in main
    assert archive_digest("canary") in second
    assert archive_digest("main") not in second
    assert all(archive_digest("node") in text for text in (main, second))


def test_nodes_of_both_serve_one_model_name_and_know_their_own_group() -> None:
    def setting(template: str, key: str) -> str:
        return re.findall(rf"^{key}=(.*)$", script(canary(intake=True), template), re.MULTILINE)[0]

    assert setting("node", "BREAKEVEN_MODEL") == setting("node-canary", "BREAKEVEN_MODEL") == "resnet50"
    assert setting("node-canary", "BREAKEVEN_GROUP") == named(canary(), GROUP, "fleet-canary")["name"]
    assert setting("node", "BREAKEVEN_GROUP") == named(canary(), GROUP, "fleet")["name"]


def test_documents_stay_with_the_main_version_whatever_the_weight() -> None:
    stack = canary(intake=True)
    assert re.search(r"^BREAKEVEN_QUEUE_URL=$", script(stack, "node-canary"), re.MULTILINE)
    assert re.search(r"^BREAKEVEN_QUEUE_URL=\S+$", script(stack, "node"), re.MULTILINE)


def test_the_archive_is_an_object_of_its_own_that_no_version_of_the_model_shares() -> None:
    keys = {row["urn"].rpartition("::")[2]: row["inputs"]["key"] for row in of_type(canary(), OBJECT)}
    assert keys.keys() == {"archive", "bundle", "canary-archive"}
    same = archive_path("canary")
    promoted = canary(modelArchive=same, canaryArchive="")
    assert named(promoted, OBJECT, "archive")["sourceHash"] == archive_digest("canary")
    assert named(promoted, OBJECT, "archive")["key"] != keys["canary-archive"]


def test_the_group_is_bought_like_the_main_one_but_never_scales() -> None:
    settings: dict[str, Any] = {"onDemandBase": 1, "onDemandPercentAboveBase": 25, "minSize": 2, "warmPoolSize": 1}
    stack = canary(canarySize=3, schedules=[], **settings)
    main, second = named(stack, GROUP, "fleet"), named(stack, GROUP, "fleet-canary")
    assert (second["minSize"], second["desiredCapacity"], second["maxSize"]) == (3, 3, 3)
    assert (second["healthCheckType"], "warmPool" in second) == ("ELB", False)
    mixes = [group["mixedInstancesPolicy"] for group in (main, second)]
    assert mixes[0]["instancesDistribution"] == mixes[1]["instancesDistribution"]
    assert mixes[0]["launchTemplate"]["overrides"] == mixes[1]["launchTemplate"]["overrides"]
    scaled = {row["inputs"]["autoscalingGroupName"] for row in of_type(stack, "autoscaling/policy:Policy")}
    assert scaled == {main["name"]}
    for hook in ("ready", "drained"):
        own = [named(stack, HOOK, name) for name in (hook, f"{hook}-canary")]
        assert [row.pop("autoscalingGroupName") for row in map(dict, own)] == [main["name"], second["name"]]
        assert own[0] == {**own[1], "autoscalingGroupName": main["name"]}


def test_the_canary_is_waited_for_and_checked_before_the_listener_forwards_to_it() -> None:
    stack = canary(canarySize=2)
    group = named(stack, GROUP, "fleet-canary")
    assert (group["waitForElbCapacity"], group["waitForCapacityTimeout"]) == (2, "1200s")
    test = named(stack, LISTENER, "listener-canary")
    assert test["defaultActions"][0]["targetGroupArn"] == target_group(stack, "inference-canary")
    opened = {
        row["inputs"]["fromPort"] for row in of_type(stack, "vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    }
    assert test["port"] not in opened
    (listener,) = [row for row in of_type(stack, LISTENER) if row["urn"].endswith("::listener")]
    assert any(urn.endswith("::fleet-canary") for urn in listener["dependencies"])


def test_the_role_may_read_both_archives_and_finish_the_hooks_of_both_groups() -> None:
    policy = json.loads(named(canary(), "iam/rolePolicy:RolePolicy", "node-work")["policy"])["Statement"]
    by_action = {row["Action"][0]: row["Resource"] for row in policy}
    assert len(by_action["s3:GetObject"]) == 3
    ends = [arn.rpartition("/")[2] for arn in by_action["autoscaling:CompleteLifecycleAction"]]
    assert ends == ["breakeven-trial-fleet", "breakeven-trial-fleet-canary"]


@pytest.mark.parametrize(
    ("alarms", "own"),
    [("few", {"canary-errors", "canary-unhealthy"}), ("all", {"canary-errors", "canary-unhealthy", "canary-latency"})],
)
def test_its_own_alarms_watch_its_target_group_alone_and_stand_on_the_dashboard(alarms: str, own: set[str]) -> None:
    stack = canary(alarms=alarms)
    assert {name for name in names(stack, ALARM) if name.startswith("canary")} == own
    label = target_group(stack, "inference-canary").partition(":targetgroup/")[2]
    for name in own:
        alarm = named(stack, ALARM, name)
        assert f"targetgroup/{label}" in json.dumps(alarm)
        assert f"targetgroup/{target_group(stack, 'inference').partition(':targetgroup/')[2]}" not in json.dumps(alarm)
        assert alarm["alarmActions"]
    (body,) = of_type(stack, "cloudwatch/dashboard:Dashboard")
    widgets = json.loads(body["inputs"]["dashboardBody"])["widgets"]
    (shown,) = [widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm"]
    assert {arn.rpartition("/")[2] for arn in shown} == {f"breakeven-trial-{name}" for name in own}


def test_a_refresh_of_the_canary_rolls_back_on_its_own_failures() -> None:
    refresh = named(canary(), GROUP, "fleet-canary")["instanceRefresh"]["preferences"]
    assert refresh["alarmSpecification"]["alarms"] == [named(canary(), ALARM, "rollback-canary")["name"]]
