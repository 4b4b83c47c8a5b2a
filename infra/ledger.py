"""What the running program registers, in the shape of a stack export: the same under an engine and when recorded.

A transform would see inputs only; references between deployed resources need the ids that the engine answers with,
and recordings run no transforms. So the ledger stands between the program and the engine's resource monitor.
"""

import threading
from typing import Any

import pulumi
from pulumi.runtime import register_stack_transformation
from pulumi.runtime.settings import SETTINGS

from infra.record_monitor import STACK_TYPE, Row, plain


class Ledger:
    """Passes every call on to the monitor in use and keeps each registration with its answer."""

    def __init__(self, monitor: Any) -> None:
        self._monitor = monitor
        self._lock = threading.Lock()
        self._rows: dict[str, Row] = {}
        self._registered: list[pulumi.Resource] = []

    @classmethod
    def open(cls) -> "Ledger":
        """Begin to listen; call it in the program, before the first resource."""
        ledger = cls.between()
        register_stack_transformation(ledger.note)
        return ledger

    @classmethod
    def between(cls) -> "Ledger":
        """Stand before the monitor; a component, which has no stack at hand, hangs `note` on itself."""
        ledger = cls(SETTINGS.monitor)
        SETTINGS.monitor = ledger
        return ledger

    def rows(self) -> pulumi.Output[tuple[Row, ...]]:
        """Every resource so far, by URN, once the engine has answered all; call it after the last resource."""
        answered = pulumi.Output.all(*(resource.urn for resource in self._registered))
        return answered.apply(lambda _: tuple(self._rows[urn] for urn in sorted(self._rows)))

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  the name of the remote call
        """Register, and keep what was asked and the id that was answered."""
        answer = self._monitor.RegisterResource(request)
        if request.type != STACK_TYPE:
            row = _row(request, answer)
            with self._lock:
                self._rows[row["urn"]] = row
        return answer

    def __getattr__(self, call: str) -> Any:
        """Every other call is the monitor's own."""
        return getattr(self._monitor, call)

    def note(self, args: pulumi.ResourceTransformationArgs) -> None:
        """A transformation: called in each constructor; changes nothing."""
        self._registered.append(args.resource)


def _row(request: Any, answer: Any) -> Row:
    return {
        "urn": answer.urn,
        "type": request.type,
        "custom": bool(request.custom),
        # Empty until the resource exists: then references resolve by the dependencies of each property.
        "id": answer.id or None,
        "inputs": plain(request.object),
        "parent": request.parent,
        "propertyDependencies": {
            key: sorted(found.urns) for key, found in sorted(request.propertyDependencies.items())
        },
    }
