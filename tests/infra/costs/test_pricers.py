"""What a resource costs, worked out by hand: above all where other estimators are wrong or silent."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from infra.costs.errors import InputError
from infra.costs.estimate import Estimate
from infra.costs.items import CASES
from infra.costs.workload import Billing, Workload
from tests.infra.costs.stacks import (
    BALANCER,
    GROUP,
    INSTANCE,
    SUBNET,
    TEMPLATE,
    TINY_DISK,
    VOLUME,
    Row,
    cost,
    fleet,
    group,
    lines,
    mixed,
    priced,
    quantity,
    row,
    why,
)

HOURS = 730
G4DN, G5 = Fraction("0.526"), Fraction("1.006")  # g4dn.xlarge and g5.xlarge, an hour
GP2, GP3 = Fraction("0.10"), Fraction("0.08")  # a GB and month
IPV4 = HOURS * Fraction("0.005")
EIP = "aws:ec2/eip:Eip"
NAT = "aws:ec2/natGateway:NatGateway"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
BUCKET = "aws:s3/bucket:Bucket"
QUEUE = "aws:sqs/queue:Queue"
TOPIC = "aws:sns/topic:Topic"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
FUNCTION = "aws:lambda/function:Function"
API = "aws:apigatewayv2/api:Api"


def in_cases(found: Estimate, label: str) -> list[Fraction]:
    return [cost(found, label, case=case) for case in CASES]


def instances(found: Estimate, hourly: Fraction) -> list[Fraction]:
    """How many instances run in each case, by what their hours cost."""
    return [amount / HOURS / hourly for amount in in_cases(found, "Instance usage")]


# Groups


def test_a_template_without_mappings_still_starts_instances_with_a_root_disk() -> None:
    template = row(TEMPLATE, "lt", instanceType="g4dn.xlarge")
    found = priced(template, row(GROUP, "asg", minSize=2, maxSize=2, launchTemplate={"id": "id-lt"}))
    assert cost(found, "Storage") == 2 * 8 * GP2


@pytest.mark.parametrize(
    ("inputs", "usage", "running"),
    [
        ({}, {}, [1, 1, 4]),
        ({"desiredCapacity": 2}, {}, [1, 2, 4]),
        ({"minSize": 0}, {}, [0, 0, 4]),
        ({"minSize": 0, "desiredCapacity": 3}, {}, [0, 3, 4]),
        ({"desiredCapacity": 2}, {"instances": 6}, [6, 6, 6]),
        ({"minSize": 0, "maxSize": 0}, {}, [0, 0, 0]),
        ({"desiredCapacity": "2", "minSize": "1", "maxSize": "4"}, {}, [1, 2, 4]),
    ],
)
def test_a_group_is_at_its_minimum_at_what_is_wanted_or_at_its_maximum(
    inputs: Row, usage: Row, running: list[int]
) -> None:
    found = priced(*group("g4dn.xlarge", 1, 4, **inputs), usage={"asg": usage} if usage else None)
    assert instances(found, G4DN) == running
    assert in_cases(found, "Storage") == [n * GP3 for n in running]


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"minSize": 5}, "5 is above maxSize 4"),
        ({"maxSize": 20_000}, "20000 instances in one group"),
        ({"maxSize": 1.5}, "1.5 is not a whole number"),
        ({"minSize": -1}, "-1 cannot be a quantity"),
    ],
)
def test_sizes_that_cannot_be_are_refused(inputs: Row, said: str) -> None:
    with pytest.raises(InputError, match=said):
        priced(*group("g4dn.xlarge", 1, 4, **inputs))


def policy(**changes: Any) -> Row:
    return mixed(**{"types": ["g4dn.xlarge", "g5.xlarge"], "base": 4, "share": 0, **changes})


def test_a_mixed_group_is_low_at_its_cheapest_type_expected_at_its_first_and_high_at_its_dearest() -> None:
    found = priced(*group("t3.medium", 2, 4, mixedInstancesPolicy=policy(types=["g5.xlarge", "g4dn.xlarge"])))
    assert in_cases(found, "Instance usage") == [2 * HOURS * G4DN, 2 * HOURS * G5, 4 * HOURS * G5]


@pytest.mark.parametrize(
    ("base", "share", "wanted", "on_demand"),
    [
        (1, 0, 4, 1),
        (0, 50, 3, 2),
        (1, 50, 4, 3),
        (2, 0, 1, 1),
        (0, 100, 4, 4),
        (0, 0, 4, 0),
        (0, 25, 4, 1),
        (0, 1, 4, 1),
    ],
)
def test_the_on_demand_part_is_the_base_and_the_share_above_it_rounded_up(
    base: int, share: int, wanted: int, on_demand: int
) -> None:
    bought = policy(types=["g4dn.xlarge"], base=base, share=share)
    found = priced(*group("t3.medium", 0, 4, desiredCapacity=wanted, mixedInstancesPolicy=bought))
    hours = {
        kind: sum(quantity(found, i.label) for i in lines(found, f"Instance usage (Linux/UNIX, {kind}"))
        for kind in ("on-demand", "spot")
    }
    assert hours == {"on-demand": on_demand * HOURS, "spot": (wanted - on_demand) * HOURS}


def test_capacity_units_are_turned_into_instances_by_weight_rounded_up() -> None:
    found = priced(*group("t3.medium", 2, 7, mixedInstancesPolicy=policy(types=["g4dn.xlarge"], weight="3")))
    assert instances(found, G4DN) == [1, 1, 3]


def test_instances_chosen_by_attributes_have_no_price_and_say_so() -> None:
    bought = policy()
    bought["launchTemplate"]["overrides"] = [{"instanceRequirements": {"vcpuCount": {"min": 2}}}]
    found = priced(*group("t3.medium", 1, 1, mixedInstancesPolicy=bought))
    assert "instances chosen by attributes have no one price" in why(found, "asg")


def test_a_template_outside_the_stack_leaves_its_group_unpriced() -> None:
    found = priced(row(GROUP, "asg", minSize=1, maxSize=1, launchTemplate={"id": "lt-elsewhere"}))
    assert "lies outside this stack" in why(found, "asg")


@pytest.mark.parametrize("prepared", [None, 6])
def test_a_stopped_warm_pool_costs_its_disks(prepared: int | None) -> None:
    pool = {"minSize": 1, **({"maxGroupPreparedCapacity": prepared} if prepared else {})}
    found = priced(*group("g4dn.xlarge", 1, 4, warmPool=pool))
    assert instances(found, G4DN) == [1, 1, 4]
    assert not lines(found, "Warm pool")
    # Prepared instances less those that run, one at the least.
    waiting = [(prepared or 4) - 1, (prepared or 4) - 1, max((prepared or 4) - 4, 1)]
    assert in_cases(found, "Storage") == [(n + w) * GP3 for n, w in zip([1, 1, 4], waiting, strict=True)]


def test_a_running_warm_pool_costs_as_much_as_any_instances() -> None:
    found = priced(*group("g4dn.xlarge", 1, 3, warmPool={"poolState": "Running"}))
    assert in_cases(found, "Warm pool instances") == [2 * HOURS * G4DN, 2 * HOURS * G4DN, 0]


# Spot


def test_spot_is_expected_in_the_middle_of_what_was_observed() -> None:
    template = {"instanceMarketOptions": {"marketType": "spot"}, "instanceType": "g4dn.xlarge"}
    spec = {"minSize": 2, "maxSize": 2, "launchTemplate": {"id": "id-lt"}}
    found = priced(row(TEMPLATE, "lt", **template, blockDeviceMappings=TINY_DISK), row(GROUP, "asg", **spec))
    # Observed in us-east-1: 0.2000 to 0.2158 an hour.
    prices = [Fraction("0.2"), Fraction("0.2079"), Fraction("0.2158")]
    assert in_cases(found, "Instance usage (Linux/UNIX, spot, g4dn.xlarge)") == [2 * HOURS * p for p in prices]


def test_spot_without_an_observation_counts_at_the_on_demand_price() -> None:
    found = priced(*group("t3.medium", 1, 1, mixedInstancesPolicy=policy(types=["p3.2xlarge"], base=0)))
    assert in_cases(found, "Instance usage (Linux/UNIX, spot, p3.2xlarge)") == [HOURS * Fraction("3.06")] * 3
    (item,) = lines(found, "Instance usage")
    assert "no spot price observed" in item.basis


@pytest.mark.parametrize("region", ["us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1"])
@pytest.mark.parametrize("name", ["g4dn.xlarge", "g5.xlarge", "t3.medium", "p3.2xlarge"])
def test_spot_is_never_counted_above_on_demand(region: str, name: str) -> None:
    spot = priced(row("aws:ec2/spotInstanceRequest:SpotInstanceRequest", "box", instanceType=name), region=region)
    asked = priced(row(INSTANCE, "box", instanceType=name), region=region)
    assert 0 < cost(spot, "Instance usage", case="high") <= cost(asked, "Instance usage")


# Reservations, systems, tenancy

STANDARD, CONVERTIBLE = "standard", "convertible"


@pytest.mark.parametrize(
    ("kind", "term", "payment", "monthly"),
    [
        (STANDARD, "1_year", "no_upfront", HOURS * Fraction("0.0261")),
        (STANDARD, "1_year", "partial_upfront", HOURS * Fraction("0.0124") + Fraction(109, 12)),
        (STANDARD, "1_year", "all_upfront", Fraction(213, 12)),
        (STANDARD, "3_year", "no_upfront", HOURS * Fraction("0.018")),
        (STANDARD, "3_year", "partial_upfront", HOURS * Fraction("0.0083") + Fraction(218, 36)),
        (STANDARD, "3_year", "all_upfront", Fraction(410, 36)),
        (CONVERTIBLE, "1_year", "no_upfront", HOURS * Fraction("0.03")),
        (CONVERTIBLE, "3_year", "all_upfront", Fraction(494, 36)),
    ],
)
def test_what_is_paid_upfront_is_spread_over_the_months_of_the_term(
    kind: str, term: str, payment: str, monthly: Fraction
) -> None:
    usage = {
        "reserved_instance_type": kind,
        "reserved_instance_term": term,
        "reserved_instance_payment_option": payment,
    }
    found = priced(row(INSTANCE, "box", instanceType="t3.medium"), usage={"box": usage})
    # An hourly price is a decimal of 28 digits.
    assert round(cost(found, "Instance usage (Linux/UNIX, reserved"), 20) == round(monthly, 20)


def test_windows_costs_its_licence_on_top() -> None:
    found = priced(row(INSTANCE, "box", instanceType="t3.medium"), usage={"box": {"operating_system": "windows"}})
    assert cost(found, "Instance usage (Windows, on-demand, t3.medium)") == HOURS * Fraction("0.06")
    large = priced(row(INSTANCE, "box", instanceType="t3.large"), usage={"box": {"operating_system": "windows"}})
    assert cost(large, "Instance usage (Windows") == HOURS * (Fraction("0.0832") + Fraction("0.0276"))


def test_windows_without_a_known_licence_is_unpriced_and_not_linux() -> None:
    found = priced(row(INSTANCE, "box", instanceType="m5.large"), usage={"box": {"operating_system": "windows"}})
    assert "no Windows price of m5.large" in why(found, "box")
    assert not lines(found, "Instance usage")


@pytest.mark.parametrize("inputs", [{"tenancy": "host"}, {"hostId": "h-1"}])
def test_on_a_dedicated_host_the_instance_itself_is_not_billed(inputs: Row) -> None:
    found = priced(row(INSTANCE, "box", instanceType="m5.large", **inputs))
    assert not lines(found, "Instance usage")
    assert cost(found, "Storage") == 8 * GP2


def test_dedicated_tenancy_has_a_price_of_its_own_or_none() -> None:
    known, unknown = (
        priced(row(INSTANCE, "box", instanceType=name, tenancy="dedicated")) for name in ("t3.medium", "g4dn.xlarge")
    )
    assert cost(known, "Instance usage") == HOURS * Fraction("0.0441")
    assert "no dedicated-tenancy price of g4dn.xlarge" in why(unknown, "box")


def test_surplus_credits_count_in_unlimited_mode_alone() -> None:
    usage = {"box": {"monthly_cpu_credit_hours": 100}}
    t3 = priced(row(INSTANCE, "box", instanceType="t3.medium"), usage=usage)
    standard = row(INSTANCE, "box", instanceType="t3.medium", creditSpecification={"cpuCredits": "standard"})
    assert cost(t3, "CPU credits") == 100 * 2 * Fraction("0.05")
    assert not lines(priced(standard, usage=usage), "CPU credits")


# Public addresses


@pytest.mark.parametrize(
    ("own", "mapped", "addresses"), [({}, True, 1), ({}, False, 0), ({"associatePublicIpAddress": False}, True, 0)]
)
def test_an_instance_has_a_public_address_by_its_subnet_unless_it_says_otherwise(
    own: Row, mapped: bool, addresses: int
) -> None:
    subnet = row(SUBNET, "net", mapPublicIpOnLaunch=mapped)
    found = priced(subnet, row(INSTANCE, "box", instanceType="t3.medium", subnetId="id-net", **own))
    assert cost(found, "Public IPv4") == addresses * IPV4


def test_instances_of_a_group_have_public_addresses_by_their_subnets() -> None:
    subnet = row(SUBNET, "net", mapPublicIpOnLaunch=True)
    found = priced(subnet, *group("g4dn.xlarge", 1, 3, vpcZoneIdentifiers=["id-net"]))
    assert in_cases(found, "Public IPv4") == [IPV4, IPV4, 3 * IPV4]


def test_the_address_of_a_nat_gateway_is_billed_beside_it() -> None:
    found = priced(row(EIP, "ip"), row(NAT, "nat", allocationId="id-ip"))
    assert cost(found, "Public IPv4 address", "ip") == IPV4
    assert cost(found, "NAT gateway", "nat") == HOURS * Fraction("0.045")


@pytest.mark.parametrize(
    ("inputs", "addresses"),
    [
        ({"internal": False, "subnets": ["id-a", "id-b"]}, 2),
        ({"subnets": ["id-a", "id-b"]}, 2),
        ({"internal": True, "subnets": ["id-a", "id-b"]}, 0),
        ({"subnetMappings": [{"subnetId": "id-a"}, {"subnetId": "id-b"}]}, 2),
        ({"loadBalancerType": "network", "subnets": ["id-a"]}, 1),
        ({"subnetMappings": [{"subnetId": "id-a", "allocationId": "id-ip"}]}, 0),
        ({"ipAddressType": "dualstack-without-public-ipv4", "subnets": ["id-a"]}, 0),
    ],
)
def test_a_balancer_that_faces_the_internet_has_an_address_in_each_subnet(inputs: Row, addresses: int) -> None:
    found = priced(row(SUBNET, "a"), row(SUBNET, "b"), row(BALANCER, "lb", **inputs))
    assert cost(found, "Public IPv4") == addresses * IPV4


def test_where_a_balancer_faces_is_not_guessed_when_its_subnets_are_elsewhere() -> None:
    found = priced(row(BALANCER, "lb", subnets=["subnet-elsewhere"]))
    (item,) = lines(found, "Public IPv4")
    assert item.quantity is None


# Balancers

PARTS = {
    "new_connections_per_second": 100,  # 4 units of 25
    "active_connections_per_minute": 15_000,  # 5 units of 3,000
    "monthly_data_processed_gb": 4380,  # 6 units of a GB an hour
    "rule_evaluations_per_second": 7000,  # 7 units of 1,000
}


@pytest.mark.parametrize(
    ("usage", "units"),
    [
        ({"new_connections_per_second": 10_000}, 400),
        (PARTS, 7),
        ({**PARTS, "rule_evaluations_per_second": 0}, 6),
        ({**PARTS, "rule_evaluations_per_second": 0, "monthly_data_processed_gb": 0}, 5),
        ({"new_connections_per_second": 100}, 4),
    ],
)
def test_capacity_units_are_the_greatest_of_four_measures(usage: Row, units: int) -> None:
    found = priced(row(BALANCER, "lb", internal=True), usage={"lb": usage})
    assert cost(found, "Load balancer capacity units") == units * HOURS * Fraction("0.008")


def test_ten_thousand_connections_a_second_cost_2336_dollars() -> None:
    found = priced(row(BALANCER, "lb", internal=True), usage={"lb": {"new_connections_per_second": 10_000}})
    assert cost(found, "Load balancer capacity units") == 2336


# Disks


@pytest.mark.parametrize(
    ("inputs", "monthly"),
    [
        ({"type": "gp3", "size": 100}, "8"),
        ({"type": "gp3", "size": 100, "iops": 3000, "throughput": 125}, "8"),
        # 1,000 IOPS at 0.005 and 75 MB/s at 0.04 above what is included.
        ({"type": "gp3", "size": 100, "iops": 4000, "throughput": 200}, "16"),
        ({"size": 100}, "10"),
        ({}, "0.80"),
        ({"type": "io1", "size": 100, "iops": 1000}, "77.5"),
        # 12.50; 32,000 at 0.065, 32,000 at 0.0455, 16,000 at 0.03185.
        ({"type": "io2", "size": 100, "iops": 80_000}, "4058.1"),
        ({"type": "io2", "size": 100, "iops": 32_000}, "2092.5"),
        ({"type": "st1", "size": 500}, "22.5"),
        ({"type": "sc1", "size": 500}, "7.5"),
    ],
)
def test_a_volume_costs_its_size_and_what_it_has_beyond_the_included(inputs: Row, monthly: str) -> None:
    assert priced(row(VOLUME, "disk", **inputs)).monthly("expected") == Decimal(monthly)


def test_io2_tiers_are_per_volume_and_not_per_group() -> None:
    disk = [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": 1, "volumeType": "io2", "iops": 20_000}}]
    template, asg = group("g4dn.xlarge", 4, 4)
    template["inputs"]["blockDeviceMappings"] = disk
    assert cost(priced(template, asg), "Provisioned IOPS") == 4 * 20_000 * Fraction("0.065")


def test_an_unknown_kind_of_volume_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"'gp4' is unknown, did you mean 'gp[23]'\?"):
        priced(row(VOLUME, "disk", type="gp4"))


# Free allowances

FREE = Workload(billing=Billing(free_tiers=True))


def test_a_free_allowance_is_the_accounts_and_not_each_resources() -> None:
    usage = {"one": {"monthly_data_ingested_gb": 4}, "two": {"monthly_data_ingested_gb": 4}}
    rows = [row(LOG_GROUP, "one"), row(LOG_GROUP, "two")]
    charged, spared = (priced(*rows, usage=usage, workload=w) for w in (Workload(), FREE))
    # 8 GB at 0.50, of which 5 are free.
    assert (charged.monthly("expected"), spared.monthly("expected")) == (4, Fraction("1.50"))


@pytest.mark.parametrize(("alarms", "monthly"), [(5, "0"), (10, "0"), (12, "0.20")])
def test_ten_alarms_of_an_account_are_free(alarms: int, monthly: str) -> None:
    rows = [row(ALARM, f"alarm{n}", period=300) for n in range(alarms)]
    assert priced(*rows, workload=FREE).monthly("expected") == Decimal(monthly)
    assert priced(*rows).monthly("expected") == Fraction(alarms, 10)


def test_no_allowance_takes_off_more_than_is_used() -> None:
    found = priced(row(QUEUE, "queue"), usage={"queue": {"monthly_requests": 400_000}}, workload=FREE)
    assert found.monthly("expected") == 0


# Functions, queues, topics, buckets, APIs


@pytest.mark.parametrize(
    ("inputs", "monthly"),
    [
        # Two million requests at 0.20; 2,000,000 x 0.5 s x 1 GB at 0.0000166667.
        ({"memorySize": 1024}, "17.0667"),
        ({"memorySize": 1024, "architectures": ["arm64"]}, "13.7334"),
        # 128 MB when nothing is said.
        ({}, "2.4833375"),
        # 1,024 MB of disk beyond the included 512: 1,000,000 GB-seconds at 0.0000000309.
        ({"memorySize": 1024, "ephemeralStorage": {"size": 1536}}, "17.0976"),
    ],
)
def test_a_function_costs_requests_memory_and_disk_beyond_the_included(inputs: Row, monthly: str) -> None:
    usage = {"f": {"monthly_requests": 2_000_000, "request_duration_ms": 500}}
    assert priced(row(FUNCTION, "f", **inputs), usage=usage).monthly("expected") == Decimal(monthly)


@pytest.mark.parametrize(("kb", "pieces"), [(1, 1), (64, 1), (65, 2), (128, 2), (128.5, 3)])
@pytest.mark.parametrize(("fifo", "each"), [(False, "0.40"), (True, "0.50")])
def test_a_queue_counts_requests_in_pieces_of_64_kb(kb: float, pieces: int, fifo: bool, each: str) -> None:
    usage = {"queue": {"monthly_requests": 1_000_000, "request_size_kb": kb}}
    found = priced(row(QUEUE, "queue", **({"fifoQueue": True} if fifo else {})), usage=usage)
    assert found.monthly("expected") == pieces * Fraction(each)


def _subscribed(*protocols: str) -> list[Row]:
    return [row(SUBSCRIPTION, f"s{n}", topic="id-topic", protocol=p) for n, p in enumerate(protocols)]


@pytest.mark.parametrize(
    ("protocols", "monthly"),
    [
        # Three million requests, one free by the label: 2 x 0.50; then what is delivered.
        ([], "1"),
        (["sqs", "lambda"], "1"),
        # 2 x 3,000,000 less 100,000 over HTTP, in lots of 100,000 at 0.06.
        (["http", "https"], "4.54"),
        # 3,000,000 less 1,000 e-mails, in lots of 100,000 at 2.00.
        (["email"], "60.98"),
        (["firehose"], "1.57"),
    ],
)
def test_a_topic_costs_what_its_subscriptions_in_the_stack_are_sent(protocols: list[str], monthly: str) -> None:
    found = priced(row(TOPIC, "topic"), *_subscribed(*protocols), usage={"topic": {"monthly_requests": 3_000_000}})
    assert found.monthly("expected") == Decimal(monthly)


def test_text_messages_cost_what_is_stated_for_them() -> None:
    usage = {"monthly_requests": 1100, "sms_subscriptions": 1, "sms_notification_price_usd": "0.05"}
    assert cost(priced(row(TOPIC, "topic"), usage={"topic": usage}), "SMS") == 1000 * Fraction("0.05")


@pytest.mark.parametrize(
    ("table", "monthly"),
    [
        ({"standard": {"storage_gb": 1000}}, "23"),
        # 51,200 GB at 0.023, the rest at 0.022.
        ({"standard": {"storage_gb": 60_000}}, "1371.2"),
        ({"standard": {"monthly_tier_1_requests": 10_000, "monthly_tier_2_requests": 10_000}}, "0.054"),
        ({"standard_infrequent_access": {"storage_gb": 1000, "monthly_data_retrieval_gb": 100}}, "13.5"),
        ({"one_zone_infrequent_access": {"storage_gb": 1000}}, "10"),
        ({"glacier_flexible_retrieval": {"storage_gb": 1000, "monthly_expedited_data_retrieval_gb": 10}}, "3.9"),
        ({"glacier_deep_archive": {"storage_gb": 1000, "monthly_early_delete_gb": 100}}, "1.089"),
        ({"intelligent_tiering": {"frequent_access_storage_gb": 100, "monitored_objects": 10_000}}, "2.325"),
        ({"standard": {"storage_gb": 100}, "glacier_deep_archive": {"storage_gb": 1000}}, "3.29"),
    ],
)
def test_a_bucket_costs_by_storage_class(table: Row, monthly: str) -> None:
    assert priced(row(BUCKET, "b"), usage={"b": table}).monthly("expected") == Decimal(monthly)


@pytest.mark.parametrize(
    ("protocol", "usage", "monthly"),
    [
        # Two pieces of 32 KB for each of 1.5 billion messages: 1,000 million at 1.00, 2,000 at 0.80; minutes at 0.25.
        ("WEBSOCKET", {"monthly_messages": 1_500_000_000, "message_size_kb": 33}, "2600"),
        ("WEBSOCKET", {"monthly_messages": 0, "monthly_connection_minutes": 4_000_000}, "1"),
        # 300 million at 1.00, 100 at 0.90.
        ("HTTP", {"monthly_requests": 400_000_000}, "390"),
        ("HTTP", {"monthly_requests": 1_000_000, "request_size_kb": 513}, "2"),
    ],
)
def test_an_api_counts_requests_or_messages_in_pieces(protocol: str, usage: Row, monthly: str) -> None:
    assert priced(row(API, "api", protocolType=protocol), usage={"api": usage}).monthly("expected") == Decimal(monthly)


@pytest.mark.parametrize(("token", "inputs"), [(SUBNET, {}), (TEMPLATE, {}), ("aws:ec2/vpcEndpoint:VpcEndpoint", {})])
def test_what_is_free_is_listed_with_the_reason_and_has_no_line(token: str, inputs: Row) -> None:
    found = priced(row(token, "thing", **inputs), row(EIP, "ip"))
    assert [(r.resource.name, bool(r.reason)) for r in found.free] == [("thing", True)]
    assert {i.resource.name for i in found.items} == {"ip"}


def test_a_resource_of_another_provider_is_listed_as_not_priced() -> None:
    found = priced(row("gcp:compute/instance:Instance", "box"), row(EIP, "ip"))
    assert why(found, "box") == "not an AWS resource; what it costs is not in these totals"


def test_a_component_costs_nothing_itself() -> None:
    found = priced({**row("my:own:Component", "part"), "custom": False}, row(EIP, "ip"))
    assert [r.resource.name for r in found.free] == ["part"]


def test_without_a_capacity_figure_our_own_group_is_at_its_minimum_and_not_at_nothing() -> None:
    assert instances(priced(*fleet("g4dn.xlarge", 2, 3)), G4DN) == [2, 2, 3]


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("standard_infrequent_access", 30),
        ("one_zone_infrequent_access", 30),
        ("glacier_flexible_retrieval", 90),
        ("glacier_deep_archive", 180),
    ],
)
def test_early_deletion_names_the_days_a_class_is_charged_for_at_least(name: str, days: int) -> None:
    found = priced(row(BUCKET, "b"), usage={"b": {name: {"monthly_early_delete_gb": 1}}})
    assert [i.label for i in lines(found, "Early delete")] == [f"Early delete (within {days} days)"]
