"""The break-even with bursts: a simulated estimate beside the steady one, API by API."""

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from infra.costs.bursts import WithBursts
from infra.costs.compare import compare
from infra.costs.errors import InputError
from infra.costs.estimate import Estimate
from infra.costs.reports.bursts import bursts_document, bursts_markdown, bursts_text
from infra.costs.simulated import SimulatedUse
from infra.costs.workload import Compare, People, Volume, Workload
from tests.infra.costs.stacks import fleet, priced

MILLION = 1_000_000
INSTANCE = 730 * Fraction("0.526") + Fraction("0.08")  # a g4dn.xlarge on demand and 1 GB of gp3
WORDS = "3 simulations of a weekday"
LOST = "requests were lost above it"


def workload(per_month: int = 5 * MILLION) -> Workload:
    return Workload(
        volume=Volume(per_month=Decimal(per_month), peak_to_average=Decimal(1)),
        people=People(engineers=Decimal(0)),
        compare=Compare(apis=("rekognition_labels",)),
        capacity=(("g4dn.xlarge", Decimal(75)),),
    )


def steady_of(known: Workload) -> Estimate:
    return priced(*fleet("g4dn.xlarge", 1, 4), workload=known)


def simulated(instances: Fraction, known: Workload) -> Estimate:
    """So many instances on average at every volume up to 10 million."""
    points = [(0, instances, 0, 0), (10 * MILLION, instances, 0, 0)]
    return steady_of(known).again(simulated={"asg": SimulatedUse.through(points, WORDS, limit_reason=LOST)})


@pytest.mark.parametrize("instances", [Fraction(3, 2), Fraction(2)])
def test_the_break_even_moves_by_what_the_burst_costs(instances: Fraction) -> None:
    # Rekognition's first tier takes 0.001 each up to a million; the average rule plans one instance here.
    found = simulated(instances, workload())
    (one,) = WithBursts.of(steady_of(workload()), found).rows
    steady, bursts = one.break_evens(people=False)
    assert steady.volumes[0] == INSTANCE * 1000
    assert bursts.volumes[0] == instances * steady.volumes[0]
    assert bursts.self_hosted_wins == ((bursts.volumes[0], 10 * MILLION),)
    assert bursts == compare(found).offers[0].without_people


def test_both_break_evens_are_shown_beside_each_other() -> None:
    known = replace(workload(), people=People(engineers=Decimal(1)), compare=Compare())
    both = WithBursts.of(steady_of(known), simulated(Fraction(2), known))
    text, markdown, document = bursts_text(both), bursts_markdown(both), bursts_document(both)
    assert max(map(len, text.splitlines())) <= 80
    assert "Break-even" in text.splitlines()[0]
    assert f"simulated, {WORDS}" in " ".join(text.split())
    assert "Above 10 M with bursts: requests were lost above it." in text
    assert len(document["rows"]) == len(both.rows) > 1
    for one in both.rows:
        assert one.api.name in markdown
    rows = json.loads(json.dumps(document))["rows"]
    assert all(r["simulated"]["infeasible"] == {"above": "10000000", "reason": LOST} for r in rows)
    assert Fraction(document["monthly"]["simulated"]) == 2 * Fraction(document["monthly"]["steady"]) == 2 * INSTANCE


def test_two_estimates_of_one_kind_or_of_different_workloads_are_not_compared() -> None:
    steady, bursts = steady_of(workload()), simulated(Fraction(2), workload())
    for pair in ((steady, steady), (bursts, bursts), (bursts, steady)):
        with pytest.raises(InputError, match="not one steady and one simulated"):
            WithBursts.of(*pair)
    with pytest.raises(InputError, match="different workloads"):
        WithBursts.of(steady, simulated(Fraction(2), workload(MILLION)))
