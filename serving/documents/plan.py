"""What a run does to every document: plain data, so that any process can be told."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from serving.documents.limits import Limits
from serving.documents.types import KINDS


@dataclass(frozen=True, kw_only=True)
class Step:
    """Documents of these kinds go to this model.

    `model` is a folder of serving/models or of the user's; `read` is "text" (chunks of the pages' text) or "page"
    (the picture of each page, for models of the task image-classification).
    """

    kinds: tuple[str, ...]
    model: str
    read: str = "text"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The settings that decide what a row says; two runs with equal plans give equal rows."""

    steps: tuple[Step, ...] = (Step(kinds=KINDS, model="sentiment"),)
    document_types: tuple[str, ...] = KINDS
    ocr: str = "auto"  # auto (rapidocr, else tesseract), rapidocr, tesseract, off
    ocr_languages: tuple[str, ...] = ("eng",)  # tesseract's names; rapidocr reads Latin, Chinese and Japanese at once
    passages: bool = True  # rows carry a sentiment for each passage, not only for pages
    keep_text: bool = False  # rows carry the text
    redact: bool = False  # personal data is taken out of what was read, before anything else sees it
    endpoint: str = ""  # of a deployed stack or server; empty: the model runs in the worker
    endpoint_auth: str = "none"  # none, iam, api-key (reads API_KEY) or jwt (reads TOKEN)
    limits: Limits = field(default_factory=Limits)

    def step(self, kind: str) -> Step | None:
        """The first step for a kind of document; None where there is none."""
        return next((step for step in self.steps if kind in step.kinds), None)

    def as_json(self) -> Mapping[str, Any]:
        """For the file beside the results that a resumed run is compared with."""
        return asdict(self)

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Self:
        """The plan that `as_json` wrote, also after a way through JSON."""
        steps = tuple(Step(**{**step, "kinds": tuple(step["kinds"])}) for step in data["steps"])
        lists = {name: tuple(data[name]) for name in ("document_types", "ocr_languages")}
        return cls(**{**data, **lists, "steps": steps, "limits": Limits(**data["limits"])})
