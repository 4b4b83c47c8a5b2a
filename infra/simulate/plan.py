"""The cheapest settings that hold an objective under a trace: each way recorded, simulated and priced."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

from infra.choose.base import Base
from infra.choose.space import MOST_A_SECOND, MOST_BURST, MOST_INSTANCES, image_for, same_image
from infra.costs.errors import CostError, InputError
from infra.costs.estimate import Estimate, estimate
from infra.costs.names import nearest
from infra.costs.stack import Stack
from infra.record import record_config
from infra.scaling.result import Run
from infra.scaling.traffic import Trace
from infra.settings import MODELS, camel
from infra.simulate import strategies
from infra.simulate.bill import billed, fleet_of
from infra.simulate.group import Simulated, simulated_group
from infra.simulate.run import simulate
from infra.simulate.types import Objective, Plan, Tried

UTILISATIONS = (70, 50, 35)
HEADROOMS = (0.0, 0.25, 0.6)
BREAKS = "instances that break are left out: one loses what comes to it until it is found out, whatever the settings"
FITTED = "the plan fits this traffic; try it on other weeks with `breakeven simulate` before you rely on it"
SEARCH_STEP_SECONDS = 30.0
FINAL_STEP_SECONDS = 10.0
FINAL_SEEDS = (0, 1, 2)
TYPES = 3
"""Instance types that are searched: those with the least USD for what they answer."""
Say = Callable[[str], None]


def plan(
    base: Base,
    trace: Trace,
    objective: Objective,
    *,
    only: tuple[str, ...] = (),
    models: Path = MODELS,
    say: Say = lambda line: None,
) -> Plan:
    """Search, among `only` these instance types where any are named; the base has the volume of the trace.

    Raises InputError where the stack has no group, or no instance type's capacity is known.
    """
    return _Search(base, trace, objective, only, models, say).run()


@dataclass(kw_only=True)
class _Way:
    """Settings on the way to a result: the stack they make, and the group that is simulated."""

    keys: Mapping[str, Any]
    stack: Stack
    group: Simulated


@dataclass
class _Search:
    base: Base
    trace: Trace
    objective: Objective
    only: tuple[str, ...]
    models: Path
    say: Say
    simulations: int = 0
    notes: list[str] = field(default_factory=list)

    def run(self) -> Plan:
        found: list[Tried] = []
        for name in self._types():
            found += self._of_type(name)
        static = min((t for t in found if t.strategy == "static for the peak" and t.holds), key=_fleet, default=None)
        planned = self._confirmed([t for t in found if t.holds])
        found = [tried if tried.holds else self._whole(tried) for tried in found]
        return Plan(
            objective=self.objective,
            per_month=self.base.workload.volume.per_month,
            unit=self.base.workload.volume.unit,
            tried=tuple(sorted(found, key=lambda t: (not t.holds, t.monthly))),
            planned=planned,
            static=static,
            simulations=self.simulations,
            notes=tuple(dict.fromkeys((*self.base.notes, *self.trace.notes, *self.notes, BREAKS, FITTED))),
        )

    def _types(self) -> list[str]:
        """The types that answer most for the money, by what an instance of each costs."""
        if self.only:
            return [self._known(name) for name in self.only]
        priced = []
        for name in self.base.types:
            alone = {**strategies.bought([name], base=0, on_demand_percent=100), **strategies.sized(1, 1)}
            try:
                cost = fleet_of(self._steady(self._way(alone).stack)) / self.base.rate(name)
            except CostError as error:
                self.notes.append(f"{name} is left out: {error}")
                continue
            priced.append((cost, name))
        left = [name for _, name in sorted(priced)[TYPES:]]
        if left:
            self.notes.append(f"not searched, dearer for what they answer: {', '.join(left)}")
        return [name for _, name in sorted(priced)[:TYPES]]

    def _known(self, name: str) -> str:
        if name not in self.base.types:
            reason = f"no capacity with {self.base.model} is known{nearest(name, self.base.types)}"
            raise InputError(f"type {name}", reason, f"known: {', '.join(self.base.types)}")
        return name

    def _of_type(self, name: str) -> list[Tried]:
        """Every strategy with one instance type; spot comes to the best of them."""
        found = []
        static = self._static(name)
        if static is None:
            self.notes.append(f"{name}: {MOST_INSTANCES} instances do not hold the objective")
            return []
        found.append(static)
        most = static.settings["minSize"] + 2
        own = strategies.bought([name], base=0, on_demand_percent=100)
        for utilisation in UTILISATIONS:
            found += self._tracking(f"target tracking at {utilisation} %", own, most, utilisation)
        found += self._scheduled(name, own, most)
        warm = {"warmPoolSize": most}
        found += self._tracking("target tracking, warm pool", {**own, **warm}, most, UTILISATIONS[0])
        best = min((t for t in found if t.holds), key=_fleet)
        found += self._on_spot(name, best)
        found.append(self._asleep(own, most))
        return found

    def _static(self, name: str) -> Tried | None:
        """The smallest group of a fixed size that holds the objective."""
        own = strategies.bought([name], base=0, on_demand_percent=100)
        rate = float(self.base.rate(name) / Fraction(self.base.workload.request.units))
        high = ceil(1.1 * self.trace.peak_per_second / rate) + 1
        while high <= MOST_INSTANCES:
            found = self._least("static for the peak", own, lambda size: strategies.sized(size, size), 1, high)
            if found:
                return found
            high *= 2
        return None

    def _tracking(self, strategy: str, own: Mapping[str, Any], most: int, utilisation: int) -> list[Tried]:
        def sized(size: int) -> Mapping[str, Any]:
            return {**strategies.sized(size, most, utilisation), **own}

        found = self._least(strategy, own, sized, 1, most)
        return [found] if found else []

    def _scheduled(self, name: str, own: Mapping[str, Any], most: int) -> list[Tried]:
        """Minimum sizes by the hour, with target tracking above them; the least headroom that holds."""
        rate = float(self.base.rate(name) / Fraction(self.base.workload.request.units))
        tried = []
        for headroom in HEADROOMS:
            actions = strategies.scheduled(self.trace, rate, headroom, 1, most)
            if not actions:
                break
            keys = {**own, **strategies.sized(1, most, UTILISATIONS[0]), "schedules": actions}
            tried.append(self._try(f"scheduled, {headroom * 100:.0f} % headroom", keys))
            if tried[-1].holds:
                break
        return tried[-1:]

    def _on_spot(self, name: str, best: Tried) -> list[Tried]:
        """The best way with instances above a base on the spot market, which may take them back."""
        kinds = [name, *self._alike(name)]
        least = best.settings["minSize"]
        found = []
        for base in dict.fromkeys((0, ceil(least / 2), least)):
            keys = {**best.settings, **strategies.bought(kinds, base=base, on_demand_percent=0)}
            found.append(self._try(f"{best.strategy}, spot above {base}", keys))
        return found

    def _asleep(self, own: Mapping[str, Any], most: int) -> Tried:
        keys = {**strategies.sized(0, most, UTILISATIONS[0]), **own, "scaleToZero": True}
        return self._try("scale to zero", keys)

    def _alike(self, name: str) -> list[str]:
        """Types with the same image that answer as much at least: a market with more pools breaks less."""
        rate = self.base.rate(name)
        return [n for n in self.base.types if n != name and same_image(n, name) and self.base.rate(n) >= rate][:4]

    def _least(
        self,
        strategy: str,
        own: Mapping[str, Any],
        sized: Callable[[int], Mapping[str, Any]],
        low: int,
        high: int,
    ) -> Tried | None:
        """The smallest size that holds, by halving: more instances never hold less."""
        best = self._try(strategy, {**own, **sized(high)})
        if not best.holds:
            return None
        while low < high:
            middle = (low + high) // 2
            tried = self._try(strategy, {**own, **sized(middle)})
            if tried.holds:
                best, high = tried, middle
            else:
                low = middle + 1
        return best

    def _try(self, strategy: str, keys: Mapping[str, Any]) -> Tried:
        way = self._way(keys)
        lost = self.objective.lost + 1e-6
        run = simulate(way.group.settings, self.trace, engine="fluid", step_seconds=SEARCH_STEP_SECONDS, most_lost=lost)
        return self._tried(strategy, way, run)

    def _whole(self, missed: Tried) -> Tried:
        """A way that missed, over all the traffic: the search had ended its run with the first loss."""
        way = self._way(missed.settings)
        run = simulate(way.group.settings, self.trace, engine="fluid", step_seconds=SEARCH_STEP_SECONDS)
        return self._tried(missed.strategy, way, run)

    def _tried(self, strategy: str, way: _Way, run: Run) -> Tried:
        self.simulations += 1
        priced = billed(self._steady(way.stack), way.group.group.name, [run])
        tried = Tried(
            strategy=strategy,
            settings=way.keys,
            run=run,
            monthly=priced.monthly("expected"),
            fleet=fleet_of(priced),
            holds=self.objective.holds(run),
        )
        self.say(f"{strategy}: {'holds' if tried.holds else 'does not hold'}")
        return tried

    def _confirmed(self, held: list[Tried]) -> Tried | None:
        """The cheapest that holds in smaller steps too, whatever the seed."""
        for tried in sorted(held, key=lambda t: t.monthly):
            way = self._way(tried.settings)
            runs = [
                simulate(way.group.settings, self.trace, engine="fluid", seed=seed, step_seconds=FINAL_STEP_SECONDS)
                for seed in FINAL_SEEDS
            ]
            if all(map(self.objective.holds, runs)):
                return replace(self._tried(tried.strategy, way, runs[0]), why=self._reason(tried, held))
        return None

    def _reason(self, tried: Tried, held: list[Tried]) -> str:
        least = sum(t.monthly > tried.monthly for t in held)
        return f"the least USD of {least + 1} ways that hold the objective, also with {len(FINAL_SEEDS)} other seeds"

    def _way(self, keys: Mapping[str, Any]) -> _Way:
        """Record the stack with these settings, and read its group."""
        project = self.base.config.project
        chosen = {**self._fitting(keys["instanceTypes"][0]), **keys}
        config = self.base.config.with_overrides({f"{project}:{key}": value for key, value in chosen.items()})
        stack = record_config(config).as_stack()
        group = simulated_group(stack, self.base.workload, self.base.capacity, self.models)
        self.notes += (note for note in group.notes if len(keys["instanceTypes"]) == 1)
        return _Way(
            keys=chosen, stack=stack, group=replace(group, settings=replace(group.settings, failures_per_hour=0))
        )

    def _fitting(self, name: str) -> Mapping[str, Any]:
        """What must change with the type and the traffic: the image, and the gateway's throttle."""
        own = self.base.settings.fleet.instance_types[0]
        found = None if same_image(own, name) else image_for(name)
        image = {camel(key): value for key, value in asdict(found).items()} if found else {}
        peak = 2 * ceil(self.trace.peak_per_second)
        gateway = self.base.settings.gateway
        throttle = {
            "throttleRatePerSecond": min(max(gateway.throttle_rate_per_second, peak), MOST_A_SECOND),
            "throttleBurst": min(max(gateway.throttle_burst, peak), MOST_BURST),
        }
        return {**image, **throttle, "quotaPerMonth": 0}

    def _steady(self, stack: Stack) -> Estimate:
        base = self.base
        usage = base.usage_in(stack)
        return estimate(stack, workload=base.workload, usage=usage, book=base.book, capacity=base.capacity)


def _fleet(tried: Tried) -> Fraction:
    return tried.fleet
