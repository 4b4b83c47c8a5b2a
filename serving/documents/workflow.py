"""The workflow table: which model reads which documents, as a TOML file.

    [[step]]
    types = ["pdf", "image"]
    model = "efficientnet_lite0"
    read = "page"

    [[step]]
    types = ["word", "txt"]
    model = "sentiment"

A document goes to the first step that names its type; `read` is "text" where it is left out.
"""

import difflib
import tomllib
from pathlib import Path
from typing import Any, Final

from serving.documents.plan import Step
from serving.documents.types import KINDS
from serving.errors import InputError

READS: Final = ("text", "page")
KEYS: Final = ("types", "model", "read")


def read(path: Path) -> tuple[Step, ...]:
    """The steps of a workflow file, in its order; raises InputError with the file, the step and what is wrong in it.

    Whether the models are there is for serving.documents.models.check to say.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(str(path), error.strerror or str(error), "give the path of a workflow file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(str(path), str(error), "mend the TOML") from None
    rows = data.get("step")
    other = sorted(set(data) - {"step"})
    if other or not isinstance(rows, list) or not rows:
        reason = f"{other[0]!r} is not known" if other else "it has no [[step]]"
        raise InputError(str(path), reason, "write one [[step]] with types and model for each model")
    return tuple(_step(f"{path}, step {number}", row) for number, row in enumerate(rows, 1))


def _step(place: str, row: Any) -> Step:
    if not isinstance(row, dict):
        raise InputError(place, "it is no table", "write [[step]] with types and model under it")
    for key in row:
        if key not in KEYS:
            raise InputError(place, f"{key!r} is not known", _near(key, KEYS))
    kinds, model, how = row.get("types"), row.get("model"), row.get("read", READS[0])
    if not isinstance(kinds, list) or not kinds:
        raise InputError(place, "types is not a list of document types", f"use some of {', '.join(KINDS)}")
    for kind in kinds:
        if kind not in KINDS:
            raise InputError(place, f"type {kind!r} is not known", _near(str(kind), KINDS))
    if not isinstance(model, str) or not model:
        raise InputError(place, "model is not a name", 'write model = "sentiment", or another one')
    if how not in READS:
        raise InputError(place, f"read {how!r} is not known", _near(str(how), READS))
    return Step(kinds=tuple(kinds), model=model, read=how)


def _near(word: str, words: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, words, 1)
    listed = f"use {', '.join(words)}"
    return f"did you mean {near[0]}? {listed}" if near else listed
