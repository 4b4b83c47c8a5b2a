"""`breakeven predict`: predictions of files and texts, by a server or by a deployed stack."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.cli import live
from scripts.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from serving.client import Auth, Client, ItemFailure, Result

NAME, LABEL = 32, 26


class Proof(StrEnum):
    """How a call proves who makes it."""

    NONE = "none"
    IAM = "iam"
    API_KEY = "api-key"
    JWT = "jwt"


Url = Annotated[str, typer.Option("--url", help="A server's address, or a stack's whole endpoint.")]
ModelName = Annotated[str, typer.Option("--model", "-m", help="The model, where the URL names none.")]
AuthKind = Annotated[Proof, typer.Option("--auth", help="For --url; reads API_KEY or TOKEN.")]
SignedRegion = Annotated[str, typer.Option("--region", help="Of an IAM signature, where the URL names none.")]
SignedProfile = Annotated[str, typer.Option("--profile", help="AWS profile of an IAM signature.")]

Redact = Annotated[
    bool, typer.Option("--redact", help="Take personal data out of texts before they leave; names are not found.")
]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(predict)


def predict(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT...", help="Files; - is standard input.")],
    url: Url = "",
    model: ModelName = "",
    stack: Annotated[str, typer.Option("--stack", "-s", help="A deployed stack, in place of --url.")] = "",
    project: live.Project = None,
    sandbox: live.Sandbox = False,
    text: Annotated[
        bool, typer.Option("--text", help="The inputs are texts themselves; - is one in each line.")
    ] = False,
    auth: AuthKind = Proof.NONE,
    region: SignedRegion = "",
    profile: SignedProfile = "",
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, max=256, help="Requests at a time.")] = 8,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds for a request, with retries.")] = 120.0,
    stream: Annotated[
        bool,
        typer.Option("--stream", help="Generated text as it is made; one input. With --json a line for each piece."),
    ] = False,
    redact: Redact = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list, an object for each input.")] = False,
) -> None:
    """Predict files or texts; exit code 3 for inputs that cannot be predicted, 7 when the endpoint fails."""
    stack = chosen(url, stack, sandbox)
    from serving.client import Client, ItemFailure, Timeouts

    named = _read(inputs, text)
    if stack:
        url, proof = of_stack(stack, live.folder(project, stack, sandbox))
    else:
        proof = credentials(auth, region, profile)
    limits = Timeouts(total_seconds=timeout)
    with Client(url, model, auth=proof, timeouts=limits, concurrency=concurrency, redact=redact) as client:
        if stream:
            _tell(client, _prompt(named), as_json=as_json)
        else:
            found = client.predict([instance for _, instance in named], failures="return")
        if redact:
            typer.echo(f"redacted: {redactions(client.redacted)}", err=True)
        if stream:
            return
    names = [name for name, _ in named]
    _show(names, found, as_json)
    failed = [one for one in found if isinstance(one, ItemFailure)]
    for one in failed:
        reason = f"{one.message.rstrip('.')}{f' ({one.code})' if one.code else ''}"
        action = "mend it or leave it out" if _is_input(one) else "try again, or see the server's log"
        name = _short(names[one.index], 60) or f"input {one.index + 1}"
        typer.echo(f"breakeven: {name}: {reason}; {action}", err=True)
    if failed:
        raise typer.Exit(ExitCode.INPUT if all(map(_is_input, failed)) else ExitCode.FAILED)


def redactions(counts: Mapping[str, int]) -> str:
    """How much of each kind was taken out, in words."""
    return ", ".join(f"{kind} {count:,}" for kind, count in counts.items()) or "nothing found"


def _read(inputs: list[str], text: bool) -> "list[tuple[str, str | bytes | Path]]":
    """Names and instances; raises InputError."""
    from serving.errors import InputError

    found: list[tuple[str, str | bytes | Path]] = []
    for one in inputs:
        if one == "-" and text:
            lines = sys.stdin.buffer.read().decode("utf-8", "replace").splitlines()
            found += [(line, line) for line in lines if line.strip()]
        elif one == "-":
            found.append(("-", sys.stdin.buffer.read()))
        else:
            found.append((one, one if text else Path(one)))
    if not found:
        raise InputError("standard input", "it holds no text", "write one text in each line")
    return found


def _prompt(named: "list[tuple[str, str | bytes | Path]]") -> str:
    from serving.errors import InputError

    if len(named) != 1:
        raise InputError("--stream", f"{len(named)} inputs are given", "give one text")
    name, one = named[0]
    try:
        data = one.read_bytes() if isinstance(one, Path) else one
        return data.decode() if isinstance(data, bytes) else data
    except OSError as error:
        raise InputError(name, str(error.strerror or error), "give a file that can be read") from error
    except UnicodeDecodeError:
        raise InputError(name, "it is not UTF-8", "only texts can be continued") from None


def _tell(client: "Client", prompt: str, *, as_json: bool) -> None:
    from serving.client import Piece

    for one in client.stream(prompt):
        if as_json:
            typer.echo(json.dumps(asdict(one), ensure_ascii=False))
        elif isinstance(one, Piece):
            typer.echo(one.text, nl=False)
        else:
            typer.echo(f"\n[{one.tokens} tokens, {one.finish}]")
        sys.stdout.flush()


def credentials(auth: Proof, region: str, profile: str) -> "Auth | None":
    """What `--auth` asks for; raises InputError when its variable is not set."""
    from serving.client.auth import from_environment

    return from_environment(auth.value, region, profile)


def chosen(url: str, stack: str, sandbox: bool) -> str:
    """The stack that is called, empty for a URL; in a sandbox `dev` where none is named."""
    found = stack or ("dev" if sandbox and not url else "")
    if bool(url) == bool(found):
        raise typer.BadParameter("give --url or --stack")
    return found


def of_stack(name: str, folder: Path) -> "tuple[str, Auth | None]":
    """Endpoint and proof of a deployed stack, from its outputs and its settings."""
    from infra.costs.errors import InputError
    from infra.lifecycle.workspace import Workspace
    from serving.client import ApiKey

    workspace = Workspace.open(name, folder)
    outputs = workspace.outputs().values
    if not outputs.get("endpoint"):
        raise InputError(f"stack {name}", "it has no endpoint", "deploy it first: breakeven up")
    url, auth = str(outputs["endpoint"]), Proof(workspace.config.settings().gateway.auth)
    if auth is Proof.API_KEY:
        return url, ApiKey(key=str(outputs.get("apiKey", "")))
    return url, credentials(auth, workspace.config.region, str(workspace.config.values.get("aws:profile") or ""))


def _show(names: list[str], found: "list[Result]", as_json: bool) -> None:
    from serving.client import ItemFailure

    if as_json:
        rows = [
            {"input": name, **({"error": asdict(one)} if isinstance(one, ItemFailure) else asdict(one))}
            for name, one in zip(names, found, strict=True)
        ]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for name, one in zip(names, found, strict=True):
        if not isinstance(one, ItemFailure):
            typer.echo(f"{_short(name, NAME):<{NAME}} {_words(one)}".rstrip())


def _words(one: Any) -> str:
    """A prediction in one line."""
    from serving.client import Classification, Embedding, Generation

    if isinstance(one, Embedding):
        first = ", ".join(f"{value:.4f}" for value in one.vector[:3])
        return f"{len(one.vector)} numbers: {first}, ...{_cut(one.truncated)}"
    if isinstance(one, Generation):
        return f"{' '.join(one.text.split())} [{one.tokens} tokens, {one.finish}]"
    rest = "" if isinstance(one, Classification) else _cut(one.truncated)
    return f"{_short(one.label, LABEL):<{LABEL}} {one.score:.3f}{rest}"


def _cut(truncated: bool) -> str:
    return " (truncated)" if truncated else ""


def _short(name: str, most: int) -> str:
    line = " ".join(name.split())
    return line if len(line) <= most else f"{line[: most - 3]}..."


def _is_input(failure: "ItemFailure") -> bool:
    return 400 <= failure.code < 500 and failure.code != 429
