"""What fine-tuning costs: labels on both sides, instance hours on ours, the price of a training at an API."""

from fractions import Fraction
from typing import Final

from infra.costs.curves import Curve
from infra.costs.errors import PriceError
from infra.costs.estimate import DEFAULT_REGION, Estimate
from infra.costs.managed import ManagedApi, fine_tuning_cost, managed_apis
from infra.costs.pricers.compute import on_demand
from infra.costs.tco.types import Part
from infra.costs.workload import Workload

NAME: Final = "Fine-tuning"
MONTHS_A_YEAR: Final = 12
Tuning = tuple[Part, tuple[str, ...]]
"""The part, and what it leaves out."""


def own_tuning(estimate: Estimate) -> Tuning:
    """Instance hours at the on-demand price (a training must not be cut short) and labels."""
    workload, owned = estimate.workload, estimate.workload.ownership
    if not owned.fine_tunings_per_year:
        return _none(), ()
    hour, words = _hour(estimate)
    each = _labels(workload) + Fraction(owned.fine_tuning_hours) * (hour or 0)
    basis = (
        f"{_times(workload)} (ownership.fine_tuning_hours {owned.fine_tuning_hours} x {words} + {_labelled(workload)})"
    )
    unknown = () if hour is not None else (f"fine-tuning: instance hours, {words}",)
    return _part(workload, each, basis), unknown


def api_tuning(workload: Workload, api: ManagedApi) -> Tuning:
    """Labels and what the vendor charges for a training; labels alone where the API is not trained."""
    if not workload.ownership.fine_tunings_per_year:
        return _none(), ()
    if not api.training:
        basis = f"{_times(workload)} {_labelled(workload)}"
        return _part(workload, _labels(workload), basis), (_no_training(api),)
    each = _labels(workload) + fine_tuning_cost(api, workload)
    price = f"a training at {api.training.amount} USD per {api.training.unit}"
    return _part(workload, each, f"{_times(workload)} ({price} + {_labelled(workload)})"), ()


def both_tunings(estimate: Estimate, api: ManagedApi) -> Tuning:
    """Two models trained on the same examples, which are labelled once."""
    (own, own_unknown), (other, other_unknown) = own_tuning(estimate), api_tuning(estimate.workload, api)
    labels = _part(estimate.workload, _labels(estimate.workload), "")
    if not estimate.workload.ownership.fine_tunings_per_year:
        return own, ()
    basis = f"the stack's: {own.basis}; the API's, labels counted once: {other.basis}"
    return Part(name=NAME, monthly=own.monthly + other.monthly - labels.monthly, basis=basis), (
        *own_unknown,
        *other_unknown,
    )


def _no_training(api: ManagedApi) -> str:
    others = [a.key for a in managed_apis().values() if a.training and a.unit == api.unit]
    instead = f"; {', '.join(others)} can be" if others else ""
    return f"fine-tuning: {api.name} is not trained on data of one's own{instead}"


def _none() -> Part:
    return Part(name=NAME, monthly=Curve.constant(0), basis="ownership.fine_tunings_per_year is 0")


def _part(workload: Workload, each: Fraction, basis: str) -> Part:
    monthly = each * Fraction(workload.ownership.fine_tunings_per_year) / MONTHS_A_YEAR
    return Part(name=NAME, monthly=Curve.constant(monthly), basis=basis)


def _labels(workload: Workload) -> Fraction:
    return Fraction(workload.ownership.labelled_examples) * Fraction(workload.ownership.usd_per_label)


def _times(workload: Workload) -> str:
    return f"ownership.fine_tunings_per_year {workload.ownership.fine_tunings_per_year} / {MONTHS_A_YEAR} x"


def _labelled(workload: Workload) -> str:
    owned = workload.ownership
    return f"ownership.labelled_examples {owned.labelled_examples:,f} x ownership.usd_per_label {owned.usd_per_label}"


def _hour(estimate: Estimate) -> tuple[Fraction | None, str]:
    """USD for an hour of the first group's instance, and that in words; None with the reason where there is none."""
    if not estimate.groups:
        return None, "no autoscaling group says of which instance"
    group = estimate.groups[0]
    region = group.resource.region or estimate.region or DEFAULT_REGION
    try:
        price = on_demand(estimate.book.region(region), group.instance_type)
    except PriceError as error:
        return None, error.reason
    return Fraction(price.amount), f"{price.amount} USD an hour of {group.instance_type} on demand"
