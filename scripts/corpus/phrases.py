"""Sentences to make documents of where the rated texts cannot be fetched, and Japanese ones."""

from collections.abc import Mapping
from itertools import product
from typing import Final

THINGS: Final = (
    "the hotel", "this phone", "the second chapter", "our dinner", "the new keyboard", "the guided tour", "her lecture",
    "the delivery", "the software update", "the concert", "this camera", "the garden", "the train ride", "the soup",
    "their support desk", "the film", "the apartment", "the course", "the battery", "the screen",
)  # fmt: skip
PATTERNS: Final[Mapping[str, tuple[str, ...]]] = {
    "positive": (
        "I loved {}, it was wonderful from the first minute to the last.",
        "What a great surprise {} turned out to be; I recommend it to everybody.",
        "Thanks to the friendly people there, {} was simply excellent.",
        "Beautifully made and a joy to use: {} is the best I know.",
        "We were delighted with {} and will happily come back for more.",
    ),
    "negative": (
        "I hated {}, it was a terrible waste of money and time.",
        "Sadly {} was a bitter disappointment; nobody should pay for this.",
        "Rude answers, broken promises: {} is the worst I have seen.",
        "We were angry about {} because it failed again and again.",
        "Ugly, boring and painful: {} ruined the whole week for us.",
    ),
    "neutral": (
        "According to the list, {} was moved to the third week of March.",
        "The report of the committee mentions {} on page seven.",
        "There are two entrances, and {} is next to the second one.",
        "They counted 412 visitors, and {} was open from nine to five.",
        "A letter about {} was sent to the office on Tuesday.",
    ),
}  # fmt: skip
PEOPLE: Final = ("Zoë Müller", "José Núñez", "Anaïs Lefèvre", "Søren Åkesson", "Ann Smith", "Çelik Özgür", "Tom Brown")
PLACES: Final = ("Göteborg", "São Paulo", "Besançon", "Málaga", "Leeds", "Zürich", "Boston")
JAPANESE: Final = (
    "部屋はとても清潔で、窓から海が見えました。",
    "料理は期待していたほどおいしくありませんでした。",
    "駅から歩いて五分ほどの場所にあります。",
    "店員の対応が親切で、また来たいと思います。",
    "注文した商品が三日遅れて届きました。",
    "会議は午前十時に始まり、正午に終わりました。",
    "この映画は音楽が美しく、最後まで楽しめました。",
    "電池がすぐに切れるので、毎日充電が必要です。",
    "図書館は月曜日と祝日に休みます。",
    "説明書がわかりやすく、すぐに使い始められました。",
    "値段のわりに品質が悪く、残念でした。",
    "来年の春に新しい道路が完成する予定です。",
)


def templates() -> dict[str, tuple[str, ...]]:
    """Sentences of each label: every pattern with every thing."""
    return {
        label: tuple(pattern.format(thing)[:1].upper() + pattern.format(thing)[1:] for pattern, thing in product(*pair))
        for label, pair in ((label, (patterns, THINGS)) for label, patterns in PATTERNS.items())
    }
