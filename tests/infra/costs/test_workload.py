"""The workload file: defaults, what each key allows, and how it moves a stack's cost."""

import tomllib
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from infra.costs.compare import compare
from infra.costs.curves import Infeasible
from infra.costs.errors import InputError
from infra.costs.estimate import Estimate
from infra.costs.managed import managed_apis
from infra.costs.workload import Workload
from tests.infra.costs.stacks import cost, fleet, priced, quantity, row

ROOT = Path(__file__).parents[3]
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"


def read(tmp_path: Path, text: str) -> Workload:
    path = tmp_path / "workload.toml"
    path.write_text(text)
    return Workload.read(path)


def test_the_committed_file_states_every_key_and_says_what_the_defaults_say() -> None:
    path = ROOT / "workload.toml"
    stated = {name: set(table) for name, table in tomllib.loads(path.read_text()).items()}
    known = Workload()
    sections = [f.name for f in fields(Workload) if f.name not in ("capacity", "source")]
    assert stated == {name: {f.name for f in fields(getattr(known, name))} for name in sections}
    committed = Workload.read(path)
    assert {name: getattr(committed, name) for name in sections} == {name: getattr(known, name) for name in sections}


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, "").volume == Workload().volume


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[volume]\nper_moth = 5", "[volume] per_moth: unknown key, did you mean 'per_month'?"),
        ("[volum]\nper_month = 5", "[volum]: unknown section, did you mean 'volume'?"),
        ("volume = 5", "volume: not a section"),
        ('[volume]\nper_month = "5"', "[volume] per_month: '5' is not a number"),
        ("[volume]\nper_month = true", "[volume] per_month: True is not a number"),
        ("[volume]\nper_month = -1", "[volume] per_month: -1 is out of range"),
        ("[volume]\nper_month = 1e16", "[volume] per_month: 1E+16 is out of range"),
        ("[volume]\nper_month = nan", "[volume] per_month: NaN is out of range"),
        ("[volume]\nper_month = inf", "[volume] per_month: Infinity is out of range"),
        ("[volume]\npeak_to_average = 0.9", "peak_to_average: 0.9 is out of range; give a number from 1"),
        ("[volume]\nhours_open_per_day = 0", "hours_open_per_day: 0 is out of range; give a number above 0 up to 24"),
        ("[volume]\nhours_open_per_day = 25", "hours_open_per_day: 25 is out of range"),
        ("[volume]\nhours_per_month = 745", "hours_per_month: 745 is out of range"),
        ("[volume]\nunit = 5", "[volume] unit: 5 is not a text in quotes"),
        ("[request]\nunits = 0", "[request] units: 0 is out of range; give a number above 0"),
        ("[serving]\nutilisation = 1.1", "utilisation: 1.1 is out of range"),
        ("[serving]\nutilisation = 0", "utilisation: 0 is out of range"),
        ("[people]\nshare = 1.5", "[people] share: 1.5 is out of range"),
        ("[people]\nengineers = -2", "[people] engineers: -2 is out of range"),
        ('[billing]\nfree_tiers = "yes"', "free_tiers: 'yes' is not true or false"),
        ("[billing]\nfree_tiers = 1", "free_tiers: 1 is not true or false"),
        ('[compare]\napis = "rekognition_labels"', "is not a list of names"),
        ("[compare]\napis = [1]", "is not a list of names"),
        ("capacity = 75", "capacity: not a section"),
        ('[capacity]\n"g4dn.xlarge" = 0', "[capacity] g4dn.xlarge: 0 is out of range"),
        ('[capacity]\n"g4dn.xlarge" = "75"', "[capacity] g4dn.xlarge: '75' is not a number"),
        ("[volume", "not readable as TOML"),
    ],
)
def test_what_cannot_be_is_refused_naming_file_key_and_range(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)
    assert "workload.toml" in str(caught.value)


def test_an_unknown_api_is_refused_with_the_nearest(tmp_path: Path) -> None:
    workload = read(tmp_path, '[compare]\napis = ["recognition_labels"]')
    with pytest.raises(InputError, match="did you mean 'rekognition_labels'"):
        compare(priced(*fleet("g4dn.xlarge", 1, 4), workload=workload))


def test_named_apis_are_compared_in_their_order_and_else_all_of_the_unit(tmp_path: Path) -> None:
    rows = fleet("g4dn.xlarge", 1, 4)
    named = read(tmp_path, '[compare]\napis = ["google_vision_labels", "comprehend_sentiment"]')
    texts = read(tmp_path, '[volume]\nunit = "texts"')
    offers = [[o.api.key for o in compare(priced(*rows, workload=w)).offers] for w in (named, texts)]
    assert offers == [["google_vision_labels", "comprehend_sentiment"], ["comprehend_sentiment"]]


