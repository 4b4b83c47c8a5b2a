"""The traffic that is asked for: a file, or a shape that the workload scales."""

from dataclasses import dataclass
from pathlib import Path

from infra.costs.errors import InputError
from infra.costs.workload import Workload
from infra.scaling.traffic import Trace, named, read_trace

DEFAULT_SHAPE = "daily"
DEFAULT_DAYS = 7.0
STEP_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A trace file with its form, or a shape by name; `days` cuts or repeats a file, and is a shape's length.

    `scaled`: whether a file is scaled to the workload's volume; a shape always is.
    """

    file: Path | None = None
    form: str = "auto"
    shape: str = ""
    days: float | None = None
    scaled: bool = False
    seed: int = 0


def trace_of(asked: Asked, workload: Workload) -> Trace:
    """The trace in requests; raises InputError for what cannot be read or made."""
    per_month = float(workload.volume.per_month / workload.request.units)
    hours = float(workload.volume.hours_per_month)
    if asked.file is not None:
        if asked.shape:
            raise InputError(f"--shape {asked.shape}", "given beside --trace", "give one of them")
        trace = read_trace(asked.file, form=asked.form)
        trace = trace.for_seconds(asked.days * 86_400) if asked.days else trace
        return trace.scaled_to_month(per_month, hours=hours) if asked.scaled else trace
    peak = float(workload.volume.peak_to_average)
    shape = asked.shape or ("steady" if peak == 1 else DEFAULT_SHAPE)
    made = named(
        shape,
        per_month=per_month,
        days=asked.days or DEFAULT_DAYS,
        step_seconds=STEP_SECONDS,
        peak_to_average=peak if shape != "steady" else None,
        seed=asked.seed,
    )
    return made.scaled_to_month(per_month, hours=hours)
