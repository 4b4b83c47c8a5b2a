"""The start script of an instance, run as it is in a folder: what goes wrong makes the instance leave its group."""

import hashlib
import io
import os
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.user_data import render
from tests.infra.engine import ROOT

TEMPLATE = ROOT / "infra" / "components" / "fleet_user_data.sh"
PLACES = {"/var/lib/cloud/data": "cloud", "/opt/breakeven": "opt", "/etc/breakeven": "etc", "/etc/systemd": "systemd"}
LOG_CALL = 'echo "$(basename "$0") $*" >> "@@/calls"\n'
# What belongs to the machine or to AWS; everything else is the real command.
STANDINS = {
    "aws": LOG_CALL
    + """[[ "$1 $2" == "s3api get-object" ]] || exit 0
[[ ! -e "@@/refused" ]] || { cat "@@/refused" >&2; exit 254; }
cat "@@/s3/$8" > "$9"
""",
    "systemctl": LOG_CALL,
    "useradd": LOG_CALL,
    "chown": LOG_CALL,
    "id": "exit 1\n",
    "install": 'while [[ "$1" == -* ]]; do case "$1" in -d) shift;; *) shift 2;; esac; done\nmkdir -p "$@"\n',
}
DENIED = "An error occurred (AccessDenied) when calling the GetObject operation: Access Denied\n"
# The code that S3 gives for a disabled key, from memory.
DISABLED = "An error occurred (KMS.DisabledException) when calling the GetObject operation: the key is disabled.\n"
LARGE = 3 << 20


@dataclass(frozen=True)
class Instance:
    """The disk of an instance, the bucket as a folder, and the calls that the script made."""

    root: Path

    @property
    def calls(self) -> list[str]:
        return (self.root / "calls").read_text().splitlines()

    @property
    def gave_up(self) -> bool:
        """Whether the group was told that this instance will not serve."""
        return any("complete-lifecycle-action" in call and call.endswith("ABANDON") for call in self.calls)

    @property
    def handed_over(self) -> bool:
        """Whether the node's service was started."""
        return "systemctl enable --now --no-block breakeven-node.service" in self.calls

    def store(self, key: str, body: bytes) -> str:
        """An object; its SHA-256."""
        (self.root / "s3" / key).write_bytes(body)
        return hashlib.sha256(body).hexdigest()

    def boot(self, prelude: str = "") -> int:
        """Run the script with this folder in the place of the disk."""
        script = render(TEMPLATE, self.values())
        for there, here in PLACES.items():
            assert there in script
            script = script.replace(there, str(self.root / here))
        file = self.root / "user-data.sh"
        file.write_text(script.replace("set -Eeuo", f"{prelude}\nset -Eeuo", 1))
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        done = subprocess.run(["bash", str(file)], env={**os.environ, "PATH": path}, timeout=150, check=False)  # noqa: S607
        return done.returncode

    def values(self) -> dict[str, str]:
        names = (
            "region group model port launch_hook terminate_hook drain_seconds log_group metric_namespace "
            "registry_service queue_url dead_letter_url document_bucket bucket"
        )
        digests = {name: hashlib.sha256((self.root / "s3" / name).read_bytes()) for name in ("bundle", "archive")}
        keys = {f"{name}_key": name for name in digests}
        sums = {f"{name}_sha256": digest.hexdigest() for name, digest in digests.items()}
        return {**{name: f"the-{name}" for name in names.split()}, **keys, **sums, **self._pinned()}

    def _pinned(self) -> dict[str, str]:
        """Digests that the template names though the bucket holds something else."""
        pinned = self.root / "pinned"
        return dict(line.split("=") for line in pinned.read_text().splitlines()) if pinned.exists() else {}


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """An instance that would come up: a bundle, an archive, and every stand-in."""
    for name in ("bin", "s3", "cloud", "systemd/system"):
        (tmp_path / name).mkdir(parents=True)
    for name, text in STANDINS.items():
        path = tmp_path / "bin" / name
        path.write_text("#!/bin/bash\n" + text.replace("@@", str(tmp_path)))
        path.chmod(0o755)
    (tmp_path / "cloud" / "instance-id").write_text("i-0123456789abcdef0\n")
    made = Instance(tmp_path)
    made.store("bundle", bundle("#!/bin/bash\n"))
    made.store("archive", b"weights")
    return made


def bundle(start: str) -> bytes:
    """A bundle whose start script is this."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as packed:
        about = tarfile.TarInfo("start")
        about.size = len(start)
        packed.addfile(about, io.BytesIO(start.encode()))
    return file.getvalue()


def refused(error: str) -> Callable[[Instance], None]:
    def apply(instance: Instance) -> None:
        (instance.root / "refused").write_text(error)

    return apply


def changed(name: str) -> Callable[[Instance], None]:
    """Another object under the key that the template pins by digest."""

    def apply(instance: Instance) -> None:
        (instance.root / "pinned").write_text(f"{name}_sha256={instance.values()[f'{name}_sha256']}")
        instance.store(name, bundle("#!/bin/bash\necho somebody else's\n"))

    return apply


def no_tar(instance: Instance) -> None:
    instance.store("bundle", b"no tar, though it is what was uploaded")


def large(instance: Instance) -> None:
    instance.store("archive", bytes(LARGE))


def test_a_sound_instance_is_handed_over_to_its_service(instance: Instance) -> None:
    assert instance.boot() == 0
    assert instance.handed_over
    assert not instance.gave_up
    assert (instance.root / "opt" / "models" / "the-model.mar").read_bytes() == b"weights"
    assert "BREAKEVEN_GROUP=the-group" in (instance.root / "etc" / "node.env").read_text()


@pytest.mark.parametrize(
    "fault",
    [refused(DENIED), refused(DISABLED), changed("bundle"), changed("archive"), no_tar],
    ids=["denied", "key disabled", "another bundle", "another archive", "broken bundle"],
)
def test_an_instance_that_cannot_have_what_it_serves_leaves_its_group_at_once(
    instance: Instance, fault: Callable[[Instance], None]
) -> None:
    fault(instance)
    assert instance.boot() != 0
    assert instance.gave_up
    assert not instance.handed_over


def test_an_instance_whose_disk_is_full_leaves_its_group_at_once(instance: Instance) -> None:
    large(instance)
    # The file system answers a write above the limit (blocks of 1 KiB) as it answers one to a full disk.
    assert instance.boot(prelude="ulimit -f 1024; trap '' XFSZ") != 0
    assert instance.gave_up
    assert not instance.handed_over
