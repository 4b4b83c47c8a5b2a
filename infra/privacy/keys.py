"""Which key a place is encrypted with: one of the stack, one named from outside, or the service's own."""

from infra.costs.errors import CostError
from infra.costs.stack import Inputs, Resource, Stack
from infra.policy.reading import pointing_at
from infra.policy.rules.secrecy import KEY
from infra.policy.rules.storage import ENCRYPTION


def key_of(stack: Stack, resource: Resource, prop: str, service: str) -> str:
    """The key that an input of the resource names."""
    if stack.referred(resource, prop, KEY):
        return "the stack's key"
    return _named(resource.inputs, prop, service)


def key_of_bucket(stack: Stack, bucket: Resource) -> str:
    """The key of the encryption that names the bucket."""
    for found in pointing_at(stack, bucket, "bucket", *ENCRYPTION):
        if stack.referred(found, "rules", KEY):
            return "the stack's key"
        try:
            rows = [row.object("applyServerSideEncryptionByDefault") for row in found.inputs.objects("rules")]
        except CostError as error:
            return error.reason
        for row in rows:
            return _named(row, "kmsMasterKeyId", "S3")
    return "S3's own key"


def _named(inputs: Inputs, prop: str, service: str) -> str:
    try:
        return f"key {inputs.text(prop)}" if inputs.has(prop) else f"{service}'s own key"
    except CostError:
        return "a key known after deployment"
