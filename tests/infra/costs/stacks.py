"""Small stack documents, and what an estimate says about them."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from infra.costs.estimate import Estimate, estimate
from infra.costs.items import Case, LineItem
from infra.costs.readers import parse_stack
from infra.costs.stack import Stack
from infra.costs.usage import Usage

Row = dict[str, Any]
Table = dict[str, dict[str, Any]]

SAMPLES = Path(__file__).parent / "samples"
PREFIX = "urn:pulumi:dev::test::"
PROVIDER = f"{PREFIX}pulumi:providers:aws::default"
GROUP = "aws:autoscaling/group:Group"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
INSTANCE = "aws:ec2/instance:Instance"
VOLUME = "aws:ebs/volume:Volume"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
SUBNET = "aws:ec2/subnet:Subnet"
TINY_DISK = [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": 1, "volumeType": "gp3"}}]


def row(token: str, name: str, /, **inputs: Any) -> Row:
    """A resource as a stack export has it; its physical id is `id-` and the name."""
    urn = f"{PREFIX}{token}::{name}"
    return {
        "urn": urn,
        "type": token.rsplit("$", 1)[-1],
        "custom": True,
        "id": f"id-{name}",
        "inputs": inputs,
        "provider": f"{PROVIDER}::1",
    }


def group(instance_type: str, minimum: int, maximum: int, /, **inputs: Any) -> list[Row]:
    """A group named `asg` with a template named `lt`, which maps one gp3 disk of 1 GB."""
    template = row(TEMPLATE, "lt", instanceType=instance_type, blockDeviceMappings=TINY_DISK)
    spec = {"minSize": minimum, "maxSize": maximum, "launchTemplate": {"id": "id-lt"}}
    return [template, row(GROUP, "asg", **{**spec, **inputs})]


def mixed(types: list[str], base: int, share: int, weight: str | None = None) -> Row:
    """A mixed instances policy over the template `lt`."""
    overrides = [{"instanceType": t, **({"weightedCapacity": weight} if weight else {})} for t in types]
    return {
        "instancesDistribution": {"onDemandBaseCapacity": base, "onDemandPercentageAboveBaseCapacity": share},
        "launchTemplate": {"launchTemplateSpecification": {"launchTemplateId": "id-lt"}, "overrides": overrides},
    }


def fleet(instance_type: str, minimum: int, maximum: int) -> list[Row]:
    """Such a group as a part of this project's own Fleet component, for which the workload speaks."""
    template, asg = group(instance_type, minimum, maximum)
    return [template, {**asg, "urn": f"{PREFIX}breakeven:infra:Fleet${GROUP}::asg"}]


def export(*rows: Row, region: str = "us-east-1") -> str:
    """A stack export with a provider of a region."""
    provider = {"urn": PROVIDER, "type": "pulumi:providers:aws", "custom": True, "inputs": {"region": region}}
    return json.dumps({"version": 3, "deployment": {"resources": [provider, *rows]}})


def stack_of(*rows: Row, region: str = "us-east-1") -> Stack:
    """The rows as a stack."""
    return parse_stack(export(*rows, region=region), "test")


def priced(*rows: Row, usage: Table | None = None, region: str = "us-east-1", **known: Any) -> Estimate:
    """An estimate of the rows; `usage` is by resource name, `known` goes to the estimate."""
    stated = Usage.parse(json.dumps(usage), "usage") if usage else None
    return estimate(stack_of(*rows, region=region), usage=stated, **known)


def lines(found: Estimate, label: str = "", resource: str = "") -> list[LineItem]:
    """The lines whose label starts so, of one resource or of all."""
    return [i for i in found.items if i.label.startswith(label) and resource in ("", i.resource.name)]


def cost(found: Estimate, label: str = "", resource: str = "", case: Case = "expected") -> Fraction:
    """USD a month of such lines."""
    return sum((found.of_item(i, case) or Fraction(0) for i in lines(found, label, resource)), Fraction(0))


def quantity(found: Estimate, label: str, resource: str = "") -> Fraction:
    """The expected monthly quantity of the one such line."""
    (item,) = lines(found, label, resource)
    assert item.quantity is not None
    return item.quantity.expected.at(found.volume)


def cents(value: Fraction) -> Decimal:
    """An amount in whole cents."""
    return Decimal(round(value * 100)) / 100


def why(found: Estimate, resource: str) -> str:
    """The reasons for which a resource could not be priced, one a line."""
    return "\n".join(r.reason for r in found.unpriced if r.resource.name == resource)
