"""What the verbs of the estimator do alike: read inputs, build the report, write it, choose the exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from shutil import which
from typing import Any, Final

import infra.vendors  # noqa: F401 - makes known what vendors charge for tokens
from infra import settings
from infra.costs.capacity import ModelCapacity
from infra.costs.compare import compare
from infra.costs.curves import Number
from infra.costs.errors import InputError
from infra.costs.estimate import Estimate, estimate
from infra.costs.names import nearest
from infra.costs.numbers import LARGEST, number
from infra.costs.prices import PriceBook
from infra.costs.readers import parse_stack
from infra.costs.reports import Report, as_json, as_markdown, as_text
from infra.costs.reports.words import money
from infra.costs.stack import Stack
from infra.costs.traffic import GROUP
from infra.costs.usage import Usage
from infra.costs.whatif import with_spot_share
from infra.costs.workload import Workload
from scripts.cli import console
from scripts.cli.exit_codes import ExitCode
from scripts.cli.options import Format

ROOT: Final = Path(__file__).resolve().parents[2]
MODELS: Final = settings.MODELS
MODEL_TAG: Final = "model"
LOOKS: Final = {"bold": "1", "dim": "2", "good": "32", "bad": "31"}


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The files and values a verb was given, as they stand on the command line."""

    workload: Path | None = None
    volume: str | None = None
    peak: str | None = None
    people_share: str | None = None
    spot_share: str | None = None
    usage: Path | None = None
    prices: tuple[Path, ...] = ()
    region: str = ""

    def price(self, stack: Stack, workload: Workload | None = None) -> Estimate:
        """Price a stack with what was given; the model is the workload's, else the one the stack names."""
        workload = workload or self.assumed()
        return estimate(
            self.bought(stack),
            workload=workload,
            usage=Usage.read(self.usage) if self.usage else None,
            book=PriceBook(self.prices),
            capacity=capacity_of(workload, stack),
            everywhere=self.workload is not None,
            region=self.region,
        )

    def assumed(self) -> Workload:
        """The workload with what the command line says in place of its values."""
        workload = read_workload(self.workload, self.volume)
        if self.peak is not None:
            peak = within("--peak", number(self.peak, "--peak"), 1, LARGEST)
            workload = replace(workload, volume=replace(workload.volume, peak_to_average=peak))
        if self.people_share is not None:
            share = within("--people-share", number(self.people_share, "--people-share"), 0, 1)
            workload = replace(workload, people=replace(workload.people, share=share))
        return workload

    def bought(self, stack: Stack) -> Stack:
        """The stack with the purchase mix that the command line asks for."""
        if self.spot_share is None:
            return stack
        return with_spot_share(stack, Fraction(number(self.spot_share, "--spot-share")))


def within(thing: str, value: Decimal, low: int, high: Number) -> Decimal:
    """A number of the command line within its bounds; raises InputError."""
    if not low <= value <= high:
        raise InputError(thing, f"{value} is out of range", f"give a number from {low} to {high}")
    return value


def read_workload(path: Path | None, volume: str | None) -> Workload:
    """The workload named, else workload.toml here or in the project, at another volume when one is given."""
    candidates = [path] if path else [Path("workload.toml"), ROOT / "workload.toml"]
    found = path or next((c for c in candidates if c and c.is_file()), None)
    workload = Workload.read(found) if found else Workload()
    return workload.at_volume(number(volume.replace(",", "").replace("_", ""), "--volume")) if volume else workload


def capacity_of(workload: Workload, stack: Stack) -> ModelCapacity | None:
    """The capacity table of the model in question; None when no model is named."""
    model = workload.serving.model or _model_in(stack)
    if not model:
        return None
    path = MODELS / model / "capacity.toml"
    if not path.is_file():
        known = sorted(p.parent.name for p in MODELS.glob("*/capacity.toml"))
        raise InputError(
            f"model {model!r}", f"has no capacity table{nearest(model, known)}", f"known: {', '.join(known)}"
        )
    return ModelCapacity.read(path)


def _model_in(stack: Stack) -> str:
    for group in stack.of_type(GROUP):
        for tag in group.inputs.objects("tags"):
            if group.component and tag.get("key") == MODEL_TAG:
                return tag.text("value")
    return ""


