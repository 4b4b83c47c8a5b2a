"""Take a stack's objects into a place: what is there is skipped, and a run that ends early is gone on with."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from infra.costs.errors import InputError
from infra.lifecycle.aws import Account
from infra.lifecycle.backup_manifest import Manifest, StoredObject
from infra.lifecycle.backup_objects import Listed, buckets, fetched, is_what_its_name_says, to_take
from infra.lifecycle.backup_place import Place
from infra.lifecycle.backup_read import latest
from infra.lifecycle.engine import Say
from infra.lifecycle.workspace import Deployed

PROGRESS: Final = "progress.json"
# A run that is killed loses what it has fetched since; 100 results are seconds.
NOTED_EVERY: Final = 100


@dataclass
class Taking:
    """What is in the place, and what this run has added: `new` files, `new_bytes` of them."""

    place: Place
    notes: str
    known: dict[tuple[str, str, str], StoredObject]
    there: dict[str, int]
    taken: list[StoredObject] = field(default_factory=list)
    new: int = 0
    new_bytes: int = 0

    def has(self, row: Listed) -> StoredObject | None:
        """What an earlier run says of this version, where its content is in the place."""
        found = self.known.get(row.identity) if row.version != "null" else None
        return found if found and self.there.get(found.blob) == found.size else None

    def take(self, row: StoredObject, path: Path) -> None:
        """Move fetched content into the place, once for all who have the same."""
        if self.there.get(row.blob) == row.size:
            path.unlink()
        else:
            self.place.put(row.blob, path)
            self.there[row.blob] = row.size
            self.new, self.new_bytes = self.new + 1, self.new_bytes + row.size
        self.taken.append(row)

    def note(self, scratch: Path) -> None:
        """Write down what is taken, for a run that goes on here."""
        path = scratch / PROGRESS
        path.write_text(json.dumps([asdict(row) for row in self.taken]), encoding="utf-8")
        self.place.put(self.notes, path)

    def end(self) -> None:
        """Delete the notes: the manifest says it all."""
        self.place.remove(self.notes)


def take(account: Account, place: Place, deployed: Deployed, manifest: Manifest, scratch: Path, say: Say) -> Taking:
    """Take everything that a backup of the stack holds, of which the place lacks anything."""
    notes = f"{manifest.project}/{manifest.stack}/{PROGRESS}"
    taking = Taking(place, notes, _known(place, manifest, notes), dict(place.sizes("objects/")))
    rows = to_take(account, deployed, uploads=manifest.uploads)
    had = {row.identity: taking.has(row) for row in rows}
    taking.taken += [found for found in had.values() if found]
    missing = [row for row in rows if had[row.identity] is None]
    say(f"{len(rows)} objects in {len(buckets(deployed))} buckets, {len(missing)} to fetch")
    with _noted(taking, scratch):
        for count, (taken, path) in enumerate(fetched(account, missing, scratch), 1):
            if not is_what_its_name_says(taken.key, taken.sha256):
                say(f"  {taken.key} is not what its name says: {taken.sha256[:12]}"[:80])
            taking.take(taken, path)
            if count % NOTED_EVERY == 0:
                say(f"  {count} of {len(missing)}")
                taking.note(scratch)
    return taking


@contextmanager
def _noted(taking: Taking, scratch: Path) -> Iterator[None]:
    """Whatever ends the run: what it has is written down, so that the next one goes on there."""
    try:
        yield
    except BaseException:
        taking.note(scratch)
        raise


def _known(place: Place, manifest: Manifest, notes: str) -> dict[tuple[str, str, str], StoredObject]:
    """What the newest backup of the stack, and a run that did not end, have written down."""
    try:
        before = latest(place, manifest.project, manifest.stack)
    except InputError:
        before = None  # damaged, which --verify tells: then everything is fetched once more
    rows = [*(before.objects if before else ()), *_progress(place, notes)]
    return {(row.bucket, row.key, row.version): row for row in rows}


def _progress(place: Place, notes: str) -> list[StoredObject]:
    """A convenience alone: one that cannot be read is as good as none."""
    if notes not in place.sizes(notes):
        return []
    try:
        return [StoredObject(**row) for row in json.loads(place.content(notes))]
    except (ValueError, TypeError):
        return []
