"""What data goes where in a stack, how long it stays and who may read it; and what vendors say of the same."""

from infra.privacy.flow import Flow, dataflow
from infra.privacy.types import Days, Holds, Place, Way

__all__ = [
    # a stack's answer
    "dataflow",
    "Flow",
    # its parts
    "Place",
    "Way",
    "Holds",
    "Days",
]
