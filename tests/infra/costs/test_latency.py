"""A capacity table says how quick a type is, in the words that `breakeven measure` writes."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from infra.choose import Base, Goal, cheapest
from infra.costs.capacity import ModelCapacity
from infra.costs.errors import InputError
from infra.costs.workload import Workload
from infra.record import read_config
from infra.settings import MODELS
from serving.measure import Measured, write

MEASURED = Measured(
    rate_per_second=123.456,
    p50_ms=40.0,
    p99_ms=98.76,
    goal_ms=100,
    backend="torchserve",
    batch_size=4,
    workers=2,
    threads=1,
    memory_per_worker_mb=390,
    memory_mb=1010,
    hardware="a machine",
    versions="torch 2",
    day=date(2026, 11, 23),
)


def test_what_measure_writes_says_how_quick_a_type_is(tmp_path: Path) -> None:
    table = tmp_path / "resnet50" / "capacity.toml"
    table.parent.mkdir()
    table.write_text((MODELS / "resnet50" / "capacity.toml").read_text())
    write(table, "resnet50", "images", "g5.xlarge", MEASURED)
    figure = ModelCapacity.read(table).of("g5.xlarge")
    assert figure
    assert figure.p50_ms == 40
    assert figure.p99_ms == Decimal("98.8")
    assert figure.latency_at == "123.5 images/s on a machine"
    start = Base.of(read_config("dev"), Workload(), models=tmp_path)
    found = cheapest(start, Goal(latency_ms=Decimal(99), egresses=("nat",), entries=("http",)))
    assert found.winner
    assert found.winner.option.instance_type == "g5.xlarge"


@pytest.mark.parametrize("value", ["0", "-5", '"fast"', "true", "1e20"])
def test_a_latency_that_cannot_be_is_refused(tmp_path: Path, value: str) -> None:
    table = tmp_path / "capacity.toml"
    row = 'instance_type = "t3.medium"\nrate_per_second = 16\nkind = "measured"\nsource = "s"\nchecked = 2026-11-23'
    table.write_text(f'model = "m"\nunit = "images"\n[[capacity]]\n{row}\np99_ms = {value}\n')
    with pytest.raises(InputError, match=r"p99_ms .* of t3.medium; give milliseconds"):
        ModelCapacity.read(table)
