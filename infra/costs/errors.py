"""The error tree of the cost engine: every message names the thing, the reason and what to do."""

from typing import Final

LONGEST: Final = 1_000


def one_line(text: str) -> str:
    """Text as a message may show it: printable, in one line, of a bearable length; what is empty is shown as such.

    Messages quote what was read, and a terminal obeys the control characters in it.
    """
    line = text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
    if not line.strip():
        return repr(line)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."


class CostError(Exception):
    """Base of everything the cost engine raises on purpose. `exit_code` is what the command line ends with."""

    exit_code = 3

    def __init__(self, thing: str, reason: str, action: str) -> None:
        self.thing, self.reason, self.action = map(one_line, (thing, reason, action))
        super().__init__(f"{self.thing}: {self.reason}; {self.action}")


class InputError(CostError):
    """A file or a value that cannot be used: malformed, another tool's, unknown key, negative, empty."""

    exit_code = 3


class PriceError(CostError):
    """A price that the price data does not hold, or a family a region does not offer."""

    exit_code = 4
