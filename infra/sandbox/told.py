"""What a sandbox says of itself: what is real in it, what is not, and which model answers."""

from importlib import metadata

from infra.sandbox.place import Place
from infra.sandbox.served import Served


def block(place: Place, served: Served) -> tuple[str, ...]:
    """For `up`: a few lines, none above 80 columns of its own words."""
    return (
        f"Sandbox of stack {place.stack}; nothing here is billed.",
        "  real       Pulumi engine, AWS provider, program, model server and its weights",
        f"  emulated   AWS (moto {metadata.version('moto')}); the entry checks keys and signatures",
        "  not shown  speed of GPUs, AWS's own behaviour, quotas and permissions",
        f"  served     {_served(served)}",
    )


def line(place: Place, served: Served) -> str:
    """For every other verb."""
    answers = f"; {_served(served)}" if served.is_stand_in else ""
    return f"sandbox of stack {place.stack}: AWS is emulated{answers}"


def _served(served: Served) -> str:
    if served.given:
        return f"{served.archive.name}, the stack's own archive"
    if served.is_stand_in:
        return f"{served.model} stands in for {served.wanted}, whose weights are not here"
    return f"{served.model}, its own weights"
