"""What is wrong with one instance is said of that instance, with a status of the 4xx kind."""

import json
from pathlib import Path
from typing import Any

import pytest

from serving.handlers.requests import binary, predict_flat, text
from serving.handlers.tokens import raw
from serving.handlers.types import JSON, Item, Loading

LOADING = Loading(folder=Path(), name="m", version="1", settings={})


def rows(prepare: Any, *instances: object) -> list[dict[str, Any]]:
    item = Item(json.dumps({"instances": instances}).encode(), JSON)
    (reply,) = predict_flat([item], LOADING, raw, prepare, lambda good: [{"good": True} for _ in good])
    found: list[dict[str, Any]] = json.loads(reply.body)["predictions"]
    return found


@pytest.mark.parametrize(
    ("prepare", "good", "bad", "said"),
    [
        (text, "a day", "half \ud83d a sign", "The text holds a lone surrogate at character 5."),
        (text, "a day", 5, "A text must be a JSON string."),
        (binary, {"b64": "YQ=="}, {"b64": "é"}, "The value of b64 is not base64."),
        (binary, {"b64": "YQ=="}, {"b64": "\ud83d"}, "The value of b64 is not base64."),
        (binary, {"b64": "YQ=="}, {"b64": "YQ"}, "The value of b64 is not base64."),
    ],
)
def test_a_bad_instance_spoils_no_other(prepare: Any, good: object, bad: object, said: str) -> None:
    found = rows(prepare, good, bad, good)
    assert found[0] == found[2] == {"good": True}
    assert found[1] == {"error": {"code": 400, "message": said, "index": 1}}
