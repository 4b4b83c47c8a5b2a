"""Every exit code, its name and its meaning: the only place that says so; help and docs/cli.md are made from it."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command ends with; `meaning` is one clause."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> "ExitCode":
        """A code with its meaning."""
        one = int.__new__(cls, code)
        one._value_ = code
        one.meaning = meaning
        return one

    FINE = 0, "fine"
    DECLINED = 1, "a question was answered with no"
    USAGE = 2, "wrong arguments"
    INPUT = 3, "input that cannot be used"
    PRICE = 4, "a price is missing or older than asked for"
    OVER_BUDGET = 5, "over budget"
    UNPRICED = 6, "not everything priced (--strict)"
    FAILED = 7, "a deployment or an endpoint failed"
    LEFTOVERS = 8, "something billable is left"
    FINDINGS = 9, "doctor found something"
    VIOLATED = 10, "a mandatory security rule is violated"
    NO_RESULT = 11, "documents have no result"
    MISSED = 12, "an objective is missed"
    NOT_BETTER = 13, "a fine-tuned version is not better"
    INTERRUPTED = 130, "stopped by Ctrl-C"
    BROKEN_PIPE = 141, "the reader of the output went away"


def in_words() -> str:
    """All of them in one sentence, for the end of the help."""
    return "Exit codes: " + ", ".join(f"{code.value} {code.meaning}" for code in ExitCode) + "."


def as_markdown() -> str:
    """The table of docs/cli.md."""
    rows = [f"| {code.value} | `{code.name}` | {code.meaning} |" for code in ExitCode]
    return "\n".join(["| code | name | meaning |", "|---|---|---|", *rows])
