"""A text as it is generated: from server-sent events to typed pieces."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from serving.client.calls import SCHEMA
from serving.client.errors import EndpointError, PredictionError
from serving.client.results import Generation, ItemFailure, Piece

EVENTS: Final = "text/event-stream"
_PREFIX: Final = "data:"


def content(prompt: str, **asked: float | None) -> bytes:
    """The request for a stream; what is None is left to the server."""
    given = {name: value for name, value in asked.items() if value is not None}
    instance = {"prompt": prompt, **given} if given else prompt
    document = {"schema": SCHEMA, "instances": [instance], "stream": True}
    return json.dumps(document, ensure_ascii=False).encode("utf-8")


@dataclass
class Story:
    """What a stream has told so far."""

    url: str
    text: list[str] = field(default_factory=list)
    ended: bool = False

    def hear(self, line: str) -> Piece | Generation | None:
        """What a line brings, if anything.

        Raises PredictionError or EndpointError where it tells of an error, EndpointError for what is no event.
        """
        if not line.startswith(_PREFIX):
            return None
        try:
            return self._hear(json.loads(line.removeprefix(_PREFIX)))
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
            raise self.wrong("its stream is not one of generated text") from None

    def wrong(self, reason: str) -> EndpointError:
        """What is raised where the stream cannot be used."""
        return EndpointError(self.url, reason, "try again, or see the server's log", status=200)

    def _hear(self, event: Mapping[str, Any]) -> Piece | Generation | None:
        if "error" in event:
            code, said = int(event["error"]["code"]), str(event["error"]["message"])
            if code >= 500:
                raise EndpointError(self.url, f"its stream ends: {said.rstrip('.')}", "try again", status=code)
            raise PredictionError(ItemFailure(index=0, code=code, message=said))
        if "text" in event:
            self.text.append(str(event["text"]))
            return Piece(text=self.text[-1])
        if "finish" not in event:  # the first: which model, and how long the prompt is
            return None
        self.ended = True
        return Generation(
            text="".join(self.text),
            prompt_tokens=int(event["prompt_tokens"]),
            tokens=int(event["tokens"]),
            finish=str(event["finish"]),
        )
