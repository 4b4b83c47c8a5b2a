"""Runs pip-audit over the installed environment, where a source of known vulnerabilities answers.

pip-audit ends well when its source knows nothing: a mirror of PyPI that leaves the advisories out looks like a clean
environment. So each source is first asked about a release that is known to be vulnerable.
"""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# CVE-2020-28493 and later ones; the source that does not know them knows nothing.
KNOWN_VULNERABLE: Final = "jinja2==2.11.2"
SOURCES: Final = ("pypi", "osv")
QUIET: Final = ("--format", "json", "--progress-spinner", "off", "--timeout", "15")
WHOLE_RUN_SECONDS: Final = 120
OWN: Final = "breakeven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vulnerabilities:
    """What is known about the installed releases. `source` is empty where none answered: then nothing was checked.

    `found` are advisories by release, `unchecked` releases that the source does not know, `reasons` why a source was
    not used.
    """

    source: str
    checked: int = 0
    found: Mapping[str, tuple[str, ...]]
    unchecked: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.source:
            return f"NOT CHECKED: no source of known vulnerabilities answers ({'; '.join(self.reasons)})"
        open_ = f"; NOT CHECKED, unknown to it: {', '.join(self.unchecked)}" if self.unchecked else ""
        return f"{self.checked} releases asked of {self.source}, {len(self.found)} vulnerable{open_}"


def check_vulnerabilities(tools: Path, packages: Path) -> Vulnerabilities:
    """Ask the first source that knows a vulnerable release about all releases installed in the folder `packages`."""
    reasons = []
    for source in SOURCES:
        reason = _silent(tools, source)
        if reason:
            reasons.append(f"{source}: {reason}")
            continue
        report = _ask(tools, source, "--path", packages, "--skip-editable")
        if isinstance(report, str):
            reasons.append(f"{source}: {report}")
            continue
        return read(report, source, tuple(reasons))
    return Vulnerabilities(source="", found={}, reasons=tuple(reasons))


def read(report: Sequence[Mapping[str, Any]], source: str, reasons: tuple[str, ...] = ()) -> Vulnerabilities:
    """pip-audit's list of dependencies as an outcome."""
    rows = [row for row in report if row["name"] != OWN]
    known = [row for row in rows if "skip_reason" not in row]
    return Vulnerabilities(
        source=source,
        checked=len(known),
        found={
            f"{row['name']} {row['version']}": tuple(v["id"] for v in row["vulns"]) for row in known if row["vulns"]
        },
        unchecked=tuple(row["name"] for row in rows if "skip_reason" in row),
        reasons=reasons,
    )


def _silent(tools: Path, source: str) -> str:
    """Why a source cannot be trusted; empty when it names an advisory of the vulnerable release."""
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        path = Path(folder) / "known.txt"
        path.write_text(f"{KNOWN_VULNERABLE}\n", encoding="utf-8")
        report = _ask(tools, source, "--requirement", path, "--no-deps", "--disable-pip")
    if isinstance(report, str):
        return report
    return "" if read(report, source).found else f"knows no advisory of {KNOWN_VULNERABLE}, which has some"


def _ask(tools: Path, source: str, *what: str | Path) -> Sequence[Mapping[str, Any]] | str:
    """pip-audit's list of dependencies, else why there is none."""
    command = [tools / "bin" / "pip-audit", "--vulnerability-service", source, *QUIET, *what]
    try:
        done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - fixed words and paths of our own
            command, capture_output=True, text=True, check=False, timeout=WHOLE_RUN_SECONDS
        )
        dependencies: Sequence[Mapping[str, Any]] = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return f"no answer in {WHOLE_RUN_SECONDS} s"
    except (ValueError, KeyError, TypeError):
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        return "no connection" if "ConnectionError" in last else last[:120]
    return dependencies
