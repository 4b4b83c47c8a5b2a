"""The group as AWS behaves: what policies, schedules, the warm pool, the market and health checks make of it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from infra.costs.errors import InputError
from infra.scaling.group import (
    Boot,
    Datapoint,
    Group,
    GroupSettings,
    Kind,
    Market,
    Schedule,
    Stage,
    Steps,
    Tracking,
    WarmPool,
)
from infra.scaling.server import Server

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
KIND = Kind(name="c6i.large", server=Server(request_seconds=0.01))
OTHER = Kind(name="c5.large", server=Server(request_seconds=0.01))
BOOT = Boot(start_seconds=40, install_seconds=60, load_seconds=20, health_seconds=20)
Load = Callable[[int], float]


def settings(**changed: object) -> GroupSettings:
    given = {
        "kinds": (KIND,),
        "minimum": 1,
        "maximum": 10,
        "tracking": (Tracking(target=1000),),
        "boot": BOOT,
        "cpu_minutes": 1,
    }
    return GroupSettings(**{**given, "metric_delay_seconds": 60.0, **changed})  # type: ignore[arg-type]


def follow(
    asked: GroupSettings, minutes: int, load: Load, *, seed: int = 0
) -> tuple[Group, list[tuple[int, int, int]]]:
    """The group minute by minute under so many requests; desired, serving and billed at the end of each minute."""
    group = Group(asked, seed=seed)
    group.start(MONDAY, minutes * 60.0)
    seen = []
    for minute in range(minutes):
        for second in range(0, 60, 10):
            group.advance(minute * 60.0 + second)
        end = (minute + 1) * 60.0
        group.advance(end)
        requests, serving = load(minute), len(group.serving)
        busy = min(requests / 60 / serving / 100, 1.0) if serving else None
        group.observe(Datapoint(end=end, requests=requests, serving=serving, busy=busy))
        seen.append((group.desired, len(group.serving), group.bill.running))
    return group, seen


def first(seen: list[tuple[int, int, int]], desired: int) -> int:
    """The first minute, counted from 1, at whose end the group asks for so many."""
    return next(n for n, row in enumerate(seen, 1) if row[0] == desired)


def test_the_group_grows_to_what_the_target_needs_after_three_minutes_above_it() -> None:
    _, seen = follow(settings(), 20, lambda minute: 3500)
    # Three datapoints, seen a minute late: the fourth minute. 3,500 a minute over 1,000 are four instances.
    assert first(seen, 4) == 4
    assert [row[0] for row in seen[:3]] == [1, 1, 1]
    # 140 seconds to boot: billed at once, serving in the seventh minute.
    assert seen[3][2] == 4
    assert next(n for n, row in enumerate(seen, 1) if row[1] == 4) == 7


def test_two_minutes_above_the_target_change_nothing() -> None:
    _, seen = follow(settings(), 20, lambda minute: 3500 if minute in (5, 6) else 900)
    assert {row[0] for row in seen} == {1}


def test_the_group_shrinks_after_fifteen_quiet_minutes() -> None:
    _, seen = follow(settings(initial=4), 40, lambda minute: 500)
    assert first(seen, 1) == 16
    assert {row[0] for row in seen[:15]} == {4}


@pytest.mark.parametrize("share", [0.71, 0.95, 1.0])
def test_between_seven_tenths_and_the_target_nothing_happens(share: float) -> None:
    _, seen = follow(settings(initial=4), 60, lambda minute: 4 * 1000 * share)
    assert {row[0] for row in seen} == {4}


def test_it_does_not_shrink_while_an_instance_warms_up() -> None:
    asked = settings(initial=3, warmup_seconds=3600.0, market=Market(interruptions_per_hour=0.0))
    group = Group(asked)
    group.start(MONDAY, 7200.0)
    group.resize(4, 0.0)
    for minute in range(40):
        end = (minute + 1) * 60.0
        group.advance(end)
        group.observe(Datapoint(end=end, requests=100, serving=len(group.serving), busy=None))
    assert group.desired == 4


def test_a_policy_may_be_kept_from_shrinking() -> None:
    policy = Tracking(target=1000, scale_in=False)
    _, seen = follow(settings(initial=4, tracking=(policy,)), 40, lambda minute: 100)
    assert {row[0] for row in seen} == {4}


def test_of_two_policies_the_larger_wish_counts_and_both_must_agree_to_shrink() -> None:
    both = (Tracking(target=1000), Tracking(target=0.1, metric="cpu"))
    _, seen = follow(settings(tracking=both), 10, lambda minute: 3500)
    # 3,500 a minute keep one instance 58 % busy: six are needed for a tenth, four for the requests.
    assert max(row[0] for row in seen) == 6
    _, seen = follow(settings(tracking=both, initial=4), 40, lambda minute: 2500)
    # By requests three would do; by CPU (10 % each) four are needed.
    assert min(row[0] for row in seen) == 4


def test_the_maximum_holds() -> None:
    _, seen = follow(settings(maximum=3), 30, lambda minute: 50_000)
    assert max(row[0] for row in seen) == 3


def test_a_step_policy_adds_what_its_stage_says() -> None:
    stages = (Stage(lower=0, upper=500, by=1), Stage(lower=500, by=3))
    asked = settings(tracking=(), steps=(Steps(threshold=1000, stages=stages),))
    assert first(follow(asked, 5, lambda minute: 1200)[1], 2) == 2
    assert first(follow(asked, 5, lambda minute: 1800)[1], 4) == 2


@pytest.mark.parametrize(("percent", "desired"), [(50, 6), (10, 5), (1, 5), (200, 10)])
def test_a_percentage_is_rounded_as_aws_rounds(percent: float, desired: int) -> None:
    step = Steps(threshold=100, stages=(Stage(by=percent),), adjustment="percent", cooldown_seconds=3600)
    _, seen = follow(settings(tracking=(), steps=(step,), initial=4), 3, lambda minute: 4000)
    assert seen[-1][0] == desired


def test_a_cooldown_lets_a_simple_policy_act_once() -> None:
    step = Steps(threshold=100, stages=(Stage(by=1),), cooldown_seconds=300)
    _, seen = follow(settings(tracking=(), steps=(step,)), 8, lambda minute: 5000)
    # Seen from the second minute on, then again five minutes later.
    assert [row[0] for row in seen] == [1, 2, 2, 2, 2, 2, 3, 3]


def test_a_schedule_moves_the_bounds_in_its_time_zone() -> None:
    rows = (
        Schedule(name="day", recurrence="0 7 * * MON-FRI", time_zone="Europe/Berlin", minimum=5, maximum=9),
        Schedule(name="night", recurrence="0 8 * * MON-FRI", time_zone="Europe/Berlin", minimum=1, maximum=3),
    )
    _, seen = follow(settings(schedules=rows, tracking=()), 9 * 60, lambda minute: 100)
    # Berlin is an hour before UTC in January: 7:00 there is 6:00 here.
    assert seen[6 * 60 - 2][0] == 1
    assert seen[6 * 60][0] == 5
    # With its bounds lowered the group goes as far down as the new maximum, no further.
    assert seen[7 * 60][0] == 3


def test_a_run_begins_with_the_bounds_of_the_action_before_it() -> None:
    rows = (Schedule(name="evening", recurrence="0 19 * * *", minimum=4),)
    _, seen = follow(settings(schedules=rows, tracking=()), 5, lambda minute: 100)
    assert seen[0][:2] == (4, 4)


@pytest.mark.parametrize("wrong", [{"recurrence": "every day"}, {"time_zone": "Mars/Olympus"}])
def test_a_schedule_that_cannot_be_read_says_so(wrong: dict[str, str]) -> None:
    row = Schedule(**{"name": "x", "recurrence": "0 7 * * *", "minimum": 2, **wrong})  # type: ignore[arg-type]
    with pytest.raises(InputError, match="schedule x"):
        Group(settings(schedules=(row,))).start(MONDAY, 3600.0)


def test_the_warm_pool_serves_sooner_and_is_filled_again() -> None:
    cold, seen_cold = follow(settings(), 12, lambda minute: 2500)
    warm, seen_warm = follow(settings(warm_pool=WarmPool(prepared=4)), 12, lambda minute: 2500)

    def serving(rows: list[tuple[int, int, int]]) -> int:
        return next(n for n, row in enumerate(rows, 1) if row[1] == 3)

    assert serving(seen_warm) == serving(seen_cold) - 1  # 80 seconds in place of 140
    # Four prepared: three of them run now, one waits stopped.
    assert (warm.bill.warmed, cold.bill.warmed) == (1, 0)


def test_an_empty_group_wakes_for_the_first_request_and_sleeps_after_fifteen_minutes_without_any() -> None:
    asked = settings(minimum=0, wake=True)
    _, seen = follow(asked, 60, lambda minute: 50 if minute == 5 else 0)
    assert {row[0] for row in seen[:6]} == {0}
    assert seen[6][0] == 1
    # It serves from the tenth minute on; fifteen zeros from then, seen a minute late, and warm for two.
    serving = next(n for n, row in enumerate(seen) if row[1] == 1)
    assert first(seen[serving:], 0) in range(15, 19)


def test_cpu_without_detailed_monitoring_is_seen_every_five_minutes() -> None:
    asked = settings(tracking=(Tracking(target=0.5, metric="cpu"),), cpu_minutes=5)
    _, seen = follow(asked, 40, lambda minute: 60 * 90)
    # Three datapoints of five minutes: the sixteenth minute, where detailed monitoring needs four.
    assert first(seen, 2) == 16
    _, sooner = follow(settings(tracking=(Tracking(target=0.5, metric="cpu"),)), 40, lambda minute: 60 * 90)
    assert first(sooner, 2) == 4
    # What was measured while the second came is an average of before and after; it does not run away.
    assert max(row[0] for row in seen) <= 3


def test_a_step_down_does_not_wait_for_target_tracking() -> None:
    down = Steps(threshold=900, stages=(Stage(lower=None, upper=0, by=-1),), above=False, datapoints=5)
    _, seen = follow(settings(initial=4, steps=(down,)), 10, lambda minute: 4 * 850)
    assert min(row[0] for row in seen) < 4
    assert follow(settings(initial=4), 10, lambda minute: 4 * 850)[1][-1][0] == 4


def test_on_demand_comes_first_and_the_share_above_it_is_rounded_up() -> None:
    asked = settings(minimum=7, on_demand_base=2, on_demand_percent=25)
    group, _ = follow(asked, 1, lambda minute: 100)
    # Two, and a quarter of five rounded up: four on demand, three spot.
    assert sum(not i.spot for i in group.instances.values()) == 4


def test_a_spot_instance_taken_back_is_replaced_before_it_is_gone() -> None:
    market = Market(interruptions_per_hour=2.0, rebalance=True)
    asked = settings(minimum=4, on_demand_percent=0, tracking=(), market=market, kinds=(KIND, OTHER))
    group, seen = follow(asked, 240, lambda minute: 100)
    assert group.interrupted > 10
    # Notice and replacement overlap: both are billed for two minutes.
    assert max(row[2] for row in seen) > 4
    assert {row[0] for row in seen} == {4}
    assert {i.kind.name for i in group.instances.values()} <= {"c6i.large", "c5.large"}


def test_in_a_shortage_no_spot_comes_and_nothing_on_demand_takes_its_place() -> None:
    market = Market(shortages=((0.0, 1800.0),), retry_seconds=60.0)
    asked = settings(on_demand_base=1, on_demand_percent=0, market=market)
    group, seen = follow(asked, 45, lambda minute: 2500)
    assert seen[28][:2] == (3, 1)
    assert group.short > 10
    # Once the shortage is over the next try succeeds.
    assert seen[-1][1] == 3


def test_a_dead_instance_is_found_out_and_replaced() -> None:
    asked = settings(minimum=3, tracking=(), failures_per_hour=3.0, detect_seconds=30.0)
    group, seen = follow(asked, 240, lambda minute: 100)
    assert group.failed > 10
    assert len(group.instances) == 3
    assert min(row[1] for row in seen) < 3


def test_a_minute_is_billed_at_least_and_everything_up_to_the_end() -> None:
    group = Group(settings(minimum=2, tracking=()))
    group.start(MONDAY, 3600.0)
    group.resize(3, 100.0)
    group.resize(2, 110.0)
    group.advance(3600.0)
    group.bill.close(3600.0)
    # Two for the whole hour; the third was cancelled after ten seconds, and a minute is paid.
    assert group.bill.seconds == {("c6i.large", False): 2 * 3600 + 60}


def test_an_instance_that_leaves_is_paid_while_it_drains() -> None:
    group = Group(settings(minimum=1, initial=2, tracking=(), drain_seconds=300.0))
    group.start(MONDAY, 3600.0)
    group.resize(1, 600.0)
    assert len(group.serving) == 1
    group.advance(3600.0)
    group.bill.close(3600.0)
    assert group.bill.seconds["c6i.large", False] == 3600 + 900


@pytest.mark.parametrize("wrong", [{"kinds": ()}, {"minimum": 4, "maximum": 3}, {"minimum": -1}])
def test_a_group_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        settings(**wrong)
