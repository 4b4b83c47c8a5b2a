"""The five answers that a new stack starts from: what is asked, what is allowed, what holds where nobody answers."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from infra.choose import MOST_MS
from infra.costs.errors import InputError
from infra.costs.names import nearest
from infra.costs.numbers import number
from infra.costs.prices import COMPLETE
from infra.costs.regions import known_regions, nearest_region
from infra.costs.workload import Volume
from infra.init.models import TASKS, model_named, models_for, refuse_too_quick, refuse_unpriced
from infra.init.rules import PLACES, RULES, allowed_regions
from infra.record import declared

NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,19}")
"""A stack's name becomes part of those of its resources, of which some take 32 characters."""
SHAPE: Final = "write it like eu-central-1"
ABOUT_RULES: Final = (
    "where data may be (none: anywhere; region: its own; eu; us), personal where it is about persons; "
    "several with commas"
)


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What was answered; `given` names the answers that are somebody's, the others are defaults.

    `volume` counts units of the task a month, `latency_ms` is the objective of the requests' latency; `model` is one
    that somebody named, empty for the cheapest of the task.
    """

    task: str
    volume: Decimal
    latency_ms: Decimal
    region: str
    data_rules: tuple[str, ...]
    given: frozenset[str]
    model: str = ""

    @classmethod
    def of(cls, values: Mapping[str, Any], given: frozenset[str], model: str = "") -> "Answers":
        """From a value for each key; raises InputError where they do not go together."""
        found = cls(**values, given=given, model=model)
        refuse_outside(found.data_rules, found.region)
        refuse_too_quick(found.latency_ms, found.task, found.models, named=bool(model))
        refuse_unpriced(found.task)
        return found

    @property
    def models(self) -> tuple[str, ...]:
        """The models to choose among; raises InputError where there is none."""
        return model_named(self.model, self.task) if self.model else models_for(self.task)

    @property
    def allowed_regions(self) -> tuple[str, ...]:
        """Where the stack and its data may be; empty: anywhere."""
        return allowed_regions(self.data_rules, self.region)

    @property
    def document(self) -> dict[str, Any]:
        """For scripts: each answer as it would be given as an option, and which of them somebody gave."""
        return {
            "task": self.task,
            "volume": f"{self.volume:f}",
            "latency_ms": f"{self.latency_ms:f}",
            "region": self.region,
            "data_rules": list(self.data_rules),
            "given": sorted(self.given),
        }

    def why(self, key: str) -> str:
        """Where an answer is from, as the reason of a line."""
        return "your answer" if key in self.given else "the default: nothing was answered"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question: its key, what it means, the values allowed (empty: free), and what an empty answer means."""

    key: str
    about: str
    one_of: tuple[str, ...]
    default: str


def questions(project: Path, rules: tuple[str, ...] = ()) -> tuple[Question, ...]:
    """The questions in their order; `rules` is what is known of the data already."""
    name, rows_of = declared(project)
    latency_ms = rows_of[f"{name}:latencyObjectiveMs"]["default"]
    rows = (
        ("task", "what the predictions are", tuple(TASKS), next(iter(TASKS))),
        ("volume", "images or texts a month", (), f"{Volume().per_month:,f}"),
        ("latency_ms", "milliseconds in which 99 of 100 requests should be answered", (), str(latency_ms)),
        ("region", "AWS region of everything", (), _default_region(rules)),
        ("data_rules", ABOUT_RULES, tuple(RULES), "none"),
    )
    return tuple(Question(key=key, about=about, one_of=one_of, default=default) for key, about, one_of, default in rows)


def parsed(key: str, text: str, thing: str) -> Any:
    """The value of an answer; raises InputError about `thing`."""
    return READERS[key](text.strip(), thing)


def fitting(key: str, known: Mapping[str, Any], text: str, model: str = "") -> Any:
    """The same for an answer beside those that are known, with which it must go together."""
    value = parsed(key, text, key)
    both = {**known, key: value}
    if key == "task":
        models_for(value)
        refuse_unpriced(value)
    if key == "latency_ms" and "task" in both:
        names = model_named(model, both["task"]) if model else models_for(both["task"])
        refuse_too_quick(value, both["task"], names, named=bool(model))
    if "region" in both and "data_rules" in both:
        refuse_outside(both["data_rules"], both["region"])
    return value


def refuse_outside(rules: tuple[str, ...], region: str) -> None:
    """Raises InputError for a region that the data rules do not allow."""
    allowed = allowed_regions(rules, region)
    if allowed and region not in allowed:
        reason = f"{', '.join(rules)} does not allow {region}"
        raise InputError("data rules", reason, f"use one of {', '.join(allowed)}, or other rules")


def refuse_name(stack: str) -> None:
    """Raises InputError for a name that no stack can have."""
    if not NAME.fullmatch(stack):
        reason = "a name is a lower case letter, then letters, digits and -, 20 at most"
        raise InputError(f"stack {stack}", reason, "choose another")


def _default_region(rules: tuple[str, ...]) -> str:
    """The environment's, as for any stack, else the one whose prices are all shipped; one that the rules allow."""
    usual = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or COMPLETE
    allowed = allowed_regions(rules, usual)
    return usual if not allowed or usual in allowed else allowed[0]


def _task(text: str, thing: str) -> str:
    named = {**{task: task for task in TASKS}, **{kind: task for task, kind in TASKS.items()}}
    if text not in named:
        raise InputError(thing, f"{text!r} is unknown{nearest(text, named)}", f"use one of {', '.join(TASKS)}")
    return named[text]


def _volume(text: str, thing: str) -> Decimal:
    value = number(text.replace(",", "").replace("_", ""), thing)
    if not value:
        raise InputError(thing, "0 is out of range", "give the units a month, above 0")
    return value


def _latency(text: str, thing: str) -> Decimal:
    value = number(text.replace(",", "").replace("_", ""), thing)
    # The setting takes whole milliseconds.
    if not 1 <= value <= MOST_MS or value != value.to_integral_value():
        raise InputError(thing, f"{text} is out of range", f"give whole milliseconds from 1 to {MOST_MS:,}")
    return value


def _region(text: str, thing: str) -> str:
    if text not in known_regions():
        raise InputError(thing, f"{text!r} is no region of AWS{nearest_region(text)}", SHAPE)
    return text


def _rules(text: str, thing: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    for word in found:
        if word not in RULES:
            raise InputError(thing, f"{word!r} is unknown{nearest(word, RULES)}", f"use {', '.join(RULES)}")
    places = [word for word in found if word in PLACES]
    if len(places) > 1:
        raise InputError(thing, f"{' and '.join(places)} name different places", "give one of them")
    return tuple(word for word in found if word != "none")


READERS: Final[Mapping[str, Callable[[str, str], Any]]] = {
    "task": _task,
    "volume": _volume,
    "latency_ms": _latency,
    "region": _region,
    "data_rules": _rules,
}
