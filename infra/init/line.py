"""One line of a document that is written for somebody: key, value and why it is so."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Line:
    """`key` carries no namespace; what it means is told by the settings or the workload themselves."""

    key: str
    value: object
    why: str
