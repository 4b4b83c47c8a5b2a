"""Verbs in forks of a process that has loaded what they need: three of the four seconds of a preview are imports.

Each is a process of its own all the same, with its own arguments, environment, folder and streams, and it begins at
`python -m scripts.cli`. A line of JSON goes in; a line with exit code and both outputs comes out.
"""

import atexit
import gc
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
AWS = (
    "apigateway", "apigatewayv2", "autoscaling", "budgets", "cloudwatch", "dynamodb", "ec2", "iam", "kms", "lambda_",
    "lb", "s3", "servicediscovery", "sns", "sqs", "ssm", "wafv2",
)  # fmt: skip
MODULES = (
    "boto3", "infra.components.stack", "infra.cost_outputs", "infra.record_monitor", "pulumi.automation",
    "scripts.cli.session", "scripts.cli.verbs",
)  # fmt: skip
# Read while modules are loaded, so a fork would not see another value.
READ_AT_IMPORT = ("BREAKEVEN_MODELS", "BREAKEVEN_MODEL_STORE")


def run(
    *arguments: str, cwd: Path, environment: Mapping[str, str], stdin: str = "", seconds: float
) -> "subprocess.CompletedProcess[str]":
    """Run one verb of this folder's command line; raises TimeoutExpired after so many seconds."""
    loaded = _own()
    if loaded.read != _read(environment):
        return subprocess.run(
            [sys.executable, "-m", "scripts.cli", *arguments],
            cwd=cwd, env=dict(environment), input=stdin, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip
    return loaded.run(*arguments, cwd=cwd, environment=environment, stdin=stdin, seconds=seconds)


def _read(environment: Mapping[str, str]) -> list[str | None]:
    return [environment.get(name) for name in READ_AT_IMPORT]


@cache
def _own() -> "Loaded":
    """This folder's; it ends with this process."""
    loaded = Loaded(ROOT, os.environ)
    atexit.register(loaded.close)
    return loaded


class Loaded:
    """The process that forks; it has loaded what lies in `root`, which may be a copy of the project."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self.read, self._lock = _read(environment), threading.Lock()
        # The copy's own modules first; these tests are not in it.
        path = os.pathsep.join(map(str, dict.fromkeys((root, ROOT))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.scripts.forked"],
            cwd=root, env={**environment, "PYTHONPATH": path},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def run(
        self, *arguments: str, cwd: Path, environment: Mapping[str, str], stdin: str = "", seconds: float
    ) -> "subprocess.CompletedProcess[str]":
        """Run one verb; raises TimeoutExpired after so many seconds."""
        asked = {"arguments": arguments, "cwd": str(cwd), "stdin": stdin, "seconds": seconds}
        asked["environment"] = dict(environment)
        done = self._ask(asked)
        if done["code"] is None:
            raise subprocess.TimeoutExpired(list(arguments), seconds, done["out"], done["error"])
        return subprocess.CompletedProcess(list(arguments), done["code"], done["out"], done["error"])

    def _ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        with self._lock:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def close(self) -> None:
        """End it."""
        assert self._process.stdin
        assert self._process.stdout
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def serve() -> bool:
    """Fork once for each line; True in a fork, False at the end of the input."""
    gc.disable()
    for name in MODULES:
        import_module(name)
    for name in AWS:
        hasattr(import_module(f"pulumi_aws.{name}"), "anything")  # they load when they are first asked
    gc.freeze()
    gc.enable()
    for line in sys.stdin:
        asked = json.loads(line)
        with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as error:
            given.write(asked["stdin"].encode())
            given.seek(0)
            child = os.fork()
            if not child:
                _become(asked, [stream.fileno() for stream in (given, out, error)])
                return True
            code = _end_of(child, asked["seconds"])
            out.seek(0)
            error.seek(0)
            texts = [stream.read().decode("utf-8", "replace") for stream in (out, error)]
            sys.stdout.write(json.dumps({"code": code, "out": texts[0], "error": texts[1]}) + "\n")
            sys.stdout.flush()
    return False


def _become(asked: Mapping[str, Any], streams: list[int]) -> None:
    """In a fork: what the verb is called with, and where."""
    for target, source in enumerate(streams):
        os.dup2(source, target)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - what the parent has read ahead is not for it
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["cwd"])
    sys.path[0] = asked["cwd"]
    sys.argv = ["breakeven", *asked["arguments"]]


def _end_of(child: int, seconds: float) -> int | None:
    """The exit code; None where it had to be killed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _verb() -> int:
    """The verb from its first line to its last; the code it ends with."""
    try:
        runpy.run_module("scripts.cli", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        sys.stderr.write(f"{ended.code}\n")
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__" and serve():
    code = _verb()
    # As Python itself ends, but for the taking down of what was loaded, which costs more than most verbs.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
