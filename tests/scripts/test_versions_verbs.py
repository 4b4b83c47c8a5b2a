"""versions, rollout and rollback as a user runs them: archives, the record, and stack files with their comments."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra import stack_file
from infra.costs.errors import InputError
from serving import versions
from serving.digest import sha256_of
from serving.model import SHIPPED
from tests.scripts.command import ROOT
from tests.scripts.stage import Done, one_line, verb

MODEL = "efficientnet_lite0"
STACK = """\
# Ours.
config:
  aws:region: us-east-1

  breakeven:model: efficientnet_lite0   # small
  breakeven:instanceTypes: [t3.medium]
  breakeven:amiParameter: /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64
  # What is served.
  breakeven:modelArchive: {archive}  # the current one
  breakeven:nodeBundle: node.tar.gz
  # breakeven:canaryArchive: an example
  breakeven:tags:
    owner: ml
"""


@dataclass
class Desk:
    """A user's models, store and stacks, away from the repository's."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "models" / MODEL

    @property
    def served(self) -> Path:
        return self.folder / "store" / f"{MODEL}.mar"

    def stack(self, name: str) -> str:
        return (self.folder / "project" / f"Pulumi.{name}.yaml").read_text()

    def __call__(self, *arguments: str) -> Done:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "BREAKEVEN_MODELS": str(self.folder / "models"),
            "BREAKEVEN_MODEL_STORE": str(self.folder / "store"),
        }
        return verb(*arguments, project=self.folder / "project", environment=environment)

    def fine(self, *arguments: str) -> str:
        done = self(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        for line in done.stdout.splitlines():
            assert len(line) <= 80 or str(self.folder) in line or "json" in arguments, line
        return done.stdout.replace(f"{self.folder}/", "")

    def refused(self, *arguments: str) -> str:
        done = self(*arguments)
        assert (done.returncode, done.stdout) == (3, "")
        return one_line(done).replace(f"{self.folder}/", "")


def furnished(folder: Path) -> Desk:
    """A model with a second version, its first one's archive, and three stacks."""
    desk = Desk(folder)
    left_out = shutil.ignore_patterns("__pycache__", "versions")
    shutil.copytree(SHIPPED / MODEL, desk.home, ignore=left_out)
    made = Path(shutil.copytree(desk.home, folder / "made"))
    (made / "labels.txt").write_text((made / "labels.txt").read_text().replace("tench", "trout", 1))
    (made / "scores.json").write_text('{"macro_f1": {"value": 0.8124, "low": 0.79, "high": 0.834}}')
    versions.add(desk.home, made, parent="1.0", note="fine-tuned on 1,200 pictures of our river, three epochs " * 2)
    project = folder / "project"
    project.mkdir()
    for name in ("Pulumi.yaml", "Pulumi.small.yaml", "Pulumi.dev.yaml"):
        shutil.copy(ROOT / name, project)
    (project / "Pulumi.ours.yaml").write_text(STACK.format(archive=desk.served))
    desk.fine("archive", MODEL, "--no-compile")
    return desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One for all tests, which leave it as they found it, with version 1.0 current and no canary."""
    desk = furnished(tmp_path_factory.mktemp("desk"))
    yield desk
    assert versions.current(desk.home).number == "1.0"
    assert desk.stack("ours") == STACK.format(archive=desk.served)


def test_versions_are_listed_with_scores_archives_and_stacks(desk: Desk) -> None:
    shown = desk.fine("versions", MODEL)
    rows = [line.split() for line in shown.splitlines()]
    assert ["*", "1.0", "-", "-", "-", "yes"] in rows
    (later,) = [row for row in rows if row[:1] == ["1.1"]]
    assert later[3:8] == ["1.0", "0.812", "(0.790", "to", "0.834)"]
    assert "1.1: fine-tuned on 1,200 pictures" in shown
    assert f"stack ours: version 1.0 (store/{MODEL}.mar)" in " ".join(shown.split())
    assert "stack small: no archive" in shown
    assert "stack dev" not in shown  # of another model

    document = json.loads(desk.fine("versions", MODEL, "--format", "json"))
    assert [(row["version"], row["from"], row["current"]) for row in document["versions"]] == [
        ("1.0", None, True),
        ("1.1", "1.0", False),
    ]
    assert document["versions"][1]["macro_f1"] == {"value": 0.8124, "low": 0.79, "high": 0.834}
    assert {row["stack"] for row in document["stacks"]} == {"ours", "small"}


def test_a_rollout_changes_the_served_archive_and_a_rollback_brings_back_its_bytes(desk: Desk) -> None:
    before = desk.served.read_bytes()
    shown = desk.fine("rollout", MODEL, "--no-compile")
    assert f"Version 1.1 of {MODEL} is current; before it was 1.0." in shown
    assert sha256_of(desk.served) in shown
    assert "Stack ours serves this archive" in shown
    assert "Stack small names no archive and stays as it is" in " ".join(shown.split())
    assert shown.splitlines()[-1] == "Next: breakeven up --stack ours"
    assert desk.served.read_bytes() == (desk.folder / "store" / f"{MODEL}-1.1.mar").read_bytes() != before
    assert desk.served.with_name(f"{MODEL}.mar.sha256").read_text().split()[0] == sha256_of(desk.served)
    assert "* 1.1" in desk.fine("versions", MODEL)

    shown = desk.fine("rollback", MODEL)
    assert f"Version 1.0 of {MODEL} is current; before it was 1.1." in shown
    assert desk.served.read_bytes() == before
    assert desk.stack("ours") == STACK.format(archive=desk.served)
    assert "no version was current before 1.0" in desk.refused("rollback", MODEL)
    assert "it is current already" in desk.refused("rollback", MODEL, "--to", "1.0")


def test_a_canary_is_written_into_its_stack_alone_and_given_up(desk: Desk) -> None:
    others, before = desk.stack("small"), desk.served.read_bytes()
    shown = desk.fine("rollout", MODEL, "--canary", "10", "--stack", "ours", "--no-compile")
    assert "is the canary of stack ours" in shown
    archive = f"{desk.folder}/store/{MODEL}-1.1.mar"
    added = f"  breakeven:canaryArchive: {archive}\n  breakeven:canaryWeightPercent: 10\n"
    whole = STACK.format(archive=desk.served)
    assert desk.stack("ours") == whole.replace("the current one\n", f"the current one\n{added}")
    assert (desk.stack("small"), desk.served.read_bytes()) == (others, before)
    assert versions.current(desk.home).number == "1.0"
    assert "canary 1.1 with 10 %" in " ".join(desk.fine("versions", MODEL).split())

    desk.fine("rollout", MODEL, "1.1", "--canary", "0", "--stack", "ours", "--no-compile")
    assert "breakeven:canaryWeightPercent: 0\n" in desk.stack("ours")
    assert "gives up its canary" in desk.fine("rollout", MODEL, "--give-up", "--stack", "ours")
    assert desk.stack("ours") == whole


def test_a_promoted_canary_is_the_current_version_in_the_bytes_that_were_tried(desk: Desk) -> None:
    desk.fine("rollout", MODEL, "--canary", "25", "--stack", "ours", "--no-compile")
    tried = (desk.folder / "store" / f"{MODEL}-1.1.mar").read_bytes()
    shown = desk.fine("rollout", MODEL, "--promote", "--stack", "ours")
    assert f"Version 1.1 of {MODEL} is current" in shown
    assert desk.served.read_bytes() == tried
    assert desk.stack("ours") == STACK.format(archive=desk.served)
    assert versions.previous(desk.home) == "1.0"
    desk.fine("rollback", MODEL, "--to", "1.0")


def test_a_stack_with_an_archive_of_its_own_follows_the_current_one_from_a_promotion_on(desk: Desk) -> None:
    file = desk.folder / "project" / "Pulumi.ours.yaml"
    own = STACK.format(archive=desk.served).replace(f"{desk.served}  #", "model_store/own.mar  #")
    file.write_text(own)
    desk.fine("rollout", MODEL, "--canary", "5", "--stack", "ours", "--no-compile")
    shown = desk.fine("rollout", MODEL, "--promote", "--stack", "ours")
    assert f"modelArchive is store/{MODEL}.mar now" in " ".join(shown.split())
    assert desk.stack("ours") == STACK.format(archive=desk.served)
    desk.fine("rollback", MODEL)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("versions efficientnet", f"model efficientnet: no such folder in models; did you mean {MODEL}?"),
        (f"rollout {MODEL} 1.3", f"version 1.3 of {MODEL}: no such version; did you mean 1.1? there are 1.0, 1.1"),
        (f"rollout {MODEL} ../1.1", "no such version"),
        (f"rollback {MODEL} --to 2", "no such version"),
        (f"rollout {MODEL} --canary 10", "--stack: not given, and a canary is a stack's"),
        (f"rollout {MODEL} --stack ours", "a version becomes current for all stacks at once"),
        (f"rollout {MODEL} --promote --give-up --stack ours", "give one of them"),
        (f"rollout {MODEL} 1.1 --promote --stack ours", "the canary has its version already"),
        (f"rollout {MODEL} --promote --stack ours", "stack ours: it has no canary"),
        (f"rollout {MODEL} --give-up --stack ours", "stack ours: it has no canary"),
        (f"rollout {MODEL} --canary 10 --stack our", "stack our: no such stack; did you mean ours?"),
        (f"rollout {MODEL} --canary 10 --stack dev", f"stack dev: it serves resnet50, not {MODEL}"),
        (f"rollout {MODEL} --canary 60 --stack ours", "canaryWeightPercent: 60 is out of range; use 0 to 50"),
        (f"rollout {MODEL} 1.0 --canary 5 --stack ours", "version 1.0: stack ours serves it already"),
        (f"rollout {MODEL} --canary 10 --stack small", "with balancer false; set balancer to true, which shares"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(desk: Desk, arguments: str, said: str) -> None:
    before = {path: path.read_bytes() for path in desk.folder.rglob("*.toml")}
    before |= {path: path.read_bytes() for path in desk.folder.rglob("*.yaml")}
    assert said in desk.refused(*arguments.split())
    assert all(path.read_bytes() == content for path, content in before.items())


LINES = "config:\n  breakeven:model: x\n"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        (LINES, "config:\n  breakeven:model: x\n  breakeven:canaryArchive: a.mar\n"),
        (
            "config:\r\n    model: x\r\nother: 1",
            "config:\r\n    model: x\r\n    breakeven:canaryArchive: a.mar\r\nother: 1\r\n",
        ),
        ("secretsprovider: kms\n", "secretsprovider: kms\nconfig:\n  breakeven:canaryArchive: a.mar\n"),
        ("config:\n  canaryArchive: b  # old\nx: 1\n", "config:\n  canaryArchive: a.mar  # old\nx: 1\n"),
        ('config:\n  "breakeven:canaryArchive": "b # c"\n', 'config:\n  "breakeven:canaryArchive": a.mar\n'),
        (
            "config:\n  a:b:\n    - 1\n  # end\n",
            "config:\n  a:b:\n    - 1\n  # end\n  breakeven:canaryArchive: a.mar\n",
        ),
    ],
)
def test_a_setting_is_one_line_whatever_the_file_looks_like(text: str, made: str) -> None:
    assert stack_file.changed(text, "breakeven", {"canaryArchive": "a.mar"}) == made
    gone = stack_file.changed(made, "breakeven", {"canaryArchive": None})
    assert "canaryArchive" not in gone
    assert gone.count("\n") == made.count("\n") - 1


def test_a_path_with_spaces_is_quoted_and_read_back() -> None:
    made = stack_file.changed(LINES, "breakeven", {"canaryArchive": 'my "store"/a: #1.mar'})
    assert stack_file._read(made, "breakeven")["config"]["breakeven:canaryArchive"] == 'my "store"/a: #1.mar'


@pytest.mark.parametrize(
    "text", ["config: {breakeven:model: x}\n", "config:\n  a: &a {b: 1}\n  canaryArchive: >-\n    b\n", "- 1\n"]
)
def test_a_file_that_is_not_one_key_a_line_is_left_alone(text: str, tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.ours.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=r"Pulumi\.ours\.yaml: its config is not one key a line; write it yourself: "):
        stack_file.change(file, "breakeven", {"canaryArchive": "a.mar"})
    assert file.read_text() == text
    assert list(tmp_path.iterdir()) == [file]
