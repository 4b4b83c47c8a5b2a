"""Access logs of a load balancer become requests by the step in which they were received."""

import gzip
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.costs.errors import InputError
from infra.scaling.traffic import MONDAY, Trace, arrivals, named, read_trace
from tests.infra.scaling.traffic.access_log import line, text

PROPERTY = settings(deadline=None, derandomize=True, max_examples=30)


def log(folder: Path, content: str | bytes, name: str = "shop.log") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@PROPERTY
@given(
    counts=st.lists(st.integers(0, 6), min_size=1, max_size=40).filter(lambda c: bool(c[0] and c[-1])),
    step=st.sampled_from([1, 60, 300]),
    files=st.integers(1, 4),
)
def test_a_trace_written_as_an_access_log_is_read_back(
    counts: list[int], step: int, files: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    trace = Trace(counts=tuple(counts), step_seconds=step)
    moments = [MONDAY + timedelta(seconds=round(at, 6)) for at in arrivals(trace, 1, exact=True)]
    folder = tmp_path_factory.mktemp("logs")
    for i in range(files):
        packed = gzip.compress(text(moments[i::files]).encode())
        log(folder, packed, f"AWSLogs/1234/2026/01/0{i + 1}/1234_elasticloadbalancing_{i}.log.gz")
    assert read_trace(folder, step_seconds=step) == Trace(counts=trace.counts, step_seconds=step, name=folder.name)


def test_a_request_counts_when_it_was_received_not_when_it_was_answered(tmp_path: Path) -> None:
    slow = line(MONDAY + timedelta(seconds=59), took=90)
    trace = read_trace(log(tmp_path, f"{slow}\n"))
    assert (trace.start, trace.counts) == (MONDAY, (1,))


def test_a_line_without_the_time_of_receiving_counts_when_it_was_answered(tmp_path: Path) -> None:
    old = line(MONDAY, took=90).split(' "Root=')[0] + ' "Root=1-58337262"'
    unknown = line(MONDAY, took=30).replace(" 0 2026-01-05T00:00:00.000000Z ", " - - ")
    trace = read_trace(log(tmp_path, f"{old}\n{unknown}\n"))
    assert trace.start == MONDAY
    assert trace.counts == (1, 1)


@pytest.mark.parametrize("kind", ["http", "https", "h2", "grpcs", "ws", "wss"])
@pytest.mark.parametrize("tail", [True, False])
def test_every_kind_of_request_counts_in_old_and_new_logs(tmp_path: Path, kind: str, tail: bool) -> None:
    assert read_trace(log(tmp_path, line(MONDAY, kind=kind, tail=tail) + "\n")).total == 1


def test_notes_tell_the_statuses_and_how_long_targets_took(tmp_path: Path) -> None:
    lines = [
        line(MONDAY, took=0.2),
        line(MONDAY, took=0.4),
        line(MONDAY, took=-1, status="503"),
        line(MONDAY, took=0.3),
    ]
    trace = read_trace(log(tmp_path, "\n".join(lines)))
    assert trace.notes == ("status 2xx 75.00%, 5xx 25.00%", "targets took 0.3 s on average")


def test_malformed_lines_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    good = line(MONDAY)
    path = log(tmp_path, "\n".join([good, "http cut off", good, good[:40], "", good]))
    trace = read_trace(path)
    assert trace.total == 3
    assert trace.notes[-1] == (
        f"2 of 5 lines are no request and are left out, the first: {path}, line 2: 'http cut off'"
    )


def test_a_user_agent_with_quotation_marks_does_not_lose_the_request(tmp_path: Path) -> None:
    odd = line(MONDAY).replace('"curl/7.46.0"', '"an "odd" agent "2001-01-01T00:00:00Z" "x" one"')
    trace = read_trace(log(tmp_path, f"{odd}\n{line(MONDAY)}\n"))
    assert trace.counts == (2,)


def test_in_a_folder_other_files_and_other_logs_are_left_out_and_said(tmp_path: Path) -> None:
    log(tmp_path, line(MONDAY), "AWSLogs/a.log")
    log(tmp_path, "Enable AccessLog for ELB", "AWSLogs/ELBAccessLogTestFile")
    log(tmp_path, "2026-01-05T00:00:00Z 192.168.0.1 443", "AWSLogs/conn_log.1234_elasticloadbalancing.log")
    trace = read_trace(tmp_path)
    assert trace.total == 1
    assert trace.notes[0] == "2 other files in the folder are not read"


def test_a_quiet_file_among_others_is_no_fault(tmp_path: Path) -> None:
    log(tmp_path, line(MONDAY), "a.log")
    log(tmp_path, gzip.compress(b""), "b.log.gz")
    assert read_trace(tmp_path).total == 1


NETWORK = (
    "tls 2.0 2018-12-20T02:59:40 net/my-network-loadbalancer/c6e77e28c25b2234 g3d4b5e8bb8464cd 72.21.218.154:51341 "
    "172.100.100.185:443 5 2 98 246 - arn:aws:acm:us-east-2:671290407336:certificate/2a108f19 - ECDHE tlsv12 - x - - -"
)
CLASSIC = (
    "2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 "
    '29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -'
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (NETWORK, "1 of 1 lines are no request"),
        (CLASSIC, "1 of 1 lines are no request"),
        ('127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326', "1 of 1 lines are no request"),
        (line(MONDAY).replace("2026-01-05T", "2026-13-05T"), "1 of 1 lines are no request"),
        (line(MONDAY).replace("2026-01-05T", "1026-01-05T"), "1 of 1 lines are no request"),
        (line(MONDAY).replace(".000000Z", ".1e999Z").replace(".049000Z", ".1e999Z"), "1 of 1 lines are no request"),
        ("http " * 60_000, "line 1 is longer than 131,072 bytes"),
        (b"\0" * 1_000, "1 of 1 lines are no request"),
        ("", "holds no request"),
        (f"{line(MONDAY)}\n{line(MONDAY + timedelta(days=9_000))}", "more than the limit of 10,000,000"),
        (gzip.compress(line(MONDAY).encode() * 9)[:150], "gzip data is cut off or damaged"),
    ],
)
def test_what_is_no_access_log_is_refused_in_one_line(tmp_path: Path, content: str | bytes, reason: str) -> None:
    path = log(tmp_path, content)
    with pytest.raises(InputError) as refused:
        read_trace(path, form="alb")
    assert reason in str(refused.value)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


