"""What a sign of its own gives away: e-mail addresses, credentials in URLs, IP addresses.

No pattern can take more than linear time: repetitions are bounded, and none begins inside what another could take.
"""

import ipaddress
import re
from typing import Final

from serving.redact_types import CREDENTIALS, EMAIL, IP, Span

LOCAL: Final = r"\w.%+'\-"
ADDRESS: Final = re.compile(rf"(?<![{LOCAL}])[{LOCAL}]{{1,64}}@(?:[\w-]{{1,63}}\.){{1,8}}[^\W\d_]{{2,24}}")
# Of a URL the part before its host; of a query the values whose names say that they are secret.
USER: Final = re.compile(r"(?<=://)[^\s/@:\"'<>]{0,128}:[^\s/@\"'<>]{1,128}(?=@)")
SECRET: Final = re.compile(
    r"(?<=[?&;])(?:access_|auth_|id_|refresh_)?(?:token|key|api_?key|apikey|password|passwd|pwd|secret|sig|signature)"
    r"=([^&\s#\"'<>]{4,512})",
    re.IGNORECASE,
)
FOUR: Final = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
SIX: Final = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")
# A version or a section has four parts, too; these words before one say so.
NO_ADDRESS: Final = re.compile(
    r"(?:\b(?:version|versions|ver|release|revision|rev|build|firmware|section|chapter|clause|paragraph|update|kernel)"
    r"\b\.?:?|§|\bv)\s*$",
    re.IGNORECASE,
)
BEFORE: Final = 16


def emails(text: str) -> list[Span]:
    """Addresses with one @ and a domain."""
    found = []
    for match in ADDRESS.finditer(text) if "@" in text else ():
        # Quotes and dots around an address are not its own.
        word = match[0]
        start = match.start() + len(word) - len(word.lstrip(".'-"))
        found.append(Span(start, match.end(), EMAIL))
    return found


def credentials(text: str) -> list[Span]:
    """User and password before a host, and secrets in a query; the rest of the URL stays."""
    found = [Span(match.start(), match.end(), CREDENTIALS) for match in USER.finditer(text)] if "://" in text else []
    return [*found, *(Span(match.start(1), match.end(1), CREDENTIALS) for match in SECRET.finditer(text))]


def ip_addresses(text: str) -> list[Span]:
    """Addresses of either version, but for those that everybody has (127.0.0.1, ::1, 255.255.255.0)."""
    found = [match for match in FOUR.finditer(text) if _is_four(text, match)]
    found += (match for match in SIX.finditer(text) if _is_six(match[0]))
    return [Span(match.start(), match.end(), IP) for match in found]


def _is_four(text: str, match: "re.Match[str]") -> bool:
    if NO_ADDRESS.search(text, max(0, match.start() - BEFORE), match.start()):
        return False
    # Four single digits are a section more often than an address; those that are one belong to public servers.
    return not match[0].startswith("255.") and len(match[0]) > len("1.1.1.1") and _is_somebodys(match[0])


def _is_six(word: str) -> bool:
    """`a::b` is a name in some languages: what is short must begin like an address that is in use."""
    groups = [group for group in word.split(":") if group]
    in_use = word[:4].lower().startswith(("2", "3", "fc", "fd", "fe8")) and len(word.split(":")[0]) == 4
    return (len(groups) > 3 or in_use) and _is_somebodys(word)


def _is_somebodys(word: str) -> bool:
    try:
        address = ipaddress.ip_address(word)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)
