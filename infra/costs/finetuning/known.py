"""What the advice rests on: scores and costs together, and the same in words."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Final, Literal

from infra.costs.compare import BreakEven, break_even
from infra.costs.curves import Curve
from infra.costs.errors import InputError
from infra.costs.finetuning.compared import FineTuned
from infra.costs.finetuning.quality import Quality
from infra.costs.finetuning.theirs import ANSWERED
from infra.costs.managed import ManagedApi, named
from infra.costs.reports.words import decimal_of, money, quantity
from infra.costs.tco import people

Kind = Literal["stay-with-api", "invest-in-data", "ask-provider", "invest-in-ml", "invest-in-mlops"]
F1_PLACES: Final = 3
TITLES: Final[dict[Kind, str]] = {
    "stay-with-api": "Stay with the API",
    "invest-in-data": "Better data",
    "ask-provider": "Ask the provider",
    "invest-in-ml": "An ML expert",
    "invest-in-mlops": "An ML engineer, DevOps",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung of the article's ladder. `applies`: to be taken now; else `because` says why not, or what is not known.

    The numbers that a step rests on stand in its text.
    """

    kind: Kind
    applies: bool
    text: str
    because: str

    @property
    def title(self) -> str:
        """The rung in a few words."""
        return TITLES[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The API that advice speaks of, and what it costs over volume."""

    name: str
    curve: Curve
    training: str


@dataclass(frozen=True, kw_only=True)
class Known:
    """Scores, and costs where they are known."""

    quality: Quality
    found: FineTuned | None = None

    @cached_property
    def beside(self) -> Beside | None:
        """The API that was scored, where `quality.api` names it, else the cheapest that can be trained."""
        if self.found is None:
            return None
        rival = next((r for r in self.found.rivals if r.api.key == self.quality.api), None)
        if self.quality.api and rival is None:
            return _untrained(named(self.quality.api, self.found.workload, "quality api"), self.found)
        rival = rival or self.found.cheapest
        said = "" if self.quality.api else " (the cheapest that can be trained)"
        training = f"one training at {rival.api.name} costs {money(rival.one_training)} USD"
        return Beside(name=f"{rival.api.name}{said}", curve=rival.side.curve, training=training)

    @property
    def scored(self) -> str:
        """The API whose answers were scored, in words; which one it was need not be known."""
        named_ = self.beside.name if self.beside else self.quality.api
        return f"{named_}'s" if self.quality.api else "the API's"

    @property
    def our_cost(self) -> Fraction | None:
        """USD a month of self-hosting at the volume; None where it cannot answer it, or nothing is known."""
        return self.found.own.at(self.found.volume) if self.found else None

    @property
    def their_cost(self) -> Fraction | None:
        """USD a month of the API at the volume."""
        return self.beside.curve.at(self.found.volume) if self.found and self.beside else None

    @property
    def at_volume(self) -> str:
        """The volume in words."""
        return f"at {quantity(self.found.volume)} {self.found.workload.volume.unit} a month" if self.found else ""

    @property
    def costs(self) -> str:
        """Both sides' cost at the volume, in words."""
        if self.our_cost is None or self.their_cost is None or self.beside is None:
            return ""
        said = f"self-hosting costs {money(self.our_cost)} USD, {self.beside.name} {money(self.their_cost)} USD"
        return f"{self.at_volume} {said}"

    @cached_property
    def result(self) -> BreakEven | None:
        """Where self-hosting and the API change places, people counted."""
        return break_even(self.found.own.curve, self.beside.curve) if self.found and self.beside else None

    @property
    def ours(self) -> str:
        """Our score with its interval, in words."""
        held = self.quality
        between = f" ({f1(held.interval[0])} to {f1(held.interval[1])})" if held.interval else ""
        return f"{f1(held.macro_f1)}{between}"

    def labels(self, count: int) -> str:
        """So many labels in words, with their price where it is known."""
        if not self.found:
            return f"{count:,} labels"
        usd = count * Fraction(self.found.workload.ownership.usd_per_label)
        return f"{count:,} labels for {money(usd)} USD"


def f1(value: Decimal | Fraction | None) -> str:
    """A score as a reader sees it."""
    return "-" if value is None else f"{decimal_of(value, F1_PLACES)}"


def percent(share: Decimal | Fraction) -> str:
    """A share as a reader sees it."""
    return f"{quantity(decimal_of(Fraction(share) * 100, 1))} %"


def _untrained(api: ManagedApi, found: FineTuned) -> Beside:
    """An API that was scored and is used as it is: no training, no labels."""
    unit = found.training.unit
    if api.unit not in ANSWERED[unit]:
        raise InputError(f"quality api {api.key}", f"it answers {api.unit}, not {unit}", "name the one that was scored")
    curve = api.curve(found.workload) + people.using(found.workload).monthly
    return Beside(name=api.name, curve=curve, training="it is not trained on data of one's own")
