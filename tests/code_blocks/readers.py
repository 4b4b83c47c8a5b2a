"""Who reads a block of data, and the reading: each refuses what it does not know."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import yaml

from infra.costs.capacity import ModelCapacity
from infra.costs.managed.files import read_apis
from infra.costs.prices import PriceBook
from infra.costs.usage import Usage
from infra.costs.workload import Workload
from infra.record import declared, read_config_file, record_config
from tests.code_blocks import files
from tests.code_blocks.blocks import Block
from tests.code_blocks.commands import LOCAL
from tests.code_blocks.running import Runner
from tests.code_blocks.world import World
from tests.infra.costs.stacks import export, row
from tests.infra.stack_variants import archive_path

NAT_GATEWAY, BUCKET = "aws:ec2/natGateway:NatGateway", "aws:s3/bucket:Bucket"
ARCHIVES = {"modelArchive": "main", "canaryArchive": "canary", "nodeBundle": "node"}


def read(block: Block, world: World) -> None:
    """Give the block to its reader."""
    kind = block.marks.get("read as", block.language)
    assert kind in READERS, f"{block.where}: <!-- read as: ... --> names none of {', '.join(READERS)}"
    (LIGHT if "file" in block.marks else READERS).get(kind, READERS[kind])(block, world)


def _file(block: Block, world: World, name: str = "block.toml") -> Path:
    path = world.folder / name
    path.write_text(block.text, encoding="utf-8")
    return path


def _workload(block: Block, world: World) -> None:
    path = _file(block, world)
    assert Workload.read(path) != Workload()
    _fine(world, block, "preview", "--workload", str(path))


def _usage(block: Block, world: World) -> None:
    """A stack with the resources that the block names: a key that is none of theirs is refused."""
    path = _file(block, world)
    assert Usage.read(path)
    (world.folder / "named.json").write_text(export(row(NAT_GATEWAY, "nat-0"), row(BUCKET, "models")))
    _fine(world, block, "estimate", "named.json", "--usage", str(path))


def _prices(block: Block, world: World) -> None:
    path = _file(block, world)
    assert PriceBook((path,))
    _fine(world, block, "preview", "--prices", str(path))
    stated = tomllib.loads(block.text)
    assert set(stated) > {"source", "checked"}


def _config(block: Block, world: World) -> None:
    """Each table is a verb's, and its keys are looked at when that verb runs."""
    path = _file(block, world, "breakeven.toml")
    for verb in (name for name in tomllib.loads(block.text) if name != "defaults"):
        done = world.verb("config", verb, "--json", BREAKEVEN_CONFIG=str(path))
        assert done.code == 0, done.error
        sources = {row["source"] for row in json.loads(done.out)["settings"]}
        assert f"breakeven.toml [{verb}]" in sources, f"{block.where}: {sources}"
    path.unlink()


def _steps(block: Block, world: World) -> None:
    path = _file(block, world)
    done = world.verb("sentiment", "./folder", "--workflow", str(path), BREAKEVEN_SENTIMENT_WORKERS="1")
    assert done.code == 0, done.error


def _settings(block: Block, world: World) -> None:
    """A stack with these settings is recorded; archives that they name are made."""
    stated = yaml.safe_load(block.text)
    stated = stated.get("config", stated)
    known = {key.removeprefix("breakeven:"): value for key, value in stated.items()}
    for key in ARCHIVES.keys() & (known.keys() | (set(ARCHIVES) if "canaryArchive" in known else set())):
        known[key] = archive_path(ARCHIVES[key])
    # The region of a list of those allowed, where the block has one.
    region = (known.get("allowedRegions") or ["eu-west-1"])[0]
    config = {"aws:region": region, **{f"breakeven:{key}": value for key, value in known.items() if ":" not in key}}
    file = _file(block, world, "Pulumi.block.yaml")
    file.write_text(yaml.safe_dump({"config": config}))
    recording = record_config(read_config_file("block", file, world.folder))
    file.unlink()
    assert recording.resources


def _managed(block: Block, world: World) -> None:
    assert list(read_apis(_file(block, world))), block.where


def _capacity(block: Block, world: World) -> None:
    found = ModelCapacity.read(_file(block, world))
    assert found.of(tomllib.loads(block.text)["capacity"][0]["instance_type"]), block.where


def _pre_commit(block: Block, world: World) -> None:
    """The published schema of pre-commit's own files."""
    path = _file(block, world, ".pre-commit-config.yaml")
    hooks = yaml.safe_load((world.folder / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    asked = [hook["id"] for repo in yaml.safe_load(block.text)["repos"] for hook in repo["hooks"]]
    path.unlink()
    assert set(asked) <= {hook["id"] for hook in hooks}, block.where


def _fine(world: World, block: Block, *arguments: str) -> None:
    done = world.verb(*arguments)
    assert done.code == 0, f"{block.where}: {done.error}"


def python(block: Block, runner: Runner) -> str:
    """Run a program in a process of its own, beside a server of the model that it names; what it prints comes back."""
    model = re.search(rf'"{LOCAL}", "(\w+)"', block.text)
    code = block.text.replace(LOCAL, runner.address(model[1])) if model else block.text
    files.make(runner.world.folder, "./folder")
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=runner.world.folder,
        env=runner.world.environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{block.where}: {done.stderr}"
    return done.stdout


def _tables(block: Block, world: World) -> None:
    """Named APIs may be of the page's own making: the rest is read without them."""
    stated = block.text.partition("[compare]")[0]
    path = world.folder / "block.toml"
    path.write_text(stated, encoding="utf-8")
    assert Workload.read(path)


def _declared(block: Block, world: World) -> None:
    known = declared(world.folder)[1]
    assert {key for key in yaml.safe_load(block.text)["config"] if not key.startswith("aws:")} <= set(known)


LIGHT: dict[str, Callable[[Block, World], None]] = {
    "workload": _tables,
    "settings": _declared,
}
"""For what the commands of the same page read, too."""
READERS: dict[str, Callable[[Block, World], None]] = {
    "workload": _workload,
    "usage": _usage,
    "prices": _prices,
    "breakeven.toml": _config,
    "steps": _steps,
    "managed": _managed,
    "capacity": _capacity,
    "settings": _settings,
    "pre-commit": _pre_commit,
}
