"""What is in the emulated account, kind by kind, under the ids by which the state knows it."""

from collections.abc import Iterable, Mapping
from typing import Any

import boto3
import jmespath

# Service, operation, where the answer has the ids, and the types of the state that are of this kind. Left out is what
# AWS makes itself: default groups, main route tables, keys and aliases of its own.
KINDS: Mapping[str, tuple[str, str, str, tuple[str, ...]]] = {
    "vpc": ("ec2", "describe_vpcs", "Vpcs[?!IsDefault].VpcId", ("ec2/vpc:Vpc",)),
    "subnet": ("ec2", "describe_subnets", "Subnets[?!DefaultForAz].SubnetId", ("ec2/subnet:Subnet",)),
    "route table": (
        "ec2",
        "describe_route_tables",
        "RouteTables[?!(Associations[?Main])].RouteTableId",
        ("ec2/routeTable:RouteTable",),
    ),
    "internet gateway": (
        "ec2",
        "describe_internet_gateways",
        "InternetGateways[].InternetGatewayId",
        ("ec2/internetGateway:InternetGateway",),
    ),
    "nat gateway": (
        "ec2",
        "describe_nat_gateways",
        "NatGateways[?State!='deleted'].NatGatewayId",
        ("ec2/natGateway:NatGateway",),
    ),
    "address": ("ec2", "describe_addresses", "Addresses[].AllocationId", ("ec2/eip:Eip",)),
    "security group": (
        "ec2",
        "describe_security_groups",
        "SecurityGroups[?GroupName!='default'].GroupId",
        ("ec2/securityGroup:SecurityGroup",),
    ),
    "endpoint": (
        "ec2",
        "describe_vpc_endpoints",
        "VpcEndpoints[?State!='deleted'].VpcEndpointId",
        ("ec2/vpcEndpoint:VpcEndpoint",),
    ),
    "launch template": (
        "ec2",
        "describe_launch_templates",
        "LaunchTemplates[].LaunchTemplateId",
        ("ec2/launchTemplate:LaunchTemplate",),
    ),
    "flow log": ("ec2", "describe_flow_logs", "FlowLogs[].FlowLogId", ("ec2/flowLog:FlowLog",)),
    "group": (
        "autoscaling",
        "describe_auto_scaling_groups",
        "AutoScalingGroups[].AutoScalingGroupName",
        ("autoscaling/group:Group",),
    ),
    "scaling policy": (
        "autoscaling",
        "describe_policies",
        "ScalingPolicies[].PolicyName",
        ("autoscaling/policy:Policy",),
    ),
    "schedule": (
        "autoscaling",
        "describe_scheduled_actions",
        "ScheduledUpdateGroupActions[].ScheduledActionName",
        ("autoscaling/schedule:Schedule",),
    ),
    "balancer": (
        "elbv2",
        "describe_load_balancers",
        "LoadBalancers[].LoadBalancerArn",
        ("lb/loadBalancer:LoadBalancer",),
    ),
    "target group": (
        "elbv2",
        "describe_target_groups",
        "TargetGroups[].TargetGroupArn",
        ("lb/targetGroup:TargetGroup",),
    ),
    "HTTP API": ("apigatewayv2", "get_apis", "Items[].ApiId", ("apigatewayv2/api:Api",)),
    "VPC link": ("apigatewayv2", "get_vpc_links", "Items[].VpcLinkId", ("apigatewayv2/vpcLink:VpcLink",)),
    "REST API": ("apigateway", "get_rest_apis", "items[].id", ("apigateway/restApi:RestApi",)),
    "usage plan": ("apigateway", "get_usage_plans", "items[].id", ("apigateway/usagePlan:UsagePlan",)),
    "API key": ("apigateway", "get_api_keys", "items[].id", ("apigateway/apiKey:ApiKey",)),
    "bucket": ("s3", "list_buckets", "Buckets[].Name", ("s3/bucket:Bucket",)),
    "alias": (
        "kms",
        "list_aliases",
        "Aliases[?!starts_with(AliasName, 'alias/aws/')].AliasName",
        ("kms/alias:Alias",),
    ),
    "role": ("iam", "list_roles", "Roles[].RoleName", ("iam/role:Role",)),
    "instance profile": (
        "iam",
        "list_instance_profiles",
        "InstanceProfiles[].InstanceProfileName",
        ("iam/instanceProfile:InstanceProfile",),
    ),
    "topic": ("sns", "list_topics", "Topics[].TopicArn", ("sns/topic:Topic",)),
    "queue": ("sqs", "list_queues", "QueueUrls", ("sqs/queue:Queue",)),
    "log group": ("logs", "describe_log_groups", "logGroups[].logGroupName", ("cloudwatch/logGroup:LogGroup",)),
    "alarm": ("cloudwatch", "describe_alarms", "MetricAlarms[].AlarmName", ("cloudwatch/metricAlarm:MetricAlarm",)),
    "composite alarm": (
        "cloudwatch",
        "describe_alarms",
        "CompositeAlarms[].AlarmName",
        ("cloudwatch/compositeAlarm:CompositeAlarm",),
    ),
    "function": ("lambda", "list_functions", "Functions[].FunctionName", ("lambda/function:Function",)),
    "rule": ("events", "list_rules", "Rules[].Name", ("cloudwatch/eventRule:EventRule",)),
    "dashboard": (
        "cloudwatch",
        "list_dashboards",
        "DashboardEntries[].DashboardName",
        ("cloudwatch/dashboard:Dashboard",),
    ),
    "namespace": (
        "servicediscovery",
        "list_namespaces",
        "Namespaces[].Id",
        ("servicediscovery/httpNamespace:HttpNamespace",),
    ),
    "registry": ("servicediscovery", "list_services", "Services[].Id", ("servicediscovery/service:Service",)),
}
BILLED_WITHOUT_STATE = {
    "instance": ("ec2", "describe_instances", "Reservations[].Instances[?State.Name!='terminated'][].InstanceId"),
    "volume": ("ec2", "describe_volumes", "Volumes[].VolumeId"),
    "network interface": ("ec2", "describe_network_interfaces", "NetworkInterfaces[].NetworkInterfaceId"),
}


