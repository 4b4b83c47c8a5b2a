"""`breakeven timeline`: what happened to a deployed stack, from what AWS keeps, in one order of time."""

from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import live, options, progress

if TYPE_CHECKING:
    from infra.lifecycle.timeline_types import Found, Period


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(timeline)


def timeline(
    stack: options.StackName = "dev",
    project: live.Project = None,
    since: Annotated[str, typer.Option("--since", help="So long ago (90m, 2h, 3d), or a time in UTC.")] = "2h",
    until: Annotated[str, typer.Option("--until", help="The same for the end; now where nothing is said.")] = "now",
    form: options.OutputFormat = options.Format.TEXT,
) -> None:
    """Show alarms, scaling, instances, node logs, failed requests and deployments in one order of time."""
    from datetime import UTC, datetime

    from infra.lifecycle.preflight import account_of
    from infra.lifecycle.timeline import timeline as look
    from infra.lifecycle.timeline_report import as_markdown, as_text, document
    from infra.lifecycle.timeline_types import Period
    from infra.naming import Names
    from infra.record import read_config
    from scripts.cli import session

    folder = live.folder(project)
    config = read_config(stack, folder)
    period = Period.of(since, until, datetime.now(UTC).replace(microsecond=0))
    names = Names(project=config.project, stack=stack, extra_tags={})

    def deployed(asked: "Period") -> "Found":
        from infra.lifecycle.timeline_state import deployments

        return deployments(stack, folder, asked)

    with progress.waiting("Reading what AWS keeps"):
        found = look(account_of(config), names, period, deployed)
    session.tell(
        form, text=lambda: as_text(found), markdown=lambda: as_markdown(found), document=lambda: document(found)
    )
