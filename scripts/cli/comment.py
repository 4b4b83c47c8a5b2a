"""`breakeven comment`: a text as the one comment of a pull request or merge request, changed when it is there."""

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.review import Conversation


class Forge(StrEnum):
    """Whose comments."""

    GITHUB = "github"
    GITLAB = "gitlab"


TOKENS = {Forge.GITHUB: "GITHUB_TOKEN", Forge.GITLAB: "GITLAB_TOKEN"}


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(comment)


def comment(
    file: Annotated[str, typer.Argument(help="The comment in markdown; - for stdin.")],
    on: Annotated[Forge | None, typer.Option("--on", help="Which service; else the one this job runs on.")] = None,
    repository: Annotated[str, typer.Option(help="OWNER/NAME on GitHub, project on GitLab; else the job's own.")] = "",
    number: Annotated[str, typer.Option(help="Number of the request; else the job's own.")] = "",
    api: Annotated[str, typer.Option(help="Address of the API; else the job's own.")] = "",
    tag: Annotated[str, typer.Option(help="Tells several comments on one request apart.")] = "breakeven",
) -> None:
    """Make or update one comment on a pull request; the token comes from GITHUB_TOKEN or GITLAB_TOKEN."""
    from infra.costs.errors import InputError

    if not tag.replace("-", "").replace("_", "").isalnum():
        raise typer.BadParameter("use letters, digits, - and _", param_hint="--tag")
    service = on or _service()
    token = os.environ.get(TOKENS[service])
    if not token:
        raise InputError(TOKENS[service], "is not set", "give a token that may write comments")
    found, is_new = _conversation(service, api, repository, number, token).say(_body(file), tag)
    typer.echo(f"{'made' if is_new else 'updated'} comment {found}")


def _service() -> Forge:
    if os.environ.get("GITHUB_ACTIONS"):
        return Forge.GITHUB
    if os.environ.get("GITLAB_CI"):
        return Forge.GITLAB
    raise typer.BadParameter("give github or gitlab: this is no job of either", param_hint="--on")


def _conversation(service: Forge, api: str, repository: str, number: str, token: str) -> "Conversation":
    from infra.review import github, gitlab

    given = os.environ.get
    if service is Forge.GITHUB:
        return github(
            api or given("GITHUB_API_URL") or "https://api.github.com",
            _needed("--repository", repository or given("GITHUB_REPOSITORY")),
            _digits(number or _of_event(given("GITHUB_EVENT_PATH"))),
            token,
        )
    return gitlab(
        api or given("CI_API_V4_URL") or "https://gitlab.com/api/v4",
        _needed("--repository", repository or given("CI_PROJECT_ID")),
        _digits(number or given("CI_MERGE_REQUEST_IID") or ""),
        token,
    )


def _of_event(path: str | None) -> str:
    """The number of the pull request that a workflow runs for; empty when it runs for none."""
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
        return str(event.get("pull_request", {}).get("number", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _needed(option: str, value: str | None) -> str:
    if not value:
        raise typer.BadParameter("not given, and the job names none", param_hint=option)
    return value


def _digits(number: str) -> str:
    if not number.isdecimal():
        raise typer.BadParameter("give the request's number: this job runs for none", param_hint="--number")
    return number


def _body(file: str) -> str:
    from infra.costs.errors import InputError

    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(file, f"cannot be read ({type(error).__name__})", "give a text in UTF-8") from None
