"""A real browser for the page; where there is none, its tests are skipped with that reason."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from tests.infra.page.writing import Written

NAMES = ("chromium", "chromium-browser", "google-chrome")


# Not of the session: while it is open, an event loop runs in this thread, and `asyncio.run` of other tests would fail.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    found = next((path for path in map(which, NAMES) if path), None)
    if not found:
        pytest.skip(f"no browser on PATH ({', '.join(NAMES)})")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        # Chromium's sandbox does not work for root.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = started.chromium.launch(executable_path=found, args=arguments)
        yield running
        running.close()


class Opened:
    """A page in the browser with everything it said to the console and asked of anybody."""

    def __init__(self, browser: Any, path: Path, hash_: str, **context: Any) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.url = path.as_uri()
        self.page.goto(f"{self.url}{hash_}")


Open = Callable[..., Opened]


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a written page from a file, without a network."""
    contexts = []

    def open_(written: Written, hash_: str = "", **context: Any) -> Opened:
        path = tmp_path / "report.html"
        path.write_text(written.html, encoding="utf-8")
        found = Opened(browser, path, hash_, offline=True, **context)
        contexts.append(found.context)
        return found

    yield open_
    for context in contexts:
        context.close()
