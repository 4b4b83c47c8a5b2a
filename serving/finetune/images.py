"""Images that can be trained on: decoded whole, as a server would."""

import hashlib
from typing import TYPE_CHECKING, Final

from serving.finetune.trouble import Troubles
from serving.finetune.types import Example
from serving.handlers.image_classification import FORMATS

if TYPE_CHECKING:
    from serving.finetune.checks import Limits

MEGAPIXEL: Final = 1_000_000


def key(example: Example, limits: "Limits", troubles: Troubles) -> str:
    """A digest of the pixels, so that a copy in another format counts as one; empty, with a finding, where it is none.

    A format that loses something (JPEG) gives other pixels, and is another image.
    """
    from PIL import Image, UnidentifiedImageError

    assert example.image is not None  # noqa: S101 - asked for images alone
    try:
        with Image.open(example.image, formats=FORMATS) as image:
            width, height = image.size
            if width * height > limits.most_megapixels * MEGAPIXEL:
                troubles.add("huge image", example.row)
                return ""
            pixels = image.convert("RGB").tobytes()
    except UnidentifiedImageError:
        troubles.add("not an image", example.row)
        return ""
    except Image.DecompressionBombError:
        troubles.add("huge image", example.row)
        return ""
    except (OSError, SyntaxError, ValueError):
        troubles.add("broken image", example.row)
        return ""
    if min(width, height) < limits.image_size:
        troubles.add("small image", example.row)
    return hashlib.sha256(f"{width}x{height}".encode() + pixels).hexdigest()
