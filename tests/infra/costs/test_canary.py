"""A canary in the bill: its own instances whatever the traffic, and the main group sized for what is left."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from infra.costs.capacity import ModelCapacity
from infra.costs.curves import Infeasible
from infra.costs.errors import InputError
from infra.costs.estimate import Estimate, estimate
from infra.costs.items import CASES
from infra.costs.readers import stack_from_rows
from infra.costs.workload import Workload
from infra.record import ROOT, Recording
from tests.infra.costs.stacks import cost, fleet, priced, quantity
from tests.infra.stack_variants import canary, trial

HOURLY = Fraction("0.526")
WORKLOAD = """
[volume]
per_month = {volume}
peak_to_average = {peak}
[serving]
utilisation = 0.5
[capacity]
"g4dn.xlarge" = 10
"""
# One instance answers 10 a second, planned at half: 10 x 0.5 x 730 x 3,600 = 13,140,000 a month.
ONE = 13_140_000


def shared(tmp_path: Path, percent: object, minimum: int, maximum: int, volume: int, peak: int = 1) -> Estimate:
    """A group of this project's fleet to which a share of the traffic comes."""
    template, group = fleet("g4dn.xlarge", minimum, maximum)
    tags: list[dict[str, Any]] = [{"key": "trafficPercent", "value": percent}]
    group["inputs"]["tags"] = tags
    path = tmp_path / "workload.toml"
    path.write_text(WORKLOAD.format(volume=volume, peak=peak))
    return priced(template, group, workload=Workload.read(path))


@pytest.mark.parametrize(
    ("percent", "volume", "instances"),
    [("50", 2 * ONE, 1), ("50", 2 * ONE + 1, 2), ("100", ONE, 1), ("100", ONE + 1, 2), ("90", 10 * ONE // 9, 1)],
)
def test_a_group_is_sized_for_its_share_of_the_traffic(
    tmp_path: Path, percent: str, volume: int, instances: int
) -> None:
    assert quantity(shared(tmp_path, percent, 1, 4, volume), "Instance usage") == instances * 730


@pytest.mark.parametrize("percent", ["0", "10", "50"])
@pytest.mark.parametrize("volume", [0, ONE, 9 * ONE])
def test_a_group_of_fixed_size_costs_the_same_in_all_three_cases(tmp_path: Path, percent: str, volume: int) -> None:
    found = shared(tmp_path, percent, 2, 2, volume)
    assert {case: cost(found, "Instance usage", case=case) for case in CASES} == dict.fromkeys(CASES, 2 * 730 * HOURLY)


def test_capacity_ends_where_the_peak_of_its_share_reaches_a_group(tmp_path: Path) -> None:
    curve = shared(tmp_path, "10", 1, 1, 0, peak=2).curve("expected")
    # A tenth of the volume, doubled at the peak, is what one answers at its full 10 a second: twice what is planned.
    most = 10 * ONE
    assert curve.at(most) > 0
    with pytest.raises(Infeasible, match=r"asg at its maximum of 1 x g4dn\.xlarge, .* with 10 % of the traffic"):
        curve.at(most + 1)


def test_without_traffic_capacity_never_ends(tmp_path: Path) -> None:
    assert shared(tmp_path, "0", 1, 1, 0).curve("expected").limit is None


@pytest.mark.parametrize(("percent", "said"), [("101", "101 is out of range; use 0 to 100"), ("many", "not a number")])
def test_a_share_that_cannot_be_is_refused(tmp_path: Path, percent: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        shared(tmp_path, percent, 1, 4, ONE)


def bill(recording: Recording, volume: int) -> Estimate:
    rows = stack_from_rows(recording.resources, recording.stack, "test", "us-east-1")
    capacity = ModelCapacity.read(ROOT / "serving" / "models" / "resnet50" / "capacity.toml")
    return estimate(rows, workload=Workload().at_volume(Decimal(volume)), capacity=capacity)


def hours(found: Estimate, group: str) -> list[Fraction]:
    (item,) = [i for i in found.items if i.resource.name == group and i.label.startswith("Instance usage")]
    assert item.quantity is not None
    return [item.quantity[case].unlimited_at(found.volume) for case in CASES]


def test_the_program_tags_its_groups_so_that_their_shares_are_priced() -> None:
    # 75 a second planned at 0.7 are 137,970,000 a month: with half of the traffic one answers twice that.
    volume = 270_000_000
    alone, beside = bill(trial(), volume), bill(canary(canaryWeightPercent=50, canarySize=3), volume)
    assert hours(alone, "fleet") == [730, 2 * 730, 4 * 730]
    assert hours(beside, "fleet") == [730, 730, 4 * 730]
    assert hours(beside, "fleet-canary") == [3 * 730] * 3
