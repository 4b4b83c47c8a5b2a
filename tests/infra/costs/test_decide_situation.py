"""A situation is read from a file or a flag; what cannot be is one line that says why."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from infra.costs.decide import Situation, about, parsed
from infra.costs.errors import InputError
from infra.costs.workload import Workload


def written(folder: Path, text: str) -> Path:
    path = folder / "situation.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_states_some_values_and_the_rest_are_defaults(tmp_path: Path) -> None:
    path = written(tmp_path, 'task = "sentiment"\nvolume_per_month = 400_000\npeople_share = 0.2\nopt_out = true\n')
    said = Situation.read(path)
    assert (said.task, said.unit, said.volume_per_month) == ("sentiment", "texts", Decimal(400_000))
    assert (said.people_share, said.opt_out, said.tried) == (Decimal("0.2"), True, "untried")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("volum_per_month = 1", "unknown key, did you mean 'volume_per_month'"),
        ('task = "sentimnt"', "'sentimnt' is unknown, did you mean 'sentiment'"),
        ("people_share = 1.5", "give a number from 0 up to 1"),
        ("peak_to_average = 0.5", "give a number from 1"),
        ("utilisation = 0", "above 0"),
        ("volume_per_month = inf", "Infinity cannot be a quantity"),
        ("[volume]\nper_month = 1", "unknown key"),
        ("task = [1]", "plain value"),
        ('opt_out = "perhaps"', "neither yes nor no"),
        ('salary_region = "mars"', "use one of us, europe"),
    ],
)
def test_what_cannot_be_is_said_in_one_line_with_the_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        Situation.read(written(tmp_path, text))
    assert "\n" not in str(error.value)
    assert "situation.toml" in str(error.value)


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("volume_per_month", "2,000,000", Decimal(2_000_000)),
        ("volume_per_month", "2_000_000", Decimal(2_000_000)),
        ("budget_per_month", "$500", Decimal(500)),
        ("opt_out", "Yes", True),
        ("region", " eu ", "eu"),
        ("spot_share", "0.35", Decimal("0.35")),
    ],
)
def test_a_flag_is_read_as_people_write_it(key: str, raw: str, value: Any) -> None:
    assert parsed("flag", key, raw) == value


def test_the_defaults_are_those_of_the_workload() -> None:
    assert Situation.of(Workload()) == Situation()


def test_every_value_has_a_meaning_and_its_default_is_allowed() -> None:
    for key, rule in about().items():
        assert rule["about"]
        if rule["default"] is not None:
            assert parsed(key, key, str(rule["default"])) == rule["default"]


def test_the_salary_is_the_region_s_unless_one_is_stated() -> None:
    assert Situation(salary_region="europe").salary == 60_000
    assert Situation(salary_per_year=Decimal(90_000)).salary == 90_000
