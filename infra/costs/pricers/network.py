"""NAT gateways, VPC endpoints, public addresses, load balancers."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from infra.costs.curves import maximum
from infra.costs.items import CASES, Cases, LineItem, Quantity, fixed
from infra.costs.pricers.compute import SUBNET
from infra.costs.pricing import Pricing, prices, times
from infra.costs.stack import Resource, missing

EIP: Final = "aws:ec2/eip:Eip"
NAT_GATEWAY: Final = "aws:ec2/natGateway:NatGateway"
LOAD_BALANCERS: Final = (
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:alb/loadBalancer:LoadBalancer",
    "aws:elasticloadbalancingv2/loadBalancer:LoadBalancer",
    "aws:applicationloadbalancing/loadBalancer:LoadBalancer",
)
# What one capacity unit carries in an hour: the ELB pricing page. NLB figures are those of TCP.
UNIT_CARRIES: Final[dict[str, dict[str, int]]] = {
    "alb": {
        "new_connections_per_second": 25,
        "active_connections_per_minute": 3_000,
        "gb_per_hour": 1,
        "rule_evaluations_per_second": 1_000,
    },
    "nlb": {"new_connections_per_second": 800, "active_connections_per_minute": 100_000, "gb_per_hour": 1},
    "gwlb": {"new_connections_per_second": 600, "active_connections_per_minute": 60_000, "gb_per_hour": 1},
}
KINDS: Final = {
    "application": ("alb", "Application load balancer"),
    "network": ("nlb", "Network load balancer"),
    "gateway": ("gwlb", "Gateway load balancer"),
}


@prices(NAT_GATEWAY, usage=("monthly_data_processed_gb",))
def nat_gateway(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A NAT gateway: its hours and what passes through it; its elastic IP is a resource of its own."""
    yield pricing.line("NAT gateway", pricing.hours, "network.nat_gateway_hour", unit="hours")
    data = pricing.used("monthly_data_processed_gb")
    yield pricing.line("Data processed", data, "network.nat_gateway_gb", short="NAT gateway")
    private = resource.inputs.text("connectivityType") == "private"
    if not private and resource.inputs.text("availabilityMode") == "regional":
        # A regional gateway brings its own addresses, one in each zone it serves: at least one.
        yield pricing.line("Public IPv4 address", pricing.hours, "network.public_ipv4_hour", unit="hours")


@prices(EIP)
def elastic_ip(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A public IPv4 address, billed whether used or idle since 2024-02-01."""
    label = "Public IPv4 address" if _in_use(resource, pricing) else "IP address (if unused)"
    yield pricing.line(label, pricing.hours, "network.public_ipv4_hour", unit="hours", short="addresses")


def _in_use(address: Resource, pricing: Pricing) -> bool:
    if address.inputs.has("instance") or address.inputs.has("networkInterface"):
        return True
    users = (NAT_GATEWAY, "aws:ec2/eipAssociation:EipAssociation")
    return any(pricing.stack.owners(address, "allocationId", user) for user in users)


@prices("aws:ec2/vpcEndpoint:VpcEndpoint", usage=("monthly_data_processed_gb",))
def vpc_endpoint(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """An endpoint: interface endpoints by zone and GB; gateway endpoints (S3, DynamoDB) are free."""
    kind = resource.inputs.text("vpcEndpointType") or "Gateway"
    data = pricing.used("monthly_data_processed_gb")
    zones = max(len(resource.inputs.values_of("subnetIds")), 1)
    if kind == "Interface":
        yield from pricing.tiered("Data processed", data, "network.interface_endpoint_gb")
        hours, price = pricing.hours * zones, "network.interface_endpoint_hour"
        yield pricing.line(
            "Endpoint (Interface)", hours, price, unit="hours", basis=f"{zones} zones x hours", short="endpoints"
        )
    elif kind == "GatewayLoadBalancer":
        yield from pricing.tiered("Data processed", data, "network.gateway_load_balancer_endpoint_gb")
        price = "network.gateway_load_balancer_endpoint_hour"
        yield pricing.line("Endpoint (GatewayLoadBalancer)", pricing.hours * zones, price, unit="hours")
    else:
        yield pricing.line("Endpoint (Gateway)", 0, "network.gateway_endpoint_hour", unit="hours", basis="free")


@prices(
    *LOAD_BALANCERS,
    usage=(
        "new_connections_per_second",
        "active_connections_per_minute",
        "rule_evaluations_per_second",
        "monthly_data_processed_gb",
    ),
)
def load_balancer(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A balancer: its hours, its capacity units (the greatest of the four measures), its public addresses."""
    short, label = KINDS.get(resource.inputs.text("loadBalancerType") or "application", KINDS["application"])
    yield pricing.line(label, pricing.hours, f"load_balancing.{short}_hour", unit="hours", short="load balancer")
    # One unit all month, so that a quantity of units has a price.
    price = pricing.region[f"load_balancing.{short}_lcu_hour"].times(pricing.hours, "LCU")
    units = _capacity_units(pricing, UNIT_CARRIES[short])
    basis = "the greatest of the measures an hour"
    yield pricing.line("Load balancer capacity units", units, price, basis=basis, short="load balancer")
    if short != "gwlb":
        yield from _balancer_addresses(resource, pricing)


def _capacity_units(pricing: Pricing, carries: dict[str, int]) -> Quantity | None:
    """Units an hour on average: each measure over what one unit carries of it, and of these the greatest."""
    measures = []
    for key, carried in carries.items():
        by_month = key == "gb_per_hour"
        measure = pricing.used("monthly_data_processed_gb" if by_month else key)
        if measure is not None:
            divisor = Fraction(carried) * (Fraction(pricing.hours) if by_month else 1)
            measures.append(times(measure, 1 / divisor) or measure)
    if not measures:
        return None
    greatest = measures[0]
    for measure in measures[1:]:
        greatest = Cases(*(maximum(greatest[case], measure[case]) for case in CASES))
    return greatest


def _balancer_addresses(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """An internet-facing balancer has an address in each of its subnets.

    Where `internal` is left out and the subnets are not in the stack, what it faces is not known: the line then
    depends on usage.
    """
    inputs = resource.inputs
    if inputs.flag("internal") or inputs.text("ipAddressType") == "dualstack-without-public-ipv4":
        return
    mapped = [m.get("subnetId") for m in inputs.objects("subnetMappings") if not m.has("allocationId")]
    subnets: list[Any] = [*inputs.values_of("subnets"), *mapped]
    if inputs.objects("subnetMappings") and not mapped:
        return  # its addresses are elastic IPs, resources of their own
    inside = any(missing(s) or pricing.stack.resolve(resource, "subnets", s, SUBNET) for s in subnets)
    known = inputs.has("internal") or inside
    hours = fixed(pricing.hours * max(len(subnets), 1)) if known else None
    basis = f"internet-facing in {len(subnets)} subnets" if known else "internet-facing unless `internal` is set"
    yield pricing.line("Public IPv4 addresses", hours, "network.public_ipv4_hour", unit="hours", basis=basis)


@prices("aws:elb/loadBalancer:LoadBalancer", usage=("monthly_data_processed_gb",))
def classic_load_balancer(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A classic balancer: its hours and GB."""
    yield pricing.line("Classic load balancer", pricing.hours, "load_balancing.classic_hour", unit="hours")
    yield pricing.line("Data processed", pricing.used("monthly_data_processed_gb"), "load_balancing.classic_gb")
