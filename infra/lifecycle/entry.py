"""Where a stack's entry answers when AWS's own name of it leads nowhere: an emulator has no public addresses."""

import os
import re
from collections.abc import Mapping
from typing import Any, Final

from infra.costs.errors import InputError

ENTRY: Final = "BREAKEVEN_ENTRY_URL"
WANTED: Final = "BREAKEVEN_SANDBOX"
NO: Final = ("", "0", "false", "no", "off", "n", "f")
HOST: Final = re.compile(r"https://[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
# What is pasted from a sandbox must not send anybody's real credentials, and needs the sandbox's own key.
PASTED: Final = (
    ('"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"', "test:test"),
    (' --header "x-amz-security-token: $AWS_SESSION_TOKEN"', ""),
    ("pulumi stack output apiKey --show-secrets", "scripts/breakeven outputs apiKey --show-secrets --sandbox"),
)


def local() -> str:
    """The address in the place of AWS's, empty for a real account."""
    return os.environ.get(ENTRY, "")


def reachable(outputs: Mapping[str, Any], stack: str) -> Mapping[str, Any]:
    """A stack's outputs whose endpoint and call lead to where the entry answers."""
    address = local()
    if not address:
        return outputs
    found = dict(outputs)
    for name in ("endpoint", "call"):
        if isinstance(found.get(name), str):
            found[name] = HOST.sub(address, found[name])
    for old, new in PASTED:
        if isinstance(found.get("call"), str):
            found["call"] = found["call"].replace(old, f"{new} --stack {stack}" if "--sandbox" in new else new)
    return found


def check_meant() -> None:
    """Raises InputError where the sandbox is asked for by its variable, and the verb would reach a real account."""
    if os.environ.get(WANTED, "").lower() not in NO and not local():
        raise InputError(WANTED, "this verb knows no sandbox and would use the real account", f"unset {WANTED} for it")
