"""Where models are unpacked for the tests here."""

from pathlib import Path

import pytest

from serving.archive import STORE


@pytest.fixture(scope="session")
def cache() -> Path:
    """Where runs on this machine keep them, too: each is built once, by whoever needs it first."""
    return STORE / "documents"
