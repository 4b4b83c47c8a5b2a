"""A recorded stack as another size, instance type, purchase or region would have it, to price it without a new run.

Only what has no say in which resources there are: zones, entry and way out need the program.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from infra.choose.types import Option
from infra.costs.errors import InputError
from infra.costs.pricers.compute import LAUNCH_TEMPLATE
from infra.costs.stack import Inputs, Resource, Stack
from infra.costs.traffic import GROUP
from infra.costs.whatif import DISTRIBUTION, MIXED, ON_DEMAND
from infra.settings_rules import burstable

CREDITS = "creditSpecification"
DISKS = "blockDeviceMappings"


def with_option(stack: Stack, option: Option, *, disk_gb: int, cpu_credits: str) -> Stack:
    """The stack with the option's instance type, purchase and bounds; its shape must be that of the stack.

    `disk_gb` and `cpu_credits` are what the settings say of root disk and CPU credits. Raises InputError for a stack
    that has not exactly one group of instances and one launch template.
    """
    groups = [r for r in stack.of_type(GROUP) if r.component]
    templates = [r for r in stack.of_type(LAUNCH_TEMPLATE) if r.component]
    if len(groups) != 1 or len(templates) != 1:
        reason = f"{len(groups)} groups of instances, where one is chosen"
        raise InputError(f"stack {stack.name}", reason, "leave the canary out (canaryArchive)")
    group, template = groups[0], templates[0]
    changes = {
        group.urn: _group(group, option),
        template.urn: _template(template, option.instance_type, disk_gb, cpu_credits),
    }
    changed = (
        replace(r, inputs=Inputs({**r.inputs, **changes[r.urn]}, r.name)) if r.urn in changes else r for r in stack
    )
    return Stack(changed, stack.name)


def in_region(stack: Stack, region: str) -> Stack:
    """The same resources in another region; raises InputError for a stack that spans several."""
    regions = sorted({r.region for r in stack if r.region})
    if len(regions) > 1:
        reason = f"it spans {len(regions)} regions ({', '.join(regions)})"
        raise InputError(f"stack {stack.name}", reason, "compare it as it is, without --region")
    return Stack((replace(r, region=region) for r in stack), stack.name)


def _group(group: Resource, option: Option) -> Mapping[str, Any]:
    mixed = group.inputs.object(MIXED)
    bought = {
        **mixed.object(DISTRIBUTION),
        "onDemandBaseCapacity": option.purchase.base,
        ON_DEMAND: option.purchase.on_demand_percent,
    }
    launched = {**mixed.object("launchTemplate"), "overrides": [{"instanceType": option.instance_type}]}
    return {
        "minSize": option.minimum,
        "maxSize": option.maximum,
        MIXED: {**mixed, DISTRIBUTION: bought, "launchTemplate": launched},
    }


def _template(template: Resource, instance_type: str, disk_gb: int, cpu_credits: str) -> Mapping[str, Any]:
    (disk,) = template.inputs.objects(DISKS)
    mapped = {**disk, "ebs": {**disk.object("ebs"), "volumeSize": disk_gb}}
    credits_ = {"cpuCredits": cpu_credits} if burstable([instance_type]) else None
    return {"instanceType": instance_type, DISKS: [mapped], CREDITS: credits_}