BUSY = """
[volume]
per_month = {volume}
peak_to_average = {peak}
hours_open_per_day = {hours}
[serving]
utilisation = 0.5
[capacity]
"g4dn.xlarge" = 10
"""
# One instance answers 10 a second, planned at half: 10 x 0.5 x 730 x 3,600 = 13,140,000 a month.
ONE = 13_140_000


def busy(tmp_path: Path, volume: int, peak: int = 1, hours: int = 24) -> Estimate:
    workload = read(tmp_path, BUSY.format(volume=volume, peak=peak, hours=hours))
    return priced(*fleet("g4dn.xlarge", 1, 4), workload=workload)


@pytest.mark.parametrize(
    ("volume", "instances"), [(0, 1), (1, 1), (ONE, 1), (ONE + 1, 2), (2 * ONE, 2), (3 * ONE + 1, 4), (4 * ONE, 4)]
)
def test_the_traffic_sets_the_instances_one_more_from_the_unit_above(
    tmp_path: Path, volume: int, instances: int
) -> None:
    found = busy(tmp_path, volume)
    assert quantity(found, "Instance usage") == instances * 730
    assert cost(found, "Instance usage", case="low") == 730 * Fraction("0.526")
    assert cost(found, "Instance usage", case="high") == 4 * 730 * Fraction("0.526")


def test_outside_opening_hours_the_group_is_at_its_minimum(tmp_path: Path) -> None:
    # Half the day: an instance answers half as much a month, two run while open and one while closed.
    found = busy(tmp_path, ONE // 2 + 1, hours=12)
    assert quantity(found, "Instance usage") == Fraction(2 + 1, 2) * 730


@pytest.mark.parametrize(("peak", "most"), [(1, 8 * ONE), (2, 4 * ONE), (8, ONE)])
def test_capacity_ends_where_the_peak_reaches_the_whole_group(tmp_path: Path, peak: int, most: int) -> None:
    # Four instances at their full 10 a second are twice what half of it is planned for.
    curve = busy(tmp_path, 0, peak).curve("expected")
    assert curve.at(most) >= 0
    with pytest.raises(Infeasible, match=r"asg at its maximum of 4 x g4dn\.xlarge, 10 a second each"):
        curve.at(most + 1)


@pytest.mark.parametrize(
    ("keys", "monthly"),
    [("", 2000), ("engineers = 0", 0), ("share = 1", 20_000), ("salary_per_year = 60_000", 1000), ("share = 0", 0)],
)
def test_people_are_a_share_of_a_years_salary_each_month(tmp_path: Path, keys: str, monthly: int) -> None:
    workload = read(tmp_path, f"[people]\n{keys}\n")
    assert workload.people.per_month == monthly
    assert compare(priced(*fleet("g4dn.xlarge", 1, 1), workload=workload)).people == monthly


@pytest.mark.parametrize(("characters", "pieces"), [(1, 3), (300, 3), (301, 4), (500, 5), (0, 3)])
def test_text_is_charged_in_pieces_of_a_hundred_and_three_at_least(
    tmp_path: Path, characters: int, pieces: int
) -> None:
    workload = read(tmp_path, f"[request]\ncharacters = {characters}")
    curve = managed_apis()["comprehend_sentiment"].curve(workload)
    assert curve.at(1000) == 1000 * pieces * Fraction("0.0001")


def test_the_workload_does_not_speak_for_another_programs_resources(tmp_path: Path) -> None:
    ours = row(f"breakeven:infra:Gateway${LOG_GROUP}", "ours")
    found = priced(ours, row(LOG_GROUP, "theirs"), workload=read(tmp_path, ""))
    known = {i.resource.name: i.quantity is not None for i in found.items if i.label == "Data ingested"}
    assert known == {"ours": True, "theirs": False}
    # 2,000,000 requests of 500 bytes are 1 GB at 0.50.
    assert cost(found, "Data ingested", "ours") == Fraction("0.50")


def test_another_volume_leaves_everything_else_as_it_was() -> None:
    moved = Workload().at_volume(Decimal(5))
    assert moved.volume.per_month == 5
    assert (moved.people, moved.volume.peak_to_average) == (Workload().people, Workload().volume.peak_to_average)
