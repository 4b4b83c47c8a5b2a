"""What any format of e-mail holds."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mail:
    """Subject, the text that a reader sees, and the attachments by name."""

    subject: str
    text: str
    attachments: Sequence[tuple[str, bytes]]