def read_stack(file: str, region: str) -> Stack:
    """A stack from a file, or from standard input for `-`."""
    if file == "-":
        return parse_stack(sys.stdin.read(), "standard input", region)
    path = Path(file)
    try:
        return parse_stack(path.read_text(encoding="utf-8"), file, region)
    except FileNotFoundError:
        raise InputError(file, "no such file", "check the path, or use `-` for standard input") from None
    except IsADirectoryError:
        raise InputError(file, "is a folder", "give a file") from None
    except UnicodeDecodeError:
        raise InputError(file, "not a text file", "give the JSON that Pulumi writes") from None


def stack_of(file: str, name: str, region: str) -> tuple[Stack, str, tuple[str, ...]]:
    """The stack of a file, else what the program asks for with a stack's settings; how to call it, and warnings."""
    if file:
        return read_stack(file, region), file, ()
    from scripts.cli import program

    recorded, warnings = program.recorded(name)
    return recorded, f"stack {name}", warnings


def deployed_stack(name: str, region: str) -> Stack:
    """The stack as it was deployed, from `pulumi stack export`."""
    pulumi = which("pulumi")
    if not pulumi:
        raise InputError(f"stack {name}", "the pulumi CLI is not on PATH", "install it, or give a file")
    command = [pulumi, "stack", "export", "--stack", name, "--cwd", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words and a name
    if done.returncode:
        reason = next((line for line in done.stderr.splitlines() if line.strip()), "it failed")
        raise InputError(f"stack {name}", f"pulumi says {reason!r}", "check `pulumi stack ls`")
    return parse_stack(done.stdout, f"stack {name}", region)


def report_of(verb: str, name: str, priced: Estimate, warnings: tuple[str, ...] = ()) -> Report:
    """The report: with a comparison where there is traffic to compare by."""
    return Report(verb, name, priced, compare(priced) if priced.uses_traffic else None, warnings)


def write(report: Report, form: Format) -> None:
    """Write a report to standard output."""
    forms: dict[Format, Callable[[Report], str]] = {
        Format.TEXT: lambda r: as_text(r, painter()),
        Format.MARKDOWN: as_markdown,
        Format.JSON: lambda r: as_json(r) + "\n",
    }
    console.report(forms[form](report))


def tell(
    form: Format, text: Callable[[], str], markdown: Callable[[], str], document: Callable[[], dict[str, Any]]
) -> None:
    """Write one of a report's forms to standard output; the document as JSON."""
    forms: dict[Format, Callable[[], str]] = {
        Format.TEXT: text,
        Format.MARKDOWN: markdown,
        Format.JSON: lambda: json.dumps(document(), indent=2, ensure_ascii=False) + "\n",
    }
    console.report(forms[form]())


def painter() -> Callable[[str, str], str]:
    """Colours on a terminal that wants them, none elsewhere."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb":
        return lambda text, look: text
    return lambda text, look: f"\033[{LOOKS[look]}m{text}\033[0m" if look in LOOKS else text


def parse_budget(text: str | None) -> Decimal | None:
    """A budget in USD a month from the command line."""
    return None if text is None else number(text.replace(",", "").lstrip("$"), "--budget")


def exit_code(report: Report, budget: Decimal | None, strict: bool) -> int:
    """What the report means for a script; says on standard error why it is not 0."""
    expected = report.monthly.expected
    if budget is not None and expected > budget:
        print(f"breakeven: over budget: {money(expected)} expected, {money(budget)} allowed", file=sys.stderr)
        return ExitCode.OVER_BUDGET
    worst = sorted(report.estimate.unpriced, key=lambda r: r.exit_code)
    for reason in worst:
        if reason.exit_code == ExitCode.PRICE or strict:
            print(f"breakeven: not priced: {reason.resource.name}: {reason.reason}", file=sys.stderr)
            return reason.exit_code
    if strict and report.unknown_usage:
        first = report.unknown_usage[0]
        text = f"{first.resource.name} {first.label} depends on usage nobody stated; give --usage FILE"
        print(f"breakeven: not priced: {text}", file=sys.stderr)
        return ExitCode.UNPRICED
    return ExitCode.FINE
