"""What options cost, by the engine that prices any stack. What options have in common is priced once.

How instances are bought changes the lines of their group and no others, so an option's cost is that of the group,
which few shapes change, and that of the rest, which no purchase changes. Both are exact, and so is their sum.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from infra.choose.base import Base
from infra.choose.types import Option, Purchase
from infra.choose.variants import with_option
from infra.costs.curves import Limit
from infra.costs.estimate import Estimate, shares
from infra.costs.items import CASES, Cases
from infra.costs.pricers.compute import LAUNCH_TEMPLATE
from infra.costs.reports.compared import IN_PART
from infra.costs.stack import Resource, Stack
from infra.costs.traffic import GROUP
from infra.costs.usage import Usage

ON_DEMAND: Final = Purchase(base=0, on_demand_percent=100)
NOTHING: Final[Cases[Fraction]] = Cases.same(Fraction(0))


@dataclass(frozen=True, kw_only=True)
class Priced:
    """USD a month by component, what could not be priced with the code that means, and the first limit reached.

    `marks` names the prices that have no public source.
    """

    parts: Mapping[str, Cases[Fraction]]
    unpriced: Mapping[str, int]
    limit: Limit | None
    marks: tuple[str, ...]

    @classmethod
    def of(cls, estimate: Estimate, belongs: Callable[[Resource], bool] = lambda resource: True) -> "Priced":
        """Those lines of an estimate whose resource belongs."""
        items = tuple(item for item in estimate.items if belongs(item.resource))
        limits = [item.quantity.expected.limit for item in items if item.quantity and item.quantity.expected.limit]
        marked = (f"{item.price.key} ({item.price.mark})" for item in items if item.price.mark)
        return cls(
            parts=shares(replace(estimate, items=items)),
            unpriced={r.reason.removeprefix(IN_PART): r.exit_code for r in estimate.unpriced if belongs(r.resource)},
            limit=min(limits, key=lambda limit: limit.volume, default=None),
            marks=tuple(dict.fromkeys(marked)),
        )

    def __add__(self, other: "Priced") -> "Priced":
        names = dict.fromkeys((*self.parts, *other.parts))
        pairs = {name: (self.parts.get(name, NOTHING), other.parts.get(name, NOTHING)) for name in names}
        limits = [limit for limit in (self.limit, other.limit) if limit]
        return Priced(
            parts={name: Cases(*(a[case] + b[case] for case in CASES)) for name, (a, b) in pairs.items()},
            unpriced={**self.unpriced, **other.unpriced},
            limit=min(limits, key=lambda limit: limit.volume, default=None),
            marks=tuple(dict.fromkeys((*self.marks, *other.marks))),
        )

    @property
    def monthly(self) -> Cases[Fraction]:
        """USD a month."""
        return Cases(*(sum((part[case] for part in self.parts.values()), Fraction(0)) for case in CASES))


@dataclass(kw_only=True)
class Prices:
    """Prices options, each from a recording of its shape, and remembers what others will ask for again."""

    base: Base
    _known: dict[tuple[object, ...], Priced] = field(default_factory=dict)

    def of(self, stack: Stack, option: Option) -> Priced:
        """The cost of an option; `stack` is a recording of its shape with any type and purchase."""
        if self.base.workload.billing.free_tiers:
            # An allowance is shared by all lines of a price, wherever they are.
            return Priced.of(price_option(self.base, stack, option))
        size = (option.instance_type, option.minimum, option.maximum)
        group = self._once(
            (*size, option.purchase, option.shape.egress == "public"),
            lambda: Priced.of(price_option(self.base, _group_of(stack), option), _is_group),
        )
        rest = self._once(
            (*size, option.shape),
            lambda: Priced.of(
                price_option(self.base, stack, replace(option, purchase=ON_DEMAND)), lambda r: not _is_group(r)
            ),
        )
        return group + rest

    def _once(self, key: tuple[object, ...], price: Callable[[], Priced]) -> Priced:
        if key not in self._known:
            self._known[key] = price()
        return self._known[key]


def price_option(base: Base, stack: Stack, option: Option) -> Estimate:
    """The estimate of an option, from a recording of its shape."""
    fleet = base.settings.fleet
    disk = option.settings.get("rootVolumeGb", fleet.root_volume_gb)
    changed = with_option(stack, option, disk_gb=int(str(disk)), cpu_credits=fleet.cpu_credits)
    usage = base.usage_in(changed)
    bought = option.purchase.reservation
    if bought:
        (group,) = (r.name for r in changed if _is_group(r))
        usage = Usage({**usage.tables, group: {**usage.tables.get(group, {}), **bought.usage}}, usage.source)
    return base.price(changed, usage)


def _is_group(resource: Resource) -> bool:
    return resource.type == GROUP and bool(resource.component)


def _group_of(stack: Stack) -> Stack:
    """The group and what its own lines are read from."""
    return Stack((r for r in stack if _is_group(r) or r.type == LAUNCH_TEMPLATE), stack.name)
