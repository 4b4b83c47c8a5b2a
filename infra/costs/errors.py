"""The error tree of the cost engine: every message names the thing, the reason and what to do."""


class CostError(Exception):
    """Base of everything the cost engine raises on purpose. `exit_code` is what the command line ends with."""

    exit_code = 3

    def __init__(self, thing: str, reason: str, action: str) -> None:
        self.thing, self.reason, self.action = thing, reason, action
        super().__init__(f"{thing}: {reason}; {action}")


class InputError(CostError):
    """A file or a value that cannot be used: malformed, another tool's, unknown key, negative, empty."""

    exit_code = 3


class PriceError(CostError):
    """A price that the price data does not hold, or a family a region does not offer."""

    exit_code = 4
