"""The simulated group is the stack's: what its resources say, and what the workload assumes."""

import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from infra.costs.capacity import Capacity, ClosedLoop, ModelCapacity
from infra.costs.errors import InputError
from infra.costs.stack import Inputs, Stack
from infra.costs.traffic import GROUP
from infra.costs.workload import Workload
from infra.record import record
from infra.scaling.group import GroupSettings
from infra.settings import MODELS
from infra.simulate import Simulated, simulated_group


def read(stack: str, workload: Workload | None = None, **keys: object) -> Simulated:
    found = record(stack, overrides={f"breakeven:{key}": value for key, value in keys.items()})
    model = found.settings.model.model
    capacity = ModelCapacity.read(MODELS / model / "capacity.toml")
    return simulated_group(found.as_stack(), workload or Workload(), capacity, MODELS)


def settings(stack: str, workload: Workload | None = None, **keys: object) -> GroupSettings:
    return read(stack, workload, **keys).settings


def test_sizes_purchase_and_policies_are_those_of_the_stack() -> None:
    found = settings("prod")
    assert (found.minimum, found.maximum) == (2, 12)
    assert (found.on_demand_base, found.on_demand_percent) == (2, 25)
    assert [kind.name for kind in found.kinds] == ["g4dn.xlarge", "g4dn.2xlarge", "g5.xlarge"]
    # 75 a second, a minute, at 70 %.
    assert [(policy.metric, policy.target) for policy in found.tracking] == [("requests", 3150.0)]
    assert {row.name: (row.minimum, row.maximum, row.desired) for row in found.schedules} == {
        "working-hours": (3, 12, None),
        "off-hours": (2, 12, None),
    }
    assert found.market.rebalance


def test_limits_of_the_entry_are_those_of_its_kind() -> None:
    rest, http = settings("prod").gateway, settings("dev").gateway
    assert (rest.rate_per_second, rest.burst, rest.timeout_seconds) == (1000, 2000, 29)
    assert http.timeout_seconds == 30


def test_health_checks_and_draining_are_those_of_the_balancer() -> None:
    found = settings("prod", drainSeconds=90)
    # One passed check to serve, three failed ones to be found dead, ten seconds apart.
    assert (found.boot.health_seconds, found.detect_seconds, found.drain_seconds) == (10, 30, 90)


def test_detailed_monitoring_reports_cpu_every_minute() -> None:
    assert (settings("prod").cpu_minutes, settings("small").cpu_minutes) == (1, 5)


def test_without_a_balancer_the_group_follows_its_cpu() -> None:
    (policy,) = settings("small").tracking
    # 70 % of a t3.medium's baseline of 20 %.
    assert (policy.metric, policy.target) == ("cpu", 0.14)


def test_a_policy_on_another_metric_is_left_out_and_named() -> None:
    assert any(note.startswith("backlog:") for note in read("prod").notes)


def test_a_warm_pool_and_scaling_to_zero_are_read() -> None:
    found = settings("dev", warmPoolSize=3)
    assert found.warm_pool is not None
    # Three at least wait stopped, and with those that run they make the maximum of four.
    assert (found.warm_pool.minimum, found.warm_pool.prepared) == (3, 4)
    assert settings("dev").warm_pool is None
    asleep = settings("dev", minSize=0, scaleToZero=True)
    assert (asleep.minimum, asleep.wake) == (0, True)
    assert not settings("dev").wake


def test_a_group_that_documents_wake_is_not_woken_by_requests() -> None:
    found = read("dev", minSize=0, scaleToZero=True, intake=True)
    assert not found.settings.wake
    assert any("documents wake the group" in note for note in found.notes)


def test_a_canary_is_not_the_group(tmp_path: Path) -> None:
    files = {}
    for key, name in (("modelArchive", "a.mar"), ("nodeBundle", "b.tgz"), ("canaryArchive", "c.mar")):
        (tmp_path / name).write_bytes(name.encode())
        files[key] = str(tmp_path / name)
    assert read("dev", **files).group.name == "fleet"


