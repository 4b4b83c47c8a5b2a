"""What is assumed where neither the workload nor the training says it; every such figure is listed, none is hidden."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from infra.costs.finetuning.training import Training
from infra.costs.managed.api import EPOCHS
from infra.costs.workload import Ownership, Request, Volume, Workload

CHARACTERS_A_TOKEN: Final = 4
"""Of English text (assumed): a tokenizer of the vendor would count exactly."""
TOKENS_OF_A_LABEL: Final = Decimal(5)
"""Tokens of an answer that is the name of a class (assumed)."""
LEAST_TRAININGS: Final = Decimal(1)
"""Trainings a year where the workload states none: a model that is trained once is trained again (assumed)."""
BYTES_IN_A_KB: Final = 1_000
SHOWN: Final = {
    "volume": ("per_month", "peak_to_average", "hours_open_per_day", "hours_per_month"),
    "serving": ("utilisation",),
    "people": ("engineers", "share", "api_share", "salary_per_year"),
    "ownership": ("usd_per_label",),
}
"""Keys of the workload that the figures rest on and that are taken as they stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """One figure that others rest on: its key, its value, and what it means or where it comes from."""

    key: str
    value: Decimal | str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A workload that speaks for the training's data, and every figure it holds that others rest on."""

    workload: Workload
    assumptions: tuple[Assumption, ...]


def settle(workload: Workload, training: Training) -> Settled:
    """The workload with what it leaves open settled from the training's data.

    A key counts as stated where its value is not the default.
    """
    open_ = _Open(workload, training)
    settled = replace(workload, volume=open_.volume(), request=open_.request(), ownership=open_.ownership())
    return Settled(workload=settled, assumptions=(*_of_training(training), *open_.found, *_as_they_stand(settled)))


class _Open:
    """Goes through the keys that a training settles, and notes what was said of each."""

    def __init__(self, workload: Workload, training: Training) -> None:
        self.workload, self.training = workload, training
        self.found: list[Assumption] = []

    def volume(self) -> Volume:
        """The volume, counted in what the model is trained on."""
        stated, unit = self.workload.volume, self.training.unit
        about = "what is counted"
        if stated.unit != unit:
            about = f"the training's unit (assumed): {self.workload.source} counts {stated.unit}, taken one for one"
        self._note("volume.unit", unit, about)
        return replace(stated, unit=unit)

    def request(self) -> Request:
        """One request: of a text as long as those that are trained on."""
        stated = self.workload.request
        if self.training.unit != "texts":
            return stated
        characters = self._or(
            "request.characters", stated.characters, self.training.characters_each, "as long as the data's texts"
        )
        tokens = f"{CHARACTERS_A_TOKEN} characters a token, as in English; no instructions before the text"
        tokens_in = self._or("request.tokens_in", stated.tokens_in, characters / CHARACTERS_A_TOKEN, tokens)
        label = "the name of a class"
        tokens_out = self._or("request.tokens_out", stated.tokens_out, TOKENS_OF_A_LABEL, label)
        kb_in = stated.kb_in
        if self.workload.volume.unit != "texts":
            size = (characters / BYTES_IN_A_KB).to_integral_value(rounding=ROUND_CEILING)
            kb_in = self._or("request.kb_in", kb_in, size, "one byte a character, whole KB")
        return replace(stated, characters=characters, tokens_in=tokens_in, tokens_out=tokens_out, kb_in=kb_in)

    def ownership(self) -> Ownership:
        """How often is trained, on how many labels, and how long the vendor takes for it."""
        stated = self.workload.ownership
        times = self._or(
            "ownership.fine_tunings_per_year",
            stated.fine_tunings_per_year,
            LEAST_TRAININGS,
            "at least one; each month bears a twelfth of a year's, as in breakeven tco",
        )
        labels = self._or(
            "ownership.labelled_examples",
            stated.labelled_examples,
            Decimal(self.training.examples),
            "the examples of this training, labelled anew for each, on either side",
        )
        hours = stated.fine_tuning_hours
        vendors = "hours a vendor trains, where it charges by the hour; it says so afterwards alone"
        self._or("ownership.fine_tuning_hours", hours, hours, vendors)
        return replace(stated, fine_tunings_per_year=times, labelled_examples=labels)

    def _or(self, key: str, stated: Decimal, otherwise: Decimal, about: str) -> Decimal:
        """What the workload states, else what is assumed in its place; either is noted."""
        if stated != _default(key):
            self._note(key, stated, f"stated in {self.workload.source}")
            return stated
        self._note(key, otherwise, f"assumed: {about}")
        return otherwise

    def _note(self, key: str, value: Decimal | str, about: str) -> None:
        self.found.append(Assumption(key=key, value=value, about=about))


def _of_training(training: Training) -> Iterator[Assumption]:
    yield Assumption(key="training.examples", value=Decimal(training.examples), about="of the data that is trained on")
    if training.unit == "texts":
        mean = "mean of the data's texts"
        yield Assumption(key="training.characters_each", value=training.characters_each, about=mean)
        said = f"times a vendor that charges by tokens reads the examples, {EPOCHS} x examples x tokens (assumed)"
        yield Assumption(key="epochs", value=Decimal(EPOCHS), about=said)
    hours = f"of {training.where}, {training.known}"
    yield Assumption(key="training.hours", value=training.hours, about=hours)
    if training.instance_type:
        about = "of the machine that trains, for these hours (assumed)"
        yield Assumption(key="training.disk_gb", value=training.disk_gb, about=about)


def _as_they_stand(workload: Workload) -> Iterator[Assumption]:
    for section, keys in SHOWN.items():
        held = getattr(workload, section)
        about = {field.name: field.metadata["about"] for field in fields(held)}
        for key in keys:
            value = workload.people.salary if key == "salary_per_year" else getattr(held, key)
            yield Assumption(key=f"{section}.{key}", value=value, about=about[key])


def _default(key: str) -> Any:
    section, name = key.split(".")
    return getattr(getattr(Workload(), section), name)
