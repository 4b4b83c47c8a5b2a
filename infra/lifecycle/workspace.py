"""One stack of this project as it is deployed: opened over the Automation API, read, priced."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.costs.errors import InputError
from infra.costs.readers import parse_stack
from infra.costs.stack import Stack as PricedStack
from infra.lifecycle import engine, entry
from infra.lifecycle.cli import command
from infra.record import StackConfig, read_config

if TYPE_CHECKING:
    from pulumi.automation import OutputMap, Stack

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What a stack's state says; `rows` are the resources of its export."""

    stack: str
    rows: tuple[Row, ...]
    pending: tuple[str, ...]
    document: Mapping[str, Any]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is deployed."""
        return not self.rows

    def of_type(self, token: str) -> Iterator[Row]:
        """The resources of a type token."""
        return (row for row in self.rows if row.get("type") == token)

    def ids(self, token: str) -> tuple[str, ...]:
        """The physical ids of a type's resources."""
        return tuple(str(row["id"]) for row in self.of_type(token) if row.get("id"))

    def priced(self, region: str) -> PricedStack:
        """The state as the cost engine reads it."""
        return parse_stack(json.dumps({"deployment": self.document}), f"stack {self.stack}", region)


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What a stack exports, and which of it are secrets."""

    values: Mapping[str, Any]
    secrets: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The project's folder, a stack's configuration, and the engine's view of it."""

    project: Path
    config: StackConfig
    stack: "Stack"

    @classmethod
    def open(cls, name: str, project: Path, *, create: bool = False, install: bool = True) -> "Workspace":
        """Open a stack that has a file in the project; with `create` also one that was never deployed.

        Raises RecordError for a stack without a file, InputError for a CLI, backend or passphrase that fails.
        """
        from pulumi.automation import CommandError, LocalWorkspace, Stack

        entry.check_meant()
        config = read_config(name, project)
        _mend(config)
        tool = command(install=install)
        local = LocalWorkspace(
            work_dir=str(project), pulumi_command=tool, env_vars={"PULUMI_SKIP_UPDATE_CHECK": "true"}
        )
        try:
            stack = Stack.create_or_select(name, local) if create else Stack.select(name, local)
        except CommandError as error:
            raise engine.explained(f"stack {name}", str(error)) from error
        return cls(project=project, config=config, stack=stack)

    @property
    def name(self) -> str:
        """The stack's name."""
        return self.config.stack

    def deployed(self) -> Deployed:
        """The state; raises InputError when its resources belong to another project."""
        document = engine.run(self.stack, self.stack.export_stack).deployment or {}
        rows = tuple(row for row in document.get("resources") or () if not row.get("delete"))
        for row in rows:
            check_owner(self.config, str(row.get("urn", "")))
        pending = tuple(str(o["resource"]["urn"]).rsplit("::", 1)[-1] for o in document.get("pending_operations") or ())
        own = tuple(row for row in rows if not str(row.get("type")).startswith("pulumi:"))
        return Deployed(stack=self.name, rows=own, pending=pending, document=document)

    def write(self, document: Mapping[str, Any]) -> None:
        """Put a changed state in the place of the one there is."""
        from pulumi.automation import Deployment

        # 3: sdk/go/common/apitype, DeploymentSchemaVersionCurrent; the engine exports no other yet.
        deployment = Deployment(version=3, deployment=dict(document))
        engine.run(self.stack, lambda: self.stack.import_stack(deployment))

    def outputs(self) -> Outputs:
        """The stack's outputs, secrets in plain: the caller decides what to show."""
        return self.shown(engine.run(self.stack, self.stack.outputs))

    def shown(self, found: "OutputMap") -> Outputs:
        """The same of outputs that an operation has just told: to ask for them costs two calls of the CLI."""
        return Outputs(
            values=entry.reachable({name: value.value for name, value in found.items()}, self.name),
            secrets=frozenset(name for name, value in found.items() if value.secret),
        )


def _mend(config: StackConfig) -> None:
    """Delete the attributes beside a state in a folder where a killed engine left them half written.

    Without them the state is read all the same; with half of them every command ends with `EOF`.
    """
    where = os.environ.get("PULUMI_BACKEND_URL", "")
    if not where.startswith("file://"):
        return
    folder = Path(where.removeprefix("file://").partition("?")[0]).expanduser()
    file = folder / ".pulumi" / "stacks" / config.project / f"{config.stack}.json.attrs"
    try:
        json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        file.unlink(missing_ok=True)
    except OSError:
        pass  # none is there, or the engine will say what is the matter


def check_owner(config: StackConfig, urn: str) -> None:
    """Raises InputError for a resource that is another stack's or another project's."""
    parts = urn.split("::")
    owner = (parts[0].removeprefix("urn:pulumi:"), parts[1]) if len(parts) > 3 else ("", "")
    if owner != (config.stack, config.project):
        raise InputError(
            f"stack {config.stack}",
            f"its state holds {owner[1] or 'another project'}/{owner[0] or '?'}, not {config.project}/{config.stack}",
            "choose the backend (PULUMI_BACKEND_URL) and project it belongs to",
        )
