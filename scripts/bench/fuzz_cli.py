"""Every verb of the command line, run in a copy of the project with arguments and files that are often wrong."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random
from typing import IO, Any, Final, cast

from scripts.bench.fuzz_case import ROOT, Run, Target, Wrong
from scripts.bench.fuzz_mutators import MARKER, bytewise, jsonwise, tomlwise
from scripts.bench.fuzz_samples import trace_csv

SECONDS: Final = 60.0
CODES: Final = frozenset({0, *range(2, 14)})
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
SPILLED: Final = ("Traceback (most recent call last)", "RuntimeWarning:", "Exception ignored")
# Verbs that build, train, serve or ask an account for minutes where they are given what they need; those that record or
# simulate for seconds. All others are quick.
LONG: Final = frozenset({"archive", "bundle", "serve", "measure", "load", "finetune", "sentiment", "predict", "up"})
SLOW: Final = frozenset(
    {"cheapest", "plan", "simulate", "compare", "report", "decide", "tco", "check", "preview", "diff"}
)
WORDS: Final = (
    "", "-", "--", "x", "dev", "small", "prod", "nowhere", "resnet50", "minilm", "us-east-1", "mars-1", "1.1", "Fleet",
    "disk", "0", "-1", "1", "2_000_000", "nan", "inf",
    "1e999", "9" * 500, "0.5", "50%", "a b", "é", "\u202e", "\x1b[31m",
    "../..", "/", ".", "/dev/null", "~", "a\nb", "%s", "$(id)", "2026-10", "2026-13", "g4dn.xlarge", "http://127.0.0.1:9",
    "http://127.0.0.1:9/predictions/m", "http://[::1", "s3://b/k", "stack.json", "usage.json", "book.toml",
    "workload.toml",
    "trace.csv", "absent.json", "x" * 300, "text", "json", "markdown", "=", "a=b", "pages=1",
)  # fmt: skip
NOWHERE: Final = ("", "x", "../..", "absent", "\x1b[31m", "a b", "é", "nan", "-", "x" * 300, "absent.csv", "a=b")
ENVIRONMENT: Final = {
    **dict.fromkeys(("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PULUMI_ACCESS_TOKEN", "API_KEY", "TOKEN"), MARKER),
    "PULUMI_CONFIG_PASSPHRASE": MARKER, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_REGION": "us-east-1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true",
    "PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0", "HF_HUB_OFFLINE": "1", "NO_PROXY": "*", "COLUMNS": "80",
    "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1",
}  # fmt: skip


def targets() -> Iterator[Target]:
    """One: its cases are spread over all verbs."""
    yield Target(name="command-line", group="cli", make=_case, open=_copy, seconds=2 * SECONDS)


@cache
def verbs() -> Mapping[str, Sequence[tuple[str, bool, tuple[str, ...]]]]:
    """By verb its options (a name, whether it takes a value, the values known) and, without a name, its arguments."""
    import typer

    from scripts.cli.__main__ import app

    found: dict[str, list[tuple[str, bool, tuple[str, ...]]]] = {}
    for name, command in _commands(typer.main.get_command(app)):
        rows = found.setdefault(name, [])
        for one in command.params:
            known = tuple(getattr(one.type, "choices", ()) or ())
            takes = not getattr(one, "is_flag", False)
            rows.append((one.opts[0] if one.param_type_name == "option" else "", takes, tuple(map(str, known))))
    return found


def _commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix}{name} ")
        if not hasattr(command, "commands") or command.invoke_without_command:
            yield f"{prefix}{name}", command


def _case(random: Random) -> bytes:
    names = sorted(verbs())
    verb = random.choice(names)
    while verb in SLOW and random.random() < 0.8:
        verb = random.choice(names)
    pool = NOWHERE if verb in LONG else WORDS
    arguments = verb.split()
    for name, takes, known in verbs()[verb]:
        if random.random() < (0.9 if not name else 0.25):
            value = random.choice(known) if known and random.random() < 0.7 else random.choice(pool)
            arguments += [name] * bool(name) + [value] * takes
    if verb in LONG or not random.randrange(8):
        arguments.append(random.choice(("--nonsense", "-q", "extra", "--format", "")))
    if not random.randrange(20):
        random.shuffle(arguments)
    if arguments[:1] != verb.split()[:1]:
        arguments = [one for one in arguments if one not in LONG]
    files = {name: content.decode("latin-1") for name, content in _files(random).items()}
    clean = [one.replace("\x00", "") for one in arguments]
    return json.dumps({"arguments": clean, "files": files, "seconds": SECONDS}).encode()


@cache
def _stack() -> bytes:
    from scripts.bench.fuzz_costs import golden

    return json.dumps(golden()[0]["deployment"]).encode()


def _files(random: Random) -> dict[str, bytes]:
    """One of the folder's files is broken in each case."""
    book = b'source = "x"\nchecked = 2026-11-01\n[us-east-1.ebs.gp2_gb_month]\namount = 0.2\nunit = "GB"\n'
    good = {
        "stack.json": (_stack(), jsonwise),
        "usage.json": (b'{"disk": {"monthly_standard_io_requests": 5}}', jsonwise),
        "book.toml": (book, tomlwise),
        "workload.toml": ((ROOT / "workload.toml").read_bytes(), tomlwise),
        "trace.csv": (trace_csv()[0], bytewise),
    }
    broken = random.choice(list(good))
    return {name: (mutate(random, data) if name == broken else data) for name, (data, mutate) in good.items()}


@contextmanager
def _copy(folder: Path) -> Iterator[Run]:
    project, place = folder / "project", folder / "place"
    place.mkdir()
    for name in ("infra", "serving", "scripts"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__", "versions", ".*"))
    for path in (*ROOT.glob("Pulumi*.yaml"), ROOT / "workload.toml", ROOT / "pyproject.toml"):
        shutil.copyfile(path, project / path.name)
    environment = {**ENVIRONMENT, "HOME": str(folder), "PYTHONPATH": str(project), "TMPDIR": str(folder)}
    with subprocess.Popen(
        [sys.executable, "-m", "scripts.bench.fuzz_cli_worker"],
        cwd=place, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        asked, told = cast(IO[str], process.stdin), cast(IO[str], process.stdout)

        def run(data: bytes) -> str:
            asked.write(data.decode() + "\n")
            asked.flush()
            answer = json.loads(told.readline())
            return _judged(json.loads(data)["arguments"], answer["code"], answer["output"])

        yield run
        asked.close()


def _judged(arguments: Sequence[str], code: int | None, output: str) -> str:
    verb = " ".join(arguments[:1])
    if code is None:
        raise Wrong(f"{verb}: over {SECONDS:g} s")
    for spilled in SPILLED:
        if spilled in output:
            frames = re.findall(r'project/(\S+)", line (\d+)', output)
            raise Wrong(f"{verb}: {output.strip().splitlines()[-1][:120]} at {':'.join(frames[-1]) if frames else '?'}")
    if code not in CODES:
        raise Wrong(f"{verb}: ends with {code}, which is no documented code")
    if CONTROL.search(output):
        raise Wrong(f"{verb}: a control character reaches the terminal")
    if code > 2 and not output.strip():
        raise Wrong(f"{verb}: code {code} without a word")
    if code == 3 and "breakeven: " in output and not re.search(r"^breakeven: [^\n]+; [^\n]+\n\Z", output, re.MULTILINE):
        raise Wrong(f"{verb}: an error of several lines")
    return output
