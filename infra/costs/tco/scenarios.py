"""The four scenarios: what each is made of, and what it assumes about who answers a burst."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final

from infra.costs.curves import Curve
from infra.costs.estimate import Estimate
from infra.costs.managed import ManagedApi, over_quota
from infra.costs.stack import Stack
from infra.costs.tco import people, support
from infra.costs.tco.fallback import Day, day_of, overflow
from infra.costs.tco.tuning import api_tuning, both_tunings, own_tuning
from infra.costs.tco.types import Part, Scenario
from infra.costs.traffic import GROUP
from infra.costs.whatif import with_minimum
from infra.costs.workload import Workload

QUEUE: Final = "aws:sqs/queue:Queue"
STACK: Final = "Stack"
API: Final = "API"
FALLBACK: Final = "With fallback"
MOST_NAMES: Final = 3


def from_api(workload: Workload, api: ManagedApi) -> Scenario:
    """Everything from the API."""
    tuning, unknown = api_tuning(workload, api)
    outages, unbounded = support.vendor_outages(workload, api)
    quota = over_quota(api, workload)
    return Scenario(
        key="api",
        name="API",
        parts=(_bill(workload, api), people.using(workload), *support.vendor_plan(workload), tuning, *outages),
        assumes="the provider answers every burst, is on call and has built it; putting it to use is within "
        f"people.api_share{f'; {quota}' if quota else ''}",
        unknown=(*unknown, *unbounded),
    )


def self_hosted(estimate: Estimate) -> Scenario:
    """Everything from the stack."""
    tuning, unknown = own_tuning(estimate)
    bill = Part(
        name=STACK, monthly=estimate.curve("expected"), basis=f"the expected case of the stack{_idle(estimate)}"
    )
    return Scenario(
        key="self-hosted",
        name="Self-hosted",
        parts=(bill, people.running(estimate.workload), *_kept(estimate.workload), tuning),
        once=(people.build(estimate.workload),),
        assumes="the groups answer bursts themselves, up to their maximum at the full rate of an instance; the bill "
        f"counts {_instances(estimate)}",
        unknown=(*unknown, *_unpriced(estimate)),
    )


def _instances(estimate: Estimate) -> str:
    if estimate.simulated:
        return "the instances that a simulation found"
    return "the instances of the average, planned at serving.utilisation"


def with_fallback(estimate: Estimate, api: ManagedApi) -> Scenario:
    """Instances for the quiet hours; what the busy ones ask beyond them goes to the API."""
    workload = estimate.workload
    if not estimate.groups:
        why = "no group's size follows the traffic: state [capacity] of its instance type, and no `instances`"
        return replace(self_hosted(estimate), key="fallback", name=FALLBACK, impossible=why)
    day = day_of(workload)
    planned = estimate.again(planned_part=day.planned_part)
    tuning, unknown = both_tunings(estimate, api)
    unknown = (*unknown, *_unpriced(estimate))
    stack = Part(
        name=STACK,
        monthly=planned.curve("expected"),
        basis=f"instances for the quiet hours, {float(day.planned_part):.3g} x the average{_idle(estimate)}; "
        "every request enters through the stack",
    )
    price = api.curve(workload)
    beyond = planned.derived(day, lambda: overflow(planned.groups, workload, day))
    sent = Part(
        name=API,
        monthly=planned.derived((day, price), lambda: price.of(beyond)),
        basis=f"{api.name} for what the busy hours ask above the instances: {_burst(workload, day)}",
    )
    if any(meter.endpoint for meter in api.meters):
        unknown = (*unknown, f"{api.name} runs inference units of its own, here as few as if bursts came evenly")
    return Scenario(
        key="fallback",
        name=FALLBACK,
        parts=(stack, sent, people.both(workload), *_kept(workload), *support.vendor_plan(workload), tuning),
        once=(people.build(workload),),
        assumes="the API answers what the instances cannot, so the groups' maximum ends nothing; the answers of both "
        "are of the same use",
        unknown=unknown,
    )


def to_zero(estimate: Estimate) -> Scenario:
    """No instance while nobody calls."""
    empty = estimate.derived("to zero", lambda: with_minimum(estimate.stack, 0))
    alone = self_hosted(estimate.again(stack=empty))
    basis = f"the expected case with every group's minimum 0: no instance while closed{_idle(estimate)}"
    bill = replace(alone.parts[0], basis=basis)
    return replace(
        alone,
        key="scale-to-zero",
        name="Scale to zero",
        parts=(bill, *alone.parts[1:]),
        impossible=_why_not_zero(estimate.stack),
        assumes="a cold start after every idle time: minutes until an instance is ready, not in these figures; only "
        "what waits in the queue wakes a group, a request sent directly before that fails; no spare instance in "
        "another zone, whatever the minimum was",
    )


def awake(workload: Workload) -> Workload:
    """The workload whose open hours are those in which anybody calls; the busiest minute stays what it was."""
    share = 1 - workload.ownership.idle_share
    if share in (0, 1):
        return workload
    peak = max(workload.volume.peak_to_average * share, Decimal(1))
    hours = workload.volume.hours_open_per_day * share
    return replace(workload, volume=replace(workload.volume, hours_open_per_day=hours, peak_to_average=peak))


def _bill(workload: Workload, api: ManagedApi) -> Part:
    return Part(name=API, monthly=api.curve(workload), basis=f"{api.name} for volume.per_month: {api.source}")


def _kept(workload: Workload) -> tuple[Part, ...]:
    """What every scenario with a stack of one's own has beside its bill and those who run it."""
    owned = workload.ownership
    plan = Curve.constant(owned.support_per_month)
    model = Curve.constant(owned.model_per_month)
    return (
        people.on_call(workload),
        Part(name="Support", monthly=plan, basis=f"ownership.support_per_month {owned.support_per_month}"),
        Part(name="Model", monthly=model, basis=f"ownership.model_per_month {owned.model_per_month}"),
        *support.own_outages(workload),
    )


def _idle(estimate: Estimate) -> str:
    idle = estimate.workload.ownership.idle_share
    return f"; ownership.idle_share {idle} of the open hours counts as closed" if idle else ""


def _unpriced(estimate: Estimate) -> Iterator[str]:
    """What the stack's bill leaves out: resources without a price, lines without a quantity."""
    names = [reason.resource.name for reason in estimate.unpriced]
    if names:
        yield f"resources of the stack that have no price: {', '.join(names[:MOST_NAMES])} ({len(names)} in all)"
    lines = [item.resource.name for item in estimate.items if item.quantity is None]
    if lines:
        yield f"usage nobody stated (--usage): {', '.join(lines[:MOST_NAMES])} ({len(lines)} in all)"


def _burst(workload: Workload, day: Day) -> str:
    owned, volume = workload.ownership, workload.volume
    said = f"ownership.burst_hours_per_day {owned.burst_hours_per_day} at volume.peak_to_average "
    clamped = "; more than the whole volume, so all of it comes then" if day.clamped else ""
    idle = " of the hours in which anybody calls" if owned.idle_share else ""
    return f"{said}{float(volume.peak_to_average):g} x the average{idle}{clamped}"


def _why_not_zero(stack: Stack) -> str:
    groups = stack.of_type(GROUP)
    if not groups:
        return "it has no autoscaling group"
    foreign = [group.name for group in groups if not group.component]
    if foreign:
        return f"{foreign[0]} is not a group of this project, whose minimum could be set to 0"
    queues = [q for q in stack.of_type(QUEUE) if q.component and q.inputs.has("redrivePolicy")]
    return "" if queues else "nothing wakes a group that is at 0: the stack has no queue (breakeven:intake)"
