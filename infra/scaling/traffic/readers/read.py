"""One way in for every form of a trace: what a file is, its content says."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from infra.costs.errors import InputError
from infra.costs.names import nearest
from infra.scaling.traffic.readers.access_logs import TYPES, read_access_logs
from infra.scaling.traffic.readers.cloudwatch import CSV_LABELS, read_cloudwatch
from infra.scaling.traffic.readers.source import head_of
from infra.scaling.traffic.readers.table import read_csv, read_parquet
from infra.scaling.traffic.trace import SECONDS_IN_A_WEEK, Trace

FORMS: Final[dict[str, Callable[[Path, float], Trace]]] = {
    "csv": read_csv,
    "parquet": read_parquet,
    "alb": read_access_logs,
    "cloudwatch": read_cloudwatch,
}
"""By name: the reader of a path, with the length of a step for what has none of its own."""
AUTO: Final = "auto"
SHORTEST_STEP: Final = 0.001
_ACTION: Final = "give CSV, Parquet, access logs of an Application Load Balancer or a CloudWatch export"
LONGEST_STEP: Final = SECONDS_IN_A_WEEK


def read_trace(path: str | Path, form: str = AUTO, step_seconds: float = 60) -> Trace:
    """A trace from a file, or from a folder of access logs.

    `form` is one of FORMS, or `auto` to see it from the content. `step_seconds` is for access logs, which have single
    requests; all others keep the steps they have. What was filled, added up or left out is in the trace's notes.
    Raises InputError, naming file and line, for what cannot be read.
    """
    source = Path(path)
    if form not in (AUTO, *FORMS):
        reason = f"no form is named so{nearest(form, (AUTO, *FORMS))}"
        raise InputError(f"form {form!r}", reason, f"give one of {', '.join((AUTO, *FORMS))}")
    if not SHORTEST_STEP <= step_seconds <= LONGEST_STEP:
        reason = f"a step of {step_seconds} s cannot be"
        raise InputError("step_seconds", reason, f"give {SHORTEST_STEP} s to {LONGEST_STEP:,} s")
    if source.is_dir() and form not in (AUTO, "alb"):
        raise InputError(str(source), "is a folder, and only access logs come in folders", "name one file")
    return FORMS[recognised(source) if form == AUTO else form](source, step_seconds)


def recognised(path: Path) -> str:
    """The form of a file or folder, by its first bytes. Raises InputError for what is none of FORMS."""
    if path.is_dir():
        return "alb"
    head = head_of(path)
    if head[:4] == b"PAR1":
        return "parquet"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise InputError(str(path), "the file is empty", _ACTION)
    if b"\0" in head:
        raise InputError(str(path), "is neither text nor Parquet", _ACTION)
    if text[:1] in (b"{", b"["):
        return "cloudwatch"
    if text.split(None, 1)[0] in TYPES and b'"' in text:
        return "alb"
    firsts = {line.split(b",")[0].strip(b' "').decode("utf-8", "replace").lower() for line in text.splitlines()[:10]}
    return "cloudwatch" if firsts & set(CSV_LABELS) else "csv"
