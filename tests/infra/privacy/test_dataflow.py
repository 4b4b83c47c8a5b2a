"""Every place of a stack where data rests is found, with what is in it, how long, under which key and who reads it."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from infra.costs.errors import CostError
from infra.costs.readers import stack_from_rows
from infra.costs.stack import UNKNOWN_VALUE
from infra.policy.check import check
from infra.policy.rules import RULES
from infra.privacy import Flow, Place, dataflow
from infra.record import Recording
from tests.infra.costs.stacks import Row, row, stack_of
from tests.infra.stack_variants import committed, of_type, trial

STORES = ("s3/bucket:Bucket", "sqs/queue:Queue", "cloudwatch/logGroup:LogGroup", "sns/topic:Topic")
SETTINGS = {
    "training": {"training": True},
    "everything": {
        "training": True, "intake": True, "flowLogs": True, "accessLogs": True, "entry": "rest", "auth": "api-key",
        "waf": True, "egress": "endpoints",
    },
}  # fmt: skip


def flow_of(recording: Recording) -> Flow:
    return dataflow(stack_from_rows(recording.resources, recording.stack, "test", recording.region))


def changed(recording: Recording, type_: str, name: str, change: Callable[[dict[str, Any]], None]) -> Flow:
    """The flow of a recording with one resource's inputs changed."""
    rows = copy.deepcopy(list(recording.resources))
    (found,) = [one for one in rows if one["type"] == f"aws:{type_}" and one["urn"].endswith(f"::{name}")]
    change(found["inputs"])
    return dataflow(stack_from_rows(rows, "test", "test", recording.region))


def place(flow: Flow, name: str, kind: str) -> Place:
    (found,) = [one for one in flow.places if (one.name, one.kind) == (name, kind)]
    return found


@pytest.mark.parametrize("stack", ["small", "dev", "prod"])
def test_every_store_of_a_committed_stack_is_there_and_known(stack: str) -> None:
    recording = committed(stack)
    flow = flow_of(recording)
    stores = {one["urn"].rsplit("::", 1)[-1] for type_ in STORES for one in of_type(recording, type_)}
    assert stores <= {one.name for one in flow.places}
    assert [one.name for one in flow.places if one.holds.words == "whatever is put there"] == []
    assert flow.regions == ("us-east-1",)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_every_store_of_other_settings_is_known_too(settings: dict[str, object]) -> None:
    flow = flow_of(trial(**settings))
    assert [one.name for one in flow.places if one.holds.words == "whatever is put there"] == []
    assert place(flow, "artifacts/training/", "bucket").days.most == 31


def test_documents_stay_as_long_as_the_setting_and_their_old_versions_say() -> None:
    flow = flow_of(committed("prod"))
    kept = place(flow, "documents", "bucket")
    assert kept.days.most == committed("prod").settings.intake.intake_retention_days + 1
    assert kept.holds.personal
    assert kept.key == "the stack's key"
    assert "role node" in kept.readers
    logs = place(flow, "logs", "bucket")
    assert logs.key == "S3's own key"
    assert logs.holds.words.startswith("access logs")
    assert "role node" not in logs.readers


def test_logs_stay_as_long_as_they_are_asked_to_and_say_what_of_callers_is_in_them() -> None:
    recording = committed("prod")
    flow = flow_of(recording)
    for name in ("access", "firewall-logs", "node-logs", "flow-logs"):
        assert place(flow, name, "log group").days.most == recording.settings.observability.log_retention_days
    assert "callers' addresses" in place(flow, "access", "log group").holds.words
    assert not place(flow, "flow-logs", "log group").holds.personal


def test_a_log_without_an_end_and_a_bucket_without_a_rule_are_kept_for_ever() -> None:
    flow = dataflow(stack_of(row("aws:cloudwatch/logGroup:LogGroup", "l"), row("aws:s3/bucket:Bucket", "b")))
    assert [str(one.days) for one in flow.places[:2]] == ["until somebody deletes it"] * 2
    assert all(one.holds.personal for one in flow.places[:2]), "what is unknown may be about people"
    assert flow.longest.most is None


def endless(inputs: dict[str, Any]) -> None:
    inputs.pop("retentionInDays")


def told(inputs: dict[str, Any]) -> None:
    inputs["accessLogSettings"]["format"] = '{"key": "$context.identity.apiKey", "who": "$context.identity.userArn"}'


def traced(inputs: dict[str, Any]) -> None:
    inputs["settings"]["dataTraceEnabled"] = True


def unhidden(inputs: dict[str, Any]) -> None:
    inputs.pop("dataProtectionConfig")


