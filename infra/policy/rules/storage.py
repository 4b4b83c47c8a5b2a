"""S3 buckets: the settings are resources of their own that name the bucket."""

from collections.abc import Iterator
from typing import Final

from infra.costs.stack import Inputs, Resource, Stack
from infra.policy.reading import listed, pointing_at, statements
from infra.policy.registry import ADVISORY, MANDATORY, rule


def _tokens(name: str) -> tuple[str, str]:
    """A type and its twin of the provider's older version."""
    return (f"aws:s3/{name[0].lower()}{name[1:]}:{name}", f"aws:s3/{name[0].lower()}{name[1:]}V2:{name}V2")


BUCKETS: Final = _tokens("Bucket")
VERSIONING: Final = _tokens("BucketVersioning")
ENCRYPTION: Final = _tokens("BucketServerSideEncryptionConfiguration")
LIFECYCLE: Final = _tokens("BucketLifecycleConfiguration")
LOGGING: Final = _tokens("BucketLogging")
PUBLIC_BLOCK: Final = ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",)
POLICY: Final = ("aws:s3/bucketPolicy:BucketPolicy",)
BLOCKS: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _of(stack: Stack, bucket: Resource, types: tuple[str, ...]) -> tuple[Inputs, ...]:
    return tuple(found.inputs for found in pointing_at(stack, bucket, "bucket", *types))


@rule("CKV_AWS_21", title="Buckets keep versions", level=MANDATORY, on=BUCKETS)
def versioning(resource: Resource, stack: Stack) -> Iterator[str]:
    """An overwritten model archive can be had back."""
    states = [found.object("versioningConfiguration").text("status") for found in _of(stack, resource, VERSIONING)]
    if "Enabled" not in states:
        yield "versioning is not enabled"


@rule(
    "CKV_AWS_145",
    "s3_bucket_kms_encryption",
    title="Buckets are encrypted with a key of the account",
    level=MANDATORY,
    on=BUCKETS,
)
def encryption(resource: Resource, stack: Stack) -> Iterator[str]:
    """With a KMS key, reading takes two permissions, and both are logged."""
    kinds = [
        row.object("applyServerSideEncryptionByDefault").text("sseAlgorithm")
        for found in _of(stack, resource, ENCRYPTION)
        for row in found.objects("rules")
    ]
    if not any(kind.startswith("aws:kms") for kind in kinds):
        yield f"encrypted with {', '.join(kinds) or 'the default'}, not with KMS"


@rule(
    "CKV2_AWS_6",
    "CKV_AWS_53",
    "CKV_AWS_54",
    "CKV_AWS_55",
    "CKV_AWS_56",
    title="Buckets block public access in all four ways",
    level=MANDATORY,
    on=BUCKETS,
)
def public_access(resource: Resource, stack: Stack) -> Iterator[str]:
    """Each of the four closes another way in which data became public by mistake."""
    found = _of(stack, resource, PUBLIC_BLOCK)
    if not found:
        yield "no public access block names the bucket"
    for block in found:
        open_ = [key for key in BLOCKS if not block.flag(key)]
        if open_:
            yield f"{', '.join(open_)} not true"


@rule("s3_bucket_secure_transport_policy", title="Buckets refuse plain HTTP", level=MANDATORY, on=BUCKETS)
def secure_transport(resource: Resource, stack: Stack) -> Iterator[str]:
    """S3 answers plain HTTP unless a policy denies it."""
    policies = pointing_at(stack, resource, "bucket", *POLICY)
    if not any(_denies_http(statement) for policy in policies for statement in statements(policy)):
        yield "no policy denies requests without TLS"


def _denies_http(statement: object) -> bool:
    if not isinstance(statement, dict) or statement.get("Effect") != "Deny":
        return False
    everyone = statement.get("Principal") in ("*", {"AWS": "*"})
    condition = statement.get("Condition")
    tests = condition.get("Bool") if isinstance(condition, dict) else None
    value = tests.get("aws:SecureTransport") if isinstance(tests, dict) else None
    return everyone and [str(item).lower() for item in listed(value)] == ["false"]


@rule("CKV_AWS_18", "W35", title="Buckets keep an access log", level=ADVISORY, on=BUCKETS)
def access_log(resource: Resource, stack: Stack) -> Iterator[str]:
    """Who read the documents is known only if it was written down."""
    if not _of(stack, resource, LOGGING):
        yield "no server access logging names the bucket"


@rule("CKV_AWS_300", title="Buckets drop uploads that were never finished", level=ADVISORY, on=BUCKETS)
def unfinished_uploads(resource: Resource, stack: Stack) -> Iterator[str]:
    """Their parts are billed and listed nowhere."""
    if not any(row.has("abortIncompleteMultipartUpload") for row in _lifecycle(resource, stack)):
        yield "no lifecycle rule aborts unfinished uploads"


@rule("CKV2_AWS_61", title="Buckets have lifecycle rules", level=ADVISORY, on=BUCKETS)
def lifecycle(resource: Resource, stack: Stack) -> Iterator[str]:
    """What nobody deletes is kept and paid for."""
    if not any(True for _ in _lifecycle(resource, stack)):
        yield "no lifecycle rule is enabled"


def _lifecycle(resource: Resource, stack: Stack) -> Iterator[Inputs]:
    for found in _of(stack, resource, LIFECYCLE):
        yield from (row for row in found.objects("rules") if row.text("status") == "Enabled")
