"""SmolLM2-135M-Instruct as its authors published it: decoding is a loop, so there is no `network` to export.

The handler loads the published files with transformers; an archive carries them unchanged.
"""

from collections.abc import Mapping
from pathlib import Path


def files(weights: Mapping[str, Path]) -> Mapping[str, Path]:
    """The published files under their own names, which are their roles."""
    return dict(weights)
