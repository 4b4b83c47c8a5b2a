"""A stack as it would be with another size or purchase, to price it again: nothing is deployed or run."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from infra.costs.errors import InputError
from infra.costs.stack import Inputs, Resource, Stack
from infra.costs.traffic import GROUP

MIXED: Final = "mixedInstancesPolicy"
DISTRIBUTION: Final = "instancesDistribution"
ON_DEMAND: Final = "onDemandPercentageAboveBaseCapacity"


def with_spot_share(stack: Stack, share: Fraction) -> Stack:
    """Every mixed group with this share (0 to 1) of its instances above the on-demand base bought as spot.

    AWS takes whole per cent. Raises InputError for other shares, and where the stack has no mixed group.
    """
    percent = (1 - share) * 100
    if not 0 <= share <= 1 or percent.denominator != 1:
        raise InputError(f"spot share {float(share):g}", "not a whole per cent from 0 to 1", "give 0.35, for example")
    groups = [r for r in stack.of_type(GROUP) if len(r.inputs.object(MIXED))]
    if not groups:
        raise InputError(stack.name or "stack", "it has no group with a purchase mix", "leave the spot share out")
    return _changed(stack, {r.urn: _bought(r, int(percent)) for r in groups})


def with_minimum(stack: Stack, instances: int) -> Stack:
    """Every autoscaling group of our components with another minimum, at most its maximum."""
    changes = {}
    for group in stack.of_type(GROUP):
        if group.component:
            lowest = min(instances, group.inputs.count("maxSize"))
            changes[group.urn] = {"minSize": lowest, "desiredCapacity": None}
    return _changed(stack, changes)


def _bought(group: Resource, percent: int) -> dict[str, Any]:
    mixed = dict(group.inputs.object(MIXED))
    mixed[DISTRIBUTION] = {**group.inputs.object(MIXED).object(DISTRIBUTION), ON_DEMAND: percent}
    return {MIXED: mixed}


def _changed(stack: Stack, changes: Mapping[str, Mapping[str, Any]]) -> Stack:
    return Stack(
        (
            replace(r, inputs=Inputs({**r.inputs, **changes[r.urn]}, r.name)) if r.urn in changes else r
            for r in stack.resources
        ),
        stack.name,
    )
