"""`breakeven load`: a load test of an endpoint: what it answers per second, and how late."""

import json
import mimetypes
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import live
from scripts.cli.exit_codes import ExitCode
from scripts.cli.predict import (
    AuthKind,
    ModelName,
    Proof,
    SignedProfile,
    SignedRegion,
    Url,
    chosen,
    credentials,
    of_stack,
)

if TYPE_CHECKING:
    from serving.load import Run

MOST_SIGNED_SECONDS = 240


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(load)


def load(
    file: Annotated[Path, typer.Option("--input", help="The file that every request sends.")],
    url: Url = "",
    model: ModelName = "",
    stack: Annotated[str, typer.Option("--stack", "-s", help="A deployed stack, in place of --url.")] = "",
    project: live.Project = None,
    sandbox: live.Sandbox = False,
    concurrency: Annotated[int, typer.Option("--concurrency", "-c", help="Requests at a time (closed loop).")] = 8,
    seconds: Annotated[float, typer.Option("--seconds", help="How long.")] = 10.0,
    rate: Annotated[
        float | None, typer.Option("--rate", help="Requests a second, whatever the server does (open loop).")
    ] = None,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds after which one is lost.")] = 30.0,
    auth: AuthKind = Proof.NONE,
    region: SignedRegion = "",
    profile: SignedProfile = "",
    owned: Annotated[
        bool, typer.Option("--i-own-this-endpoint", help="Allow another target than this machine.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Load an endpoint: closed loop, or with --rate an open one, where latency counts from when a request was due."""
    from serving.client.auth import IamAuth
    from serving.errors import InputError
    from serving.load import Target, closed_loop, open_loop

    stack = chosen(url, stack, sandbox)
    try:
        body = file.read_bytes()
    except OSError as error:
        raise InputError(str(file), str(error.strerror or error), "give a file that can be read") from error
    if stack:
        url, proof = of_stack(stack, live.folder(project, stack, sandbox))
    else:
        proof = credentials(auth, region, profile)
    if isinstance(proof, IamAuth) and seconds > MOST_SIGNED_SECONDS:
        reason = (
            f"a signature holds for five minutes, and all requests carry the same: {MOST_SIGNED_SECONDS} is the most"
        )
        raise InputError(f"--seconds {seconds:g}", reason, "give less, or another --auth")
    target = Target.of(url, model, body, _kind(file), auth=proof, owned=owned)
    if rate is None:
        run = closed_loop(target, concurrency=concurrency, seconds=seconds, timeout_seconds=timeout)
    else:
        run = open_loop(target, rate=rate, seconds=seconds, timeout_seconds=timeout)
    typer.echo(json.dumps(_document(run), indent=2) if as_json else _words(run))
    if not run.answered:
        typer.echo(f"breakeven: {target.url}: no request was answered; call it once: breakeven predict", err=True)
        raise typer.Exit(ExitCode.FAILED)


def _kind(file: Path) -> str:
    kind = mimetypes.guess_type(file.name)[0] or ""
    if kind == "application/json":
        return kind
    return "text/plain; charset=utf-8" if kind.startswith("text/") else "application/octet-stream"


def _document(run: "Run") -> dict[str, object]:
    return {**asdict(run), "rate_per_second": run.rate_per_second}


def _words(run: "Run") -> str:
    failed = sum(run.errors.values())
    loop = (
        f"closed loop of {run.concurrency}"
        if run.asked_per_second is None
        else f"open loop, {run.asked_per_second:g}/s"
    )
    lines = [
        f"{'load':<10}{loop}, {run.seconds:.1f} s",
        f"{'rate':<10}{run.rate_per_second:.1f}/s ({run.answered} answered)",
    ]
    if run.latency:
        lines += [f"{name:<10}{value:.1f} ms" for name, value in _latencies(run)]
    kinds = ", ".join(f"{count} x {kind}" for kind, count in sorted(run.errors.items()))
    lines.append(f"{'errors':<10}{failed}{f' ({kinds})' if kinds else ''}")
    lines.append(f"{'bytes':<10}{run.bytes_sent} sent, {run.bytes_received} received")
    if run.asked_per_second is not None:
        lines.append(f"{'generator':<10}{run.generator_late_ms:.1f} ms late at p99 (part of the latencies)")
    return "\n".join(lines)


def _latencies(run: "Run") -> list[tuple[str, float]]:
    found = run.latency
    return [(name, getattr(found, f"{name}_ms")) for name in ("p50", "p90", "p99", "max")]
