"""Each stack is what its file says: small is cheap, dev is the least with a GPU, prod has everything."""

import json
from collections import Counter

import pytest

from infra.record import Recording
from tests.infra.stack_variants import committed, named, of_type, only, trial

NAT = "ec2/natGateway:NatGateway"
BALANCER = "lb/loadBalancer:LoadBalancer"
SUBNET = "ec2/subnet:Subnet"
ENDPOINT = "ec2/vpcEndpoint:VpcEndpoint"
TEMPLATE = "ec2/launchTemplate:LaunchTemplate"


def components(stack: Recording) -> set[str]:
    return {row["type"].rpartition(":")[2] for row in stack.resources if row["type"].startswith("breakeven:infra:")}


def test_small_has_neither_nat_gateway_nor_load_balancer_and_one_key() -> None:
    found = Counter(row["type"] for row in committed("small").resources)
    assert not any(found[f"aws:{type_}"] for type_ in (NAT, BALANCER, "ec2/eip:Eip", "cloudwatch/dashboard:Dashboard"))
    assert found["aws:kms/key:Key"] == 1
    assert found["aws:cloudwatch/metricAlarm:MetricAlarm"] <= 3


def test_small_is_one_burstable_instance_that_may_become_three_and_whose_bill_is_bounded() -> None:
    group, template = only(committed("small"), "autoscaling/group:Group"), only(committed("small"), TEMPLATE)
    assert (group["minSize"], group["maxSize"]) == (1, 3)
    assert template["instanceType"] == "t3.medium"
    assert template["creditSpecification"] == {"cpuCredits": "standard"}
    assert template["blockDeviceMappings"][0]["ebs"]["volumeSize"] <= 20
    assert template["monitoring"] == {"enabled": False}


def test_small_is_found_through_the_registry_which_empties_itself_on_deletion() -> None:
    assert only(committed("small"), "servicediscovery/service:Service")["forceDestroy"] is True
    assert of_type(committed("small"), "servicediscovery/httpNamespace:HttpNamespace")


@pytest.mark.parametrize("stack", ["small", "dev", "prod"])
def test_every_stack_reaches_s3_through_the_free_gateway_endpoint(stack: str) -> None:
    found = named(committed(stack), ENDPOINT, "s3")
    assert found["vpcEndpointType"] == "Gateway"
    assert len(found["routeTableIds"]) >= 1


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_instances_live_in_private_subnets_without_public_addresses(stack: str) -> None:
    recording = committed(stack)
    subnets = {row["id"]: row["urn"].rpartition("::")[2] for row in of_type(recording, SUBNET)}
    used = only(recording, "autoscaling/group:Group")["vpcZoneIdentifiers"]
    assert all(subnets[subnet].startswith("private-") for subnet in used)
    (interface,) = only(recording, TEMPLATE)["networkInterfaces"]
    assert interface["associatePublicIpAddress"] == "false"


def test_no_subnet_hands_out_public_addresses_by_itself() -> None:
    for stack in ("small", "dev", "prod"):
        assert {row["inputs"]["mapPublicIpOnLaunch"] for row in of_type(committed(stack), SUBNET)} == {False}


def test_subnets_do_not_overlap() -> None:
    blocks = [row["inputs"]["cidrBlock"] for row in of_type(committed("prod"), SUBNET)]
    assert len(set(blocks)) == len(blocks) == 4


def test_the_load_balancer_is_internal_and_drops_bad_headers() -> None:
    found = only(committed("dev"), BALANCER)
    assert found["internal"] is True
    assert found["dropInvalidHeaderFields"] is True


def test_dev_is_one_spot_instance_with_one_nat_gateway() -> None:
    recording = committed("dev")
    assert len(of_type(recording, NAT)) == 1
    mix = only(recording, "autoscaling/group:Group")["mixedInstancesPolicy"]["instancesDistribution"]
    assert (mix["onDemandBaseCapacity"], mix["onDemandPercentageAboveBaseCapacity"]) == (0, 0)


def test_prod_has_every_part() -> None:
    everything = {"Artifacts", "Fleet", "Gateway", "Guardrails", "Intake", "Network", "Observability", "Probe"}
    assert components(committed("prod")) == everything
    types = {row["type"].partition(":")[2] for row in committed("prod").resources}
    assert {
        "apigateway/restApi:RestApi",
        "apigateway/usagePlan:UsagePlan",
        "autoscaling/schedule:Schedule",
        "budgets/budget:Budget",
        "cloudwatch/dashboard:Dashboard",
        "ec2/flowLog:FlowLog",
        "sqs/queuePolicy:QueuePolicy",
        "wafv2/webAclAssociation:WebAclAssociation",
    } <= types
    assert len(of_type(committed("prod"), NAT)) == 2


def test_prod_is_protected_from_deletion() -> None:
    assert only(committed("prod"), BALANCER)["enableDeletionProtection"] is True
    assert {row["inputs"]["forceDestroy"] for row in of_type(committed("prod"), "s3/bucket:Bucket")} == {False}


def test_access_logs_of_balancer_and_buckets_go_to_a_bucket_of_their_own_that_empties_itself() -> None:
    recording = committed("prod")
    balancer = only(recording, BALANCER)["accessLogs"]
    logged = {row["inputs"]["bucket"]: row["inputs"] for row in of_type(recording, "s3/bucketLogging:BucketLogging")}
    assert balancer["enabled"] is True
    assert {row["targetBucket"] for row in logged.values()} == {balancer["bucket"]}
    assert len({row["targetPrefix"] for row in logged.values()}) == len(logged) == 2
    assert balancer["bucket"] not in logged
    (tidy,) = named(recording, "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "logs-lifecycle")[
        "rules"
    ]
    assert tidy["expiration"] == {"days": 365}