def test_the_workload_says_how_fast_instances_come_and_how_often_they_go() -> None:
    base = Workload()
    slow = replace(base, scaling=replace(base.scaling, install_seconds=Decimal(300), retries=Decimal(2)))
    assert settings("dev", slow).boot.cold_seconds == settings("dev").boot.cold_seconds + 240
    assert settings("dev", slow).clients.retries == 2
    assert settings("dev").market.interruptions_per_hour == pytest.approx(0.05 / 730)


def test_a_request_of_several_units_takes_as_much_longer() -> None:
    base = Workload()
    four = replace(base, request=replace(base.request, units=Decimal(4)))
    one, several = (settings("dev", given).kinds[0].server for given in (base, four))
    assert several.rate_per_second == pytest.approx(one.rate_per_second / 4)


def test_a_stated_capacity_comes_before_the_models() -> None:
    stated = replace(Workload(), capacity=(("g4dn.xlarge", Decimal(30)),))
    assert settings("dev", stated).kinds[0].server.rate_per_second == pytest.approx(30)


def test_the_server_is_the_models_own() -> None:
    serving = tomllib.loads((MODELS / "efficientnet_lite0" / "model.toml").read_text())["serving"]
    server = settings("small").kinds[0].server
    assert server.batch_size == serving["batch_size"]
    assert server.batch_delay_seconds * 1000 == pytest.approx(serving["max_batch_delay_ms"])
    assert server.queue_limit == serving["queue_size"]
    assert server.rate_per_second == pytest.approx(16)


def test_measured_loops_come_before_the_assumed_share() -> None:
    from infra.scaling.events.closed import closed_loop

    recorded = record("small").as_stack()
    given = settings("small").kinds[0].server
    rates = {n: Decimal(str(round(closed_loop(given, n), 3))) for n in (1, 2, 3, 64)}
    loops = tuple(ClosedLoop(callers=n, rate_per_second=rate) for n, rate in rates.items())
    row = Capacity(
        instance_type="t3.medium",
        rate_per_second=Decimal(16),
        kind="measured",
        source="here",
        checked=ModelCapacity.read(MODELS / "efficientnet_lite0" / "capacity.toml").figures[0].checked,
        loops=loops,
    )
    table = ModelCapacity(model="efficientnet_lite0", unit="images", figures=(row,))
    found = simulated_group(recorded, Workload(), table, MODELS)
    assert not any("assumed" in note for note in found.notes)
    assert found.settings.kinds[0].server.rate_per_second == pytest.approx(given.rate_per_second, rel=0.05)


def test_a_type_without_a_capacity_is_named_and_none_at_all_refused() -> None:
    recorded = record("dev").as_stack()
    figures = ModelCapacity.read(MODELS / "resnet50" / "capacity.toml").figures
    only = ModelCapacity(model="resnet50", unit="images", figures=tuple(f for f in figures if "g5" in f.instance_type))
    found = simulated_group(recorded, Workload(), only, MODELS)
    assert [kind.name for kind in found.settings.kinds] == ["g5.xlarge"]
    assert any(note.startswith("g4dn.xlarge: no capacity is known") for note in found.notes)
    with pytest.raises(InputError, match="no capacity is known"):
        simulated_group(recorded, Workload(), None, MODELS)


def test_a_stack_without_a_group_is_refused() -> None:
    rest = Stack((r for r in record("dev").as_stack() if r.type != GROUP), "empty")
    with pytest.raises(InputError, match="no autoscaling group"):
        simulated_group(rest, Workload(), None, MODELS)


def test_a_schedule_that_happens_once_is_left_out_and_named() -> None:
    stack = record("prod").as_stack()
    changed = (
        replace(r, inputs=Inputs({k: v for k, v in r.inputs.items() if k != "recurrence"}, r.name))
        if r.name == "schedule-working-hours"
        else r
        for r in stack
    )
    capacity = ModelCapacity.read(MODELS / "resnet50" / "capacity.toml")
    found = simulated_group(Stack(changed, "prod"), Workload(), capacity, MODELS)
    assert [row.name for row in found.settings.schedules] == ["off-hours"]
    assert any("happens once" in note for note in found.notes)
