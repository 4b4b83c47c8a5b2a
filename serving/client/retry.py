"""When a call is made again, and how long it waits before that."""

import random
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

# A prediction changes nothing on the server: making it twice is safe, whatever became of the first.
# Other statuses, all further 4xx among them, would answer the same again.
RETRIED: Final = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """Limits in seconds: to connect, for one attempt as a whole, and for a request with all its attempts.

    An attempt may take a little more than the 30 s that API Gateway itself waits.
    """

    connect_seconds: float = 5.0
    attempt_seconds: float = 35.0
    total_seconds: float = 120.0


@dataclass(frozen=True, kw_only=True)
class Retry:
    """Exponential backoff with full jitter; `attempts` counts the first one.

    A Retry-After is waited out, but never more than `most_retry_after_seconds` of it.
    """

    attempts: int = 5
    base_seconds: float = 0.5
    most_seconds: float = 20.0
    most_retry_after_seconds: float = 30.0

    def wait_seconds(self, attempt: int, retry_after: str = "") -> float:
        """Seconds before the next attempt, after the `attempt`-th (from 1) failed."""
        spread = random.uniform(0.0, min(self.most_seconds, self.base_seconds * 2.0 ** (attempt - 1)))  # noqa: S311 (no secret)
        # Jitter on top of Retry-After: all callers of a busy server were told the same moment.
        return spread + min(self.most_retry_after_seconds, _seconds(retry_after))


def _seconds(retry_after: str) -> float:
    """A Retry-After, which is seconds or a date; 0 for one that is neither."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, IndexError):
        return 0.0
