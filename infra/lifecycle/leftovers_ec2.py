"""Leftovers of EC2 and load balancing: by tag, and by lying in one of the stack's networks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from infra.lifecycle.aws import Account
from infra.lifecycle.leftovers import Leftover, Marks, tags_of
from infra.lifecycle.training_types import JOB_TAG
from infra.naming import CANARY, TRAINING, Names

Row = Mapping[str, Any]
TAGGED: Final = "tags"
SPOT: Final = {"marketType": "spot"}
GONE: Final = frozenset({"deleted", "deleting", "terminated", "shutting-down", "available-deleting"})
DESCRIBED_AT_ONCE: Final = 20  # load balancers in one DescribeTags


@dataclass(frozen=True, kw_only=True)
class Listing:
    """How one kind is listed, and what of a row its price depends on. `in_vpc` names the filter by network.

    `named` is a filter by the names that the program gives, with the parts of the stack that bear them.
    """

    kind: str
    call: str
    key: str
    id: str
    type: str
    inputs: Callable[[Row], dict[str, Any]] = lambda row: {}
    in_vpc: str = ""
    named: tuple[str, tuple[tuple[str, ...], ...]] | None = None
    skips: Callable[[Row], bool] = lambda row: False


LISTINGS: Final[tuple[Listing, ...]] = (
    Listing(
        kind="NAT gateway",
        call="describe_nat_gateways",
        key="NatGateways",
        id="NatGatewayId",
        type="aws:ec2/natGateway:NatGateway",
        # Its address is a leftover of its own.
        inputs=lambda row: {"connectivityType": "private"},
        in_vpc="vpc-id",
        skips=lambda row: row.get("State") in GONE,
    ),
    Listing(
        kind="VPC endpoint",
        call="describe_vpc_endpoints",
        key="VpcEndpoints",
        id="VpcEndpointId",
        type="aws:ec2/vpcEndpoint:VpcEndpoint",
        inputs=lambda row: {"vpcEndpointType": row.get("VpcEndpointType"), "subnetIds": row.get("SubnetIds", [])},
        in_vpc="vpc-id",
        skips=lambda row: str(row.get("State")).lower() in GONE,
    ),
    Listing(
        kind="network interface",
        call="describe_network_interfaces",
        key="NetworkInterfaces",
        id="NetworkInterfaceId",
        type="aws:ec2/networkInterface:NetworkInterface",
        in_vpc="vpc-id",
    ),
    Listing(
        kind="address",
        call="describe_addresses",
        key="Addresses",
        id="AllocationId",
        type="aws:ec2/eip:Eip",
    ),
    Listing(
        kind="launch template",
        call="describe_launch_templates",
        key="LaunchTemplates",
        id="LaunchTemplateId",
        type="aws:ec2/launchTemplate:LaunchTemplate",
        named=("launch-template-name", (("node",), ("node", CANARY), (TRAINING,))),
    ),
    Listing(kind="subnet", call="describe_subnets", key="Subnets", id="SubnetId", type="aws:ec2/subnet:Subnet"),
    Listing(
        kind="route table",
        call="describe_route_tables",
        key="RouteTables",
        id="RouteTableId",
        type="aws:ec2/routeTable:RouteTable",
    ),
    Listing(
        kind="internet gateway",
        call="describe_internet_gateways",
        key="InternetGateways",
        id="InternetGatewayId",
        type="aws:ec2/internetGateway:InternetGateway",
    ),
    Listing(
        kind="security group",
        call="describe_security_groups",
        key="SecurityGroups",
        id="GroupId",
        type="aws:ec2/securityGroup:SecurityGroup",
        skips=lambda row: row.get("GroupName") == "default",
    ),
    Listing(kind="network", call="describe_vpcs", key="Vpcs", id="VpcId", type="aws:ec2/vpc:Vpc"),
)


def _listed(account: Account, marks: Marks, listing: Listing) -> Iterator[Leftover]:
    seen: set[str] = set()
    vpcs = _vpcs(account, marks) if listing.in_vpc else []
    searches = [(TAGGED, marks.filters)]
    searches += [(f"in {vpc}", [{"Name": listing.in_vpc, "Values": [vpc]}]) for vpc in vpcs]
    if listing.named:
        names = Names(project=marks.project, stack=marks.stack, extra_tags={})
        filtered, borne = listing.named
        searches.append(("name", [{"Name": filtered, "Values": [names.physical(*parts) for parts in borne]}]))
    for why, filters in searches:
        for row in _rows(account, listing.call, listing.key, filters):
            tags = row.get("Tags") or row.get("TagSet")
            ours = marks.has(tags) if why == TAGGED else not marks.others(tags)
            if ours and row[listing.id] not in seen and not listing.skips(row):
                seen.add(row[listing.id])
                inputs = listing.inputs(row)
                yield Leftover(kind=listing.kind, id=row[listing.id], why=why, type=listing.type, inputs=inputs)


def _instances(account: Account, marks: Marks) -> Iterator[Leftover]:
    for reservation in _rows(account, "describe_instances", "Reservations", marks.filters):
        for row in reservation["Instances"]:
            state = row["State"]["Name"]
            if state not in GONE:
                yield Leftover(
                    kind="instance",
                    id=row["InstanceId"],
                    why=TAGGED,
                    type="aws:ec2/instance:Instance",
                    inputs={
                        "instanceType": row["InstanceType"],
                        "associatePublicIpAddress": bool(row.get("PublicIpAddress")),
                        "rootBlockDevice": _root(account, row),
                        **({"instanceMarketOptions": SPOT} if row.get("InstanceLifecycle") == "spot" else {}),
                    },
                    usage={"monthly_hours": 0} if state in ("stopped", "stopping") else {},
                    note=_said(state, row),
                )


def _said(state: str, instance: Row) -> str:
    job = tags_of(instance.get("Tags")).get(JOB_TAG)
    return f"{state}, training job {job}" if job else state


def _root(account: Account, instance: Row) -> dict[str, Any]:
    """The disk that goes with an instance, as an instance's input."""
    only = [
        {"Name": "attachment.instance-id", "Values": [instance["InstanceId"]]},
        {"Name": "attachment.device", "Values": [str(instance.get("RootDeviceName"))]},
    ]
    found = next(_rows(account, "describe_volumes", "Volumes", only), None)
    return {"volumeSize": found["Size"], "volumeType": found["VolumeType"]} if found else {}


