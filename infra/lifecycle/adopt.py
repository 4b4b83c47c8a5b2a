"""What a killed engine was creating: found in AWS by tag or name, and taken into the state instead of made twice."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.lifecycle import leftovers_ec2
from infra.lifecycle.aws import Account, told
from infra.lifecycle.engine import run
from infra.lifecycle.leftovers import Marks
from infra.lifecycle.workspace import Deployed, Workspace

Row = Mapping[str, Any]
KEY: Final = "aws:kms/key:Key"
# Their physical id is the name that the program, or the engine in its place, gave. One that was not made after all is
# dropped again by the refresh that follows.
BY_NAME: Final = frozenset(
    {
        "aws:autoscaling/group:Group",
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:iam/instanceProfile:InstanceProfile",
        "aws:iam/role:Role",
    }
)
LISTINGS: Final = {listing.type: listing for listing in leftovers_ec2.LISTINGS}


def adopt(workspace: Workspace, account: Account, deployed: Deployed) -> tuple[str, ...]:
    """Take what was being created into the state; the names of what was found. A refresh must follow."""
    from pulumi.automation import Deployment

    marks = Marks(project=workspace.config.project, stack=workspace.name)
    known = {(row.get("type"), row.get("id")) for row in deployed.rows}
    document: dict[str, Any] = copy.deepcopy(dict(deployed.document))
    found = []
    for row in _begun(document):
        id_ = next((i for i in _ids(account, marks, row) if (row["type"], i) not in known), None)
        if id_ is not None:
            found.append({**row, "id": id_})
    if found:
        taken = {row["urn"] for row in found}
        document["resources"] += found
        document["pending_operations"] = [
            operation for operation in document["pending_operations"] if operation["resource"]["urn"] not in taken
        ]
        run(workspace.stack, lambda: workspace.stack.import_stack(Deployment(version=3, deployment=document)))
    return tuple(str(row["urn"]).rsplit("::", 1)[-1] for row in found)


def _begun(document: Row) -> Iterator[Row]:
    """Creations under way that are in the state under no id."""
    there = {row["urn"] for row in document.get("resources") or () if not row.get("delete")}
    for operation in document.get("pending_operations") or ():
        row = operation["resource"]
        if operation.get("type") == "creating" and row.get("custom") and row["urn"] not in there:
            yield row


def _ids(account: Account, marks: Marks, row: Row) -> Iterator[str]:
    """Physical ids of what a creation may have made."""
    inputs = row.get("inputs", {})
    token, name = row["type"], (inputs.get("tags") or {}).get("Name")
    if token in BY_NAME and isinstance(inputs.get("name"), str):
        yield inputs["name"]
    elif token in LISTINGS and name:
        listing = LISTINGS[token]
        filters = [*marks.filters, {"Name": "tag:Name", "Values": [name]}]
        for found in account.pages("ec2", listing.call, listing.key, Filters=filters):
            tags = found.get("Tags") or found.get("TagSet")
            if marks.has(tags) and {"Key": "Name", "Value": name} in tags and not listing.skips(found):
                yield found[listing.id]
    elif token == KEY and name:
        yield from _keys(account, marks, name)


def _keys(account: Account, marks: Marks, name: str) -> list[str]:
    """The stack's keys of this name that are not being deleted, the newest first."""
    client, made = account.client("kms"), {}
    for found in account.pages("kms", "list_keys", "Keys"):
        with told(f"key {found['KeyId']}"):
            about = client.describe_key(KeyId=found["KeyId"])["KeyMetadata"]
            if about["KeyManager"] == "CUSTOMER" and about["KeyState"] == "Enabled":
                tags = client.list_resource_tags(KeyId=found["KeyId"])["Tags"]
                if marks.has(tags) and {"TagKey": "Name", "TagValue": name} in tags:
                    made[found["KeyId"]] = about["CreationDate"]
    return sorted(made, key=made.__getitem__, reverse=True)
