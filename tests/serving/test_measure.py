"""The capacity table: a measured figure takes its place, and what others wrote stays."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from infra.costs.capacity import ModelCapacity
from serving import measure, model
from serving.errors import InputError, ServingError
from tests.serving.archives import misbehaving
from tests.serving.servers import free_port

MEASURED = measure.Measured(
    rate_per_second=123.456,
    p50_ms=40.04,
    p99_ms=98.76,
    goal_ms=100,
    backend="torchserve",
    batch_size=4,
    workers=2,
    threads=1,
    memory_per_worker_mb=390,
    memory_mb=1010,
    hardware='a "machine"',
    versions="torch 2",
    day=date(2026, 11, 23),
)


@pytest.mark.parametrize("name", ["resnet50", "efficientnet_lite0"])
def test_a_figure_takes_its_place_and_the_others_stay(name: str, tmp_path: Path) -> None:
    table = Path(shutil.copy(model.MODELS / name / "capacity.toml", tmp_path))
    before = ModelCapacity.read(table)
    kind = before.figures[0].instance_type
    measure.write(table, name, before.unit, kind, MEASURED)
    measure.write(table, name, before.unit, "new.large", MEASURED)
    after = ModelCapacity.read(table)
    assert len(after.figures) == len(before.figures) + 1
    for wanted in (kind, "new.large"):
        found = after.of(wanted)
        assert found is not None
        assert (found.rate_per_second, found.kind, found.checked) == (Decimal("123.5"), "measured", date(2026, 11, 23))
    assert "memory_per_worker_mb = 390\nmemory_mb = 1010\n" in table.read_text()
    for old in before.figures[1:]:
        assert after.of(old.instance_type) == old
    assert table.read_text().splitlines()[0] == (model.MODELS / name / "capacity.toml").read_text().splitlines()[0]


def test_the_first_figure_makes_the_table(tmp_path: Path) -> None:
    measure.write(tmp_path / "capacity.toml", "mine", "texts", "c6i.large", MEASURED)
    found = ModelCapacity.read(tmp_path / "capacity.toml")
    assert (found.model, found.unit, len(found.figures)) == ("mine", "texts", 1)


def test_a_broken_table_is_one_line(tmp_path: Path) -> None:
    table = tmp_path / "capacity.toml"
    table.write_text("[[capacity")
    with pytest.raises(InputError, match="mend the TOML"):
        measure.write(table, "mine", "texts", "c6i.large", MEASURED)


def test_a_goal_that_cannot_be_held_is_said(tmp_path: Path) -> None:
    archive = misbehaving(tmp_path)
    with pytest.raises(ServingError, match="no rate holds"):
        measure.measure(
            archive, backend="batcher", goal_ms=0.001, port=free_port(), device="cpu", say=lambda line: None
        )
