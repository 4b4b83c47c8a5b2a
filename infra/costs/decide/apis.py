"""The managed APIs that do a task, at a discount, with curves that are made once."""

from dataclasses import fields, replace
from decimal import Decimal
from functools import lru_cache
from typing import Final

from infra.costs.curves import Curve
from infra.costs.decide.situation import Situation
from infra.costs.managed import ManagedApi, managed_apis, offers_for
from infra.costs.workload import Volume, Workload

MOST_REMEMBERED: Final = 1_000
TASKS: Final = {
    "image-labels": "image-labels",
    "sentiment": "sentiment",
    "document-text": "document-text",
    "text-generation": "generation",
}
TUNED: Final = {
    "image-labels": "image-custom-labels",
    "sentiment": "text-custom-classification",
    "text-generation": "custom-generation",
}
"""What managed APIs call the task, and the same on a model trained with one's own labels."""


class Remembered(ManagedApi):
    """An API whose curve is made once for all workloads that it charges alike."""

    __slots__ = ()

    def curve(self, workload: Workload, tier: int | None = None) -> Curve:
        """As ManagedApi.curve."""
        # Inference units follow the shape of the volume; everything else is charged by what a request holds.
        shaped = workload.volume if any(meter.endpoint for meter in self.meters) else Volume()
        return _curve(self, Workload(volume=shaped, request=workload.request, billing=workload.billing), tier)


@lru_cache(maxsize=MOST_REMEMBERED)
def _curve(api: Remembered, workload: Workload, tier: int | None) -> Curve:
    return ManagedApi.curve(api, workload, tier)


@lru_cache(maxsize=MOST_REMEMBERED)
def _discounted(api: ManagedApi, left: Decimal) -> Remembered:
    """The API with every price so many times what it is."""
    meters = tuple(
        replace(meter, tiers=tuple(replace(tier, amount=tier.amount * left) for tier in meter.tiers))
        for meter in api.meters
    )
    return Remembered(**{f.name: getattr(api, f.name) for f in fields(api) if f.name != "meters"}, meters=meters)


def apis_for(situation: Situation, workload: Workload) -> tuple[ManagedApi, ...]:
    """The APIs that do the task: those the workload names, else those of the task, trained ones where it must be."""
    if workload.compare.apis:
        found = offers_for(workload)
    elif situation.customisation == "fine-tune":
        found = tuple(api for api in managed_apis().values() if api.task == TUNED.get(situation.task))
    else:
        offered = offers_for(workload) if situation.task in TASKS else ()
        found = tuple(api for api in offered if api.task == TASKS[situation.task])
    return tuple(_discounted(api, 1 - situation.api_discount) for api in found)
