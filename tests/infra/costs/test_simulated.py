"""Simulated instances in place of the average rule: exact bills, and what stays as it is."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.costs.curves import Curve, Infeasible
from infra.costs.errors import InputError
from infra.costs.estimate import Estimate
from infra.costs.items import Case
from infra.costs.reports.explain import explain
from infra.costs.reports.report import Report
from infra.costs.simulated import Amount, SimulatedUse, UsePoint
from infra.costs.whatif import with_minimum
from infra.costs.workload import Compare, People, Volume, Workload
from tests.infra.costs.stacks import (
    GROUP,
    PREFIX,
    TEMPLATE,
    TINY_DISK,
    Row,
    cost,
    fleet,
    group,
    lines,
    mixed,
    priced,
    quantity,
    row,
)

HOURS = 730
HOUR = Fraction("0.526")  # g4dn.xlarge on demand in us-east-1
DISK = Fraction("0.08")  # the template's 1 GB of gp3
MILLION = 1_000_000
WORDS = "3 simulations of a weekday"
LOST = "requests were lost above it"
NOBODY = People(engineers=Decimal(0))
CASES_BESIDE: tuple[Case, ...] = ("low", "high")
Point = tuple[Amount, Amount, Amount, Amount]
RISES: Sequence[Point] = ((0, 1, 0, 0), (10 * MILLION, 3, 0, 0))


def workload(per_month: int = 5 * MILLION, **volume: Any) -> Workload:
    shape = Volume(per_month=Decimal(per_month), peak_to_average=Decimal(1), **volume)
    return Workload(
        volume=shape,
        people=NOBODY,
        compare=Compare(apis=("rekognition_labels",)),
        capacity=(("g4dn.xlarge", Decimal(75)),),
    )


def use(points: Sequence[Point] = RISES, reason: str = "") -> SimulatedUse:
    return SimulatedUse.through(points, WORDS, limit_reason=reason)


def simulated(
    *rows: Row, points: Sequence[Point] = RISES, reason: str = "", known: Workload | None = None, **asked: Any
) -> Estimate:
    rows = rows or tuple(fleet("g4dn.xlarge", 1, 4))
    return priced(*rows, workload=known or workload(), simulated={"asg": use(points, reason)}, **asked)


def with_inputs(rows: list[Row], token: str, **inputs: Any) -> list[Row]:
    return [{**r, "inputs": {**r["inputs"], **inputs}} if r["type"] == token else r for r in rows]


def spot_fleet() -> list[Row]:
    asg = row(GROUP, "asg", minSize=1, maxSize=4, mixedInstancesPolicy=mixed(["g4dn.xlarge"], 1, 0))
    template = row(TEMPLATE, "lt", blockDeviceMappings=TINY_DISK)
    return [template, {**asg, "urn": f"{PREFIX}breakeven:infra:Fleet${GROUP}::asg"}]


def test_two_instances_on_average_cost_two_instances_and_their_disks() -> None:
    assert simulated().monthly("expected") == 2 * (HOURS * HOUR + DISK)


@pytest.mark.parametrize(("volume", "instances"), [(0, 1), (1, "1.0000002"), (2_500_000, "1.5"), (10 * MILLION, 3)])
def test_between_the_points_the_bill_follows_straight_lines(volume: int, instances: Any) -> None:
    assert simulated().curve("expected").at(volume) == Fraction(instances) * (HOURS * HOUR + DISK)


def test_on_demand_and_spot_are_billed_each_at_its_price() -> None:
    found = simulated(*spot_fleet(), points=[(0, Decimal("0.75"), Decimal("1.5"), 0)])
    on_demand, spot = lines(found, "Instance usage")
    assert found.of_item(on_demand, "expected") == Fraction("0.75") * HOURS * HOUR
    assert found.of_item(spot, "expected") == Fraction("1.5") * HOURS * Fraction(spot.price.amount)
    assert spot.price.amount < on_demand.price.amount
    assert cost(found, "Storage") == Fraction("2.25") * DISK


def test_hours_in_which_nobody_asks_are_in_the_simulation_already() -> None:
    assert simulated(known=workload(hours_open_per_day=Decimal(8))).monthly("expected") == 2 * (HOURS * HOUR + DISK)


def test_low_and_high_stay_the_minimum_and_the_maximum() -> None:
    for rows in (fleet("g4dn.xlarge", 1, 4), spot_fleet()):
        steady = priced(*rows, workload=workload())
        found = simulated(*rows)
        for case in CASES_BESIDE:
            assert found.curve(case) == steady.curve(case)


def test_without_a_simulation_every_line_is_as_before() -> None:
    rows = fleet("g4dn.xlarge", 1, 4)
    steady = priced(*rows, workload=workload())
    assert priced(*rows, workload=workload(), simulated={}).items == steady.items
    assert simulated(*rows).items != steady.items


@pytest.mark.parametrize("state", ["Stopped", "Running"])
def test_what_waits_in_the_warm_pool_keeps_its_disks_and_pays_hours_only_while_it_runs(state: str) -> None:
    rows = with_inputs(fleet("g4dn.xlarge", 1, 4), GROUP, warmPool={"poolState": state})
    found = simulated(*rows, points=[(0, 1, 0, Decimal("2.5"))])
    running = Fraction("2.5") * HOURS * HOUR if state == "Running" else 0
    assert found.monthly("expected") == HOURS * HOUR + DISK + Fraction("2.5") * DISK + running


def test_addresses_and_monitoring_follow_the_simulated_number() -> None:
    rows = with_inputs(
        fleet("g4dn.xlarge", 1, 4),
        TEMPLATE,
        monitoring={"enabled": True},
        networkInterfaces=[{"associatePublicIpAddress": "true"}],
    )
    found = simulated(*rows)
    assert quantity(found, "Public IPv4 addresses") == 2 * HOURS
    assert quantity(found, "EC2 detailed monitoring") == 2 * quantity(
        simulated(*rows, points=[(0, 1, 0, 0)]), "EC2 detailed monitoring"
    )


def test_other_resources_that_count_instances_count_the_simulated_ones() -> None:
    queue = row("aws:sqs/queue:Queue", "jobs", redrivePolicy="{}")
    queue["urn"] = f"{PREFIX}breakeven:infra:Intake$aws:sqs/queue:Queue::jobs"
    one, two = (simulated(*fleet("g4dn.xlarge", 1, 4), queue, points=[(0, n, 0, 0)]) for n in (1, 2))
    polls = HOURS * 180  # an instance asks every 20 seconds
    (line,) = lines(one, resource="jobs")
    assert cost(two, resource="jobs") - cost(one, resource="jobs") == polls * Fraction(line.price.amount) / MILLION


def test_explain_says_where_the_instances_come_from() -> None:
    said = " ".join(explain(Report("preview", "test", simulated()), "asg").split())
    assert f"instances: simulated, {WORDS}" in said
    assert "serving.utilisation" not in said


def test_above_the_last_volume_nothing_is_served_where_requests_were_lost() -> None:
    found = simulated(reason=LOST).curve("expected")
    assert found.at(10 * MILLION) == 3 * (HOURS * HOUR + DISK)
    with pytest.raises(Infeasible, match=LOST):
        found.at(10 * MILLION + 1)
    beyond = simulated(reason=LOST, known=workload(20 * MILLION))
    assert beyond.monthly("expected") == 3 * (HOURS * HOUR + DISK)
    assert simulated().curve("expected").at(20 * MILLION) == 5 * (HOURS * HOUR + DISK)


def test_a_usage_file_that_states_the_instances_is_believed_and_it_says_so() -> None:
    found = simulated(usage={"asg": {"instances": 3}})
    assert cost(found, "Instance usage") == 3 * HOURS * HOUR
    assert "asg: its instances are stated, the simulated ones are not used" in found.notes
    part_time = simulated(usage={"asg": {"monthly_hours": 100}})
    assert cost(part_time, "Instance usage") == 2 * HOURS * HOUR
    assert cost(part_time, "Instance usage", case="high") == 4 * 100 * HOUR


def test_another_programs_group_can_be_simulated_too() -> None:
    found = simulated(*group("g4dn.xlarge", 1, 4))
    assert found.monthly("expected") == 2 * (HOURS * HOUR + DISK)
    assert found.uses_traffic


def test_a_name_that_is_no_group_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"simulated group ags: not in the stack, did you mean 'asg'\?"):
        priced(*fleet("g4dn.xlarge", 1, 4), workload=workload(), simulated={"ags": use()})


def test_instances_in_a_warm_pool_that_the_group_lacks_are_refused() -> None:
    with pytest.raises(InputError, match="simulated group asg: instances wait in a warm pool, and the group has none"):
        simulated(points=[(0, 1, 0, 1)])


def test_priced_again_a_simulation_stays_while_its_group_is_the_same() -> None:
    found = simulated()
    steady = priced(*fleet("g4dn.xlarge", 1, 4), workload=workload())
    assert found.again().items == found.items
    assert found.again(workload=workload(10 * MILLION)).monthly("expected") == 3 * (HOURS * HOUR + DISK)
    assert found.again(simulated={}).items == steady.items
    larger = with_minimum(found.stack, 2)
    assert found.again(stack=larger).items == steady.again(stack=larger).items
    assert found.again(planned_part=Fraction(1, 2)).items == steady.again(planned_part=Fraction(1, 2)).items
    assert found.again(planned_part=Fraction(1, 2)).again().items == found.items


PROPERTY = settings(deadline=None, derandomize=True, max_examples=60)
COUNTS = st.fractions(min_value=0, max_value=50, max_denominator=1000)
VOLUMES = st.fractions(min_value=0, max_value=10**8, max_denominator=7)


@st.composite
def points_of(draw: st.DrawFn, *, rising: bool = False) -> list[UsePoint]:
    volumes = sorted(draw(st.lists(VOLUMES, min_size=1, max_size=6, unique=True)))
    columns = [draw(st.lists(COUNTS, min_size=len(volumes), max_size=len(volumes))) for _ in range(3)]
    if rising:
        columns = [sorted(column) for column in columns]
    return [UsePoint(*row) for row in zip(volumes, *columns, strict=True)]


def curves(found: SimulatedUse) -> tuple[Curve, Curve, Curve]:
    return found.on_demand, found.spot, found.warm


@PROPERTY
@given(points=points_of(), reason=st.sampled_from(["", LOST]), volume=VOLUMES)
def test_the_curves_go_through_every_point_and_stay_between_neighbours(
    points: list[UsePoint], reason: str, volume: Fraction
) -> None:
    found = SimulatedUse.through(points, WORDS, limit_reason=reason)
    for curve, column in zip(curves(found), list(zip(*points, strict=True))[1:], strict=True):
        for point, value in zip(points, column, strict=True):
            assert curve.at(point.volume) == value
        for (a, x), (b, y) in pairwise(zip((p.volume for p in points), column, strict=True)):
            middle = (a + b) / 2
            assert curve.at(middle) == (x + y) / 2
        if volume <= points[0].volume:
            assert curve.at(volume) == column[0]
        assert curve.unlimited_at(volume) >= 0
        if volume > points[-1].volume:
            assert curve.unlimited_at(volume) >= column[-1]
        assert (found.running + curve).unlimited_at(volume) == sum(
            c.unlimited_at(volume) for c in (found.on_demand, found.spot, curve)
        )


@PROPERTY
@given(points=points_of(rising=True), volumes=st.lists(VOLUMES, min_size=2, max_size=5))
def test_instances_that_rise_never_make_a_bill_fall(points: list[UsePoint], volumes: list[Fraction]) -> None:
    rows = with_inputs(spot_fleet(), GROUP, warmPool={"poolState": "Stopped"})
    bill = simulated(*rows, points=points).curve("expected")
    amounts = [bill.at(volume) for volume in sorted(volumes)]
    assert amounts == sorted(amounts)


@PROPERTY
@given(value=st.floats(min_value=0, max_value=1e6))
def test_a_float_counts_as_the_decimal_it_prints_as(value: float) -> None:
    assert SimulatedUse.through([(0, value, 0, 0)], WORDS).on_demand == Curve.constant(Fraction(str(value)))
    assert SimulatedUse.through([(0, 0.1, 0, 0)], WORDS).on_demand.at(7) == Fraction(1, 10)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([], "no point"),
        ([(5, 1, 0, 0), (5, 2, 0, 0)], "a volume of 5 comes after 5"),
        ([(5, 1, 0, 0), (1, 2, 0, 0)], "a volume of 1 comes after 5"),
        ([(5, -1, 0, 0)], "-1 is below 0"),
        ([(5, float("nan"), 0, 0)], "nan is not a number"),
        ([(5, Decimal("inf"), 0, 0)], "Infinity is not a number"),
    ],
)
def test_points_that_cannot_be_are_refused(points: list[Point], said: str) -> None:
    with pytest.raises(InputError, match=rf"simulated use \({WORDS}\): {said}"):
        SimulatedUse.through(points, WORDS)
