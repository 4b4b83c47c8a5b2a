"""`scripts/audit`: checkov over the plans of the stacks, known vulnerabilities, and a bill of materials.

It ends with 10 when a check fails without a written exception, when a release is known to be vulnerable, or when
docs/security.md tells other figures; with 3 when a part cannot be done.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from infra.costs.errors import CostError
from infra.policy import checkov_page as page
from infra.policy.checkov import CheckovResult, read_checkov_exemptions
from scripts.auditing.materials import write_materials
from scripts.auditing.plans import check_plans
from scripts.auditing.vulnerabilities import check_vulnerabilities

ROOT: Final = Path(__file__).resolve().parents[2]
TOOLS: Final = ROOT / ".audit"
MATERIALS: Final = TOOLS / "materials.json"
SECURITY: Final = ROOT / "docs" / "security.md"
REFUSED: Final = 10


def main() -> int:
    """Run the three parts and say how each ended."""
    parser = argparse.ArgumentParser(prog="scripts/audit", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--write", action="store_true", help="write checkov's figures into docs/security.md")
    arguments = parser.parse_args()
    try:
        print(f"materials: {write_materials(TOOLS, Path(sys.executable), MATERIALS)}")
        refused = [*_vulnerable(), *_plans(write=arguments.write)]
    except CostError as error:
        print(f"audit: {error}", file=sys.stderr)
        return error.exit_code
    for line in refused:
        print(f"audit: {line}", file=sys.stderr)
    return REFUSED if refused else 0


def _vulnerable() -> list[str]:
    outcome = check_vulnerabilities(TOOLS, Path(sys.prefix) / "lib" / _python() / "site-packages")
    print(f"vulnerabilities: {outcome}")
    return [f"{release}: {', '.join(ids)}; take a release without" for release, ids in outcome.found.items()]


def _python() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def _plans(*, write: bool) -> list[str]:
    results = check_plans(TOOLS)
    for one in results:
        told = f"{one.passed} passed, {len(one.failures)} failed, {len(one.excepted)} excepted"
        print(f"checkov {one.version}: {one.stack}: {told}")
    failures = [f"{one.stack}: {failure}" for one in results for failure in one.failures]
    return failures + _told(results, write=write)


def _told(results: Sequence[CheckovResult], *, write: bool) -> list[str]:
    """Hold the page against the figures, or write them; the day is the one on which they changed last."""
    text = SECURITY.read_text(encoding="utf-8")
    exemptions = read_checkov_exemptions()
    now = page.section(results, exemptions, date.today())
    if page.written(text).partition("\n")[2] == now.partition("\n")[2] and results[0].version in page.written(text):
        return []
    if not write:
        return ["docs/security.md tells other figures of checkov; run scripts/audit --write and look at the difference"]
    SECURITY.write_text(page.rewritten(text, now), encoding="utf-8")
    return []


if __name__ == "__main__":
    raise SystemExit(main())
