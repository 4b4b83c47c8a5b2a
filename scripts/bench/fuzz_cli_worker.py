"""Runs verbs for the fuzzer, each in a fork of a process that has imported them.

A line of JSON in, with arguments and files for the folder it runs in; a line out, with exit code (None: out of time)
and output. Meant for a copy of the project, since verbs may write to it.
"""

import json
import os
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from scripts.cli.__main__ import main as breakeven

PAUSE_SECONDS: Final = 0.005
MOST_CHARACTERS: Final = 200_000


def main() -> None:
    """Until the input ends."""
    import scripts.cli.session  # noqa: F401 - loaded once, before the forks

    place = Path.cwd()
    for line in sys.stdin:
        case = json.loads(line)
        for name, content in case["files"].items():
            (place / name).write_bytes(content.encode("latin-1"))
        print(json.dumps(_forked(case["arguments"], case["seconds"])), flush=True)


def _forked(arguments: list[str], seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryFile() as out:
        child = os.fork()
        if not child:
            _run(arguments, out)
        code = _end_of(child, seconds)
        out.seek(0)
        return {"code": code, "output": out.read().decode("utf-8", "replace")[-MOST_CHARACTERS:]}


def _end_of(child: int, seconds: float) -> int | None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            _kill(child)
            return os.waitstatus_to_exitcode(status)
        time.sleep(PAUSE_SECONDS)
    _kill(child)
    os.waitpid(child, 0)
    return None


def _kill(group: int) -> None:
    """All that a verb started goes with it."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _run(arguments: list[str], out: IO[bytes]) -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, out.fileno()), (2, out.fileno())):
        os.dup2(source, target)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - the descriptor of the fork
    sys.argv = ["breakeven", *arguments]
    code = 0
    try:
        breakeven()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
