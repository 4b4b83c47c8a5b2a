"""S3, SQS and the public parameters of SSM."""

import json
from fnmatch import fnmatch
from typing import Any

from moto.core.utils import utcnow
from moto.s3.models import FakeBucket, FakeDeleteMarker
from moto.sqs.models import Queue
from moto.ssm.models import Parameter, ParameterDict

from infra.emulator.patches.patching import add, replace

DEEP_LEARNING_IMAGE = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id"
IMAGE_ID = "ami-0d1b55a3d77a0c326"


def apply() -> None:
    """Change moto."""
    replace(FakeBucket, "get_permission", _without_conditions)
    replace(FakeBucket, "_log_permissions_enabled_policy", _as_aws_reads_it)
    add(FakeDeleteMarker, dispose=lambda marker, garbage=False: None)
    replace(Queue, "attributes", _compact)
    replace(ParameterDict, "_check_loading_status", _with_public_images)


def _without_conditions(original: Any) -> Any:
    """moto enforces bucket policies but ignores their conditions: denying plain HTTP would deny everything."""

    def get_permission(bucket: Any, action: str, resource: str) -> Any:
        kept = bucket.policy
        if kept:
            document = json.loads(kept)
            document["Statement"] = [row for row in document["Statement"] if "Condition" not in row]
            bucket.policy = json.dumps(document).encode()
        try:
            return original(bucket, action, resource)
        finally:
            bucket.policy = kept

    return get_permission


def _as_aws_reads_it(_: Any) -> Any:
    """Whether S3 may write its log; moto trips over statements for everybody and knows no wildcards."""

    def log_permissions(target_bucket: Any, target_prefix: str | None) -> bool:
        statements = json.loads(target_bucket.policy)["Statement"] if target_bucket.policy else []
        written = f"arn:aws:s3:::{target_bucket.name}/{target_prefix or ''}x"
        return any(
            row["Effect"] == "Allow"
            and "logging.s3.amazonaws.com" in json.dumps(row["Principal"])
            and "s3:PutObject" in row["Action"]
            and fnmatch(written, row["Resource"])
            for row in statements
        )

    return staticmethod(log_permissions)


def _compact(original: property) -> property:
    """AWS answers the redrive policy without spaces."""

    def attributes(queue: Any) -> dict[str, Any]:
        found: dict[str, Any] = original.fget(queue)  # type: ignore[misc]
        for name in ("RedrivePolicy", "RedriveAllowPolicy"):
            if found.get(name):
                found[name] = json.dumps(json.loads(found[name]), separators=(",", ":"))
        return found

    return property(attributes)


def _with_public_images(original: Any) -> Any:
    """moto ships Amazon Linux's images alone, and lets nobody put a parameter below /aws."""

    def check_loading_status(parameters: Any, key: str) -> None:
        original(parameters, key)
        if key == DEEP_LEARNING_IMAGE and not dict.__contains__(parameters, key):
            seed(parameters, key, IMAGE_ID)

    return check_loading_status


def seed(parameters: ParameterDict, name: str, value: str) -> None:
    """A public parameter, as if AWS had put it there."""
    parameter = Parameter(  # type: ignore[abstract]  # moto makes them so itself
        account_id=parameters.account_id,
        name=name,
        value=value,
        parameter_type="String",
        description=None,
        allowed_pattern=None,
        keyid=None,
        last_modified_date=utcnow(),
        version=1,
        data_type="aws:ec2:image",
    )
    dict.__setitem__(parameters, name, [parameter])
