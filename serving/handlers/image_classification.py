"""Images to labels with scores: all images of all requests of a batch go through the network together."""

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from serving.handlers import forms
from serving.handlers.requests import FORMS, binary, predict_flat
from serving.handlers.types import Item, ItemError, Loading, Reply

TOP = 5
# Formats whose decoders are old and well tried; everything else Pillow could open is not asked for.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


class ImageClassifier:
    """A loaded image classifier."""

    def __init__(self, loading: Loading) -> None:
        import torch

        self._loading = loading
        self._network = forms.load(loading)
        self._labels = (loading.folder / "labels.txt").read_text(encoding="utf-8").splitlines()
        side = int(loading.settings["image_size"])
        self._side, self._resize_to = side, int(loading.settings["resize_to"])
        self._most_pixels = int(loading.settings["most_megapixels"]) * 1_000_000
        # Where the network has one thread, another would only take it from it.
        threads = torch.get_num_threads()
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def predict(self, items: Sequence[Item]) -> list[Reply]:
        """One reply per request."""
        each = self._pool.map if self._pool else map
        return predict_flat(items, self._loading, _raw, self._pixels, self._classify, each)

    def _pixels(self, instance: Any) -> Any:
        return decode(binary(instance), self._side, self._resize_to, self._most_pixels)

    def _classify(self, pixels: Sequence[Any]) -> list[dict[str, Any]]:
        import numpy as np
        import torch

        batch = torch.from_numpy(np.stack(pixels))
        if self._loading.device != "cpu":
            batch = batch.to(self._loading.device, non_blocking=True)
        scores, places = self._network(batch).topk(min(TOP, len(self._labels)))
        return [self._prediction(*row) for row in zip(scores.tolist(), places.tolist(), strict=True)]

    def _prediction(self, scores: Sequence[float], places: Sequence[int]) -> dict[str, Any]:
        top = [{"label": self._labels[p], "score": round(s, 6)} for s, p in zip(scores, places, strict=True)]
        return {**top[0], "top": top}


def load(loading: Loading) -> ImageClassifier:
    """The predictor of an unpacked archive."""
    return ImageClassifier(loading)


def decode(data: bytes, side: int, resize_to: int, most_pixels: int) -> Any:
    """The centre of an image, uint8 [side, side, 3]; raises ItemError.

    The shorter side is brought to `resize_to` pixels and the centre cut out, in one step: only the part that is seen is
    resampled. A JPEG much larger than needed is decoded at half, a quarter or an eighth of its size.
    """
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > most_pixels:
                most = most_pixels // 1_000_000
                raise ItemError(413, f"The image has {width} x {height} pixels; {most} megapixels is the most.")
            image.draft("RGB", (2 * resize_to, 2 * resize_to))
            pixels = image.convert("RGB")
    except ItemError:
        raise
    except UnidentifiedImageError:
        raise ItemError(415, f"The body is not an image ({', '.join(FORMATS)} are understood).") from None
    except Image.DecompressionBombError:
        raise ItemError(413, "The image has far too many pixels.") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise ItemError(422, f"The image is damaged ({str(error).splitlines()[0]}).") from None
    width, height = pixels.size
    half = min(width, height) * side / resize_to / 2
    box = (width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half)
    return np.asarray(pixels.resize((side, side), Image.Resampling.BICUBIC, box=box))


def _raw(body: bytes, content_type: str) -> bytes:
    if content_type.startswith("text/") or (content_type in FORMS and not body):
        raise ItemError(415, "Send the image's bytes as image/* or application/octet-stream, or JSON with b64.")
    return body
