"""`breakeven doctor`: whether this machine and account are ready for a stack, and what to do where not."""

from dataclasses import asdict
from textwrap import wrap

import typer

from scripts.cli import console, live, options
from scripts.cli.exit_codes import ExitCode


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(doctor)


def doctor(stack: options.StackName = "dev", project: live.Project = None) -> None:
    """Check CLI, plugin, passphrase, state, credentials, clock, region, image, quotas, trail; code 9 if one fails."""
    from infra.lifecycle.doctor import examine

    findings = []
    for finding in examine(stack, live.folder(project)):
        findings.append(finding)
        text = f"{finding.state:<5}{finding.name:<12}{finding.seen}"
        typer.echo("\n".join(wrap(text, 80, subsequent_indent=" " * 17, break_on_hyphens=False, drop_whitespace=True)))
        if finding.action and finding.state != "ok":
            typer.echo("\n".join(wrap(f"-> {finding.action}", 80, initial_indent=" " * 17, subsequent_indent=" " * 20)))
    console.answer([asdict(finding) for finding in findings])
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(ExitCode.FINDINGS)