def test_a_folder_without_logs_and_one_with_the_same_log_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \.log or \.log\.gz file in this folder"):
        read_trace(tmp_path)
    log(tmp_path, line(MONDAY), "a.log")
    log(tmp_path, gzip.compress(line(MONDAY).encode()), "a.log.gz")
    with pytest.raises(InputError, match="would count twice"):
        read_trace(tmp_path)


def test_a_log_of_another_load_balancer_is_not_taken_for_a_table(tmp_path: Path) -> None:
    for content in (NETWORK, CLASSIC):
        with pytest.raises(InputError, match="no column of the time"):
            read_trace(log(tmp_path, content))


def test_a_made_day_survives_being_written_as_a_log(tmp_path: Path) -> None:
    trace = named("office_hours", per_month=40_000, days=1, step_seconds=300)
    moments = [MONDAY + timedelta(seconds=at) for at in arrivals(trace, 7, exact=True)]
    read = read_trace(log(tmp_path, text(moments)), step_seconds=300)
    assert read.total == pytest.approx(trace.total, abs=1)
    skipped = round((read.start - trace.start).total_seconds() / 300)
    assert skipped == next(i for i, count in enumerate(trace.counts) if sum(trace.counts[: i + 1]) >= 0.5)
    assert all(abs(a - b) < 1 for a, b in zip(read.counts, trace.counts[skipped:], strict=False))
