"""Runs the real start script of a training instance in a folder: its commands for AWS and the machine are stand-ins."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.lifecycle.training_launch import Attempt, Checkpoint
from infra.lifecycle.training_types import Bundle, Job, Place

BUCKET = "breakeven-dev-artifacts-1"
# What the training does is what the job's settings say; it goes on after the last step of the checkpoints it finds.
TRAINING = """
import json, pathlib, signal, sys, time
job = pathlib.Path(sys.argv[1])
settings = json.loads((job / "job.json").read_text())
work, result = job / "work", job / "result"
first = len(list(work.glob("checkpoint-*")))
if first:
    print(f"resumed after step {first}", flush=True)
for step in range(first + 1, settings.get("steps", 2) + 1):
    (work / "torn.part").write_text("half")
    (work / f"checkpoint-{step}").write_text("weights" * 100)
    print(f"step {step}", flush=True)
    if step == settings.get("hangs_at"):
        time.sleep(60)
code = settings.get("exit", 0)
if code in (0, 13):
    result.mkdir()
    (result / "card.json").write_text(json.dumps({"data": (job / "data" / "rows.csv").read_text()}))
sys.exit(code)
"""
INSTALL = (
    f'#!/bin/bash\nmkdir -p "$(dirname "$0")/site/bin"\nln -s "{sys.executable}" "$(dirname "$0")/site/bin/python"\n'
)
LOG_CALL = 'echo "$(basename "$0") $*" >> "@@/calls"\n'
STANDINS: Mapping[str, str] = {
    "shutdown": LOG_CALL,
    "useradd": LOG_CALL,
    "chown": LOG_CALL,
    "id": "exit 1\n",
    # The real one may be slow: 50 of these are one of those.
    "sleep": 'exec -a sleep "@sleep@" 0.05\n',
    "setpriv": LOG_CALL
    + 'while [[ "$1" == --* ]]; do case "$1" in --re*id) shift 2;; *) shift;; esac; done\nexec "$@"\n',
    "curl": 'case "$*" in *api/token*) echo pass;; *) [[ -e "@@/interrupt" ]] || exit 22;; esac\n',
    "aws": LOG_CALL
    + """case "$1 $2 $*" in *" logs "*) [[ ! -e "@@/no-logs" ]] || exit 255
  case "$*" in *events.json*) cat "${!#}" 2> /dev/null || cat "$(sed 's|.*file://||' <<< "$*")" >> "@@/logged";; esac
  exit 0;; esac
from="${4/#s3:\\/\\//@@/s3/}" to="${5/#s3:\\/\\//@@/s3/}"
[[ ! -e "@@/no-puts" || "$from" == "@@/s3/"* ]] || exit 1
mkdir -p "$(dirname "$to")"
cp "$from" "$to.arriving" && mv "$to.arriving" "$to"
""",
}


@dataclass(frozen=True)
class Sandbox:
    """An instance's disk, the bucket as a folder, and the calls that the script made, in their order."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> "Sandbox":
        (root / "bin").mkdir(parents=True)
        (root / "per-boot").mkdir()
        sleep = subprocess.run(["which", "sleep"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607
        for name, text in STANDINS.items():
            path = root / "bin" / name
            path.write_text("#!/bin/bash\n" + text.replace("@@", str(root)).replace("@sleep@", sleep))
            path.chmod(0o755)
        return cls(root)

    @property
    def bucket(self) -> Path:
        return self.root / "s3" / BUCKET

    @property
    def calls(self) -> list[str]:
        made = self.root / "calls"
        return made.read_text().splitlines() if made.exists() else []

    def said(self, text: str) -> bool:
        """Whether the instance's own log holds it."""
        log = self.root / "opt" / "log.txt"
        return log.exists() and text in log.read_text()

    def stored(self, job: Job, name: str) -> Path:
        return self.bucket / job.key("out", name)

    def status(self, job: Job, attempt: int = 1) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.stored(job, f"{attempt}/status.json").read_text())
        return found

    def log(self, job: Job, attempt: int = 1) -> str:
        return self.stored(job, f"{attempt}/log.txt").read_text()

    def start(self, script: str, **environment: str) -> "subprocess.Popen[str]":
        """Run the script as the instance would, but in this folder."""
        for there, here in (("/opt/breakeven", "opt"), ("/var/lib/cloud/scripts/per-boot", "per-boot")):
            assert there in script
            script = script.replace(there, str(self.root / here))
        file = self.root / "user-data.sh"
        file.write_text(script)
        variables = {**os.environ, **environment, "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}"}
        return subprocess.Popen(["bash", str(file)], env=variables, text=True)  # noqa: S607

    def run(self, script: str, **environment: str) -> int:
        return self.start(script, **environment).wait(timeout=150)

    def wait_for(self, there: Callable[[], bool]) -> None:
        end = time.monotonic() + 120
        while not there():
            assert time.monotonic() < end
            time.sleep(0.05)


def packed(path: Path, files: Mapping[str, str]) -> str:
    """Files by name as a tar; its SHA-256. Scripts may be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source = path.parent / f"{path.name}.d"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            file = source / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o755 if text.startswith("#!") else 0o644)
            archive.add(file, name)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def bundle_at(path: Path) -> Bundle:
    """A training bundle whose training is the one above."""
    files = {"install": INSTALL, "node/serving/__init__.py": "", "node/serving/finetune/__init__.py": ""}
    return Bundle(sha256=packed(path, {**files, "node/serving/finetune/__main__.py": TRAINING}))


def place(**changes: object) -> Place:
    known: dict[str, object] = {
        "project": "breakeven",
        "stack": "dev",
        "template_id": "lt-1",
        "template_version": "1",
        "subnet_ids": ("subnet-1",),
        "bucket": BUCKET,
        "log_group": "/breakeven/dev/training",
        "instance_types": ("g4dn.xlarge",),
        "volume_gb": 75,
        "max_hours": 4,
    }
    return Place(**{**known, **changes})  # type: ignore[arg-type]


def attempt(sandbox: Sandbox, *, number: int = 1, checkpoint: Checkpoint | None = None, **settings: object) -> Attempt:
    """A job with these settings, stored as `submit` stores it."""
    scratch = sandbox.root / "sent"
    files = {"job.json": json.dumps(settings), "data/rows.csv": "text,label\n", "model/model.toml": ""}
    job = Job(sha256=packed(scratch / "job.tar.gz", files))
    bundle = bundle_at(scratch / "bundle.tar.gz")
    for source, key in (("job.tar.gz", job.key("in", "job.tar.gz")), ("bundle.tar.gz", bundle.key)):
        (sandbox.bucket / key).parent.mkdir(parents=True, exist_ok=True)
        (scratch / source).rename(sandbox.bucket / key)
    return Attempt(
        place=place(), job=job, bundle=bundle, checkpoint=checkpoint or Checkpoint(), number=number, max_hours=4
    )
