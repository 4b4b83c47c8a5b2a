"""What `decide` answers with; nothing here is formatted."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from infra.costs.decide.situation import Situation

Name = Literal["api", "api-first", "host", "host-with-fallback", "scale-to-zero", "neither"]
Step = Literal["try-api", "negotiate", "invest-in-data", "ask-provider", "invest-in-ml", "invest-in-mlops"]
Side = Literal["api", "host", "neither"]
SIDES: dict[Name, Side] = {
    "api": "api",
    "api-first": "api",
    "host": "host",
    "host-with-fallback": "host",
    "scale-to-zero": "host",
    "neither": "neither",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One rule that had something to say: its key, the article's point, what it found, and which side that speaks for.

    `side` is empty for what speaks for neither; `decides` marks the rule that settled the answer.
    """

    rule: str
    text: str
    side: str = ""
    decides: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Why an option cannot be taken: the hard rule and what it found."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionRow:
    """One way to get the predictions, in USD: a month at the volume with and without people, once, over all months."""

    key: str
    name: str
    with_people: Fraction | None
    without_people: Fraction | None
    once: Fraction
    total: Fraction | None
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEvenRow:
    """Volumes a month at which the cheaper side changes between a stack and an API, in the month's bill."""

    stack: str
    api: str
    with_people: tuple[Fraction, ...]
    without_people: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Volumes above `start` up to `end` (None: without end) with one side; `why` where hosting ends or loses."""

    start: Fraction
    end: Fraction | None
    side: Side
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What the answer rests on. The deciding figure is each option's `total` over `months`."""

    unit: str
    volume: Decimal
    months: int
    options: tuple[OptionRow, ...]
    break_evens: tuple[BreakEvenRow, ...]
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """The nearest value of an assumption at which the answer changes side, everything else as it is.

    `at` is None and `reachable` False where no allowed value (`low` to `high`) does; `answer` is then the answer that
    stays. `within` is how far the true value may lie from `at`, on the side of `now`; 0: exact.
    """

    assumption: str
    now: Fraction
    at: Fraction | None
    unit: str
    answer: Name
    reachable: bool
    low: Fraction
    high: Fraction
    within: Fraction = Fraction(0)

    @property
    def change(self) -> Fraction | None:
        """How large the change is, over what it is now."""
        if self.at is None:
            return None
        return abs(self.at - self.now) / abs(self.now) if self.now else abs(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A recommendation and everything behind it. `option` names what is recommended; empty for `neither`."""

    situation: Situation
    recommendation: Name
    option: str
    rule: str
    reasons: tuple[Reason, ...]
    next_steps: tuple[Step, ...]
    numbers: Numbers
    flips: tuple[Flip, ...]
    unknown: tuple[str, ...]

    @property
    def side(self) -> Side:
        """The side the recommendation is on."""
        return SIDES[self.recommendation]

    @property
    def rules(self) -> tuple[str, ...]:
        """The keys of the rules that had something to say."""
        return tuple(dict.fromkeys(reason.rule for reason in self.reasons))
