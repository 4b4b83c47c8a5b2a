"""Options that several verbs share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


WorkloadFile = Annotated[
    Path | None, typer.Option("--workload", help="Assumptions about traffic and people (default: workload.toml).")
]
Volume = Annotated[str | None, typer.Option("--volume", help="Units a month, in place of the workload's.")]
Peak = Annotated[str | None, typer.Option("--peak", help="Busiest minute over the average one, for the workload's.")]
PeopleShare = Annotated[
    str | None, typer.Option("--people-share", help="Part of each engineer's time (0 to 1), for the workload's.")
]
SpotShare = Annotated[
    str | None, typer.Option("--spot-share", help="Spot above the on-demand base (0 to 1), for the stack's.")
]
StackName = Annotated[str, typer.Option("--stack", "-s", help="Which Pulumi.<stack>.yaml.")]
StackFile = Annotated[str, typer.Option("--file", "-f", help="A stack file in place of the program; - for stdin.")]
UsageFile = Annotated[Path | None, typer.Option("--usage", help="Usage by resource name, JSON or TOML.")]
PriceBooks = Annotated[list[Path] | None, typer.Option("--prices", help="Your own price book, over the shipped one.")]
Region = Annotated[str, typer.Option("--region", help="Region of resources whose stack names none.")]
OutputFormat = Annotated[Format, typer.Option("--format", help="How the report is written.")]
Budget = Annotated[str | None, typer.Option("--budget", help="USD a month; exit code 5 when expected costs are above.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit code 6 when anything is not priced.")]
