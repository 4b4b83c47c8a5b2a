"""The project's own Pulumi program as a stack the estimator reads."""

import sys

from infra.costs.readers import stack_from_rows
from infra.costs.stack import Stack


def recorded(name: str) -> Stack:
    """Run the program in process with a stack's settings; warnings go to standard error."""
    from infra.record import record
    from scripts.cli.session import ROOT

    recording = record(name, ROOT)
    for warning in recording.warnings:
        print(f"breakeven: warning: {warning}", file=sys.stderr)
    return stack_from_rows(recording.resources, name, f"stack {name}", recording.region)
