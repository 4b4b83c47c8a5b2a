"""What goes wrong while a model is packed, served or called: one line with the thing, the reason and what to do."""


class ServingError(Exception):
    """Base of everything this package raises on purpose."""

    exit_code = 7

    def __init__(self, thing: str, reason: str, action: str) -> None:
        self.thing, self.reason, self.action = thing, reason, action
        super().__init__(f"{thing}: {reason}; {action}")


class InputError(ServingError):
    """A file, a name or a setting that cannot be used."""

    exit_code = 3


class IntegrityError(ServingError):
    """A file whose SHA-256 is not the one that was promised."""

    exit_code = 3
