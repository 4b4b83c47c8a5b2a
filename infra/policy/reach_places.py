"""Where the members of a security group stand: their subnets and routes, and whether they have a public address."""

from collections.abc import Iterable, Iterator
from typing import Final

from infra.costs.stack import Inputs, Resource, Stack
from infra.policy.documents import ENDPOINT
from infra.policy.reach_names import name_of
from infra.policy.reading import ANYWHERE
from infra.policy.rules.compute import GROUP as SCALED
from infra.policy.rules.compute import INSTANCE, TEMPLATE
from infra.policy.rules.network import SUBNET

TABLE: Final = "aws:ec2/routeTable:RouteTable"
DEFAULT_TABLE: Final = "aws:ec2/defaultRouteTable:DefaultRouteTable"
ROUTE: Final = "aws:ec2/route:Route"
ASSOCIATION: Final = "aws:ec2/routeTableAssociation:RouteTableAssociation"
NAT: Final = "aws:ec2/natGateway:NatGateway"
BALANCER: Final = "aws:lb/loadBalancer:LoadBalancer"
DIRECT: Final = "its own public address"


class Places:
    """The subnets, routes and addresses of a stack's instances and load balancers."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def is_public(self, group: Resource) -> bool:
        """Whether a member of the group can be reached from the internet, as far as addresses and routes go."""
        return any(has_address and self._leads_in(subnet) for subnet, has_address in self._members(group))

    def ways_out(self, group: Resource) -> list[str]:
        """The ways by which the group's members reach the internet."""
        found: list[str] = []
        for subnet, has_address in self._members(group):
            for route in self._routes(subnet):
                if _gateway(route) and has_address:
                    found.append(DIRECT)
                if route.has("natGatewayId"):
                    found.append(self._named(route, "natGatewayId", NAT))
        return sorted(set(found))

    def gateway_endpoints(self) -> list[str]:
        """Endpoints that routes lead to, which take what goes to their service before any other route does."""
        return [
            name_of(row) for row in self._stack.of_type(ENDPOINT) if row.inputs.text("vpcEndpointType") == "Gateway"
        ]

    def gateway_endpoint(self, prefix_list: str) -> str:
        """The endpoint of a prefix list: ours where there is only one."""
        found = self.gateway_endpoints()
        return found[0] if len(found) == 1 else f"prefix list {prefix_list}"

    def _members(self, group: Resource) -> Iterator[tuple[Resource, bool]]:
        """Subnets in which something with this group may stand, and whether it has a public address there."""
        for template in self._stack.of_type(TEMPLATE, INSTANCE):
            parts = (template.inputs, *template.inputs.objects("networkInterfaces"))
            if any(group.id in _security_groups(part) for part in parts):
                given = any(part.flag("associatePublicIpAddress") for part in parts)
                for subnet in self._subnets_of(template):
                    yield subnet, given or subnet.inputs.flag("mapPublicIpOnLaunch")
        for balancer in self._stack.of_type(BALANCER):
            if group.id in balancer.inputs.values_of("securityGroups"):
                for subnet in self._subnets(balancer.inputs.values_of("subnets")):
                    yield subnet, not balancer.inputs.flag("internal")

    def _subnets_of(self, template: Resource) -> list[Resource]:
        """Where its instances are started: the subnets of its groups, else any, as whoever starts one may choose."""
        named = list(template.inputs.values_of("subnetId"))
        for scaled in self._stack.of_type(SCALED):
            if template.id and template.id in str(dict(scaled.inputs)):
                named += scaled.inputs.values_of("vpcZoneIdentifiers")
        return self._subnets(named) or list(self._stack.of_type(SUBNET))

    def _subnets(self, ids: Iterable[object]) -> list[Resource]:
        wanted = {str(id_) for id_ in ids}
        return [subnet for subnet in self._stack.of_type(SUBNET) if subnet.id in wanted]

    def _leads_in(self, subnet: Resource) -> bool:
        return any(_gateway(route) for route in self._routes(subnet))

    def _routes(self, subnet: Resource) -> Iterator[Inputs]:
        """Routes to the internet of the subnet's table; without a table of its own a subnet has the VPC's."""
        tables = [
            row.inputs.get("routeTableId")
            for row in self._stack.of_type(ASSOCIATION)
            if row.inputs.get("subnetId") == subnet.id
        ]
        for table in self._stack.of_type(TABLE, DEFAULT_TABLE):
            if table.id in tables or (not tables and table.type == DEFAULT_TABLE):
                yield from (route for route in table.inputs.objects("routes") if _is_default(route))
        for route in self._stack.of_type(ROUTE):
            if route.inputs.get("routeTableId") in tables and _is_default(route.inputs):
                yield route.inputs

    def _named(self, route: Inputs, key: str, token: str) -> str:
        found = next((row for row in self._stack.of_type(token) if row.id == route.get(key)), None)
        return "NAT gateway" if found is None else f"NAT gateway {found.name}"


def _security_groups(part: Inputs) -> tuple[object, ...]:
    return tuple(v for key in ("securityGroups", "vpcSecurityGroupIds") for v in part.values_of(key))


def _is_default(route: Inputs) -> bool:
    return any(route.get(key) in ANYWHERE for key in ("destinationCidrBlock", "destinationIpv6CidrBlock", "cidrBlock"))


def _gateway(route: Inputs) -> bool:
    """An internet gateway; an endpoint of S3 is no default route."""
    return route.has("gatewayId")
