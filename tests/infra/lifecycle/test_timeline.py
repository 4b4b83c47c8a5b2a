"""A planted incident is told in order of time, summed up, and what cannot be seen is said."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.costs.errors import InputError
from infra.emulator import Call, Interception, emulator
from infra.lifecycle.aws import Account
from infra.lifecycle.errors import AccountError
from infra.lifecycle.timeline import Timeline, timeline
from infra.lifecycle.timeline_logs import BAD_LINES, BAD_PARTS, GOOD_LINES
from infra.lifecycle.timeline_report import as_markdown, as_text, document, lasting
from infra.lifecycle.timeline_types import Found, Period
from infra.naming import Names
from tests.infra.lifecycle.incident import Incident, count_failures, plant_stack, put_alarm
from tests.infra.lifecycle.planted import REGION

COUNT = itertools.count()
JSON_REFUSAL = '{"__type": "AccessDeniedException", "Message": "not authorized to perform it"}'
QUERY_REFUSAL = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not yours</Message></Error></ErrorResponse>"
REFUSALS = {
    "autoscaling": QUERY_REFUSAL,
    "ec2": "<Response><Errors><Error><Code>AuthFailure</Code><Message>no</Message></Error></Errors></Response>",
    "s3": "<Error><Code>AccessDenied</Code><Message>not yours</Message></Error>",
}
SERVING = Path(__file__).resolve().parents[3] / "serving" / "node"


@dataclass
class Refusing(Interception):
    """Answers nobody who asks one of these services."""

    services: set[str] = field(default_factory=set)

    def refuse(self, call: Call) -> str | None:
        return REFUSALS.get(call.service, JSON_REFUSAL) if call.service in self.services else None


@pytest.fixture(scope="module")
def started() -> Iterator[tuple[Refusing, Account]]:
    interception = Refusing()
    with emulator(interception) as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield interception, Account(REGION)


@pytest.fixture
def refusing(started: tuple[Refusing, Account]) -> Iterator[Refusing]:
    yield started[0]
    started[0].services.clear()


@pytest.fixture
def account(started: tuple[Refusing, Account]) -> Account:
    return started[1]


@pytest.fixture(scope="module")
def suffered(started: tuple[Refusing, Account]) -> tuple[Incident, str]:
    """An incident that several tests look at, and the instance that was lost."""
    return suffer(started[1], stack_names())


@pytest.fixture
def names() -> Names:
    return stack_names()


def stack_names() -> Names:
    """A stack of its own: the emulator forgets nothing while the process lives."""
    return Names(project="breakeven", stack=f"night{next(COUNT)}", extra_tags={})


def period(hours: float = 2) -> Period:
    now = datetime.now(UTC) + timedelta(seconds=2)
    return Period(since=now - timedelta(hours=hours), until=now, now=now)


def look(account: Account, names: Names) -> Timeline:
    return timeline(account, names, period())


def suffer(account: Account, names: Names, *, access_log: bool = True) -> tuple[Incident, str]:
    """The incident, and the instance that was lost."""
    stack = plant_stack(account, names, access_log=access_log)
    lost = stack.lose_an_instance()
    stack.say("node", lost, "EC2 takes this spot instance back at 21:05: leaving", "drained and stopped")
    stack.alarm("errors", "ALARM")
    if access_log:
        stack.answered("200", "503", "504", "503")
    stack.say("node", stack.instance(), "ready after 31.0 s: resnet50 on port 8080")
    stack.alarm("errors", "OK", "Threshold Crossed: 1 datapoint [0.0] was not greater")
    return stack, lost


def test_an_incident_is_told_in_order_of_time(account: Account, suffered: tuple[Incident, str]) -> None:
    stack, lost = suffered
    found = look(account, stack.names)
    assert not found.unseen
    assert [event.at for event in found.events] == sorted(event.at for event in found.events)
    said = [(event.where, event.what, event.sign) for event in found.events]
    (ended,) = [s for s in said if f"Terminating EC2 instance: {lost}" in s[1]]
    assert ended[0] == "fleet"
    assert "EC2 health check indicating it has been terminated" in ended[1]
    assert ended[2] == "bad"
    started = [s for s in said if "Launching a new EC2 instance" in s[1]]
    assert len(started) == 2
    assert "an unhealthy instance needing to be replaced" in started[1][1]
    assert all(sign == "" for *_, sign in started)
    assert (lost, "EC2 takes this spot instance back at 21:05: leaving", "bad") in said
    assert (lost, "drained and stopped", "good") in said
    assert [(w, s) for w, _, s in said if w == "alarm errors"] == [("alarm errors", "bad"), ("alarm errors", "good")]
    assert "ALARM: Threshold Crossed: 1 datapoint [7.5] was greater" in {what for _, what, _ in said}


def test_the_summary_has_the_first_sign_the_alarm_its_time_and_the_failed_requests(
    account: Account, suffered: tuple[Incident, str]
) -> None:
    stack, lost = suffered
    found = look(account, stack.names)
    assert found.first_sign
    assert lost in found.first_sign.what
    (fired,) = found.fired
    assert fired.name == "errors"
    assert fired.until
    assert fired.seconds is not None
    assert fired.seconds >= 0
    assert found.ok_at == fired.until
    assert found.seconds_until_ok == (fired.until - found.first_sign.at).total_seconds()
    assert found.failed
    assert (found.failed.count, found.failed.source) == (3, "the access log")
    told = [event.what for event in found.events if event.kind == "failed"]
    assert sum(event.count for event in found.events if event.kind == "failed") == 3
    assert any("answered with 503" in what for what in told)


def test_nothing_of_who_called_is_told(account: Account, suffered: tuple[Incident, str]) -> None:
    assert "192.0.2.7" not in json.dumps(document(look(account, suffered[0].names)))


def test_without_an_access_log_failures_are_those_of_the_metric_that_the_alarm_watches(
    account: Account, names: Names
) -> None:
    suffer(account, names, access_log=False)
    count_failures(account, names, 4, 3)
    found = look(account, names)
    assert found.failed
    assert (found.failed.count, found.failed.source) == (7, "the metric 5xx")
    assert not found.unseen


def test_an_alarm_that_is_still_on_means_that_it_is_not_over(account: Account, names: Names) -> None:
    stack = plant_stack(account, names)
    stack.alarm("errors", "ALARM")
    found = look(account, names)
    assert [fired.until for fired in found.fired] == [None]
    assert (found.ok_at, found.seconds_until_ok) == (None, None)
    assert "not over: errors still on" in " ".join(as_text(found).split())


def test_an_alarm_that_went_on_before_the_period_is_told_without_a_length(account: Account, names: Names) -> None:
    stack = plant_stack(account, names)
    stack.alarm("errors", "ALARM")
    later = datetime.now(UTC) + timedelta(hours=1)
    found = timeline(account, names, Period(since=later, until=later + timedelta(hours=1), now=later))
    (fired,) = found.fired
    assert (fired.before, fired.until, fired.seconds) == (True, None, None)
    assert found.events == ()


def test_an_alarm_that_only_scales_is_no_sign_of_trouble(account: Account, names: Names) -> None:
    stack = plant_stack(account, names)
    stack.alarm("wake", "ALARM")
    found = look(account, names)
    assert [event.sign for event in found.events if event.where == "alarm wake"] == [""]
    assert found.fired == ()
    assert found.first_sign is None


def test_the_alarm_over_all_others_counts_and_one_that_tells_nobody_does_not(account: Account, names: Names) -> None:
    stack = plant_stack(account, names)
    for label in ("health", "fast-long"):
        account.client("cloudwatch").put_composite_alarm(
            AlarmName=names.physical(label), AlarmRule=f'ALARM("{names.physical("errors")}")'
        )
        stack.alarm(label, "ALARM")
    found = look(account, names)
    assert [fired.name for fired in found.fired] == ["health"]
    assert {event.where for event in found.events if event.kind == "alarm"} == {"alarm health"}


def test_a_stack_whose_name_begins_alike_is_another(account: Account, names: Names) -> None:
    plant_stack(account, names)
    other = Names(project=names.project, stack=f"{names.stack}-2", extra_tags={})
    put_alarm(account, other, "errors", f"arn:aws:sns:us-east-1:123456789012:{other.physical('alarms')}", metric="5xx")
    Incident(account=account, names=other).alarm("errors", "ALARM")
    found = look(account, names)
    assert found.fired == ()
    assert [event for event in found.events if event.kind == "alarm"] == []


def test_an_instance_refresh_has_a_beginning_and_an_end(account: Account, names: Names) -> None:
    stack = plant_stack(account, names)
    account.client("autoscaling").start_instance_refresh(AutoScalingGroupName=stack.group)
    told = [(event.what, event.sign) for event in look(account, names).events if event.kind == "refresh"]
    assert told == [("an instance refresh began", ""), ("the instance refresh ended: Successful", "good")]


def test_how_a_training_ended_is_told(account: Account, names: Names) -> None:
    plant_stack(account, names)
    bucket = f"{names.physical('artifacts')}-1"
    store = account.client("s3")
    store.create_bucket(Bucket=bucket)
    last = {"ended": "interrupted", "exit_code": None, "seconds": 320, "result_sha256": "", "reason": "spot"}
    store.put_object(Bucket=bucket, Key="training/3f2a/out/1/status.json", Body=json.dumps(last).encode())
    (event,) = [event for event in look(account, names).events if event.kind == "training"]
    assert (event.where, event.sign) == ("training 3f2a", "bad")
    assert event.what == "attempt 1 ended after 320 s: interrupted: spot"


@pytest.mark.parametrize(("service", "gone"), [("logs", "log"), ("monitoring", "alarm"), ("autoscaling", "scaling")])
def test_what_may_not_be_asked_is_one_line_and_the_rest_is_shown(
    refusing: Refusing, account: Account, suffered: tuple[Incident, str], service: str, gone: str
) -> None:
    names = suffered[0].names
    before = {event.kind for event in look(account, names).events}
    refusing.services.add(service)
    found = look(account, names)
    after = {event.kind for event in found.events}
    assert gone in before - after
    assert after
    assert found.unseen
    assert all("no permission" in reason for reason in found.unseen)
    assert "Could not look: " in as_text(found)


def test_a_state_that_does_not_answer_takes_nothing_of_the_rest_away(
    account: Account, suffered: tuple[Incident, str]
) -> None:

    def fails(_: Period) -> Found:
        raise InputError("stack x", "no such stack", "see `pulumi stack ls`")

    found = timeline(account, suffered[0].names, period(), fails)
    assert found.unseen == ("stack x: no such stack; see `pulumi stack ls`",)
    assert found.events


def test_where_nothing_answers_the_reason_is_raised(refusing: Refusing, account: Account, names: Names) -> None:
    refusing.services.update(("monitoring", "autoscaling", "ec2", "logs", "s3"))
    with pytest.raises(AccountError, match="no permission"):
        look(account, names)


def test_a_quiet_time_says_so(account: Account, names: Names) -> None:
    text = as_text(look(account, names))
    assert "First sign    none" in text
    assert "Nothing is known of this time." in text
    assert f"no log group {names.log_group('node')}" in " ".join(text.split())


def test_the_reports_hold_the_same_events_and_the_text_fits_80_columns(account: Account, names: Names) -> None:
    stack, lost = suffer(account, names)
    stack.say("node", "i-0/documents", "model server: \x1b[31mred " + "x" * 400)
    found = look(account, names)
    text, markdown, rows = as_text(found), as_markdown(found), document(found)
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text + markdown + json.dumps(rows)
    assert len(rows["events"]) == len(found.events)
    assert sum(line.startswith("| 20") for line in markdown.splitlines()) == len(found.events)
    assert lost in markdown
    assert rows["summary"]["failed_requests"] == {"count": 3, "source": "the access log", "at_least": False}
    assert rows["summary"]["alarms"][0]["name"] == "errors"


def test_what_a_node_says_again_and_again_is_one_line(account: Account, names: Names) -> None:
    stack = plant_stack(account, names)
    stack.say("node", "i-0", *["AWS does not answer"] * 3, "drained and stopped")
    told = [event.what for event in look(account, names).events if event.kind == "log"]
    assert len(told) == 2
    assert told[0].startswith("AWS does not answer (3 times until ")


def test_what_is_taken_for_trouble_is_what_nodes_really_say() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in SERVING.glob("*.py"))
    for words in (*BAD_LINES, *BAD_PARTS, *GOOD_LINES):
        assert words in sources


NOW = datetime(2026, 11, 28, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "first", "last"),
    [
        ("2h", "now", "20:00", "22:00"),
        ("90m", "30m", "20:30", "21:30"),
        ("2026-11-28T20:15", "2026-11-28T21:00Z", "20:15", "21:00"),
        ("2026-11-28T21:15+01:00", "now", "20:15", "22:00"),
    ],
)
def test_a_period_is_so_long_ago_or_a_time_in_utc(since: str, until: str, first: str, last: str) -> None:
    found = Period.of(since, until, NOW)
    assert (f"{found.since:%H:%M}", f"{found.until:%H:%M}") == (first, last)


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("yesterday", "now", "--since yesterday: neither so long ago nor a time"),
        ("2h", "2w", "--until 2w: neither"),
        ("1h", "2h", "is not before the end"),
        ("2026-13-01", "now", "neither"),
        ("999999d", "now", "neither so long ago nor a time"),
    ],
)
def test_a_period_that_cannot_be_is_refused(since: str, until: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Period.of(since, until, NOW)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59.6, "1 min"), (708, "11 min 48 s"), (90_061, "1 d 1 h"), (3_605, "1 h 5 s")]
)
def test_a_length_is_said_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert lasting(seconds) == words
