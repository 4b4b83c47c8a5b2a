"""The VPC: private subnets for instances (public ones only where the egress asks for it) and its security groups."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import network_egress, network_groups, policies
from infra.components.account import Account
from infra.naming import TRAINING, Names, child
from infra.settings import NetworkSettings

SUBNET_BITS = 4  # sixteen blocks: the lower half private, the upper half public
PUBLIC_OFFSET = 8


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """The address plan, the way out, and what has to be reached from inside."""

    names: Names
    account: Account
    settings: NetworkSettings
    key_arn: pulumi.Input[str]
    log_retention_days: int
    balancer: bool
    intake: bool
    training: bool


class Network(pulumi.ComponentResource):
    """VPC, subnets, routes, endpoints and groups; `node_subnet_ids` is where instances and the VPC link live."""

    vpc_id: pulumi.Output[str]
    node_subnet_ids: list[pulumi.Output[str]]
    link_group_id: pulumi.Output[str]
    balancer_group_id: pulumi.Output[str] | None
    node_group_id: pulumi.Output[str]
    training_group_id: pulumi.Output[str] | None

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("breakeven:infra:Network", name, {}, opts)
        self._args = args
        self._own = pulumi.ResourceOptions(parent=self)
        self._vpc = self._build_vpc()
        self.vpc_id = self._vpc.id
        zones = self._zones()
        egress = args.settings.egress
        public = self._public(zones) if egress != "endpoints" else None
        private = self._private(zones) if egress != "public" else []
        if public and private:
            network_egress.nat(args.names, public.subnets, private, self._own)
        tables = [row.table for row in private] or ([public.table] if public else [])
        s3 = network_egress.s3_endpoint(args.names, args.account, self._vpc, tables, self._own)
        subnets = [row.subnet for row in private] or (public.subnets if public else [])
        self.node_subnet_ids = [subnet.id for subnet in subnets]
        groups = network_groups.build(args.names, self._vpc, self._own, balancer=args.balancer)
        self.link_group_id, self.node_group_id = groups.link.id, groups.node.id
        self.balancer_group_id = groups.balancer.id if groups.balancer else None
        inside = {"node": groups.node}
        if args.training:
            inside[TRAINING] = network_groups.training_group(args.names, self._vpc, self._own)
        self.training_group_id = inside[TRAINING].id if args.training else None
        if egress == "endpoints":
            self._endpoints(inside, s3)
        for label, group in inside.items() if egress != "endpoints" else ():
            network_groups.open_https(label, group, self._own)
        if args.settings.flow_logs:
            self._flow_log()
        self.register_outputs({"vpcId": self.vpc_id, "nodeSubnetIds": self.node_subnet_ids})

    def _build_vpc(self) -> aws.ec2.Vpc:
        vpc = aws.ec2.Vpc(
            "vpc",
            cidr_block=self._args.settings.vpc_cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._args.names.tags("vpc"),
            opts=self._own,
        )
        # With no rules given, the group that every VPC starts with is emptied.
        aws.ec2.DefaultSecurityGroup(
            "closed", vpc_id=vpc.id, ingress=[], egress=[], tags=self._args.names.tags("closed"), opts=self._own
        )
        return vpc

    def _zones(self) -> list[pulumi.Output[str]]:
        found = aws.get_availability_zones_output(
            state="available",
            exclude_zone_ids=list(self._args.settings.exclude_zone_ids),
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            opts=pulumi.InvokeOptions(parent=self),
        )
        return [found.names[index] for index in range(self._args.settings.zones)]

    def _subnet(self, label: str, zone: pulumi.Output[str], block: int) -> aws.ec2.Subnet:
        blocks = list(ipaddress.IPv4Network(self._args.settings.vpc_cidr).subnets(prefixlen_diff=SUBNET_BITS))
        return aws.ec2.Subnet(
            label,
            vpc_id=self._vpc.id,
            availability_zone=zone,
            cidr_block=str(blocks[block]),
            map_public_ip_on_launch=False,
            tags=self._args.names.tags(label),
            opts=self._own,
        )

    def _private(self, zones: list[pulumi.Output[str]]) -> list[network_egress.PrivateZone]:
        rows = []
        for index, zone in enumerate(zones):
            label = child("private", index)
            subnet = self._subnet(label, zone, index)
            table = self._table(label)
            self._associate(label, subnet, table)
            rows.append(network_egress.PrivateZone(subnet=subnet, table=table))
        return rows

    def _public(self, zones: list[pulumi.Output[str]]) -> network_egress.PublicZones:
        """Public subnets, only as many as there are NAT gateways or (egress public) zones with instances."""
        used = zones[:1] if self._args.settings.egress == "nat" else zones
        gateway = aws.ec2.InternetGateway(
            "internet", vpc_id=self._vpc.id, tags=self._args.names.tags("internet"), opts=self._own
        )
        table = self._table("public")
        aws.ec2.Route(
            child("public", "internet"),
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=self._own,
        )
        subnets = []
        for index, zone in enumerate(used):
            label = child("public", index)
            subnet = self._subnet(label, zone, PUBLIC_OFFSET + index)
            self._associate(label, subnet, table)
            subnets.append(subnet)
        return network_egress.PublicZones(subnets=subnets, table=table)

    def _table(self, label: str) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(label, vpc_id=self._vpc.id, tags=self._args.names.tags(label), opts=self._own)

    def _associate(self, label: str, subnet: aws.ec2.Subnet, table: aws.ec2.RouteTable) -> None:
        aws.ec2.RouteTableAssociation(label, subnet_id=subnet.id, route_table_id=table.id, opts=self._own)

    def _endpoints(self, inside: Mapping[str, aws.ec2.SecurityGroup], s3: aws.ec2.VpcEndpoint) -> None:
        args = self._args
        group = network_groups.endpoint_group(args.names, self._vpc, inside, s3.prefix_list_id, self._own)
        services = network_egress.services(balancer=args.balancer, intake=args.intake)
        for service in services:
            network_egress.interface_endpoint(
                args.names, args.account, service, self._vpc, self.node_subnet_ids, group, self._own
            )

    def _flow_log(self) -> None:
        args = self._args
        logs = aws.cloudwatch.LogGroup(
            child("flow", "logs"),
            name=args.names.log_group("flow"),
            retention_in_days=args.log_retention_days,
            kms_key_id=args.key_arn,
            tags=args.names.tags("flow"),
            opts=self._own,
        )
        source = {"StringEquals": {"aws:SourceAccount": args.account.id}}
        role = aws.iam.Role(
            child("flow", "role"),
            assume_role_policy=policies.assumed_by("vpc-flow-logs.amazonaws.com", **source),
            tags=args.names.tags("flow"),
            opts=self._own,
        )
        actions = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
        aws.iam.RolePolicy(
            child("flow", "policy"),
            role=role.id,
            policy=policies.document(policies.allow(actions, [pulumi.Output.concat(logs.arn, ":*")])),
            opts=self._own,
        )
        aws.ec2.FlowLog(
            "flow",
            vpc_id=self._vpc.id,
            traffic_type="ALL",
            iam_role_arn=role.arn,
            log_destination=logs.arn,
            tags=args.names.tags("flow"),
            opts=self._own,
        )
