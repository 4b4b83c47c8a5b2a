"""Security groups, the VPC and its subnets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from infra.costs.errors import InputError
from infra.costs.stack import Inputs, Resource, Stack
from infra.policy.reading import ANYWHERE, pointing_at
from infra.policy.registry import ADVISORY, MANDATORY, rule

GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
VPC: Final = "aws:ec2/vpc:Vpc"
FLOW_LOG: Final = "aws:ec2/flowLog:FlowLog"
DEFAULT_GROUP: Final = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
SUBNET: Final = "aws:ec2/subnet:Subnet"
MANAGED_TEXT: Final = "Managed by Pulumi"
ALL_PROTOCOLS: Final = ("-1", "all")
ADDRESSES: Final = ("cidrIpv4", "cidrIpv6", "cidrBlocks", "ipv6CidrBlocks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What one rule of a security group lets through."""

    inputs: Inputs

    @property
    def is_anywhere(self) -> bool:
        """Whether it holds for every address of the internet."""
        return any(address in ANYWHERE for key in ADDRESSES for address in self.inputs.values_of(key))

    @property
    def is_everything(self) -> bool:
        """Whether it holds for all protocols and ports."""
        return (self.inputs.text("ipProtocol") or self.inputs.text("protocol")) in ALL_PROTOCOLS

    def holds_port(self, port: int) -> bool:
        """Whether a TCP port is let through; -1 is what AWS writes for all."""
        if self.is_everything:
            return True
        return self._port("fromPort") <= port <= self._port("toPort")

    def _port(self, key: str) -> Decimal:
        text = self.inputs.text(key, "-1")
        try:
            found = Decimal(text)
        except InvalidOperation:
            found = Decimal("nan")
        if not found.is_finite():
            raise InputError(key, f"{text!r} is not a port", "give a number")
        return found


def _openings(resource: Resource, direction: str) -> Iterator[Opening]:
    """The openings of one direction (`ingress` or `egress`) that a resource makes."""
    if resource.type == GROUP:
        yield from (Opening(inputs=row) for row in resource.inputs.objects(direction))
    elif resource.type == {"ingress": INGRESS, "egress": EGRESS}[direction] or (
        resource.type == RULE and resource.inputs.text("type") == direction
    ):
        yield Opening(inputs=resource.inputs)


@rule(
    "CKV_AWS_23",
    "W36",
    title="Security groups and their rules say why",
    level=ADVISORY,
    on=(GROUP, RULE, INGRESS, EGRESS),
)
def description(resource: Resource, stack: Stack) -> Iterator[str]:
    """A rule nobody can explain is never removed."""
    parts = (resource.inputs, *resource.inputs.objects("ingress"), *resource.inputs.objects("egress"))
    if any(part.text("description") in ("", MANAGED_TEXT) for part in parts):
        yield "no description"


def _no_open_port(port: int) -> Callable[[Resource, Stack], Iterator[str]]:
    def check(resource: Resource, stack: Stack) -> Iterator[str]:
        if any(row.is_anywhere and row.holds_port(port) for row in _openings(resource, "ingress")):
            yield f"port {port} is open to the internet"

    check.__doc__ = f"Whatever scans the internet finds port {port} within minutes."
    return check


for _id, _port in (("CKV_AWS_24", 22), ("CKV_AWS_260", 80)):
    rule(_id, title=f"Port {_port} is closed to the internet", level=MANDATORY, on=(GROUP, RULE, INGRESS))(
        _no_open_port(_port)
    )


@rule(
    "CKV_AWS_277",
    "W2",
    "W9",
    title="No group admits everything from anywhere",
    level=MANDATORY,
    on=(GROUP, RULE, INGRESS),
)
def open_ingress(resource: Resource, stack: Stack) -> Iterator[str]:
    """All ports from all addresses is no group at all."""
    if any(row.is_anywhere and row.is_everything for row in _openings(resource, "ingress")):
        yield "all ports are open to the internet"


@rule("CKV_AWS_382", "W5", "F1000", title="No group lets everything out", level=MANDATORY, on=(GROUP, RULE, EGRESS))
def open_egress(resource: Resource, stack: Stack) -> Iterator[str]:
    """What has got in should not be able to call home on any port."""
    if any(row.is_anywhere and row.is_everything for row in _openings(resource, "egress")):
        yield "all ports are open outwards to the internet"


@rule("CKV2_AWS_11", "vpc_flow_logs_enabled", "W60", title="The VPC keeps a flow log", level=ADVISORY, on=(VPC,))
def flow_log(resource: Resource, stack: Stack) -> Iterator[str]:
    """It is the only record of connections that were refused."""
    if not pointing_at(stack, resource, "vpcId", FLOW_LOG):
        yield "no flow log names the VPC"


@rule("CKV2_AWS_12", title="The default security group is empty", level=MANDATORY, on=(VPC,))
def default_group(resource: Resource, stack: Stack) -> Iterator[str]:
    """Whatever names no group of its own gets this one, in which all may talk to all."""
    found = pointing_at(stack, resource, "vpcId", DEFAULT_GROUP)
    if not found:
        yield "the default group keeps its rules"
    if any(group.inputs.values_of(key) for group in found for key in ("ingress", "egress")):
        yield "the default group has rules"


@rule("CKV_AWS_130", title="Subnets give out no public addresses", level=MANDATORY, on=(SUBNET,))
def automatic_address(resource: Resource, stack: Stack) -> Iterator[str]:
    """A public address should be asked for, never be the default."""
    if resource.inputs.flag("mapPublicIpOnLaunch"):
        yield "mapPublicIpOnLaunch is true"
