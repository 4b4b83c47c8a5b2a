"""Options that several verbs share: what declares a variable here may also stand in `[defaults]` of breakeven.toml."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from scripts.cli import completion


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


SHARED: Final = frozenset(
    {
        "workload", "volume", "peak", "people_share", "spot_share", "stack", "usage", "prices", "region", "format",
        "budget", "strict", "project", "sandbox",
        "quiet", "verbose",
    }
)  # fmt: skip
"""Their names, for a file that is read before the verbs are loaded."""

WorkloadFile = Annotated[
    Path | None,
    typer.Option(
        "--workload",
        envvar="BREAKEVEN_WORKLOAD",
        help="Assumptions about traffic and people (default: workload.toml).",
    ),
]
Volume = Annotated[
    str | None,
    typer.Option("--volume", envvar="BREAKEVEN_VOLUME", help="Units a month, in place of the workload's."),
]
Peak = Annotated[
    str | None,
    typer.Option("--peak", envvar="BREAKEVEN_PEAK", help="Busiest minute over the average one, for the workload's."),
]
PeopleShare = Annotated[
    str | None,
    typer.Option(
        "--people-share",
        envvar="BREAKEVEN_PEOPLE_SHARE",
        help="Part of each engineer's time (0 to 1), for the workload's.",
    ),
]
SpotShare = Annotated[
    str | None,
    typer.Option(
        "--spot-share",
        envvar="BREAKEVEN_SPOT_SHARE",
        help="Spot above the on-demand base (0 to 1), for the stack's.",
    ),
]
StackName = Annotated[
    str,
    typer.Option(
        "--stack", "-s", envvar="BREAKEVEN_STACK", help="Which Pulumi.<stack>.yaml.", autocompletion=completion.stacks
    ),
]
StackFile = Annotated[str, typer.Option("--file", "-f", help="A stack file in place of the program; - for stdin.")]
UsageFile = Annotated[
    Path | None,
    typer.Option("--usage", envvar="BREAKEVEN_USAGE", help="Usage by resource name, JSON or TOML."),
]
PriceBooks = Annotated[
    list[Path] | None,
    typer.Option("--prices", envvar="BREAKEVEN_PRICES", help="Your own price book, over the shipped one."),
]
Region = Annotated[
    str,
    typer.Option("--region", envvar="BREAKEVEN_REGION", help="Region of resources whose stack names none."),
]
OutputFormat = Annotated[Format, typer.Option("--format", envvar="BREAKEVEN_FORMAT", help="How the report is written.")]
Budget = Annotated[
    str | None,
    typer.Option(
        "--budget",
        envvar="BREAKEVEN_BUDGET",
        help="USD a month; exit code 5 when expected costs are above.",
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", envvar="BREAKEVEN_STRICT", help="Exit code 6 when anything is not priced.")
]


def stated(context: typer.Context, name: str) -> bool:
    """Whether the command line itself gives a parameter: what an environment or a file says yields to it."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
