"""Files that other hands wrote: what cannot be read is one printable line, whatever it quotes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.costs.capacity import ModelCapacity
from infra.costs.errors import LONGEST, InputError
from infra.costs.managed.files import read_apis
from infra.costs.people import PEOPLE, read_salaries, salaries
from infra.costs.usage import Usage
from infra.costs.workload import Workload
from tests.infra.costs.stacks import VOLUME, priced, row, stack_of

CAPACITY = 'model = "m"\nunit = "images"\n[[capacity]]\ninstance_type = "t3.large"\nrate_per_second = 5\n'
CAPACITY += 'kind = "assumed"\nsource = "x"\nchecked = 2026-11-01\n'
API = 'vendor = "v"\n[a]\nname = "A"\ntask = "image-labels"\nsource = "x"\nchecked = 2026-11-01\n'


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (ModelCapacity.read, CAPACITY.replace("= 5", '= "fast"'), "missing or misplaced"),
        (ModelCapacity.read, f"{CAPACITY}p50_ms = nan\n", "missing or misplaced"),
        (ModelCapacity.read, f"{CAPACITY}closed_loops = [[1, nan]]\n", "missing or misplaced"),
        (ModelCapacity.read, f"{CAPACITY}closed_loops = 5\n", "missing or misplaced"),
        (lambda path: list(read_apis(path)), f"{API}free = 5\n", "[a]: missing or misplaced"),
        (read_salaries, "[us]\nname = 'x'\n", "[us]: missing or misplaced 'source'"),
        (read_salaries, "[us]\nname = 'x'\nsource = 'y'\nchecked = 5\nper_year = 1\n", "missing or misplaced"),
        (
            read_salaries,
            "[us]\nname = 'x'\nsource = 'y'\nchecked = 2026-11-01\nper_year = -1\n",
            "cannot be a quantity",
        ),
        (Workload.read, '[volume]\nunit = """\n\\u001b[2J"""\nper_month = """a\nb"""\n', "is not a number"),
        (Workload.read, f'[volume]\nper_month = "{"9" * 9_000}"\n', "..."),
    ],
)
def test_a_broken_file_is_one_line_that_can_be_shown(
    read: Callable[[Path], object], text: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "file.toml"
    path.write_text(text)
    with pytest.raises(InputError) as told:
        read(path)
    assert said in str(told.value)
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 4 * LONGEST


def test_the_shipped_salaries_are_those_of_the_file() -> None:
    assert read_salaries(PEOPLE) == salaries()


@pytest.mark.parametrize("region", ["x" * 5_000, "us\x00east", "../us-east-1", "US EAST"])
def test_a_region_that_is_no_name_has_no_prices_and_opens_no_file(region: str) -> None:
    found = priced(row(VOLUME, "disk", size=10), region=region)
    assert [unpriced.resource.name for unpriced in found.unpriced] == ["disk"]


def test_a_table_where_a_number_is_needed_is_refused() -> None:
    usage = Usage.parse(json.dumps({"disk": {"monthly_standard_io_requests": {}}}), "usage.json")
    with pytest.raises(InputError, match="a table is no number"):
        usage.check(stack_of(row(VOLUME, "disk", size=10, type="standard")))


def test_an_error_says_what_it_was_given_in_one_printable_line_with_all_its_parts() -> None:
    error = InputError("a\nb", "\x1b[31mred", "")
    assert (error.thing, error.reason, error.action) == ("a b", "?[31mred", "''")
    assert str(error) == "a b: ?[31mred; ''"
