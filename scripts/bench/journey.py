"""How long a newcomer waits: from clone to first preview, first prediction, and a sandbox that is gone.

`python scripts/bench/journey.py [--stack small] [--repository URL]` clones into an empty folder, without an environment
of its own, and runs the commands of the README as they stand. Everything is fetched that a fresh machine fetches, from
whatever package index and cache pip is set up with; `--no-cache` leaves pip's own cache out.
"""

import argparse
import datetime
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Step:
    """One command, in the folder of the clone, and what has been reached after it."""

    command: tuple[str, ...]
    reached: str = ""


def steps(stack: str) -> list[Step]:
    """The journey after the clone."""
    breakeven, sandbox = "scripts/breakeven", ("--sandbox", "--stack", stack)
    sample = "serving/models/efficientnet_lite0/sample.jpg"
    return [
        Step((breakeven, "preview", "--stack", stack), "first preview"),
        Step((breakeven, "preview", "--stack", stack)),
        Step((breakeven, "up", *sandbox), "first prediction (up ends in one)"),
        Step((breakeven, "predict", sample, *sandbox)),
        Step((breakeven, "destroy", *sandbox), "sandbox destroyed"),
        Step((breakeven, "sweep", *sandbox)),
    ]


def timed(step: Step, folder: Path, environment: dict[str, str]) -> float:
    """Seconds that a step takes; a step that fails ends the run with what it said."""
    start = time.monotonic()
    done = subprocess.run(  # noqa: S603 - words of our own
        step.command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = f"{done.stdout[-1500:]}{done.stderr[-3000:]}"
        sys.exit(f"journey: {' '.join(step.command)} ended with {done.returncode}\n{said}")
    return time.monotonic() - start


def main() -> int:
    """Run the journey and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repository", default=str(ROOT), help="what is cloned")
    parser.add_argument("--stack", default="small")
    parser.add_argument("--no-cache", action="store_true", help="leave pip's cache out")
    asked = parser.parse_args()
    # What a shell has for this project, or for an account, a newcomer has not.
    own = ("AWS_", "BREAKEVEN_", "PULUMI_", "PYTHON", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    environment |= {"PULUMI_SKIP_UPDATE_CHECK": "true"} | ({"PIP_NO_CACHE_DIR": "1"} if asked.no_cache else {})
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {datetime.date.today()}")
    print("\n| command | seconds | since the start | reached |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        folder, total = Path(place) / "breakeven", 0.0
        clone = Step(("git", "clone", "--quiet", asked.repository, str(folder)), "clone")
        for step in [clone, *steps(asked.stack)]:
            seconds = timed(step, folder if folder.is_dir() else ROOT, environment)
            total += seconds
            words = " ".join(step.command).replace(asked.repository, "URL").replace(str(folder), "breakeven")
            print(f"| `{words}` | {seconds:.1f} | {total:.0f} | {step.reached} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
