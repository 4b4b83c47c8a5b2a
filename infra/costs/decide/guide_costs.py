"""The guide's rules about money: volume, trying the API, its budget, the people who would maintain the same."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from infra.costs.decide.answer import Reason
from infra.costs.decide.found import ZERO, Found
from infra.costs.decide.ranges import side_at
from infra.costs.managed import over_quota
from infra.costs.reports.words import money
from infra.costs.reports.words import volume as in_words

ARTICLE: Final = (Fraction(400_000), Fraction(500_000))
"""The article's rule of thumb: units a month above which self-hosting is likely better."""
SMALLEST_SERVER: Final = 30
"""USD a month: where the article starts."""
TRIAL_UNITS: Final = 10_000
LITTLE: Final = Fraction(2)
"""The API is "a little too expensive" up to so many times what hosting costs (assumed)."""


def total_cost_with_people(found: Found) -> Iterator[Reason]:
    """What it costs with model, infrastructure, engineering time, operation and maintenance."""
    api, host = found.cheapest("api"), found.cheapest("host")
    months = len(found.board.volumes)
    said = [f"{row[0].name} ({row[0].key}) {money(row[1].total or ZERO)}" for row in (host, api) if row]
    taken = found.choice.option
    decides = found.choice.rule in ("cheapest", "only-option") and taken is not None
    text = f"over {months} months, people included: {', '.join(said) or 'nothing can be had'} USD"
    yield Reason(rule="total-cost", text=text, side=found.choice.side if decides else "", decides=decides)


def high_volume(found: Found) -> Iterator[Reason]:
    """High monthly volume (above about 400-500 k): self-hosting is likely better."""
    now = Fraction(found.situation.volume_per_month)
    edges = [r.start for r in found.ranges if r.side == "host" and r.start]
    above = now > ARTICLE[0]
    thumb = f"the article's rule of thumb is {in_words(ARTICLE[0])} to {in_words(ARTICLE[1])} a month"
    if edges:
        exact = f"hosting wins from {in_words(edges[0])} a month on" + (
            " (again from others)" if len(edges) > 1 else ""
        )
    elif any(r.side == "host" for r in found.ranges):
        exact = "hosting wins from the first unit on"
    else:
        exact = "hosting wins at no volume here"
    here = side_at(found.ranges, now)
    side = here.side if here.side != "neither" else ""
    agrees = (above and side == "host") or (not above and side == "api")
    more = "" if agrees or not side else "; this situation's own figure differs from it"
    yield Reason(rule="high-volume", text=f"{in_words(now)} a month; {exact}; {thumb}{more}", side=side)
    if here.why:
        yield Reason(rule="more-volume", text=here.why, side=side)


def try_api_first(found: Found) -> Iterator[Reason]:
    """Try the commercial API first."""
    if found.situation.tried != "untried":
        return
    api = found.choice.api
    if api is None:
        yield Reason(rule="api-first", text="there is no API that may be tried")
        return
    trial = api.api.curve(found.board.workload).at(TRIAL_UNITS) if api.api else Fraction(0)
    text = f"try {api.name} first: {TRIAL_UNITS:,} {found.situation.unit} cost {money(trial)} USD"
    if found.choice.side == "host":
        yield Reason(rule="api-first", text=f"{text}, and show what quality to reach before anything is built")
        return
    now = Fraction(found.situation.volume_per_month)
    edge = next((r.start for r in found.ranges if r.side == "host" and r.start >= now), None)
    again = f"look again at {in_words(edge)} a month" if edge else "no volume makes hosting win as things stand"
    yield Reason(rule="api-first", text=f"{text}; {again}", side="api")


def within_budget(found: Found) -> Iterator[Reason]:
    """If it does the job within budget, stay."""
    if found.situation.tried != "works":
        return
    api, budget = found.choice.api, found.situation.budget_per_month
    if api is None:
        yield Reason(rule="within-budget", text="the API does the job, but may not be used, or not within the budget")
        return
    costs = found.cost(api)
    each = money(costs.dearest or ZERO)
    stay = found.choice.rule == "within-budget"
    if not budget:
        text = f"the API does the job for {each} USD a month; no budget is stated, so the totals decide"
        yield Reason(rule="within-budget", text=text)
        return
    saved = ""
    if stay and found.choice.host:
        left = (costs.total or ZERO) - (found.cost(found.choice.host).total or ZERO)
        saved = f"; hosting would save {money(left)} USD over {len(found.board.volumes)} months"
    text = f"the API does the job for {each} USD a month, {money(budget)} may be spent: stay{saved}"
    yield Reason(rule="within-budget", text=text, side="api", decides=stay)


def too_expensive(found: Found) -> Iterator[Reason]:
    """If it is a little too expensive, compare with the cost of people who would build and maintain the same."""
    if found.situation.tried != "too-expensive":
        return
    api, host = found.cheapest("api"), found.cheapest("host")
    if not api or not host:
        yield Reason(rule="too-expensive", text="too expensive, and there is nothing to compare it with")
        return
    months = len(found.board.volumes)
    ours, theirs = (host[1].total or ZERO) / months, (api[1].total or ZERO) / months
    people = (host[1].first or ZERO) - (host[0].without_people.at(found.board.volumes[0]))
    times = theirs / ours if ours else Fraction(0)
    how = "a little" if times <= LITTLE else f"{float(times):.1f} times"
    text = (
        f"the API costs {money(theirs)} USD a month; {host[0].name} {money(ours)} with what is paid once, "
        f"{money(people)} of it people who maintain it"
    )
    if theirs <= ours:
        needed = 1 - theirs / ours if ours else Fraction(0)
        yield Reason(
            rule="too-expensive",
            text=f"{text}: hosting would cost {float(needed):.0%} more; ask for a discount",
            side="api",
        )
        return
    yield Reason(rule="too-expensive", text=f"{text}: {how} too expensive", side="host")


def quotas(found: Found) -> Iterator[Reason]:
    """An API takes so many requests a second until it is asked for more."""
    option = found.choice.option
    said = over_quota(option.api, found.board.workload) if option and option.api and option.key == "api" else ""
    if said:
        yield Reason(rule="quota", text=said)


def scaling(found: Found) -> Iterator[Reason]:
    """Start small (about 30 USD a month), grow as needed, shrink again when nobody calls."""
    host = found.choice.host
    if host is None:
        return
    zero = f"from {money(host.without_people.at(0))} USD a month with nobody calling"
    now = money(host.without_people.at(found.board.volumes[0]))
    small = f"the article's server starts at {SMALLEST_SERVER}"
    text = f"{host.name} costs {zero} to {now} at this volume, people apart; {small}"
    yield Reason(rule="scaling", text=text)