def _disks(account: Account, marks: Marks) -> Iterator[Leftover]:
    """Volumes with the stack's tags, and snapshots with them or of those volumes.

    A volume that is deleted with its instance counts as part of it, also while AWS is still at it.
    """
    volumes = {row["VolumeId"]: row for row in _rows(account, "describe_volumes", "Volumes", marks.filters)}
    for id_, row in volumes.items():
        if not any(attached.get("DeleteOnTermination") for attached in row.get("Attachments", ())):
            inputs = {"type": row["VolumeType"], "size": row["Size"], "iops": row.get("Iops")}
            inputs |= {"throughput": row.get("Throughput")}
            token = "aws:ebs/volume:Volume"  # noqa: S105  a type token
            yield Leftover(kind="volume", id=id_, why=TAGGED, type=token, inputs=inputs, note=f"{row['Size']} GB")
    for row in account.pages("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"]):
        ours, of_ours = marks.has(row.get("Tags")), row.get("VolumeId") in volumes
        if ours or (of_ours and not marks.others(row.get("Tags"))):
            yield Leftover(
                kind="snapshot",
                id=row["SnapshotId"],
                why=TAGGED if ours else f"of {row['VolumeId']}",
                type="aws:ebs/snapshot:Snapshot",
                inputs={"volumeId": row.get("VolumeId")},
                # AWS does not tell how much of the volume is stored: this is the most it can be.
                usage={"storage_gb": row["VolumeSize"]},
                note=f"{row['VolumeSize']} GB at most",
            )


def _balancers(account: Account, marks: Marks) -> Iterator[Leftover]:
    vpcs = _vpcs(account, marks)
    rows = {row["LoadBalancerArn"]: row for row in account.pages("elbv2", "describe_load_balancers", "LoadBalancers")}
    arns = list(rows)
    for start in range(0, len(arns), DESCRIBED_AT_ONCE):
        described = account.pages(
            "elbv2", "describe_tags", "TagDescriptions", ResourceArns=arns[start : start + DESCRIBED_AT_ONCE]
        )
        for found in described:
            row = rows[found["ResourceArn"]]
            tagged, inside = marks.has(found["Tags"]), row.get("VpcId") in vpcs
            if tagged or inside:
                yield Leftover(
                    kind="load balancer",
                    id=found["ResourceArn"],
                    why=TAGGED if tagged else f"in {row['VpcId']}",
                    type="aws:lb/loadBalancer:LoadBalancer",
                    inputs={"loadBalancerType": row.get("Type"), "internal": row.get("Scheme") == "internal"},
                    note=row["LoadBalancerName"],
                )


def _vpcs(account: Account, marks: Marks) -> list[str]:
    return [row["VpcId"] for row in _rows(account, "describe_vpcs", "Vpcs", marks.filters)]


def _rows(account: Account, call: str, key: str, filters: list[dict[str, Any]]) -> Iterator[Any]:
    return account.pages("ec2", call, key, Filters=filters)


SEARCHES: Final[tuple[Callable[[Account, Marks], Iterator[Leftover]], ...]] = (
    _instances,
    _disks,
    *(partial(_listed, listing=listing) for listing in LISTINGS),
    _balancers,
)
"""Everything of EC2 and load balancing that is the stack's; each raises AccountError."""
