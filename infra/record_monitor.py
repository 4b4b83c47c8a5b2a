"""The engine's side of a recording: answers registrations as AWS might, and keeps what was asked for."""

import asyncio
import hashlib
import logging
import runpy
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any

from google.protobuf import empty_pb2, json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime import config as runtime_config
from pulumi.runtime.mocks import MockEngine, MockMonitor, MockResourceArgs, Mocks, MockSettings
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import configure
from pulumi.runtime.stack import run_in_stack

from infra.record_answers import answer_call, answer_resource

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_TYPE = "pulumi:providers:aws"
# sdk/go/common/apitype: the key and the value that mark a secret on the wire.
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  a marker, not a secret
CREDENTIALS = frozenset({"accessKey", "secretKey", "token", "profile", "sharedCredentialsFiles", "endpoints"})
TIMEOUT_SECONDS = 60

Row = dict[str, Any]


def run_program(program: Path, project: str, stack: str, values: dict[str, str]) -> tuple[tuple[Row, ...], Row]:
    """Run the program in this thread; returns its resources and its outputs.

    `values` are configuration values with full keys, as texts.
    """
    runtime_config.set_all_config(values)
    monitor = RecordingMonitor(project, stack, values)
    logger = logging.getLogger("infra.record")
    # The caller shows the warnings; without a handler Python would print them to stderr as well.
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    features = set(monitor.GetDeploymentInfo(empty_pb2.Empty()).supportedFeatures)  # type: ignore[no-untyped-call]
    configure(
        MockSettings(  # type: ignore[no-untyped-call]
            monitor=monitor,
            monitor_features=features,
            engine=MockEngine(logger),
            project=project,
            stack=stack,
            dry_run=False,
            organization=None,
            callbacks=None,
        )
    )

    async def bounded() -> None:
        await asyncio.wait_for(run_in_stack(lambda: _execute(program)), TIMEOUT_SECONDS)

    asyncio.run(bounded())
    return monitor.rows(), monitor.outputs


class RecordingMonitor(MockMonitor):
    """Keeps each registration whole: parent, provider and dependencies are not passed on to pulumi's own mocks."""

    def __init__(self, project: str, stack: str, values: dict[str, str]) -> None:
        super().__init__(_Unused())
        self._prefix = f"urn:pulumi:{stack}::{project}::"
        self._region = values["aws:region"]
        self._lock = threading.Lock()
        self._rows: dict[str, Row] = {}
        self.outputs: Row = {}
        self._stack_urn = f"{self._prefix}{STACK_TYPE}::{project}-{stack}"
        self._provider = self._provider_row(values)

    def rows(self) -> tuple[Row, ...]:
        """Stack, provider, components, then resources by URN: registration order varies from run to run."""
        head = [{"urn": self._stack_urn, "custom": False, "type": STACK_TYPE}, self._provider]
        return (*head, *(self._rows[urn] for urn in sorted(self._rows, key=lambda urn: (urn.count("$"), urn))))

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The URN as the engine makes it: the whole chain of parent types, the stack's own left out."""
        chain = "" if parent in ("", self._stack_urn) else f"{parent.split('::')[2]}$"
        return f"{self._prefix}{chain}{type_}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  the name of the remote call
        """Keep the resource and answer with an id and the values that only AWS knows."""
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=self._stack_urn)
        urn = self.make_urn(request.parent, request.type, request.name)
        inputs = plain(request.object)
        row: Row = {"urn": urn, "custom": bool(request.custom), "type": request.type, "inputs": inputs}
        id_, computed = "", Row()
        if request.custom:
            unique = f"{request.name}-{hashlib.sha256(urn.encode()).hexdigest()[:7]}"
            id_, computed = answer_resource(request.type, unique, inputs, self._region)
            row |= {"id": id_, "provider": request.provider or f"{self._provider['urn']}::{self._provider['id']}"}
        row |= {
            "parent": request.parent or self._stack_urn,
            "dependencies": sorted(request.dependencies),
            "propertyDependencies": {
                key: sorted(found.urns) for key, found in sorted(request.propertyDependencies.items())
            },
        }
        with self._lock:
            if urn in self._rows:
                raise ValueError(f"two resources have the URN {urn}")
            self._rows[urn] = row
        state = struct_pb2.Struct()
        state.CopyFrom(request.object)
        state.update(computed)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=state)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802  the name of the remote call
        """Keep the outputs of the stack; those of components are for their callers."""
        if request.urn == self._stack_urn:
            self.outputs = plain(request.outputs)
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: N802  the name of the remote call
        """Answer the few questions that the program asks of AWS."""
        found = struct_pb2.Struct()
        found.update(answer_call(request.tok, plain(request.args), self._region))
        return resource_pb2.ResourceInvokeResponse(**{"return": found})

    def _provider_row(self, values: dict[str, str]) -> Row:
        """The default provider, as the engine makes one from the configuration; credentials are left out."""
        release = version("pulumi_aws")
        urn = f"{self._prefix}{PROVIDER_TYPE}::default_{release.replace('.', '_')}"
        inputs = {key.removeprefix("aws:"): value for key, value in values.items() if key.startswith("aws:")}
        return {
            "urn": urn,
            "custom": True,
            "id": hashlib.sha256(urn.encode()).hexdigest()[:32],
            "type": PROVIDER_TYPE,
            "inputs": {key: inputs[key] for key in sorted(inputs) if key not in CREDENTIALS} | {"version": release},
        }


def plain(message: Any) -> Row:
    """A protobuf struct as Python values, each secret replaced by `[secret]`."""
    found: Row = _bare(json_format.MessageToDict(message))
    return found


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return "[secret]"
        return {key: _bare(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_bare(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _execute(program: Path) -> None:
    """Run the program's folder as the engine's language host does."""
    runpy.run_path(str(program), run_name="__main__")


class _Unused(Mocks):
    """pulumi's monitor wants one; every call that would reach it is answered by RecordingMonitor itself."""

    def call(self, args: Any) -> Any:
        raise NotImplementedError(args.token)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise NotImplementedError(args.typ)
