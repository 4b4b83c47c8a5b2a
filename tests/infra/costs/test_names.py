"""What somebody who mistyped a name is told; and the list of regions that says which names are none."""

import pytest
from botocore.session import Session  # type: ignore[import-untyped]

from infra.costs.machines import instance_types
from infra.costs.names import did_you_mean, nearest
from infra.costs.prices import DATA, GLOBAL
from infra.costs.regions import known_regions, nearest_region

COLOURS = ("red", "green", "blue")


@pytest.mark.parametrize(
    ("written", "known", "meant"),
    [
        ("gren", COLOURS, "green"),
        ("GREEN", COLOURS, "green"),
        # Two names are equally far by the letters they share; only one has the same letters.
        ("us-esat-1", ("us-west-1", "us-east-1", "eu-west-1"), "us-east-1"),
        ("ue", ("us", "eu"), "eu"),
        ("g4nd.xlarge", ("g4ad.xlarge", "g4dn.xlarge"), "g4dn.xlarge"),
    ],
)
def test_the_nearest_name_is_suggested(written: str, known: tuple[str, ...], meant: str) -> None:
    assert nearest(written, known) == nearest(written, reversed(known)) == f", did you mean {meant!r}?"
    assert did_you_mean(written, known).startswith(f"did you mean {meant}")


def test_a_name_that_is_near_none_gets_no_suggestion() -> None:
    assert nearest("mauve-ish", COLOURS) == ""
    assert did_you_mean("mauve-ish", COLOURS) == "known: blue, green, red"


@pytest.mark.parametrize("swapped", ["t3.meduim", "g4nd.xlarge", "c6i.lareg"])
def test_two_swapped_letters_find_their_instance_type_among_all(swapped: str) -> None:
    (found,) = (name for name in instance_types() if sorted(name) == sorted(swapped) and name[0] == swapped[0])
    assert repr(found) in nearest(swapped, instance_types())


def test_a_region_is_never_taken_for_a_slip_of_the_pen() -> None:
    assert [nearest_region(name) for name in known_regions() if nearest_region(name)] == []
    assert nearest_region("eu-cental-1") == ", did you mean 'eu-central-1'?"


def test_the_regions_are_those_that_botocore_knows_and_all_that_have_prices() -> None:
    session = Session()
    partitions = session.get_available_partitions()
    assert known_regions() == {name for one in partitions for name in session.get_available_regions("ec2", one)}
    # A local zone has prices of its own, and is no region.
    priced = {path.name for path in (DATA / "prices").iterdir()} - {GLOBAL, "us-west-2-lax-1"}
    assert priced <= known_regions()
