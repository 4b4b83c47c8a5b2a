"""A verb enters a sandbox: one that runs is used, one that is lost is told, and `start` makes one."""

from collections.abc import Callable

from infra.lifecycle.errors import DeploymentError, NotDeployedError
from infra.sandbox import environment, processes, settings
from infra.sandbox.place import Place, Running
from infra.sandbox.served import Served, choose

Say = Callable[[str], None]


def enter(place: Place) -> Served:
    """Point this process at a sandbox that runs; what it serves.

    Raises NotDeployedError where there is none, DeploymentError where its account is lost, InputError for settings.
    """
    processes.check_installed()
    found = place.running()
    if not place.is_there:
        raise NotDeployedError(
            f"stack {place.stack}", "it has no sandbox", f"breakeven up --sandbox --stack {place.stack} makes one"
        )
    if found is None or not processes.is_alive(found):
        raise lost(place)
    return _prepared(place, found)


def start(place: Place, say: Say) -> tuple[Served, bool]:
    """Enter a sandbox and start it first where none runs; what it serves, and whether it is new."""
    processes.check_installed()
    served = choose(settings.read(place).settings().model)
    if is_lost(place) and place.holds_stack:
        raise lost(place)
    served.build(say)
    found, new = place.running(), False
    if found is None or not processes.is_alive(found):
        leave(place)  # one that is lost holds nothing any more
        found, new = processes.start(place), True
    return _prepared(place, found), new


def leave(place: Place) -> None:
    """End what runs and delete the sandbox."""
    processes.stop(place.running())
    place.remove()


def is_lost(place: Place) -> bool:
    """Whether there is a sandbox whose account has ended with its process."""
    return place.is_there and not processes.is_alive(place.running())


def lost(place: Place) -> DeploymentError:
    """What to say of it."""
    reason = "the process of its sandbox has ended, and the emulated account with it"
    return DeploymentError(
        f"stack {place.stack}", reason, f"breakeven destroy --sandbox --stack {place.stack} forgets it"
    )


def _prepared(place: Place, running: Running) -> Served:
    served = choose(settings.read(place).settings().model)
    settings.write(place, served)
    environment.point(place, running)
    return served
