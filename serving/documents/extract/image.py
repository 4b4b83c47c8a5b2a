"""Images: each frame of a scan to a page, as a viewer shows it."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from serving.documents.extract.look import page_of
from serving.documents.extract.registry import Content, Context, reader
from serving.documents.types import DocumentError, Page, Why

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL import Image

# Only these: other plugins of Pillow start programs (EPS) or are hardly ever used by scanners and cameras.
FORMATS: Final = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP")
_DRAWN_FRAMES: Final = ("TIFF",)  # the others' frames are a film, a thumbnail or a second eye
_MOST_PIXELS: Final = 16_000_000  # for OCR: A4 at 400 dpi; a larger photo is made smaller


@reader("image")
def read(content: Content, context: Context) -> list[Page]:
    """A page per frame of a TIFF, one for anything else; raises DocumentError."""
    if context.tools.ocr is None:
        raise DocumentError(Why.NO_TEXT, "It is a picture, and OCR is switched off.")
    return [page_of(picture, number, context) for number, picture in enumerate(_frames(content, context), 1)]


def _frames(content: Content, context: Context) -> "Iterator[npt.NDArray[np.uint8]]":
    from PIL import Image, UnidentifiedImageError

    try:
        with content.open() as file:
            with _quiet():
                image = Image.open(file, formats=FORMATS)
                count = _count(image, context)
            for index in range(count):
                with _quiet():
                    image.seek(index)
                    picture = _shown(image, context.limits.image_pixels)
                yield picture
    except Image.DecompressionBombError:
        raise _too_large("far too many", context.limits.image_pixels) from None
    except UnidentifiedImageError:
        raise DocumentError(Why.BROKEN, "The image is damaged, or of a format that is not read.") from None
    except (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError) as error:
        if isinstance(error, PermissionError | FileNotFoundError):
            raise DocumentError(Why.UNREADABLE, f"The file cannot be read: {error.strerror or error}.") from None
        raise DocumentError(Why.BROKEN, "The image is damaged: its pixels cannot be unpacked.") from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings of odd metadata, and of a number of pixels that is not our limit. Never around a yield."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _count(image: "Image.Image", context: Context) -> int:
    frames = int(getattr(image, "n_frames", 1))
    if image.format not in _DRAWN_FRAMES:
        if frames > 1:
            context.note(f"Only the first of its {frames} frames was read.")
        return 1
    if frames > context.limits.pages:
        raise DocumentError(Why.LIMIT, f"It has {frames} pages, more than {context.limits.pages} (the limit pages).")
    return frames


def _shown(image: "Image.Image", most_pixels: int) -> "npt.NDArray[np.uint8]":
    """A frame as uint8 [height, width, 3] RGB: turned as its Exif says, on white paper, no larger than is of use."""
    import numpy as np
    from PIL import ImageOps

    width, height = image.size
    if width * height > most_pixels:
        raise _too_large(f"{width} x {height}", most_pixels)
    if width * height > 4 * _MOST_PIXELS:
        image.draft("RGB", (width // 2, height // 2))  # JPEG: unpacks a quarter
    upright = ImageOps.exif_transpose(image)
    shrink = (_MOST_PIXELS / (upright.width * upright.height)) ** 0.5
    if shrink < 1:
        upright = upright.resize((max(1, int(upright.width * shrink)), max(1, int(upright.height * shrink))))
    return np.array(_as_rgb(upright), dtype=np.uint8)


def _as_rgb(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    full = image.convert("RGBA")
    # What is clear is paper: white, unless what is drawn on it is white itself.
    paper = Image.new("RGBA", full.size, "black" if _is_light(full) else "white")
    return Image.alpha_composite(paper, full).convert("RGB")


def _is_light(image: "Image.Image") -> bool:
    """Whether the opaque part of an RGBA image would not be seen on white."""
    import numpy as np

    pixels = np.asarray(image.reduce(max(1, min(image.size) // 400)))
    opaque = pixels[pixels[..., 3] > 128]
    # Half and more opaque: it brings its own paper.
    return bool(0 < len(opaque) < pixels[..., 3].size / 2 and np.percentile(opaque[:, :3], 10) > 200)


def _eight_bits(image: "Image.Image") -> "Image.Image":
    """16 or 32 bits to 8: from the darkest to the lightest, as the range that a scanner used is not told."""
    import numpy as np
    from PIL import Image

    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    low, high = float(values.min()), float(values.max())
    return Image.fromarray(((values - low) * (255 / max(high - low, 1e-6))).astype(np.uint8))


def _too_large(pixels: str, most: int) -> DocumentError:
    return DocumentError(Why.LIMIT, f"It has {pixels} pixels, more than {most} (the limit image_pixels).")
