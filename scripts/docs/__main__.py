"""`python -m scripts.docs`: write docs/reference from the code; `--check` only says what is out of date."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from scripts.docs import prices, resource_types, settings, verbs, workload

REFERENCE: Final = Path(__file__).resolve().parents[2] / "docs" / "reference"
PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "verbs.md": verbs.page,
    "settings.md": settings.page,
    "workload.md": workload.page,
    "prices.md": prices.page,
    "resource-types.md": resource_types.page,
}


def main() -> int:
    """Write each page that differs, or name it."""
    parser = argparse.ArgumentParser(prog="python -m scripts.docs", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 where a page is out of date")
    check = parser.parse_args().check
    stale = [name for name, make in PAGES.items() if not _is_current(REFERENCE / name, make())]
    for name in stale:
        if not check:
            REFERENCE.mkdir(exist_ok=True)
            (REFERENCE / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"docs/reference/{name} {'is out of date; run python -m scripts.docs' if check else 'written'}")
    return int(check and bool(stale))


def _is_current(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
