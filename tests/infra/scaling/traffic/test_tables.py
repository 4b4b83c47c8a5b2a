"""CSV and Parquet become even steps, and what was missing, doubled or odd in them is said."""

import gzip
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as arrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from infra.costs.errors import InputError
from infra.scaling.traffic import MONDAY, Trace, read_trace, statistics_of
from infra.scaling.traffic.readers.source import opened

ROOT = Path(__file__).parents[4]
REAL = ROOT.parent / "shared" / "traces" / "elb-request-count-5min.csv"
START = int(MONDAY.timestamp())


def written(folder: Path, text: str | bytes, name: str = "shop.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def table(*rows: str, header: str = "timestamp,value") -> str:
    return "\n".join((header, *rows)) + "\n"


@pytest.mark.parametrize(
    ("header", "times"),
    [
        ("timestamp,value", ("2026-01-05 00:00:00", "2026-01-05 00:01:00", "2026-01-05 00:02:00")),
        ("time,count", ("2026-01-05T00:00:00Z", "2026-01-05T00:01:00Z", "2026-01-05T00:02:00Z")),
        ("Timestamp,Sum", ("2026-01-05T01:00:00+01:00", "2026-01-05T01:01:00+01:00", "2026-01-05T01:02:00+01:00")),
        ("date_time;requests", (str(START), str(START + 60), str(START + 120))),
        ("ts\tRequest Count", (f"{START}000", f"{START + 60}000", f"{START + 120}000")),
        ("Time,hits", (f"{START}.0", f"{START + 60}.0", f"{START + 120}.0")),
        ("date,calls", ("2026/01/05 00:00:00", "2026/01/05 00:01:00", "2026/01/05 00:02:00")),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_names_of_columns_and_writings_of_times_that_are_common(
    tmp_path: Path, header: str, times: tuple[str, ...], ending: str, mark: str
) -> None:
    parting = next(sign for sign in ",;\t" if sign in header)
    rows = [header, *(f"{time}{parting}{count}" for time, count in zip(times, (1, 2.5, 0), strict=True))]
    trace = read_trace(written(tmp_path, mark + ending.join(rows) + ending))
    assert trace == Trace(counts=(1, 2.5, 0), step_seconds=60, name="shop")
    zoneless = times[0][-1] == "0" and "+" not in times[0] and not times[0][:5].isdigit()
    assert ("times carry no zone and are read as UTC" in trace.notes) is zoneless


def test_other_columns_quotes_blank_lines_and_gzip_do_not_matter(tmp_path: Path) -> None:
    text = table('"front, door",2026-01-05T00:00Z,"7"', "", "  ", '"",2026-01-05T01:00Z,8', header="name,time,requests")
    for path in (written(tmp_path, text), written(tmp_path, gzip.compress(text.encode()), "shop.csv.gz")):
        trace = read_trace(path)
        assert (trace.counts, trace.step_seconds, trace.notes) == ((7, 8), 3_600, ())


def test_missing_steps_are_filled_with_none_and_said(tmp_path: Path) -> None:
    times = [START + 300 * i for i in (0, 1, 2, 5, 6, 8)]
    trace = read_trace(written(tmp_path, table(*(f"{time},4" for time in times))))
    assert trace.counts == (4, 4, 4, 0, 0, 4, 4, 0, 4)
    assert trace.notes == (
        "3 of 9 steps have no row and count as 0 requests; the longest gap is 600 s after 2026-01-05 00:10:00 UTC",
    )


def test_rows_without_a_value_are_missing_and_said(tmp_path: Path) -> None:
    trace = read_trace(written(tmp_path, table(*(f"{START + 60 * i},{'' if i == 2 else 3}" for i in range(5)))))
    assert trace.counts == (3, 3, 0, 3, 3)
    assert "1 rows have no value and count as missing" in trace.notes


def test_rows_of_the_same_time_add_up_and_are_said(tmp_path: Path) -> None:
    rows = [f"{START + 60 * i},{i}" for i in range(4)] + [f"{START + 60},10"]
    trace = read_trace(written(tmp_path, table(*rows)))
    assert trace.counts == (0, 11, 2, 3)
    assert trace.notes == ("1 rows fall into a step that has one already and are added to it",)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    counts=st.lists(st.integers(0, 10_000), min_size=3, max_size=60),
    step=st.sampled_from([1, 10, 60, 300, 3_600]),
    seed=st.integers(0, 1_000),
    form=st.sampled_from(["csv", "parquet"]),
)
def test_what_is_written_in_any_order_is_read_back(
    counts: list[int], step: int, seed: int, form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    rows = [(START + i * step, count) for i, count in enumerate(counts)]
    random.Random(seed).shuffle(rows)
    if form == "csv":
        path = written(folder, table(*(f"{time},{count}" for time, count in rows)))
    else:
        path = folder / "shop.parquet"
        parquet.write_table(arrow.table({"time": [t for t, _ in rows], "count": [c for _, c in rows]}), path)
    assert read_trace(path) == Trace(counts=tuple(counts), step_seconds=step, name="shop")


def test_rows_that_come_a_little_early_or_late_keep_their_steps(tmp_path: Path) -> None:
    chance = random.Random(1)
    rows = [f"{START + 300 * i + chance.randint(-20, 20) * (0 < i < 999)},{i}" for i in range(1_000)]
    trace = read_trace(written(tmp_path, table(*rows)))
    assert trace.step_seconds == 300
    assert trace.counts == tuple(range(1_000))


def test_a_clock_that_runs_slow_does_not_lose_steps_in_the_long_run(tmp_path: Path) -> None:
    trace = read_trace(written(tmp_path, table(*(f"{START + 301 * i},1" for i in range(2_000)))))
    assert trace.counts == (1,) * 2_000


def test_one_row_too_close_to_another_does_not_make_a_second_of_every_minute(tmp_path: Path) -> None:
    rows = [f"{START + 60 * i},1" for i in range(30)] + [f"{START + 601},5"]
    trace = read_trace(written(tmp_path, table(*rows)))
    assert trace.counts == (*[1] * 10, 6, *[1] * 19)
    assert trace.notes == ("1 rows fall into a step that has one already and are added to it",)


def test_minutes_of_which_most_are_missing_are_minutes_still(tmp_path: Path) -> None:
    minutes = (0, 4, 7, 13, 15, 22, 24, 31)
    trace = read_trace(written(tmp_path, table(*(f"{START + 60 * i},1" for i in minutes))))
    assert trace.step_seconds == 60
    assert [i for i, count in enumerate(trace.counts) if count] == list(minutes)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        (" \n\n", "the file is empty"),
        ("timestamp,value\n", "0 rows with a value: too few"),
        (table(f"{START},1"), "1 rows with a value: too few"),
        (table(f"{START},1", f"{START},2"), "all rows are of the same time"),
        (table("1,2", header="a,b"), "line 1: no column of the time among 'a', 'b'"),
        (table("1,2", header="time,cpu"), "line 1: no column of the requests among 'time', 'cpu'"),
        (table("1,2", header='time,"c\np\nu"'), "no column of the requests among 'time', 'c\\np\\nu'"),
        (table("1,2,3", header="time,count,sum"), "columns 'count', 'sum' could all be the requests"),
        (table("1,2,3", header="time,date,sum"), "columns 'time', 'date' could all be the time"),
        (table(f"{START},1", "yesterday,1"), "line 3: 'yesterday' is no time"),
        (table(f"{START},1", ",1"), "line 3: '' is no time"),
        (table(f"{START},1", "01/02/2026 10:00,1"), "line 3: '01/02/2026 10:00' is no time"),
        (table(f"{START},1", "12,1"), "line 3: '12' is no time"),
        (table(f"{START},1", f"{'9' * 400},1"), "is no time"),
        (table(f"{START},1", "2026-02-30 00:00,1"), "line 3: '2026-02-30 00:00' is no time"),
        (table(f"{START},-1"), "line 2: '-1' is no number of requests"),
        (table(f"{START},nan"), "line 2: 'nan' is no number of requests"),
        (table(f"{START},inf"), "line 2: 'inf' is no number of requests"),
        (table(f"{START},1e999"), "line 2: '1e999' is no number of requests"),
        (table(f"{START},1e200"), "line 2: '1e200' is no number of requests"),
        (table(f"{START},many"), "line 2: 'many' is no number of requests"),
        (table(f"{START},1,2"), "line 2 has 3 columns where the header has 2"),
        (table(f"{START}"), "line 2 has 1 columns where the header has 2"),
        (table(f"{START},1", f"{START + 60},1", "4102444800,1"), "more than the limit of 10,000,000"),
        (table(*(f"{START + i * i * 101 + i % 2},1" for i in range(50))), "rows are not evenly spaced"),
        (table(f'{START},"{"1" * 200_000}"'), "a line is longer than 131,072 characters"),
        (table(f"{START},1").encode("utf-16"), "is neither text nor Parquet"),
        (b"timestamp,value\n" + b"\xff\xfe,1\n", "is not text in UTF-8"),
        (b"\x1f\x8b\x08\x00garbage", "gzip data is cut off or damaged"),
        (gzip.compress(random.Random(1).randbytes(9_999).hex().encode())[:4_000], "gzip data is cut off or damaged"),
        (b"PAR1 and then nothing of the kind", "is not Parquet or cut off"),
    ],
)
def test_what_is_no_table_of_requests_is_refused_in_one_line(tmp_path: Path, text: str | bytes, reason: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as refused:
        read_trace(path)
    assert reason in str(refused.value)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


def test_a_missing_file_an_unknown_form_and_an_absurd_step_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read \(No such file or directory\)"):
        read_trace(tmp_path / "none.csv")
    path = written(tmp_path, table(f"{START},1", f"{START + 60},1"))
    with pytest.raises(InputError, match="no form is named so, did you mean 'parquet'"):
        read_trace(path, form="parket")
    with pytest.raises(InputError, match="a step of 0 s cannot be"):
        read_trace(path, step_seconds=0)
    with pytest.raises(InputError, match="only access logs come in folders"):
        read_trace(tmp_path, form="csv")


def test_gzip_that_unpacks_beyond_the_limit_is_refused_and_not_unpacked(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b"timestamp,value\n" + b" " * 2**24), "bomb.csv.gz")
    with pytest.raises(InputError, match="a line is longer than 131,072 characters"):
        read_trace(path)
    with opened(path, limit=2**20) as stream:
        assert len(stream.read(2**20 - 2**16)) == 2**20 - 2**16
    with (
        pytest.raises(InputError, match=r"holds more than the limit of 1 MiB \(unpacked\)"),
        opened(path, 2**20) as stream,
    ):
        stream.read()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_parquet_times_of_every_unit_and_zone(tmp_path: Path, unit: str, zone: str | None) -> None:
    times = [MONDAY + timedelta(minutes=5 * i) for i in range(3)]
    column = arrow.array([time if zone else time.replace(tzinfo=None) for time in times], arrow.timestamp(unit, zone))
    parquet.write_table(arrow.table({"Timestamp": column, "Sum": [1.0, None, 3.0]}), tmp_path / "shop.parquet")
    trace = read_trace(tmp_path / "shop.parquet")
    assert trace == Trace(counts=(1, 0, 3), step_seconds=300, name="shop")
    assert ("times carry no zone and are read as UTC" in trace.notes) is (zone is None)
    assert "1 rows have no value and count as missing" in trace.notes


def test_parquet_dates_are_days(tmp_path: Path) -> None:
    days = [(MONDAY + timedelta(days=i)).date() for i in range(3)]
    parquet.write_table(arrow.table({"date": days, "requests": [5, 6, 7]}), tmp_path / "shop.parquet")
    assert read_trace(tmp_path / "shop.parquet") == Trace(counts=(5, 6, 7), step_seconds=86_400, name="shop")


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"time": [START, START + 60], "cpu": [1, 2]}, "no column of the requests"),
        ({"time": [START, None], "count": [1, 2]}, "row 2: a NoneType is no time"),
        ({"time": [START, START + 60], "count": [1, -2]}, "row 2: -2 is no number of requests"),
        ({"time": [START, START + 60], "count": [True, False]}, "row 1: True is no number of requests"),
        ({"time": ["2026-01-05", "soon"], "count": [1, 2]}, "row 2: 'soon' is no time"),
    ],
)
def test_what_is_wrong_in_parquet_is_named_by_its_row(
    tmp_path: Path, columns: dict[str, list[object]], reason: str
) -> None:
    parquet.write_table(arrow.table(columns), tmp_path / "shop.parquet")
    with pytest.raises(InputError, match=reason):
        read_trace(tmp_path / "shop.parquet")


