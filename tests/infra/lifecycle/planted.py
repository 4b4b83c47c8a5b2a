"""Plants in the emulator what a torn-down stack may leave, and the like of another stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

REGION = "us-east-1"
ZONE = f"{REGION}a"


@dataclass(frozen=True, kw_only=True)
class Garden:
    """Leftovers of one stack: kind to id; `going` is what AWS already deletes."""

    left: Mapping[str, str]
    going: str


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def tags(stack: str, project: str = "breakeven") -> list[dict[str, str]]:
    return [{"Key": "project", "Value": project}, {"Key": "stack", "Value": stack}]


def plant(stack: str, project: str = "breakeven") -> Garden:
    """Everything there is a search for; half of it without tags, where names or networks tell whose it is."""
    marks, name = tags(stack, project), f"{project}-{stack}"
    left = {**_network(marks), **_disks(marks), **_data(name, marks), **_entries(name, marks)}
    key = client("kms").create_key(Tags=[{"TagKey": t["Key"], "TagValue": t["Value"]} for t in marks])
    going = key["KeyMetadata"]["KeyId"]
    client("kms").schedule_key_deletion(KeyId=going, PendingWindowInDays=7)
    return Garden(left=left, going=going)


def _network(marks: list[dict[str, str]]) -> dict[str, str]:
    ec2 = client("ec2")

    def tagged(kind: str) -> list[dict[str, Any]]:
        return [{"ResourceType": kind, "Tags": marks}]

    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=tagged("vpc"))["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("ab")
    ]
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip"))["AllocationId"]
    # Neither of these bears a tag: they lie in the stack's network.
    gateway = ec2.create_nat_gateway(SubnetId=subnets[0], ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.ssm", VpcEndpointType="Interface", SubnetIds=[subnets[0]]
    )["VpcEndpoint"]["VpcEndpointId"]
    interface = ec2.create_network_interface(SubnetId=subnets[1])["NetworkInterface"]["NetworkInterfaceId"]
    balancer = client("elbv2").create_load_balancer(Name=f"b-{vpc[-8:]}", Subnets=subnets, Scheme="internal")
    return {
        "network": vpc,
        "address": address,
        "NAT gateway": gateway,
        "VPC endpoint": endpoint,
        "network interface": interface,
        "load balancer": balancer["LoadBalancers"][0]["LoadBalancerArn"],
    }


def _disks(marks: list[dict[str, str]]) -> dict[str, str]:
    ec2 = client("ec2")
    volume = ec2.create_volume(
        AvailabilityZone=ZONE, Size=75, VolumeType="gp3", TagSpecifications=[{"ResourceType": "volume", "Tags": marks}]
    )["VolumeId"]
    return {"volume": volume, "snapshot": ec2.create_snapshot(VolumeId=volume)["SnapshotId"]}


def _data(name: str, marks: list[dict[str, str]]) -> dict[str, str]:
    project, stack = (tag["Value"] for tag in marks)
    logs = f"/{project}/{stack}/node"
    client("logs").create_log_group(logGroupName=logs)
    store, bucket = client("s3"), f"{name}-documents-20261101"
    store.create_bucket(Bucket=bucket)
    store.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        store.put_object(Bucket=bucket, Key="uploads/a", Body=b"x" * 1000)
    store.delete_object(Bucket=bucket, Key="uploads/a")
    key = client("kms").create_key(Tags=[{"TagKey": t["Key"], "TagValue": t["Value"]} for t in marks])
    return {"log group": logs, "bucket": bucket, "key": key["KeyMetadata"]["KeyId"]}


def _entries(name: str, marks: list[dict[str, str]]) -> dict[str, str]:
    flat = {tag["Key"]: tag["Value"] for tag in marks}
    link = client("apigatewayv2").create_vpc_link(Name=f"{name}-link", SubnetIds=["subnet-1"], Tags={})
    topic = client("sns").create_topic(Name=f"{name}-alarms", Tags=marks)["TopicArn"]
    client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody="{}")
    api = client("apigatewayv2").create_api(Name=name, ProtocolType="HTTP", Tags=flat)["ApiId"]
    return {"VPC link": link["VpcLinkId"], "topic": topic, "dashboard": name, "HTTP API": api}
