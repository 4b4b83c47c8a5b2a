"""Archives that several tests use, built once."""

import shutil
from pathlib import Path

import pytest

from serving import archive
from serving.model import find


@pytest.fixture(scope="session")
def image_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """EfficientNet-Lite0 as it is shipped, compiled where there is a compiler."""
    target = tmp_path_factory.mktemp("archives") / "efficientnet_lite0.mar"
    return archive.build(find("efficientnet_lite0"), target, compiled=shutil.which("g++") is not None).path
