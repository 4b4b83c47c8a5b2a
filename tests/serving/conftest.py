"""Archives that several tests use."""

from pathlib import Path

import pytest

from tests.serving.archives import shipped


@pytest.fixture(scope="session")
def image_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """EfficientNet-Lite0 as it is shipped, compiled where there is a compiler."""
    return shipped("efficientnet_lite0", tmp_path_factory, compiled=True)
