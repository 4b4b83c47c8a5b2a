"""The project's own Pulumi program as a stack the estimator reads."""

from collections.abc import Mapping

from infra.costs.stack import Stack


def recorded(name: str, overrides: Mapping[str, object] | None = None) -> tuple[Stack, tuple[str, ...]]:
    """Run the program in process with a stack's settings; the stack it asks for and what it warns of.

    `overrides` are settings with full keys (`breakeven:instanceTypes`, `aws:region`) in place of the stack's.
    """
    from infra.record import record
    from scripts.cli.session import ROOT

    recording = record(name, ROOT, overrides)
    return recording.as_stack(), recording.warnings
