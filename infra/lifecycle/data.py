"""What a stack holds that is somebody's data, and what keeps it from being deleted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.lifecycle.aws import Account, told
from infra.lifecycle.workspace import Deployed, Row

BUCKET: Final = "aws:s3/bucket:Bucket"
LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
BALANCER: Final = "aws:lb/loadBalancer:LoadBalancer"
REST_API: Final = "aws:apigateway/restApi:RestApi"
NOTIFICATION: Final = "aws:s3/bucketNotification:BucketNotification"
# Without its key what lies in a bucket or log group could never be read again.
KEY: Final = "aws:kms/key:Key"
PROTECTED: Final = "deletion_protection.enabled"


@dataclass(frozen=True, kw_only=True)
class Held:
    """A bucket and how many object versions lie in it; `more` when only the first page was counted."""

    bucket: str
    versions: int
    more: bool


def held(account: Account, deployed: Deployed) -> tuple[Held, ...]:
    """The stack's buckets that hold anything; one that is gone holds nothing."""
    found = []
    for bucket in _existing(account, deployed):
        with told(f"bucket {bucket}"):
            page = account.client("s3").list_object_versions(Bucket=bucket)
        count = len(page.get("Versions", ())) + len(page.get("DeleteMarkers", ()))
        if count:
            found.append(Held(bucket=bucket, versions=count, more=bool(page.get("IsTruncated"))))
    return tuple(found)


def is_protected(deployed: Deployed) -> bool:
    """Whether the stack was deployed with deletionProtection: its buckets then refuse to be emptied."""
    return any(not row.get("inputs", {}).get("forceDestroy") for row in deployed.of_type(BUCKET))


def keepable(deployed: Deployed) -> tuple[Row, ...]:
    """What `--keep-data` leaves: buckets with their settings and objects, log groups, and the key of both."""
    return tuple(row for row in deployed.rows if is_data(row))


def is_data(row: Row) -> bool:
    """Whether a resource of the state is data, or belongs to it: all but what a bucket notifies."""
    token = str(row.get("type"))
    return (token.startswith("aws:s3/") and token != NOTIFICATION) or token in (LOG_GROUP, KEY)


def empty(account: Account, deployed: Deployed) -> None:
    """Delete every object, every version, every marker and every unfinished upload of the stack's buckets."""
    for bucket in _existing(account, deployed):
        with told(f"bucket {bucket}"):
            _empty(account.client("s3"), bucket)


def unprotect(account: Account, deployed: Deployed) -> None:
    """Take the deletion protection off load balancers; one that is gone needs none."""
    client = account.client("elbv2")
    with told("load balancer"):
        there = {row["LoadBalancerArn"] for row in account.pages("elbv2", "describe_load_balancers", "LoadBalancers")}
        for arn in there.intersection(deployed.ids(BALANCER)):
            client.modify_load_balancer_attributes(
                LoadBalancerArn=arn, Attributes=[{"Key": PROTECTED, "Value": "false"}]
            )


def delete_stray_logs(account: Account, deployed: Deployed) -> None:
    """Log groups that AWS made for the stack's REST APIs, or made again for what wrote until the end."""
    client = account.client("logs")
    prefixes = [*deployed.ids(LOG_GROUP), *(f"API-Gateway-Execution-Logs_{api}/" for api in deployed.ids(REST_API))]
    for prefix in prefixes:
        for group in account.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix):
            if group["logGroupName"] == prefix or prefix.endswith("/"):
                with told(f"log group {group['logGroupName']}"):
                    client.delete_log_group(logGroupName=group["logGroupName"])


def _existing(account: Account, deployed: Deployed) -> Iterator[str]:
    wanted = set(deployed.ids(BUCKET))
    if wanted:
        yield from (row["Name"] for row in account.pages("s3", "list_buckets", "Buckets") if row["Name"] in wanted)


def _empty(client: Any, bucket: str) -> None:
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        doomed = [_version(row) for row in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))]
        if doomed:
            client.delete_objects(Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", ()):
            client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])


def _version(row: Mapping[str, Any]) -> dict[str, str]:
    return {"Key": row["Key"], "VersionId": row["VersionId"]}
