"""The project's own Pulumi program as a stack the estimator reads."""

from infra.costs.stack import Stack


def recorded(name: str) -> tuple[Stack, tuple[str, ...]]:
    """Run the program in process with a stack's settings; the stack it asks for and what it warns of."""
    from infra.record import record
    from scripts.cli.session import ROOT

    recording = record(name, ROOT)
    return recording.as_stack(), recording.warnings
