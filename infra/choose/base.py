"""What a choice starts from: a stack's file for everything that is not chosen, the workload, prices and capacities."""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from infra.choose.space import Demand
from infra.costs.capacity import Capacity, ModelCapacity
from infra.costs.estimate import Estimate, estimate
from infra.costs.names import did_you_mean
from infra.costs.prices import PriceBook
from infra.costs.stack import Stack
from infra.costs.usage import TRANSFER, Usage
from infra.costs.workload import Workload
from infra.record import REGION, StackConfig
from infra.settings import MODELS, StackSettings
from infra.settings_values import SettingsError


@dataclass(frozen=True, kw_only=True)
class Base:
    """`config` is the stack's with model and region as asked, `settings` its own before that."""

    config: StackConfig
    settings: StackSettings
    workload: Workload
    capacity: ModelCapacity
    usage: Usage
    book: PriceBook
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        config: StackConfig,
        workload: Workload,
        *,
        model: str = "",
        region: str = "",
        usage: Usage | None = None,
        book: PriceBook | None = None,
        models: Path = MODELS,
    ) -> "Base":
        """From a stack's configuration; the model is the one asked for, else the workload's, else the stack's.

        Raises SettingsError for a model without a capacity table, or a setting of the stack that cannot be used.
        """
        settings = config.settings()
        chosen = model or workload.serving.model or settings.model.model
        capacity = _capacity(chosen, models)
        changes: dict[str, object] = {f"{config.project}:model": chosen} if chosen != settings.model.model else {}
        changes |= {REGION: region} if region else {}
        known, notes = workload, []
        if capacity.unit != workload.volume.unit:
            known = replace(workload, volume=replace(workload.volume, unit=capacity.unit))
            notes.append(f"{chosen} answers {capacity.unit}, so the volume is counted in them; check [request] too")
        return cls(
            config=config.with_overrides(changes),
            settings=settings,
            workload=replace(known, serving=replace(known.serving, model=chosen)),
            capacity=capacity,
            usage=usage or Usage(),
            book=book or PriceBook(),
            notes=tuple(notes),
        )

    @property
    def model(self) -> str:
        """The model that is served."""
        return self.capacity.model

    @cached_property
    def demand(self) -> Demand:
        """What the workload asks for."""
        return Demand.of(self.workload)

    @property
    def types(self) -> tuple[str, ...]:
        """The instance types whose capacity is known: the table's, then those the workload states."""
        named = (*(figure.instance_type for figure in self.capacity.figures), *(k for k, _ in self.workload.capacity))
        return tuple(dict.fromkeys(named))

    def rate(self, instance_type: str) -> Fraction:
        """Units a second of one instance of a known type: the workload's figure before the table's."""
        stated = dict(self.workload.capacity).get(instance_type)
        figure = self.figure(instance_type)
        return Fraction(figure.rate_per_second) if stated is None and figure else Fraction(stated or 0)

    def figure(self, instance_type: str) -> Capacity | None:
        """The table's row for a type."""
        return self.capacity.of(instance_type)

    def price(self, stack: Stack, usage: Usage) -> Estimate:
        """The stack's cost under the workload."""
        return estimate(stack, workload=self.workload, usage=usage, book=self.book, capacity=self.capacity)

    def usage_in(self, stack: Stack) -> Usage:
        """The stated usage of what this stack has: not every option has every resource."""
        names = {resource.name for resource in stack} | {TRANSFER}
        return replace(self.usage, tables={name: row for name, row in self.usage.tables.items() if name in names})


def _capacity(model: str, models: Path) -> ModelCapacity:
    known = sorted(path.parent.name for path in models.glob("*/capacity.toml"))
    if model not in known:
        raise SettingsError("model", f"{model!r} has no capacity table", did_you_mean(model, known))
    return ModelCapacity.read(models / model / "capacity.toml")
