"""Ways out of the VPC: NAT gateways, interface endpoints, and the S3 gateway endpoint, which is free."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.naming import Names, child

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
    region: str,
    vpc: aws.ec2.Vpc,
    tables: list[aws.ec2.RouteTable],
    opts: pulumi.ResourceOptions,
) -> aws.ec2.VpcEndpoint:
    """The gateway endpoint of S3: no charge by the hour or the gigabyte."""
    return aws.ec2.VpcEndpoint(
        "s3",
        vpc_id=vpc.id,
        service_name=f"com.amazonaws.{region}.s3",
        vpc_endpoint_type="Gateway",
        route_table_ids=[table.id for table in tables],
        tags=names.tags("s3"),
        opts=opts,
    )


def services(*, balancer: bool, intake: bool) -> tuple[str, ...]:
    """The AWS services an instance must reach when it has no way to the internet."""
    registry = () if balancer else ("servicediscovery",)
    return (*NODE_SERVICES, *registry, *(("sqs",) if intake else ()))


def interface_endpoint(
    names: Names,
    region: str,
    service: str,
    vpc: aws.ec2.Vpc,
    subnet_ids: list[pulumi.Output[str]],
    group: aws.ec2.SecurityGroup,
    opts: pulumi.ResourceOptions,
) -> None:
    """An interface endpoint in every zone; billed by the hour in each."""
    aws.ec2.VpcEndpoint(
        service,
        vpc_id=vpc.id,
        service_name=f"com.amazonaws.{region}.{service}",
        vpc_endpoint_type="Interface",
        private_dns_enabled=True,
        subnet_ids=subnet_ids,
        security_group_ids=[group.id],
        tags=names.tags(service),
        opts=opts,
    )
