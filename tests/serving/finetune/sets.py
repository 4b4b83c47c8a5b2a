"""Small labelled sets for the tests of training: real digits as images, and texts that are made."""

import csv
import random
from pathlib import Path

from PIL import Image

Words = tuple[tuple[str, ...], tuple[str, ...]]
MOODS: Words = (
    ("I hate this", "terrible work", "a sad and awful day", "ugly noise", "they are rude and cruel"),
    ("I love this", "wonderful work", "a great and happy day", "beautiful music", "they are friendly and kind"),
)
SIGNALS: Words = (("code 17", "channel four", "the square lamp"), ("code 23", "channel nine", "the round lamp"))
ABOUT = ["the hotel", "a film", "our train", "his speech", "that phone", "the garden", "my lunch", "her book"]
MORE = ["today", "again", "as always", "in the morning", "after the rain", "near the station", "on Monday", "at last"]


def digits(folder: Path, each: int) -> Path:
    """Handwritten digits of scikit-learn (UCI, 8 by 8 pixels), enlarged: a folder per class, `each` images in it."""
    from sklearn.datasets import load_digits

    found = load_digits()
    count = dict.fromkeys(range(10), 0)
    for pixels, digit in zip(found.images, found.target.tolist(), strict=True):
        if count[digit] < each:
            target = folder / str(digit) / f"{count[digit]:03}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            image = Image.fromarray((pixels * 15.9375).astype("uint8"), "L")
            image.resize((224, 224), Image.Resampling.BICUBIC).save(target)
            count[digit] += 1
    return folder


def moods(
    path: Path,
    count: int = 240,
    labels: tuple[str, str] = ("negative", "positive"),
    words: Words = MOODS,
) -> Path:
    """Texts of two moods, in turn."""
    made = random.Random(3)
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["text", "label"])
        for i in range(count):
            mood = i % 2
            text = f"{made.choice(words[mood])}: {made.choice(ABOUT)} {made.choice(MORE)} {i}"
            rows.writerow([text, labels[mood]])
    return path
