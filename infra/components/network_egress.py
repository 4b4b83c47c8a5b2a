"""Ways out of the VPC: NAT gateways, interface endpoints, and the S3 gateway endpoint, which is free."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import policies
from infra.components.account import Account
from infra.naming import Names, child

# Session Manager is told of documents that AWS owns; of the others an instance reaches this account's alone.
SHARED_SERVICES = ("ssm", "ssmmessages", "ec2messages")
# What a node calls: Session Manager, its logs and metrics, the key, its group's lifecycle hooks.
NODE_SERVICES = ("ssm", "ssmmessages", "ec2messages", "logs", "monitoring", "kms", "autoscaling")


@dataclass(frozen=True, kw_only=True)
class PrivateZone:
    """A private subnet and its own route table, so that each zone may have its own way out."""

    subnet: aws.ec2.Subnet
    table: aws.ec2.RouteTable


@dataclass(frozen=True, kw_only=True)
class PublicZones:
    """Public subnets, which share one route table."""

    subnets: list[aws.ec2.Subnet]
    table: aws.ec2.RouteTable


def nat(names: Names, public: list[aws.ec2.Subnet], private: list[PrivateZone], opts: pulumi.ResourceOptions) -> None:
    """A NAT gateway per public subnet; a zone without its own shares the first."""
    gateways = []
    for index, subnet in enumerate(public):
        label = child("nat", index)
        address = aws.ec2.Eip(label, domain="vpc", tags=names.tags(label), opts=opts)
        gateways.append(
            aws.ec2.NatGateway(label, allocation_id=address.id, subnet_id=subnet.id, tags=names.tags(label), opts=opts)
        )
    for index, zone in enumerate(private):
        aws.ec2.Route(
            child("private", index, "internet"),
            route_table_id=zone.table.id,
            destination_cidr_block="0.0.0.0/0",
            nat_gateway_id=gateways[index % len(gateways)].id,
            opts=opts,
        )


def s3_endpoint(
    names: Names,
    account: Account,
    vpc: aws.ec2.Vpc,
    tables: list[aws.ec2.RouteTable],
    opts: pulumi.ResourceOptions,
) -> aws.ec2.VpcEndpoint:
    """The gateway endpoint of S3: no charge by the hour or the gigabyte."""
    return aws.ec2.VpcEndpoint(
        "s3",
        vpc_id=vpc.id,
        service_name=f"com.amazonaws.{account.region}.s3",
        vpc_endpoint_type="Gateway",
        policy=_s3_policy(account),
        route_table_ids=[table.id for table in tables],
        tags=names.tags("s3"),
        opts=opts,
    )


def _s3_policy(account: Account) -> pulumi.Output[str]:
    """This account's callers to this account's buckets, and Amazon Linux's packages, which are fetched unsigned.

    The packages' bucket is one in each region, of the name that the Amazon Linux 2023 user guide gives (from memory,
    and seen in public endpoint policies, 2026-11-28). Session Manager takes nothing from S3; no container is pulled.
    """
    packages = f"arn:{account.partition}:s3:::al2023-repos-{account.region}-de612dc2/*"
    return policies.document(
        _own_callers(account, {"StringEquals": {"aws:ResourceAccount": account.id}}),
        policies.grant("*", ["s3:GetObject"], packages),
    )


def _own_callers(account: Account, own: Mapping[str, Mapping[str, str]]) -> policies.Statement:
    """An endpoint lets through what the caller's role allows; it bounds whose the callers and the resources are."""
    callers = {"aws:PrincipalAccount": account.id}
    condition = {**own, "StringEquals": {**own.get("StringEquals", {}), **callers}}
    return policies.grant("*", ["*"], "*", Condition=condition)


def services(*, balancer: bool, intake: bool) -> tuple[str, ...]:
    """The AWS services an instance must reach when it has no way to the internet."""
    registry = () if balancer else ("servicediscovery",)
    return (*NODE_SERVICES, *registry, *(("sqs",) if intake else ()))


def interface_endpoint(
    names: Names,
    account: Account,
    service: str,
    vpc: aws.ec2.Vpc,
    subnet_ids: list[pulumi.Output[str]],
    group: aws.ec2.SecurityGroup,
    opts: pulumi.ResourceOptions,
) -> None:
    """An interface endpoint in every zone; billed by the hour in each."""
    # If it exists: calls that take no resource have no account of one.
    own = {} if service in SHARED_SERVICES else {"StringEqualsIfExists": {"aws:ResourceAccount": account.id}}
    aws.ec2.VpcEndpoint(
        service,
        vpc_id=vpc.id,
        service_name=f"com.amazonaws.{account.region}.{service}",
        vpc_endpoint_type="Interface",
        policy=policies.document(_own_callers(account, own)),
        private_dns_enabled=True,
        subnet_ids=subnet_ids,
        security_group_ids=[group.id],
        tags=names.tags(service),
        opts=opts,
    )