def test_parquet_with_a_wrong_byte_is_read_or_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "shop.parquet"
    parquet.write_table(arrow.table({"time": [START, START + 60], "count": [1, 2]}), path)
    whole = path.read_bytes()
    refused = []
    for at in range(4, len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x2D]) + whole[at + 1 :])
        try:
            assert read_trace(path).total >= 0
        except InputError as error:
            refused.append(str(error))
    assert len(refused) > 100
    assert not any("\n" in message for message in refused)


def test_parquet_without_pyarrow_says_what_to_install_and_nothing_else_needs_it(tmp_path: Path) -> None:
    parquet.write_table(arrow.table({"time": [START, START + 60], "count": [1, 2]}), tmp_path / "shop.parquet")
    written(tmp_path, table(f"{START},1", f"{START + 60},1"))
    program = """
import sys
sys.modules["pyarrow"] = None
from infra.costs.errors import InputError
from infra.scaling.traffic import read_trace
print(read_trace(sys.argv[1] + "/shop.csv").total)
try:
    read_trace(sys.argv[1] + "/shop.parquet")
except InputError as error:
    print(error)
"""
    found = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    total, refusal = found.stdout.splitlines()
    assert total == "2.0"
    assert refusal.endswith("Parquet needs pyarrow, which is not installed; run `pip install pyarrow` or give CSV")


@pytest.mark.skipif(not REAL.exists(), reason="the recorded trace of a load balancer is not on this machine")
def test_a_recorded_load_balancer_is_read_whole() -> None:
    trace = read_trace(REAL)
    lines = REAL.read_text().splitlines()[1:]
    assert trace.total == sum(float(line.split(",")[1]) for line in lines)
    assert trace.step_seconds == 300
    assert trace.start == datetime.fromisoformat(lines[0].split(",")[0]).replace(tzinfo=UTC)
    filled = len(trace.counts) - len(lines)
    assert trace.notes[-1].startswith(f"{filled} of {len(trace.counts):,} steps have no row")
    found = statistics_of(trace)
    assert found.peak_per_second == max(float(line.split(",")[1]) for line in lines) / 300
    assert found.busiest_weekday not in (None, "Saturday", "Sunday")
