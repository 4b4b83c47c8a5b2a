"""How far a run is."""

import io
import re
import time

from serving.documents.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_one_line_that_is_drawn_over_and_wiped() -> None:
    stream = Terminal()
    with Progress(stream) as progress:
        progress.total = 10
        progress.skipped()
        for number in range(4):
            progress.add(failed=number == 0)
        time.sleep(0.8)
    shown = stream.getvalue()
    assert "\n" not in shown
    assert re.search(r"\r\x1b\[K5/10 documents, [\d.]+/s, 1 failed, \d+ s left", shown)
    assert shown.endswith("\r\x1b[K")


def test_elsewhere_a_short_run_says_nothing() -> None:
    stream = io.StringIO()
    with Progress(stream) as progress:
        progress.add(failed=False)
        time.sleep(0.1)
    assert stream.getvalue() == ""


def test_what_is_not_known_is_left_out() -> None:
    progress = Progress(io.StringIO())
    assert progress.line() == "0 documents, 0 failed"
    progress.total = 1_200
    assert progress.line() == "0/1,200 documents, 0 failed"
