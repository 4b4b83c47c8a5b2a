"""Plants an incident of a stack in the emulator: a group loses an instance, an alarm fires and ends, nodes say so."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.lifecycle.aws import Account
from infra.naming import Names

TOPIC = "arn:aws:sns:us-east-1:123456789012"


@dataclass(frozen=True, kw_only=True)
class Incident:
    """A stack with a group of one instance, its log groups, and alarms: `errors` tells, `wake` scales."""

    account: Account
    names: Names

    @property
    def group(self) -> str:
        return self.names.group()

    def instance(self) -> str:
        """The group's instance of this moment."""
        (row,) = self.account.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[self.group])[
            "AutoScalingGroups"
        ]
        (one,) = row["Instances"]
        return str(one["InstanceId"])

    def lose_an_instance(self) -> str:
        """Somebody ends it; the group starts another."""
        lost = self.instance()
        self.account.client("ec2").terminate_instances(InstanceIds=[lost])
        return lost

    def alarm(self, label: str, state: str, reason: str = "Threshold Crossed: 1 datapoint [7.5] was greater") -> None:
        name = self.names.physical(label)
        self.account.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason)

    def say(self, part: str, stream: str, *lines: str) -> None:
        """Lines of a log, each a millisecond after the other."""
        logs, group, now = self.account.client("logs"), self.names.log_group(part), int(time.time() * 1000)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        rows = [{"timestamp": now + n, "message": line} for n, line in enumerate(lines)]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=rows)

    def answered(self, *statuses: str) -> None:
        """Lines of the access log as the gateway writes them."""
        rows = [json.dumps({"requestId": "r", "address": "192.0.2.7", "status": status}) for status in statuses]
        self.say("access", "entry", *rows)


def plant_stack(account: Account, names: Names, *, access_log: bool = True) -> Incident:
    ec2, scaling = account.client("ec2"), account.client("autoscaling")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.0.0/24")["Subnet"]["SubnetId"]
    data = {"ImageId": "ami-12345678", "InstanceType": "m5.large"}
    name = names.physical("node")
    ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    marks = [
        {"Key": key, "Value": value, "PropagateAtLaunch": True, "ResourceId": names.group()}
        for key, value in names.tags("fleet").items()
    ]
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=names.group(),
        MinSize=1,
        MaxSize=2,
        LaunchTemplate={"LaunchTemplateName": name, "Version": "$Latest"},
        VPCZoneIdentifier=subnet,
        Tags=marks,
    )
    scaling.put_scaling_policy(
        AutoScalingGroupName=names.group(),
        PolicyName="wake",
        PolicyType="SimpleScaling",
        AdjustmentType="ExactCapacity",
        ScalingAdjustment=1,
    )
    (policy,) = scaling.describe_policies(AutoScalingGroupName=names.group())["ScalingPolicies"]
    put_alarm(account, names, "errors", f"{TOPIC}:{names.physical('alarms')}", metric="5xx")
    put_alarm(account, names, "wake", policy["PolicyARN"])
    for part in ("node", "access") if access_log else ("node",):
        account.client("logs").create_log_group(logGroupName=names.log_group(part))
    return Incident(account=account, names=names)


def put_alarm(account: Account, names: Names, label: str, action: str, metric: str = "Waiting") -> None:
    watched = {"Namespace": "AWS/ApiGateway", "MetricName": metric, "Dimensions": [dimension(names)]}
    account.client("cloudwatch").put_metric_alarm(
        AlarmName=names.physical(label),
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=2,
        Threshold=1,
        AlarmActions=[action],
        Metrics=[
            {"Id": "errors", "MetricStat": {"Metric": watched, "Period": 300, "Stat": "Sum"}, "ReturnData": False},
            {"Id": "rate", "Expression": "100 * errors", "ReturnData": True},
        ],
    )


def dimension(names: Names) -> dict[str, str]:
    return {"Name": "ApiId", "Value": names.physical()}


def count_failures(account: Account, names: Names, *counts: int) -> None:
    rows: list[dict[str, Any]] = [
        {"MetricName": "5xx", "Dimensions": [dimension(names)], "Value": count, "Timestamp": datetime.now(UTC)}
        for count in counts
    ]
    account.client("cloudwatch").put_metric_data(Namespace="AWS/ApiGateway", MetricData=rows)
