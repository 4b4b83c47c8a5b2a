"""What a killed engine was creating: found in AWS, and taken into the state instead of made twice."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from infra.lifecycle.adopt_searches import is_asked_for
from infra.lifecycle.adopt_ways import WAYS, Listed, Named, Searched, Way
from infra.lifecycle.aws import Account, code_of, told
from infra.lifecycle.errors import AccountError
from infra.lifecycle.workspace import Deployed, Workspace

Row = Mapping[str, Any]
# What the provider alone knows and deletes by; AWS does not tell it to the refresh.
OPTIONS: Final = ("forceDestroy", "deletionWindowInDays")


def adopt(workspace: Workspace, account: Account, deployed: Deployed) -> tuple[Row, ...]:
    """Take what was being created into the state, and return it. A refresh must follow, and then `settle`.

    The refresh reads each by its id, as an import does, and drops again what is not there.
    """
    document: dict[str, Any] = copy.deepcopy(dict(deployed.document))
    begun = list(_begun(document))
    if not begun:
        return ()
    finder = _Finder(account=account, known=document["resources"], **_whose(account))
    found = [{**row, "id": id_} for row in begun if (id_ := finder.find(row)) is not None]
    for row in found:
        _take(document["resources"], row)
    if not found:
        return ()
    taken = {row["urn"] for row in found}
    document["pending_operations"] = [
        operation for operation in document["pending_operations"] if operation["resource"]["urn"] not in taken
    ]
    workspace.write(document)
    return tuple(found)


def settle(workspace: Workspace, adopted: tuple[Row, ...]) -> tuple[str, ...]:
    """Tell the refreshed state what the provider would know of what was adopted; the names of what is there."""
    inputs = {row["urn"]: row.get("inputs", {}) for row in adopted}
    document: dict[str, Any] = copy.deepcopy(dict(workspace.deployed().document))
    there = [row for row in document["resources"] if row["urn"] in inputs and not row.get("delete")]
    for row in there:
        options = {name: value for name, value in inputs[row["urn"]].items() if name in OPTIONS}
        row["inputs"] |= options
        row["outputs"] |= options
    if there:
        workspace.write(document)
    return tuple(_name(row) for row in there)


def _begun(document: Row) -> Iterator[Row]:
    """Creations under way."""
    for operation in document.get("pending_operations") or ():
        row = operation["resource"]
        if operation.get("type") == "creating" and row.get("custom"):
            yield row


def _name(row: Row) -> str:
    return str(row["urn"]).rsplit("::", 1)[-1]


def _take(rows: list[dict[str, Any]], row: dict[str, Any]) -> None:
    """Put a creation among a state's resources, as the engine does when it has ended.

    What it was to replace is deleted by the next run, unless it is gone already.
    """
    for place, old in enumerate(rows):
        if old["urn"] == row["urn"] and not old.get("delete"):
            # In its place: what depends on it comes later.
            rows[place] = row
            if not old.get("pendingReplacement"):
                rows.append({**old, "delete": True})
            return
    rows.append(row)


def _whose(account: Account) -> dict[str, str]:
    """Account and partition, which ids are made of."""
    with told("credentials"):
        caller = account.client("sts").get_caller_identity()
    return {"owner": caller["Account"], "partition": caller["Arn"].split(":")[1]}


@dataclass(frozen=True, kw_only=True)
class _Finder:
    """Looks for creations in one account; `known` are the rows of the state."""

    account: Account
    known: list[dict[str, Any]]
    owner: str
    partition: str

    def find(self, row: Row) -> str | None:
        """The id to import a creation by; None where nothing is there that the state does not know."""
        way = WAYS.get(row["type"])
        known = {
            self._own_id(way, other)
            for other in self.known
            if other["type"] == row["type"] and not other.get("pendingReplacement")
        }
        found = self._found(way, row.get("inputs", {}))
        return next((import_id for id_, import_id in found if id_ not in known), None)

    def _own_id(self, way: Way | None, row: Row) -> str | None:
        """A known resource's id, in the form in which candidates are compared with it."""
        id_ = _filled(way.id, self._values(row.get("inputs", {}))) if isinstance(way, Named) else row.get("id")
        return None if id_ is None else str(id_)

    def _found(self, way: Way | None, inputs: Row) -> Iterator[tuple[str, str]]:
        """Candidates: the id by which the state would know each, and the one to import it by."""
        values = self._values(inputs)
        match way:
            case Named():
                id_ = _filled(way.id, values)
                if id_ is not None:
                    yield id_, id_
            case Searched():
                yield from ((id_, id_) for id_ in way.search(self.account, inputs, self._begun_at()))
            case Listed():
                asks = _filled(way.asks, values)
                for row in () if asks is None else self._rows(way, asks):
                    if _fits(way, row, inputs):
                        import_id = _filled(way.import_id, {**values, "id": row[way.id]})
                        yield row[way.id], str(import_id)

    def _rows(self, way: Listed, asks: Mapping[str, Any]) -> Iterator[Row]:
        """The listing; nothing where what it is a listing of is gone."""
        try:
            yield from self.account.pages(way.service, way.call, way.key, **asks)
        except AccountError as error:
            if "NotFound" not in code_of(error):
                raise

    def _values(self, inputs: Row) -> Row:
        return {**inputs, "account": self.owner, "partition": self.partition, "region": self.account.region}

    def _begun_at(self) -> datetime:
        """When the stack was begun: what was kept of an earlier one is older."""
        at = next((row["created"] for row in self.known if "created" in row), None)
        return datetime.fromisoformat(at) if at else datetime.min.replace(tzinfo=UTC)


def _fits(way: Listed, row: Row, inputs: Row) -> bool:
    if way.skips(row) or (way.tags and not is_asked_for(row.get(way.tags), inputs)):
        return False
    return all(_text(_at(row, field)) == _text(inputs.get(name)) for field, name in way.same.items())


def _at(row: Any, path: str) -> Any:
    for part in path.split("."):
        row = row.get(part) if isinstance(row, Mapping) else None
    return row


def _text(value: Any) -> str:
    """For comparison: AWS writes a port that does not matter as -1, the program leaves it out."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value in (None, -1) else str(value)


def _filled(template: Any, values: Row) -> Any:
    """Texts, also in lists and maps, filled in; None where an input that one needs is missing."""
    if isinstance(template, str):
        try:
            return template.format_map(values)
        except KeyError:
            return None
    if isinstance(template, Mapping):
        filled = {key: _filled(value, values) for key, value in template.items()}
        return None if None in filled.values() else filled
    parts = [_filled(value, values) for value in template]
    return None if None in parts else parts
