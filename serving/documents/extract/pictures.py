"""Documents to pictures of their pages, for models that look instead of read."""

import io
import warnings
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from serving.documents.extract.image import FORMATS
from serving.documents.extract.pdf import check_pictures, opened
from serving.documents.extract.registry import Content, Context
from serving.documents.types import DocumentError, Page, Why

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

KINDS: Final = ("pdf", "image")
# Twice what image classifiers look at (resize_to of the models here: 232 and 256); more would only cost time.
SHORT_SIDE: Final = 512
LONGEST_SIDE: Final = 4 * SHORT_SIDE  # of a page that is a long strip
JPEG_QUALITY: Final = 95


def pictures(content: Content, context: Context) -> "Iterator[npt.NDArray[np.uint8]]":
    """The picture of each page of a PDF or frame of an image, uint8 [height, width, 3] RGB, as it would be shown.

    The shorter side has SHORT_SIDE pixels, or fewer where an image has fewer. Raises DocumentError: UNSUPPORTED for any
    other kind, LIMIT for more pixels than allowed, ENCRYPTED, BROKEN. Pages beyond the limit are left out, with a note.
    """
    if content.kind == "pdf":
        yield from _of_pdf(content, context)
    elif content.kind == "image":
        yield from _of_image(content, context)
    else:
        raise DocumentError(
            Why.UNSUPPORTED, f"Only pages of {' and '.join(KINDS)} are pictures, not of {content.kind}."
        )


def pages(content: Content, context: Context) -> list[Page]:
    """The pages with their pictures as JPEG instead of text; a reader for the kinds that a step reads as pages."""
    from PIL import Image

    found = []
    for number, pixels in enumerate(pictures(content, context), 1):
        held = io.BytesIO()
        Image.fromarray(pixels).save(held, "JPEG", quality=JPEG_QUALITY)
        found.append(Page(number=number, text="", method="none", picture=held.getvalue()))
    return found


def _of_pdf(content: Content, context: Context) -> "Iterator[npt.NDArray[np.uint8]]":
    with closing(opened(content)) as document:
        for index in range(_counted(len(document), context)):
            yield _rendered(document, index, context.limits.image_pixels)


def _rendered(document: Any, index: int, most_pixels: int) -> "npt.NDArray[np.uint8]":
    import numpy as np
    import pypdfium2

    try:
        page = document[index]
        check_pictures(page, most_pixels)
        width, height = page.get_size()
        scale = min(SHORT_SIDE / max(1.0, min(width, height)), LONGEST_SIDE / max(1.0, width, height))
        bitmap = page.render(scale=scale, rev_byteorder=True)
        # A copy: the bitmap's memory goes with the page.
        pixels = np.array(bitmap.to_pil().convert("RGB"), dtype=np.uint8)
        bitmap.close()
        page.close()
    except pypdfium2.PdfiumError as error:
        raise DocumentError(Why.BROKEN, f"Page {index + 1} cannot be drawn: {error}.") from None
    return pixels


def _of_image(content: Content, context: Context) -> "Iterator[npt.NDArray[np.uint8]]":
    import numpy as np
    from PIL import Image

    try:
        with _opened(content) as image:
            for index in range(_counted(getattr(image, "n_frames", 1), context)):
                image.seek(index)
                yield np.asarray(_shown(image, context), dtype=np.uint8)
    except Image.DecompressionBombError:
        raise DocumentError(Why.LIMIT, "The image has far too many pixels.") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise DocumentError(Why.BROKEN, f"The image is damaged: {str(error).splitlines()[0]}.") from None


def _opened(content: Content) -> Any:
    from PIL import Image

    with warnings.catch_warnings():
        # Pillow warns of large images; the limit here is the plan's.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(content.data), formats=FORMATS)


def _shown(image: Any, context: Context) -> Any:
    """As a viewer shows it: turned as its Exif says, and no larger than needed."""
    from PIL import Image, ImageOps

    width, height = image.size
    if width * height > context.limits.image_pixels:
        most = context.limits.image_pixels
        raise DocumentError(Why.LIMIT, f"The image has {width} x {height} pixels; {most:,} pixels is the most.")
    image.draft("RGB", (2 * SHORT_SIDE, 2 * SHORT_SIDE))
    upright = ImageOps.exif_transpose(image).convert("RGB")
    width, height = upright.size
    scale = min(1.0, SHORT_SIDE / min(width, height), LONGEST_SIDE / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return upright.resize(size, Image.Resampling.BICUBIC) if scale < 1 else upright


def _counted(count: int, context: Context) -> int:
    most = context.limits.pages
    if count > most:
        context.note(f"It has {count:,} pages; only the first {most:,} were read.")
    return min(count, most)
