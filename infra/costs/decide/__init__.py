"""Host a model yourself, or pay for a managed API: a recommendation, its numbers, what would change it."""

from infra.costs.decide.answer import (
    SIDES,
    Answer,
    Block,
    BreakEvenRow,
    Flip,
    Name,
    Numbers,
    OptionRow,
    Range,
    Reason,
    Side,
    Step,
)
from infra.costs.decide.candidates import Candidate, instance_types, reading_capacity
from infra.costs.decide.decide import decide
from infra.costs.decide.situation import UNITS, Situation, about, parsed

__all__ = [
    "SIDES",
    "UNITS",
    "Answer",
    "Block",
    "BreakEvenRow",
    "Candidate",
    "Flip",
    "Name",
    "Numbers",
    "OptionRow",
    "Range",
    "Reason",
    "Side",
    "Situation",
    "Step",
    "about",
    "decide",
    "instance_types",
    "parsed",
    "reading_capacity",
]
