"""Where the documents of a deployed stack lie in its bucket: uploads, results and plans, and what an upload says.

An upload is `uploads/<run>/<id>`, its result `results/<run>/<id>.jsonl`: the same document always has the same key, so
that neither a second upload nor a second delivery makes a second result. A plan lies under its own digest.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Final
from urllib.parse import quote, unquote

from serving.documents.limits import Limits
from serving.documents.plan import Plan
from serving.errors import InputError

UPLOADS: Final = "uploads/"
RESULTS: Final = "results/"
PLANS: Final = "plans/"
RESULT_SUFFIX: Final = ".jsonl"
# Names of the metadata of an upload, and of its result: the digest of its plan, and its id in percent code.
PLAN: Final = "plan"
ID: Final = "id"
MOST_KEY_BYTES: Final = 1024  # S3 user guide, object keys
MOST_ID_BYTES: Final = 700  # percent code and S3's 2 KB of metadata leave no more


def uploads_of(run: str) -> str:
    """Where the uploads of a run lie."""
    return f"{UPLOADS}{run}/"


def results_of(run: str) -> str:
    """Where the results of a run lie."""
    return f"{RESULTS}{run}/"


def upload_key(run: str, document_id: str) -> str:
    """The key of a document; an id that no key can carry is replaced by its digest."""
    key = uploads_of(run) + document_id
    return key if _fits(key) else uploads_of(run) + _digest(document_id)


def result_key(upload: str) -> str:
    """Where the rows of an upload lie."""
    return f"{RESULTS}{upload.removeprefix(UPLOADS)}{RESULT_SUFFIX}"


def plan_key(digest: str) -> str:
    """Where a plan lies."""
    return f"{PLANS}{digest}.json"


def metadata(document_id: str, plan_digest: str) -> dict[str, str]:
    """What an upload says of itself; metadata of S3 is ASCII alone."""
    coded = quote(document_id.encode(errors="surrogateescape"))
    return {PLAN: plan_digest, **({ID: coded} if len(coded) <= MOST_ID_BYTES else {})}


def id_of(upload: str, said: Mapping[str, str]) -> str:
    """The id that the rows of an upload carry: what it says, else its key below `uploads/`."""
    coded = said.get(ID, "")
    return unquote(coded, errors="surrogateescape") if coded else upload.removeprefix(UPLOADS)


def packed_plan(plan: Plan) -> tuple[str, bytes]:
    """Digest and JSON of a plan. Where the model answers is the instance's own business and left out."""
    body = json.dumps(_anywhere(plan).as_json(), sort_keys=True).encode()
    return hashlib.sha256(body).hexdigest(), body


def unpacked_plan(body: bytes) -> Plan:
    """A plan from its JSON; raises InputError for one of another version.

    Limits only become tighter than the defaults: whoever may upload must not decide what an instance survives.
    """
    try:
        plan, most = Plan.of_json(json.loads(body)), Limits()
        if plan.redact:
            raise ValueError("documents are redacted where they are read, before they leave")
        limits = Limits(**{f.name: min(getattr(plan.limits, f.name), getattr(most, f.name)) for f in fields(Limits)})
        return _anywhere(replace(plan, limits=limits))
    except (ValueError, TypeError, KeyError) as error:
        action = "use the same version of breakeven on both sides"
        raise InputError("plan of the documents", f"it cannot be read ({error})", action) from None


def _anywhere(plan: Plan) -> Plan:
    return replace(plan, endpoint="", endpoint_auth="none")


def _fits(key: str) -> bool:
    """Printable UTF-8 of a bearable length, without parts that a path would swallow."""
    try:
        length = len(key.encode()) + len(RESULT_SUFFIX)
    except UnicodeEncodeError:
        return False
    plain = all(character.isprintable() for character in key)
    return plain and length <= MOST_KEY_BYTES and not {"", ".", ".."} & set(key.split("/"))


def _digest(document_id: str) -> str:
    name = document_id.encode(errors="surrogateescape")
    return f"~{hashlib.sha256(name).hexdigest()}{_suffix(document_id)}"


def _suffix(document_id: str) -> str:
    """The ending, by which its kind is known."""
    dot, end = document_id.rpartition(".")[1:]
    return f".{end}" if dot and end.isascii() and end.isalnum() and len(end) <= 12 else ""
