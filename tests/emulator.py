"""AWS as moto plays it, in this process, with what the Pulumi program needs and moto lacks.

moto is pinned; every name that is changed is asserted to exist, so that an upgrade fails loudly.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

REGION = "us-east-1"


@contextmanager
def emulator() -> Iterator[dict[str, str]]:
    """Start an emulator on a free port of 127.0.0.1; yields the environment that points AWS clients at it."""
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"  # read when moto.iam is imported
    from moto.server import ThreadedMotoServer

    _skip_conditional_bucket_statements()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    finally:
        server.stop()


def _skip_conditional_bucket_statements() -> None:
    """moto enforces bucket policies but ignores their conditions: denying plain HTTP would deny everything."""
    from moto.s3.models import FakeBucket

    original = FakeBucket.get_permission
    if getattr(original, "skips_conditions", False):
        return

    def get_permission(bucket: Any, action: str, resource: str) -> Any:
        kept = bucket.policy
        if kept:
            document = json.loads(kept)
            document["Statement"] = [s for s in document["Statement"] if "Condition" not in s]
            bucket.policy = json.dumps(document).encode()
        try:
            return original(bucket, action, resource)
        finally:
            bucket.policy = kept

    get_permission.skips_conditions = True  # type: ignore[attr-defined]
    FakeBucket.get_permission = get_permission  # type: ignore[method-assign]
