"""`breakeven outputs`: what a deployed stack exports: endpoint, call, cost, break-even."""

import json
from typing import Annotated

import typer

from scripts.cli import live, options

NAME = 24


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(outputs)


def outputs(
    name: Annotated[str, typer.Argument(help="One output alone, as it is.")] = "",
    stack: options.StackName = "dev",
    project: live.Project = None,
    sandbox: live.Sandbox = False,
    show_secrets: Annotated[bool, typer.Option("--show-secrets", help="Show secrets in plain.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All outputs as JSON.")] = False,
) -> None:
    """Show the outputs of the deployed stack."""
    from infra.costs.errors import InputError
    from infra.costs.names import nearest
    from infra.lifecycle.workspace import Workspace

    workspace = Workspace.open(stack, live.folder(project, stack, sandbox))
    exported = workspace.outputs()
    hidden = {} if show_secrets else dict.fromkeys(exported.secrets, "[secret]")
    found = {**exported.values, **hidden}
    if not found:
        raise InputError(f"stack {stack}", "it has no outputs", "deploy it first: breakeven up")
    if name and name not in found:
        raise InputError(
            f"output {name}", f"the stack has no such output{nearest(name, found)}", "see breakeven outputs"
        )
    if name:
        typer.echo(found[name] if isinstance(found[name], str) else json.dumps(found[name], indent=2))
    elif as_json:
        typer.echo(json.dumps(found, indent=2, sort_keys=True))
    else:
        for key in sorted(found):
            _show(key, found[key])


def _show(key: str, value: object) -> None:
    if isinstance(value, dict):
        typer.echo(key)
        for inner, part in sorted(value.items()):
            verdicts = (
                [f"{k}: {v['verdict']}" for k, v in part.items() if "verdict" in v] if isinstance(part, dict) else []
            )
            _lines(f"  {inner}", verdicts or [str(part)])
    elif value not in ([], ""):
        _lines(key, [", ".join(map(str, value)) if isinstance(value, list) else str(value)])


def _lines(key: str, values: list[str]) -> None:
    for index, value in enumerate(values):
        typer.echo(f"{key if not index else '':<{NAME}} {value}")
