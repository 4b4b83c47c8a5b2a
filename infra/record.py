"""Runs the Pulumi program in process, without an engine or an account, and returns the resources it asks for.

Importing this module is cheap: pulumi and the AWS classes are imported only when a stack is recorded.
"""

import contextvars
import gc
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra.costs.errors import InputError
from infra.costs.names import did_you_mean
from infra.costs.readers import stack_from_rows
from infra.costs.regions import nearest_region
from infra.costs.stack import Stack
from infra.settings import StackSettings, parse
from infra.settings_rules import check_region
from infra.settings_values import SettingsError

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = Path(__file__).resolve().parent
REGION = "aws:region"


class RecordError(InputError):
    """A stack that cannot be recorded: unknown, unreadable, or its program failed."""


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """A stack's configuration as the engine would pass it: every value of its file over the project's defaults.

    `values` has full keys (`breakeven:minSize`, `aws:region`).
    """

    project: str
    stack: str
    values: Mapping[str, object]

    @property
    def region(self) -> str:
        """The AWS region; raises SettingsError when neither the stack nor the environment names one."""
        found = self.values.get(REGION) or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if not isinstance(found, str):
            raise SettingsError(REGION, "not set", f"write it in Pulumi.{self.stack}.yaml, such as us-east-1")
        if not re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-\d+", found):
            reason = f"{found!r} has not the shape of one{nearest_region(found)}"
            raise SettingsError(REGION, reason, "write it like us-east-1")
        return found

    def settings(self) -> StackSettings:
        """The typed settings; raises SettingsError."""
        prefix = f"{self.project}:"
        return parse({key.removeprefix(prefix): value for key, value in self.values.items() if key.startswith(prefix)})

    def with_overrides(self, overrides: Mapping[str, object]) -> "StackConfig":
        """The same with other values, as if they stood in the stack's file; keys are full (`breakeven:minSize`).

        Raises RecordError for a key that is neither a setting of the project nor the region. Values are checked where
        those of the file are, in `settings` and `region`.
        """
        for key in overrides:
            if key != REGION and not key.startswith(f"{self.project}:"):
                raise RecordError(f"override {key}", "not a key of this project", f"use {self.project}:KEY or {REGION}")
        return replace(self, values={**self.values, **overrides})


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What the program asks for: `resources` have the shape of those in `pulumi stack export`, secrets left out."""

    project: str
    stack: str
    region: str
    resources: tuple[dict[str, Any], ...]
    outputs: dict[str, Any]
    settings: StackSettings
    warnings: tuple[str, ...]

    def as_stack(self) -> Stack:
        """The same as the cost engine reads it."""
        return stack_from_rows(self.resources, self.stack, f"stack {self.stack}", self.region)


def stacks(project: Path = ROOT) -> tuple[str, ...]:
    """The stacks that have a file in the project's folder."""
    return tuple(sorted(path.name.split(".")[1] for path in project.glob("Pulumi.*.yaml")))


def read_config(stack: str, project: Path = ROOT) -> StackConfig:
    """Read Pulumi.yaml and the stack's file; raises RecordError when one is missing or is no YAML map."""
    known = stacks(project)
    if stack not in known:
        raise RecordError(f"stack {stack}", "no such stack", did_you_mean(stack, known))
    return read_config_file(stack, project / f"Pulumi.{stack}.yaml", project)


def read_config_file(stack: str, file: Path, project: Path = ROOT) -> StackConfig:
    """The same from a file that need not lie in the project yet."""
    return config_of(stack, _config(file, _read_map(file)), project)


def config_of(stack: str, values: Mapping[str, object], project: Path = ROOT) -> StackConfig:
    """The configuration of a stack whose file would say `values`; it need not have one. Raises as `read_config`."""
    name, rows = declared(project)
    known = {key: _default(row) for key, row in rows.items()} | {_full(name, key): v for key, v in values.items()}
    return StackConfig(project=name, stack=stack, values={key: v for key, v in known.items() if v is not None})


def declared(project: Path = ROOT) -> tuple[str, Mapping[str, Any]]:
    """The project's name, and the declarations of its settings by full key (`breakeven:minSize`)."""
    document = _read_map(project / "Pulumi.yaml")
    name = str(document.get("name", ""))
    return name, {_full(name, key): row for key, row in _config(project / "Pulumi.yaml", document).items()}


def record(stack: str, project: Path = ROOT, overrides: Mapping[str, object] | None = None) -> Recording:
    """Run this package's program with the configuration of a stack in the `project` folder.

    `overrides` come before what the stack's file says; keys are full (`breakeven:minSize`, `aws:region`). Raises
    SettingsError for a setting, RecordError for anything else; always with one line that says what to do.
    """
    return record_config(read_config(stack, project).with_overrides(overrides or {}))


def record_config(config: StackConfig) -> Recording:
    """Run this package's program with a configuration; raises as `record` does."""
    settings, region = config.settings(), config.region
    check_region(settings, region)
    # A thread and a context of its own: pulumi keeps its state in context variables and its own event loop.
    with _no_collection(), ThreadPoolExecutor(max_workers=1, thread_name_prefix="record") as pool:
        try:
            resources, outputs = pool.submit(contextvars.Context().run, _run, config).result()
        except Exception as error:
            raise _one_line(config.stack, error) from error
    return Recording(
        project=config.project,
        stack=config.stack,
        region=region,
        resources=resources,
        outputs=outputs,
        settings=settings,
        warnings=settings.warnings,
    )


@contextmanager
def _no_collection() -> Iterator[None]:
    """No garbage collection meanwhile: importing the AWS classes makes millions of objects that all stay.

    Looking through them again and again took two fifths of the time of a preview (2.4 s against 1.5 s for prod). What
    the first recording leaves is set aside: it would be looked through again, at the latest when Python ends.
    """
    was_on, is_first = gc.isenabled(), "pulumi_aws" not in sys.modules
    gc.disable()
    try:
        yield
    finally:
        if is_first:
            gc.freeze()
        if was_on:
            gc.enable()


def _run(config: StackConfig) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    from infra.record_monitor import run_program

    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.values.items()}
    return run_program(PROGRAM, config.project, config.stack, {**values, "aws:region": config.region})


def _one_line(stack: str, error: BaseException) -> InputError:
    """The error the program meant to tell, wherever in the chain it is; else its last line."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, InputError):
            return cause
        cause = cause.__cause__
    text = (str(error).strip() or type(error).__name__).splitlines()[-1]
    return RecordError(f"stack {stack}", f"the program failed ({text})", "run `pulumi preview` for the whole trace")


def _read_map(path: Path) -> dict[str, Any]:
    import yaml

    try:
        # The parser in C, where there is one, reads Pulumi.yaml ten times as fast.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader either way
    except FileNotFoundError:
        raise RecordError(str(path), "no such file", "run this in a project with a Pulumi.yaml") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise RecordError(str(path), f"not readable as YAML ({reason})", "mend the file") from None
    if not isinstance(found, dict):
        raise RecordError(str(path), "holds no map of keys", "see the other stacks' files")
    return found


def _config(path: Path, document: Mapping[str, Any]) -> Mapping[str, Any]:
    found = document.get("config") or {}
    if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
        raise RecordError(str(path), "its config is no map of keys", "see the other stacks' files")
    return found


def _full(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _default(row: object) -> object:
    """A declaration's default or fixed value; a bare value stands for itself."""
    return row.get("default", row.get("value")) if isinstance(row, Mapping) else row
