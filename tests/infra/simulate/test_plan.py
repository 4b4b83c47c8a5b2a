"""The planned settings hold the objective, cost least of all that do, and are settings the stack takes."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import pytest
import yaml

from infra.choose import Base
from infra.costs.errors import InputError
from infra.costs.reports.text import plain
from infra.costs.workload import Workload
from infra.record import StackConfig, read_config, record_config
from infra.scaling.traffic import Trace
from infra.settings import MODELS
from infra.simulate import Objective, Plan, plan, plan_text, simulate, simulated_group, stack_file
from infra.simulate.strategies import scheduled

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
DAY = [20.0] * 8 + [150.0] * 8 + [20.0] * 8
BASE = Base.of(read_config("dev"), Workload().at_volume(Decimal(150_000_000)))


def office(days: int = 2) -> Trace:
    """Requests a second by the hour: a working day that needs three instances, nights that need one."""
    return Trace(counts=tuple(rate * 3600 for rate in DAY * days), step_seconds=3600.0, start=MONDAY, name="office")


@lru_cache
def planned() -> Plan:
    return plan(BASE, office(), Objective(seconds=0.5, share=0.999), only=("g4dn.xlarge",))


def test_the_plan_holds_the_objective_in_a_run_of_its_own() -> None:
    found = planned().planned
    assert found is not None
    config = BASE.config.with_overrides({f"breakeven:{key}": value for key, value in found.settings.items()})
    group = simulated_group(record_config(config).as_stack(), BASE.workload, BASE.capacity, MODELS)
    run = simulate(group.settings, office(), engine="fluid", seed=7)
    assert Objective(seconds=0.5, share=0.999).holds(run)


def test_no_other_way_that_holds_costs_less() -> None:
    answer = planned()
    assert answer.planned is not None
    assert answer.planned.monthly <= min(tried.monthly for tried in answer.tried if tried.holds)
    assert len({tried.strategy for tried in answer.tried}) > 5


def test_working_hours_and_spot_beat_a_group_for_the_peak() -> None:
    answer = planned()
    assert answer.static is not None
    assert answer.static.settings["minSize"] == answer.static.settings["maxSize"] >= 3
    assert answer.saved is not None
    assert answer.saved > 0.3


def test_a_group_asleep_loses_what_comes_first() -> None:
    (asleep,) = (tried for tried in planned().tried if tried.strategy == "scale to zero")
    assert not asleep.holds
    # Its figures are those of all the traffic, though the search ends a run with the first loss.
    assert asleep.run.seconds == office().seconds
    assert asleep.run.arrived == pytest.approx(office().total)


def test_the_plan_fits_a_terminal() -> None:
    said = plan_text(planned(), "stack dev", "breakeven", plain).splitlines()
    assert [line for line in said if len(line) > 80 and not line.startswith("breakeven:")] == []
    assert any(line.startswith("Hold the objective") for line in said)
    assert any(line.startswith("Miss it") for line in said)


def test_an_objective_that_nothing_holds_has_no_plan() -> None:
    answer = plan(BASE, office(1), Objective(seconds=0.005), only=("g4dn.xlarge",))
    assert answer.planned is None
    assert any("do not hold the objective" in note for note in answer.notes)


def test_the_stack_file_is_one_the_project_reads(tmp_path: Path) -> None:
    found = planned().planned
    assert found is not None
    text = stack_file(BASE.config.values, found, "breakeven")
    assert text.startswith(f"# {found.strategy}: ")
    values = yaml.safe_load(text)["config"]
    config = StackConfig(project="breakeven", stack="mine", values=values)
    settings = config.settings()
    assert settings.fleet.min_size == found.settings["minSize"]
    assert record_config(config).as_stack().of_type("aws:autoscaling/group:Group")


def test_schedules_cover_the_busiest_step_of_every_hour() -> None:
    actions = scheduled(office(7), per_instance=50.0, headroom=0.0, least=1, most=9)
    working = {row["recurrence"]: row["minSize"] for row in actions if "MON-FRI" in row["recurrence"]}
    # Raised a quarter of an hour before 8:00, lowered at 16:00; at midnight the day before may have been a Sunday.
    assert working == {"0 0 * * MON-FRI": 1, "45 7 * * MON-FRI": 3, "0 16 * * MON-FRI": 1}


def test_a_spike_of_an_hour_gets_its_hour() -> None:
    rates = [20.0] * 10 + [200.0] + [20.0] * 13
    trace = Trace(counts=tuple(rate * 3600 for rate in rates * 7), step_seconds=3600.0, start=MONDAY)
    sizes = [row["minSize"] for row in scheduled(trace, 50.0, 0.0, 1, 9) if "MON-FRI" in row["recurrence"]]
    assert sizes == [1, 4, 1]


def test_even_traffic_needs_no_schedule() -> None:
    trace = Trace(counts=(3600.0,) * 24 * 7, step_seconds=3600.0, start=MONDAY)
    assert scheduled(trace, 50.0, 0.0, 1, 9) == []


def test_a_monday_begins_with_its_own_size_after_a_quiet_weekend() -> None:
    days = [[150.0] * 24] * 5 + [[20.0] * 24] * 2
    trace = Trace(counts=tuple(r * 3600 for day in days for r in day), step_seconds=3600.0, start=MONDAY)
    found = {row["recurrence"]: row["minSize"] for row in scheduled(trace, 50.0, 0.0, 1, 9)}
    assert found == {"0 0 * * MON-FRI": 3, "0 0 * * SAT,SUN": 1}


def test_a_type_without_a_capacity_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"type t3\.medium: no capacity with resnet50 is known"):
        plan(BASE, office(1), Objective(), only=("t3.medium",))


@pytest.mark.parametrize("wrong", [{"seconds": 0.0}, {"share": 1.5}, {"share": 0.0}, {"lost": 1.0}])
def test_an_objective_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="objective"):
        Objective(**wrong)
