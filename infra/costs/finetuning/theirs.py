"""The managed side: which APIs can be trained on such data, what that costs, and what an endpoint costs while idle."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from infra.costs.errors import InputError
from infra.costs.finetuning.training import Training, Unit
from infra.costs.managed import ManagedApi, fine_tuning_cost, managed_apis, named, training_tokens
from infra.costs.workload import SECONDS_IN_AN_HOUR, Workload

ANSWERED: Final[Mapping[Unit, tuple[str, ...]]] = {"texts": ("texts", "requests"), "images": ("images",)}
"""The units of APIs that can be trained on each kind of data: one text is one request of a language model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointHours:
    """Hours a month of an endpoint's inference units: paid while the service is open, and at work in a part of them."""

    units: Fraction
    paid: Fraction
    at_work: Fraction
    usd: Fraction
    mark: str = ""

    @property
    def idle(self) -> Fraction:
        """Hours that are paid and in which nothing is asked."""
        return self.paid - self.at_work

    @property
    def idle_share(self) -> Fraction:
        """Part of the paid hours that is idle."""
        return self.idle / self.paid if self.paid else Fraction(0)

    @property
    def idle_usd(self) -> Fraction:
        """USD a month for the idle hours."""
        return self.usd * self.idle_share


def trained_apis(workload: Workload, training: Training) -> tuple[tuple[ManagedApi, ...], tuple[str, ...]]:
    """The APIs to stand beside: those of `compare.apis` that can be trained on such data, else all that can.

    Also why any that is named was left out. Raises InputError for a name that is unknown.
    """
    units = ANSWERED[training.unit]
    asked = tuple(named(name, workload) for name in workload.compare.apis)
    fitting = tuple(api for api in asked if api.training and api.unit in units)
    left = tuple(
        f"{api.name} (compare.apis) is not trained on {training.unit} of one's own"
        for api in asked
        if api not in fitting
    )
    every = tuple(api for api in managed_apis().values() if api.training and api.unit in units)
    return fitting or every, left


def vendors_training(api: ManagedApi, workload: Workload, training: Training) -> Fraction:
    """USD of one training by the vendor; by tokens it is the data's own size. Raises InputError as fine_tuning_cost."""
    return fine_tuning_cost(api, _of_the_data(workload, training))


def how_it_is_trained(api: ManagedApi, workload: Workload, training: Training) -> str:
    """The same in words: quantity times price, and what of it is assumed."""
    if not api.training:
        raise InputError(api.key, "the vendor trains no model of yours behind it", "take one with `training` prices")
    mark = f", {api.training.mark}" if api.training.mark else ""
    price = f"{api.training.amount} USD per {api.training.unit}{mark}"
    if api.training.unit == "hour":
        hours = workload.ownership.fine_tuning_hours
        assumed = " (assumed)" if hours == Workload().ownership.fine_tuning_hours else ""
        return f"{hours} hours{assumed} at {price}"
    tokens = training_tokens(_of_the_data(workload, training))
    return f"{float(tokens):,.0f} tokens (assumed: see request.tokens_in and epochs) at {price}"


def endpoint_hours(api: ManagedApi, workload: Workload) -> EndpointHours | None:
    """The hours of its inference units at the workload's volume; None where the API charges for no time."""
    for meter in api.meters:
        if meter.endpoint:
            volume, each = Fraction(workload.volume.per_month), meter.each(workload)
            units = meter.endpoint.units(workload, each).at(volume)
            at_work = volume * each / Fraction(meter.endpoint.per_second) / SECONDS_IN_AN_HOUR
            return EndpointHours(
                units=units,
                paid=units * workload.open_hours,
                at_work=at_work,
                usd=meter.curve(workload).at(volume),
                mark=meter.endpoint.mark,
            )
    return None


def _of_the_data(workload: Workload, training: Training) -> Workload:
    """The workload whose trainings read the examples at hand, however many labels are bought for each."""
    return replace(workload, ownership=replace(workload.ownership, labelled_examples=Decimal(training.examples)))
