"""How moto is changed: every name must be there (or must still be missing), so that an upgrade fails loudly."""

from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]


def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put `make(original)` in the place of a name that the class or module itself defines."""
    if name not in vars(owner):
        raise AssertionError(f"moto has no {owner.__name__}.{name} any more: look again at what the emulator changes")
    setattr(owner, name, make(vars(owner)[name]))


def add(owner: Any, **functions: Function) -> None:
    """Give a class what it lacks; once moto has it, the addition must go."""
    for name, function in functions.items():
        if hasattr(owner, name):
            raise AssertionError(f"moto has {owner.__name__}.{name} now: take the emulator's own away")
        setattr(owner, name, function)


def after(owner: Any, name: str, then: Callable[..., None]) -> None:
    """Call `then(result, *arguments)` when the original has returned."""

    def make(original: Function) -> Function:
        def changed(*arguments: Any, **named: Any) -> Any:
            result = original(*arguments, **named)
            then(result, *arguments, **named)
            return result

        return changed

    replace(owner, name, make)
