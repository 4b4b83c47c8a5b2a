"""What people cost: their share of the time, being on call, and building it once."""

from fractions import Fraction
from typing import Final

from infra.costs.curves import Curve
from infra.costs.tco.types import Once, Part
from infra.costs.workload import Workload

HOURS_A_YEAR: Final = 2_080
"""Working hours a year of a full-time engineer: 52 weeks of 40."""


def running(workload: Workload) -> Part:
    """Those who keep our own service going."""
    basis = f"people.engineers {workload.people.engineers} x people.share {workload.people.share} x {salary(workload)}"
    return Part(name="People", monthly=Curve.constant(Fraction(workload.people.per_month)), basis=f"{basis} / 12")


def using(workload: Workload) -> Part:
    """Those who use an API: the provider's engineers are in its price, a small part of one's own is not."""
    people = workload.people
    cost = Fraction(people.engineers) * Fraction(people.api_share) * Fraction(people.salary) / 12
    basis = f"people.engineers {people.engineers} x people.api_share {people.api_share} x {salary(workload)} / 12"
    return Part(name="People", monthly=Curve.constant(cost), basis=basis)


def both(workload: Workload) -> Part:
    """Those who keep our own service going, and use an API beside it."""
    own, other = running(workload), using(workload)
    return Part(name="People", monthly=own.monthly + other.monthly, basis=f"{own.basis}; {other.basis}")


def on_call(workload: Workload) -> Part:
    """Hours in which somebody is called, at the rate stated or an engineer's; nothing where no people are counted."""
    hours, stated = workload.ownership.on_call_hours, workload.support.on_call_usd_per_hour
    rate = f"support.on_call_usd_per_hour {stated}" if stated else f"{salary(workload)} / {HOURS_A_YEAR:,} hours"
    basis = f"ownership.on_call_hours {hours} x {rate}"
    if not workload.people.engineers:
        basis = "people.engineers is 0: no people are counted"
    return Part(name="On-call", monthly=Curve.constant(on_call_cost(workload)), basis=basis)


def on_call_cost(workload: Workload) -> Fraction:
    """USD a month for being on call."""
    if not workload.people.engineers:
        return Fraction(0)
    rate = Fraction(workload.support.on_call_usd_per_hour) or Fraction(workload.people.salary) / HOURS_A_YEAR
    return Fraction(workload.ownership.on_call_hours) * rate


def build(workload: Workload) -> Once:
    """What is left to build with the toolkit; the part it takes away is an assumption, and said."""
    owned = workload.ownership
    by_hand = built_by_hand(workload)
    left = by_hand * (1 - Fraction(owned.toolkit_saves))
    basis = (
        f"ownership.build_engineer_months {owned.build_engineer_months} x (1 - ownership.toolkit_saves "
        f"{owned.toolkit_saves}, assumed) x {salary(workload)} / 12"
    )
    if not workload.people.engineers:
        basis = "people.engineers is 0: no people are counted"
    return Once(name="Build", amount=left, basis=basis)


def built_by_hand(workload: Workload) -> Fraction:
    """USD to build by hand what the toolkit holds."""
    months = Fraction(workload.ownership.build_engineer_months) if workload.people.engineers else Fraction(0)
    return months * Fraction(workload.people.salary) / 12


def salary(workload: Workload) -> str:
    """A year's salary in words, with the key it comes from."""
    people = workload.people
    where = "people.salary_per_year" if people.salary_per_year else f"people.region {people.region}"
    return f"{people.salary:,f} USD ({where})"
