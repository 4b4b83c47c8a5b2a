"""Runs verbs, each in a fork of a process that has loaded what they need: a fifth of the time of one started anew.

A line of JSON in, with arguments, standard input and environment; a line out, with exit code and what was written.
"""

import json
import os
import signal
import sys
import tempfile
import time
from contextlib import suppress
from typing import IO, Any


def main() -> None:
    """Until the input ends."""
    import scripts.cli.session  # noqa: F401 - loaded once, before the forks
    from infra.record import record
    from scripts.cli import verbs

    verbs.app_of()
    record("dev")  # loads the classes of AWS
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_forked(json.loads(line))) + "\n")
        sys.stdout.flush()


def _forked(asked: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        given.write(asked["stdin"].encode())
        given.seek(0)
        child = os.fork()
        if not child:
            _run(asked, given, out, error)
        code = _end_of(child, asked["seconds"])
        texts = []
        for stream in (out, error):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
        return {"code": code, "out": texts[0], "error": texts[1]}


def _end_of(child: int, seconds: float) -> int:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -signal.SIGKILL


def _run(asked: dict[str, Any], given: IO[bytes], out: IO[bytes], error: IO[bytes]) -> None:
    os.setsid()
    for target, source in enumerate((given, out, error)):
        os.dup2(source.fileno(), target)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - the descriptor of the fork
    sys.argv = ["breakeven", *asked["arguments"]]
    os.environ.update(asked["environment"])
    code = 0
    try:
        from infra.costs.managed.files import managed_apis
        from scripts.cli.__main__ import main as breakeven

        managed_apis.cache_clear()  # a page may have added one
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
    sys.path.pop(0)  # the folder of this file, which is no place to import from
    main()