def test_a_change_of_the_resources_changes_what_is_said() -> None:
    prod = committed("prod")
    assert changed(prod, "cloudwatch/logGroup:LogGroup", "access", endless).longest.most is None
    log = place(changed(prod, "apigateway/stage:Stage", "stage", told), "access", "log group")
    assert "API keys, callers' names" in log.holds.words
    ways = changed(prod, "apigateway/methodSettings:MethodSettings", "limits", traced).ways
    assert "WHOLE requests and answers" in next(way.kept for way in ways if way.kind == "API")
    bare = changed(prod, "wafv2/webAcl:WebAcl", "firewall", unhidden)
    assert "pieces of bodies" in place(bare, "firewall-logs", "log group").holds.words
    assert "pieces of bodies" in place(bare, "firewall", "sampled requests").holds.words


def test_neither_the_firewalls_log_nor_its_samples_show_bodies_or_credentials() -> None:
    flow = flow_of(committed("prod"))
    for name, kind in (("firewall-logs", "log group"), ("firewall", "sampled requests")):
        words = place(flow, name, kind).holds.words
        assert words.endswith("no bodies")
        assert "without authorization, x-api-key" in words


def test_no_access_log_of_any_entry_has_a_field_for_bodies_keys_or_headers() -> None:
    for recording in (committed("prod"), trial(accessLogs=True), trial(accessLogs=True, entry="rest")):
        stages = [*of_type(recording, "apigateway/stage:Stage"), *of_type(recording, "apigatewayv2/stage:Stage")]
        assert stages
        for stage in stages:
            format_ = stage["inputs"]["accessLogSettings"]["format"]
            assert "$context.identity.sourceIp" in format_
            assert not any(word in format_ for word in ("body", "apiKey", "header", "authorizer", "querystring"))
        for settings in of_type(recording, "apigateway/methodSettings:MethodSettings"):
            assert not settings["inputs"]["settings"].get("dataTraceEnabled")


def test_somebody_whom_a_policy_admits_is_a_reader() -> None:
    policy = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
                             "Action": "s3:Get*", "Resource": "arn:aws:s3:::id-b/*"}]}  # fmt: skip
    rows = (
        row("aws:s3/bucket:Bucket", "b"),
        row("aws:s3/bucketPolicy:BucketPolicy", "p", bucket="id-b", policy=policy),
    )
    assert dataflow(stack_of(*rows)).places[0].readers == ("arn:aws:iam::999999999999:root",)


def test_what_is_known_after_deployment_only_is_said_so() -> None:
    bucket = row("aws:s3/bucket:Bucket", "b")
    policy = {**row("aws:iam/rolePolicy:RolePolicy", "p", role="id-r", policy=UNKNOWN_VALUE),
              "propertyDependencies": {"policy": [bucket["urn"]]}}  # fmt: skip
    group = row("aws:cloudwatch/logGroup:LogGroup", "l", retentionInDays=UNKNOWN_VALUE)
    flow = dataflow(stack_of(bucket, policy, row("aws:iam/role:Role", "r"), group))
    assert place(flow, "b", "bucket").readers == ("role r (its policy is known after deployment)",)
    assert str(place(flow, "l", "log group").days) == "is known only after deployment"


@pytest.mark.parametrize("junk", [None, "", "x", -1, True, [], ["x"], {}, {"a": 1}, UNKNOWN_VALUE], ids=repr)
def test_no_value_whatever_stops_it_but_with_one_line(junk: object) -> None:
    said = []
    for resource in committed("prod").resources:
        if resource["type"].startswith("aws:"):
            spoiled: Row = {**resource, "inputs": dict.fromkeys(resource["inputs"], junk)}
            try:
                said += [one.holds.words for one in dataflow(stack_of(spoiled)).places]
            except CostError as error:
                said.append(str(error))
    assert said
    assert all(len(one.splitlines()) == 1 for one in said)


def test_a_stack_that_allows_regions_says_so_and_keeps_the_rule() -> None:
    recording = trial(allowedRegions=["eu-west-1", "eu-central-1"], intake=True)
    stack = stack_from_rows(recording.resources, "trial", "test", recording.region)
    assert dataflow(stack).allowed == ("eu-central-1", "eu-west-1")
    checked = check(stack, (), [RULES["residency"]])
    assert checked.findings == checked.undecided == ()
    moved = [
        {**one, "inputs": {**one["inputs"], "region": "us-east-1"}} if one["type"] == "aws:sqs/queue:Queue" else one
        for one in recording.resources
    ]
    found = check(stack_from_rows(moved, "trial", "test", recording.region), (), [RULES["residency"]]).mandatory
    assert {finding.resource.name for finding in found} == {"documents", "dead-letters"}
    assert "it is in us-east-1, and the stack allows eu-central-1, eu-west-1" in found[0].message