class Account:
    """The emulated account, asked through boto3 like any other."""

    def __init__(self, aws: Mapping[str, str]) -> None:
        self._session = boto3.Session(aws["AWS_ACCESS_KEY_ID"], aws["AWS_SECRET_ACCESS_KEY"], None, aws["AWS_REGION"])
        self._endpoint = aws["AWS_ENDPOINT_URL"]
        self._at_first = self._everything()

    def client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint)

    def census(self) -> dict[str, set[str]]:
        """Ids by kind of what was not there at first; kinds with nothing are left out."""
        return {
            kind: ids - self._at_first.get(kind, set())
            for kind, ids in self._everything().items()
            if ids - self._at_first.get(kind, set())
        }

    def _everything(self) -> dict[str, set[str]]:
        found = {kind: self._ids(*row[:3]) for kind, row in KINDS.items()}
        found |= {kind: self._ids(*row) for kind, row in BILLED_WITHOUT_STATE.items()}
        return {**found, "key": self._keys(), "firewall": self._firewalls(), "budget": self._budgets()}

    def _ids(self, service: str, operation: str, path: str) -> set[str]:
        client = self.client(service)
        pages = (
            client.get_paginator(operation).paginate()
            if client.can_paginate(operation)
            else [getattr(client, operation)()]
        )
        return {name for page in pages for name in jmespath.search(path, page) or []}

    def _keys(self) -> set[str]:
        """Keys that are billed; one pending deletion is not."""
        client = self.client("kms")
        own = {row.get("TargetKeyId") for row in client.list_aliases()["Aliases"] if "/aws/" in row["AliasName"]}
        keys = (client.describe_key(KeyId=row["KeyId"])["KeyMetadata"] for row in client.list_keys()["Keys"])
        return {row["KeyId"] for row in keys if row["KeyState"] != "PendingDeletion"} - own

    def _firewalls(self) -> set[str]:
        return {row["Id"] for row in self.client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]}

    def _budgets(self) -> set[str]:
        found = self.client("budgets").describe_budgets(AccountId="123456789012")["Budgets"]
        return {row["BudgetName"] for row in found}


TYPES = {f"aws:{type_}": kind for kind, row in KINDS.items() for type_ in row[3]} | {
    "aws:kms/key:Key": "key",
    "aws:wafv2/webAcl:WebAcl": "firewall",
    "aws:budgets/budget:Budget": "budget",
}


def managed(rows: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """The same of a state: ids by kind, so that nothing can be there twice or be missing unnoticed."""
    found: dict[str, set[str]] = {}
    for row in rows:
        if row["type"] in TYPES:
            found.setdefault(TYPES[row["type"]], set()).add(
                row["id"].rpartition(":")[2] if "budget" in row["type"] else row["id"]
            )
    return found


def unmanaged(census: Mapping[str, set[str]], rows: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """What differs between the account and the state, either way; instances and what hangs on them are the group's."""
    state = managed(rows)
    kinds = (set(census) | set(state)) - set(BILLED_WITHOUT_STATE)
    return {kind: differs for kind in sorted(kinds) if (differs := census.get(kind, set()) ^ state.get(kind, set()))}
