"""A fine-tuned model of one's own beside APIs that can be trained: a month of each, and where they change places."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Final

from infra.costs.compare import BreakEven, break_even
from infra.costs.curves import Curve, Limit
from infra.costs.errors import InputError
from infra.costs.estimate import DEFAULT_REGION, Estimate
from infra.costs.finetuning.settled import Assumption, settle
from infra.costs.finetuning.theirs import (
    EndpointHours,
    endpoint_hours,
    how_it_is_trained,
    trained_apis,
    vendors_training,
)
from infra.costs.finetuning.training import Training, TrainingCost, training_cost
from infra.costs.managed import ManagedApi, over_quota
from infra.costs.reports.words import quantity
from infra.costs.tco import Part, people
from infra.costs.tco.tuning import MONTHS_A_YEAR
from infra.costs.workload import Workload

SERVING: Final = "Serving"
PEOPLE: Final = "People"
TRAINING: Final = "Training"
LABELS: Final = "Labels"
PARTS: Final = (SERVING, PEOPLE, TRAINING, LABELS)
MOST_NAMES: Final = 3


@dataclass(frozen=True, kw_only=True)
class Side:
    """One way to have the fine-tuned model answer: `parts` of a month, as curves of volume, in the order of PARTS."""

    name: str
    parts: tuple[Part, ...]

    @cached_property
    def curve(self) -> Curve:
        """USD a month over volume; its limit is where capacity ends."""
        return Curve.total(part.monthly for part in self.parts)

    @cached_property
    def without_people(self) -> Curve:
        """The same with nobody's time counted."""
        return Curve.total(part.monthly for part in self.parts if part.name != PEOPLE)

    def at(self, volume: Fraction) -> Fraction | None:
        """USD a month at a volume; None above the limit."""
        limit = self.curve.limit
        return None if limit and volume > limit.volume else self.curve.at(volume)


@dataclass(frozen=True, kw_only=True)
class Rival:
    """A managed API that is trained on the same data: a month of it, one training, its endpoint, the break-even."""

    api: ManagedApi
    side: Side
    one_training: Fraction
    basis: str
    endpoint: EndpointHours | None
    with_people: BreakEven
    without_people: BreakEven
    quota: str = ""


@dataclass(frozen=True, kw_only=True)
class FineTuned:
    """Everything that is compared. `workload` is the one given with what it left open settled; `left_out` is unpriced.

    `sized` says whether the instances follow the traffic: whether the model's capacity is known.
    """

    workload: Workload
    cost: TrainingCost
    own: Side
    rivals: tuple[Rival, ...]
    assumptions: tuple[Assumption, ...]
    notes: tuple[str, ...]
    left_out: tuple[str, ...]
    sized: bool

    @property
    def training(self) -> Training:
        """The training on our side."""
        return self.cost.training

    @property
    def volume(self) -> Fraction:
        """Units a month at which figures are given."""
        return Fraction(self.workload.volume.per_month)

    @property
    def limit(self) -> Limit | None:
        """Where the stack's capacity ends."""
        return self.own.curve.limit

    @cached_property
    def cheapest(self) -> Rival:
        """The rival that costs least at the volume."""
        return min(self.rivals, key=lambda rival: rival.side.curve.at(self.volume))


def fine_tuned(estimate: Estimate, training: Training) -> FineTuned:
    """Compare a stack that serves the trained model with the APIs that are trained on the same data.

    The estimate is priced again for the training's unit. Raises InputError where no traffic is known for the stack,
    PriceError where the instance that trains has no price.
    """
    if not estimate.uses_traffic:
        name = estimate.stack.name or "stack"
        raise InputError(name, "no traffic is known for it", "give --workload FILE, which then speaks for its groups")
    apis, notes = trained_apis(estimate.workload, training)
    settled = settle(estimate.workload, training)
    workload, ours = settled.workload, estimate.again(workload=settled.workload)
    cost = training_cost(training, estimate.book, _region(ours), workload.volume.hours_per_month)
    own = _own(ours, cost)
    return FineTuned(
        workload=workload,
        cost=cost,
        own=own,
        rivals=tuple(_rival(api, workload, training, own) for api in apis),
        assumptions=settled.assumptions,
        notes=(*notes, *ours.notes),
        left_out=tuple(_left_out(ours, cost)),
        sized=bool(ours.groups),
    )