def test_without_access_logs_there_is_no_bucket_for_them() -> None:
    assert len(of_type(committed("dev"), "s3/bucket:Bucket")) == 1
    assert "accessLogs" not in only(committed("dev"), BALANCER)


def test_endpoints_replace_the_way_to_the_internet() -> None:
    recording = trial(egress="endpoints", intake=True)
    assert of_type(recording, NAT) == of_type(recording, "ec2/internetGateway:InternetGateway") == []
    services = {row["inputs"]["serviceName"].rpartition(".")[2] for row in of_type(recording, ENDPOINT)}
    assert {"s3", "ssm", "ssmmessages", "ec2messages", "logs", "kms", "sqs", "autoscaling"} <= services


def test_documents_enter_the_queue_and_what_fails_leaves_it() -> None:
    recording = committed("prod")
    (notice,) = only(recording, "s3/bucketNotification:BucketNotification")["queues"]
    assert notice["filterPrefix"] == "uploads/"
    redrive = json.loads(named(recording, "sqs/queue:Queue", "documents")["redrivePolicy"])
    assert redrive["maxReceiveCount"] == 5
    policy = json.loads(named(recording, "sqs/queuePolicy:QueuePolicy", "documents-policy")["policy"])["Statement"]
    assert policy[0]["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}


def test_instances_read_uploads_write_results_and_give_a_reason_for_what_they_cannot_read() -> None:
    recording = committed("prod")
    bucket = named(recording, "s3/bucketNotification:BucketNotification", "documents-notice")["bucket"]
    policy = json.loads(named(recording, "iam/rolePolicy:RolePolicy", "node-work")["policy"])["Statement"]
    may = {(action, resource) for row in policy for action in row["Action"] for resource in row["Resource"]}
    s3 = {(action, name.rpartition(":::")[2]) for action, name in may if f":::{bucket}/" in name}
    assert s3 == {
        ("s3:GetObject", f"{bucket}/uploads/*"),
        ("s3:GetObject", f"{bucket}/plans/*"),
        ("s3:PutObject", f"{bucket}/results/*"),
    }
    sqs = {(action, name.rpartition(":")[2]) for action, name in may if action.startswith("sqs:")}
    assert sqs == {
        ("sqs:SendMessage", "breakeven-prod-dead-letters"),
        *((f"sqs:{word}", "breakeven-prod-documents") for word in ("ReceiveMessage", "DeleteMessage")),
        *((f"sqs:{word}", "breakeven-prod-documents") for word in ("ChangeMessageVisibility", "GetQueueAttributes")),
    }


def test_a_stack_exports_where_documents_go_only_where_it_takes_them_in() -> None:
    names = {"documentBucket", "documentQueue", "documentDeadLetters"}
    assert names <= set(committed("prod").outputs)
    assert not names & set(committed("dev").outputs)


def test_every_alarm_tells_the_topic_or_acts_or_counts_in_one_that_does() -> None:
    composites = of_type(committed("prod"), "cloudwatch/compositeAlarm:CompositeAlarm")
    counted = " ".join(row["inputs"]["alarmRule"] for row in composites if row["inputs"].get("alarmActions"))
    for row in of_type(committed("prod"), "cloudwatch/metricAlarm:MetricAlarm"):
        if not row["urn"].endswith("::rollback"):
            told = row["inputs"].get("alarmActions") or f'ALARM("{row["inputs"]["name"]}")' in counted
            assert told, row["urn"]


def test_prod_watches_every_objective() -> None:
    alarms = {
        row["urn"].rpartition("::")[2] for row in of_type(committed("prod"), "cloudwatch/metricAlarm:MetricAlarm")
    }
    windows = {
        f"{objective}-{window}"
        for objective in ("availability", "latency")
        for window in ("fast-1h", "fast-5m", "slow-6h", "slow-30m")
    }
    single = {"errors", "no-instance", "latency", "queue-age", "dead-letters", "probe", "rollback"}
    assert alarms == single | windows


def test_the_budget_warns_before_and_when_it_is_passed() -> None:
    notices = only(committed("prod"), "budgets/budget:Budget")["notifications"]
    assert [(row["notificationType"], row["threshold"]) for row in notices] == [("ACTUAL", 80), ("FORECASTED", 100)]
    assert of_type(trial(budgetUsd=0), "budgets/budget:Budget") == []


def test_an_address_subscribes_to_the_alarms() -> None:
    assert only(trial(alarmEmail="ops@example.com"), "sns/topicSubscription:TopicSubscription")["protocol"] == "email"


def test_the_dashboard_is_json_with_the_names_of_what_it_shows() -> None:
    body = json.loads(only(committed("prod"), "cloudwatch/dashboard:Dashboard")["dashboardBody"])
    assert len(body["widgets"]) == 10
    assert "breakeven-prod-documents" in json.dumps(body)


def test_the_outputs_say_how_the_model_is_called() -> None:
    outputs = committed("dev").outputs
    assert outputs["endpoint"].endswith("/predictions/resnet50")
    assert outputs["call"].startswith("curl ")
    assert outputs["endpoint"] in outputs["call"]
    assert {"artifactBucket", "groupName", "model", "alarmTopic"} <= outputs.keys()
    assert "dashboard" in committed("prod").outputs
