"""Every option on the table: each API, and each stack self-hosted, with the API as fallback, and scaled to zero."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Final

from infra.costs.decide.apis import apis_for
from infra.costs.decide.candidates import Candidate, workload_of
from infra.costs.decide.hard import blocks_of
from infra.costs.decide.options import Option, amounts
from infra.costs.decide.situation import Situation
from infra.costs.errors import InputError
from infra.costs.estimate import Estimate
from infra.costs.managed import ManagedApi
from infra.costs.tco import scenarios
from infra.costs.tco.fallback import day_of
from infra.costs.tco.total import volumes_of
from infra.costs.tco.types import Scenario, ScenarioKey
from infra.costs.workload import Workload

MOST_DENOMINATOR: Final = 10**6
"""A growth factor is exact to a millionth: volumes are rounded up to whole units anyway."""
OF_HOSTS_ALONE: Final = ("rate_factor", "utilisation", "spot_share")
"""Values of a situation that no API and no volume depends on."""
WAYS: Final[tuple[ScenarioKey, ...]] = ("self-hosted", "fallback", "scale-to-zero")


@dataclass(frozen=True, kw_only=True)
class Board:
    """The options for a situation, and the volume of each month."""

    situation: Situation
    workload: Workload
    options: tuple[Option, ...]
    volumes: tuple[Fraction, ...]

    @cached_property
    def factors(self) -> tuple[Fraction, ...]:
        """What the volume of each month is over the first one's."""
        growth = 1 + Fraction(self.situation.growth_per_month)
        return tuple((growth**month).limit_denominator(MOST_DENOMINATOR) for month in range(len(self.volumes)))

    @property
    def open(self) -> tuple[Option, ...]:
        """The options that no hard rule forbids."""
        return tuple(option for option in self.options if not option.blocks)


def lay_out(situation: Situation, candidates: Sequence[Candidate]) -> Board:
    """Price every option and mark what the hard rules forbid; raises InputError for values that cannot be."""
    if situation.idle_share == 1:
        raise InputError("idle_share", "1: nobody ever calls", "give less than 1")
    base = candidates[0].estimate.workload if candidates else Workload()
    workload = workload_of(situation, base)
    volumes = volumes_of(workload)
    apis = tuple(_judged(_managed(api, workload), situation) for api in apis_for(situation, workload))
    cheapest = _cheapest(apis, volumes)
    hosts = (_judged(way, situation) for one in candidates for way in _hosted(one, situation, cheapest, WAYS))
    return Board(situation=situation, workload=workload, options=(*apis, *hosts), volumes=volumes)


def laid_out_again(board: Board, situation: Situation, options: Sequence[Option]) -> Board:
    """Some options of a board, none of them forbidden, in a situation that no hard rule judges otherwise."""
    workload = workload_of(situation, board.workload)
    volumes, apis = board.volumes, tuple(option for option in options if option.key == "api")
    if not _same_for_apis(situation, board.situation):
        volumes, apis = volumes_of(workload), tuple(_managed_again(apis, situation, workload))
    answering = apis
    if not apis:
        # Where no API may be used alone, one of them still answers the bursts.
        answering = tuple(_managed(api, workload) for api in apis_for(situation, workload))
    cheapest = _cheapest(answering, volumes)
    wanted: dict[Candidate, list[ScenarioKey]] = {}
    for option in options:
        if option.candidate:
            wanted.setdefault(option.candidate, []).append(option.key)
    hosts = (way for one, keys in wanted.items() for way in _hosted_again(one, situation, cheapest, keys))
    return Board(situation=situation, workload=workload, options=(*apis, *hosts), volumes=volumes)


def _same_for_apis(one: Situation, other: Situation) -> bool:
    return replace(one, **{key: getattr(other, key) for key in OF_HOSTS_ALONE}) == other


def _managed_again(apis: Sequence[Option], situation: Situation, workload: Workload) -> Iterable[Option]:
    named = {api.key: api for api in apis_for(situation, workload)}
    return (_managed(named[option.api.key], workload) for option in apis if option.api)


def _cheapest(apis: Sequence[Option], volumes: Sequence[Fraction]) -> ManagedApi | None:
    """The API that answers bursts: the cheapest that may be used; where none may, a fallback is forbidden with it."""
    allowed = [option for option in apis if not option.blocks] or apis
    return min(allowed, key=lambda o: amounts(o, volumes).total or 0).api if allowed else None


def _judged(option: Option, situation: Situation) -> Option:
    return replace(option, blocks=blocks_of(option, situation))


def _managed(api: ManagedApi, workload: Workload) -> Option:
    return Option(key="api", name=api.name, scenario=scenarios.from_api(workload, api), api=api)


def _hosted(
    candidate: Candidate, situation: Situation, api: ManagedApi | None, keys: Sequence[ScenarioKey]
) -> Iterable[Option]:
    priced = candidate.priced(situation)
    shaped = scenarios.awake(priced.workload)
    ours = priced if shaped is priced.workload else priced.again(stack=priced.stack, workload=shaped)
    for key in keys:
        if key == "fallback" and api is None:
            continue
        way = _scenario(key, ours, api)
        used = api if key == "fallback" else None
        yield Option(key=key, name=candidate.name, scenario=way, candidate=candidate, estimate=priced, api=used)


def _hosted_again(
    candidate: Candidate, situation: Situation, api: ManagedApi | None, keys: Sequence[ScenarioKey]
) -> Iterable[Option]:
    """As _hosted, for what they cost alone: only the sizes of the groups that each way has are priced."""
    assumed = candidate.remembered
    shaped = scenarios.awake(candidate.workload(situation))
    for key in keys:
        stack = candidate.stack(situation.spot_share, to_zero=key == "scale-to-zero")
        part = day_of(shaped).planned_part if key == "fallback" else None
        way = _scenario(key, assumed.again(stack=stack, workload=shaped, planned_part=part), api)
        yield Option(key=key, name=candidate.name, scenario=way, candidate=candidate)


def _scenario(key: ScenarioKey, ours: Estimate, api: ManagedApi | None) -> Scenario:
    if key == "fallback" and api is not None:
        return scenarios.with_fallback(ours, api)
    return scenarios.to_zero(ours) if key == "scale-to-zero" else scenarios.self_hosted(ours)