def _own(estimate: Estimate, cost: TrainingCost) -> Side:
    workload, training = estimate.workload, cost.training
    bought = "spot" if training.spot else "on demand"
    how = f"{quantity(training.hours)} hours ({training.known}) of {training.where}"
    machine = f"{how}, {bought}" if training.instance_type else f"{how}, which is not charged here"
    return Side(
        name="Self-hosted",
        parts=(
            Part(name=SERVING, monthly=estimate.curve("expected"), basis="the expected case of the stack"),
            people.running(workload),
            _each_month(TRAINING, cost.bought.expected, workload, machine),
            _labels(workload),
        ),
    )


def _rival(api: ManagedApi, workload: Workload, training: Training, own: Side) -> Rival:
    one, basis = vendors_training(api, workload, training), how_it_is_trained(api, workload, training)
    meters = ", ".join(meter.name.lower() for meter in api.meters)
    side = Side(
        name=api.name,
        parts=(
            Part(name=SERVING, monthly=api.curve(workload), basis=f"{meters}: {api.source}"),
            people.using(workload),
            _each_month(TRAINING, one, workload, basis),
            _labels(workload),
        ),
    )
    return Rival(
        api=api,
        side=side,
        one_training=one,
        basis=basis,
        endpoint=endpoint_hours(api, workload),
        with_people=break_even(own.curve, side.curve),
        without_people=break_even(own.without_people, side.without_people),
        quota=over_quota(api, workload),
    )


def _each_month(name: str, usd: Fraction, workload: Workload, basis: str) -> Part:
    """So many times a year as USD a month: a twelfth of the year's, as in the total cost of ownership."""
    times = workload.ownership.fine_tunings_per_year
    monthly = usd * Fraction(times) / MONTHS_A_YEAR
    return Part(name=name, monthly=Curve.constant(monthly), basis=f"{times:f} a year / {MONTHS_A_YEAR} x {basis}")


def _labels(workload: Workload) -> Part:
    owned = workload.ownership
    usd = Fraction(owned.labelled_examples) * Fraction(owned.usd_per_label)
    basis = f"{owned.labelled_examples:,f} labels x {owned.usd_per_label} USD, the same on either side"
    return _each_month(LABELS, usd, workload, basis)


def _region(estimate: Estimate) -> str:
    """Where the training runs: beside the group that serves."""
    first = next((group.resource.region for group in estimate.groups if group.resource.region), "")
    named = (resource.region for resource in estimate.stack if resource.region)
    return first or next(named, "") or estimate.region or DEFAULT_REGION


def _left_out(estimate: Estimate, cost: TrainingCost) -> Iterator[str]:
    """What the figures do not hold."""
    training = cost.training
    if not training.instance_type:
        yield "this machine that trains: its price, its power and the time of whoever waits for it"
    else:
        yield "bringing the data and the model there and back, and keeping them: no size of theirs is known"
    if training.spot and training.instance_type:
        yield "a training that is cut short when a spot instance is taken back, and begins again"
    if cost.disk is None:
        yield f"the disk of the machine that trains: no price of one in {cost.region}"
    if estimate.workload.ownership.idle_share:
        yield "ownership.idle_share: an endpoint and a group run in all open hours here"
    yield "on-call, support, a licence and building it once: breakeven tco"
    if not estimate.groups:
        yield "instances that follow the volume: no rate of the stack's instance type is known ([capacity])"
    unpriced = [reason.resource.name for reason in estimate.unpriced]
    if unpriced:
        named = ", ".join(unpriced[:MOST_NAMES])
        yield f"resources of the stack that have no price: {named} ({len(unpriced)} in all)"
    unknown = [item.resource.name for item in estimate.items if item.quantity is None]
    if unknown:
        yield f"usage nobody stated: {', '.join(unknown[:MOST_NAMES])} ({len(unknown)} in all)"
