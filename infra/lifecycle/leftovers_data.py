"""Leftovers that hold data or wait: buckets with all versions, log groups, keys, APIs and VPC links, groups, roles."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

from infra.lifecycle.aws import Account, code_of, told
from infra.lifecycle.errors import AccountError
from infra.lifecycle.leftovers import Leftover, Marks
from infra.naming import Names

TAGGED: Final = "tags"
NAMED: Final = "name"
BUCKET_PARTS: Final = ("artifacts", "documents", "logs")
GB: Final = Decimal(1024) ** 3
# What a key's owner may keep from us, and a bucket without tags.
NOT_OURS: Final = frozenset({"AccessDeniedException", "AccessDenied", "NotFoundException", "NoSuchTagSet"})


def _buckets(account: Account, marks: Marks) -> Iterator[Leftover]:
    names = _names(marks)
    client = account.client("s3")
    prefixes = tuple(names.bucket_prefix(part) for part in BUCKET_PARTS)
    for row in account.pages("s3", "list_buckets", "Buckets"):
        bucket = row["Name"]
        tags = _asked(lambda b=bucket: client.get_bucket_tagging(Bucket=b)["TagSet"], f"bucket {bucket}")
        tagged = marks.has(tags)
        if tagged or (bucket.startswith(prefixes) and not marks.others(tags)):
            versions, stored = _stored(account, bucket)
            yield Leftover(
                kind="bucket",
                id=bucket,
                why=TAGGED if tagged else NAMED,
                type="aws:s3/bucket:Bucket",
                usage={"standard": {"storage_gb": Decimal(stored) / GB}},
                note=f"{versions} object versions, {Decimal(stored) / GB:.2f} GB",
            )


def _stored(account: Account, bucket: str) -> tuple[int, int]:
    """How many versions and markers, and how many bytes they hold."""
    with told(f"bucket {bucket}"):
        pages = account.client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket)
        versions, stored = 0, 0
        for page in pages:
            found = page.get("Versions", ())
            versions += len(found) + len(page.get("DeleteMarkers", ()))
            stored += sum(row["Size"] for row in found)
    return versions, stored


def _logs(account: Account, marks: Marks) -> Iterator[Leftover]:
    names = _names(marks)
    for prefix in (names.log_group(""), names.firewall_log_group()):
        for row in account.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix):
            name, stored = row["logGroupName"], Decimal(row.get("storedBytes", 0)) / GB
            if prefix.endswith("/") or name == prefix:
                token = "aws:cloudwatch/logGroup:LogGroup"  # noqa: S105  a type token
                usage = {"storage_gb": stored, "monthly_data_ingested_gb": 0, "monthly_data_scanned_gb": 0}
                note = f"{stored:.2f} GB"
                yield Leftover(kind="log group", id=name, why=NAMED, type=token, usage=usage, note=note)


def _keys(account: Account, marks: Marks) -> Iterator[Leftover]:
    names = _names(marks)
    client = account.client("kms")
    aliases = {row.get("TargetKeyId"): row["AliasName"] for row in account.pages("kms", "list_aliases", "Aliases")}
    for row in account.pages("kms", "list_keys", "Keys"):
        key = row["KeyId"]
        tags = _asked(lambda k=key: client.list_resource_tags(KeyId=k)["Tags"], f"key {key}")
        named = aliases.get(key) == f"alias/{names.physical()}"
        if not marks.has(tags) and not named:
            continue
        with told(f"key {key}"):
            about = client.describe_key(KeyId=key)["KeyMetadata"]
        pending = about["KeyState"] == "PendingDeletion"
        yield Leftover(
            kind="key",
            id=key,
            why=NAMED if named else TAGGED,
            type="aws:kms/key:Key",
            usage={"monthly_requests": 0},
            note=f"deleted by AWS on {about['DeletionDate']:%Y-%m-%d}" if pending else about["KeyState"].lower(),
            # docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html: a key pending deletion is not billed.
            going=pending,
        )


def _entries(account: Account, marks: Marks) -> Iterator[Leftover]:
    names = _names(marks)
    lists = (
        ("VPC link", "apigatewayv2", "get_vpc_links", "Items", "VpcLinkId", "aws:apigatewayv2/vpcLink:VpcLink"),
        ("HTTP API", "apigatewayv2", "get_apis", "Items", "ApiId", "aws:apigatewayv2/api:Api"),
        ("REST API", "apigateway", "get_rest_apis", "items", "id", "aws:apigateway/restApi:RestApi"),
    )
    for kind, service, call, key, id_, token in lists:
        for row in account.pages(service, call, key):
            if row.get("VpcLinkStatus") == "DELETING":
                continue
            tags = row.get("Tags") or row.get("tags") or {}
            named = kind == "VPC link" and row.get("Name") == names.physical("link") and not marks.others(tags)
            if marks.has(tags) or named:
                why = TAGGED if marks.has(tags) else NAMED
                usage = {} if kind == "VPC link" else {"monthly_requests": 0}
                yield Leftover(kind=kind, id=row[id_], why=why, type=token, usage=usage)


def _groups(account: Account, marks: Marks) -> Iterator[Leftover]:
    for row in account.pages("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups"):
        if marks.has(row.get("Tags")) and not row.get("Status"):
            yield Leftover(
                kind="autoscaling group",
                id=row["AutoScalingGroupName"],
                why=TAGGED,
                note="its instances are counted one by one",
            )


def _roles(account: Account, marks: Marks) -> Iterator[Leftover]:
    for row in account.pages("iam", "get_account_authorization_details", "RoleDetailList", Filter=["Role"]):
        if marks.has(row.get("Tags")):
            yield Leftover(kind="role", id=row["RoleName"], why=TAGGED, type="aws:iam/role:Role")


def _firewalls(account: Account, marks: Marks) -> Iterator[Leftover]:
    wanted = _names(marks).physical("firewall")
    # The call cannot be paged by botocore; an account has at most 100 of them in a region.
    for row in account.pages("wafv2", "list_web_acls", "WebACLs", Scope="REGIONAL", Limit=100):
        if row["Name"] == wanted:
            usage = {"monthly_requests": 0}
            token = "aws:wafv2/webAcl:WebAcl"  # noqa: S105  a type token
            yield Leftover(kind="web ACL", id=row["ARN"], why=NAMED, type=token, usage=usage)


def _registries(account: Account, marks: Marks) -> Iterator[Leftover]:
    wanted = _names(marks).physical()
    for row in account.pages("servicediscovery", "list_namespaces", "Namespaces"):
        if row["Name"] == wanted:
            yield Leftover(kind="namespace", id=row["Arn"], why=NAMED)


def _dashboards(account: Account, marks: Marks) -> Iterator[Leftover]:
    names = _names(marks)
    wanted = names.physical()
    found = account.pages("cloudwatch", "list_dashboards", "DashboardEntries", DashboardNamePrefix=wanted)
    for row in found:
        if row["DashboardName"] == wanted:
            token = "aws:cloudwatch/dashboard:Dashboard"  # noqa: S105  a type token
            yield Leftover(kind="dashboard", id=wanted, why=NAMED, type=token)


def _names(marks: Marks) -> Names:
    return Names(project=marks.project, stack=marks.stack, extra_tags={})


def _asked(question: Any, thing: str) -> Any:
    """The answer, or nothing where the service says that this is not ours to know."""
    try:
        with told(thing):
            return question()
    except AccountError as error:
        if code_of(error) in NOT_OURS:
            return ()
        raise


SEARCHES: Final[tuple[Callable[[Account, Marks], Iterator[Leftover]], ...]] = (
    _buckets,
    _logs,
    _keys,
    _entries,
    _groups,
    _roles,
    _registries,
    _firewalls,
    _dashboards,
)
"""Everything of these services that is the stack's; each raises AccountError."""
