"""Plans speak as Terraform's AWS provider does: each name in them is one of its schema, in the same place."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.policy.terraform_names import MAPS
from infra.policy.terraform_plan import terraform_plan
from scripts.auditing.stacks import audited
from tests.infra.policy.terraform_schema import PROVIDER, Block, resource_blocks

pytestmark = pytest.mark.skipif(not PROVIDER, reason="no Terraform AWS provider; see TF_AWS_PROVIDER")

# Pulumi's provider is of release 6 and the schema of 5.100; these came in between.
NEWER = {("aws_api_gateway_integration", "integration_target")}


def strangers(type_: str, values: Mapping[str, Any], schema: Block) -> Iterator[tuple[str, str]]:
    """Names that the schema has not, blocks that are attributes there, and the other way round."""
    for name, value in values.items():
        block = schema.get(name)
        rows = value if isinstance(value, list) and value and isinstance(value[0], dict) else None
        if name not in schema or (block is None) is not (rows is None):
            yield type_, name
        elif block is not None:
            for row in rows or ():
                yield from strangers(type_, row, block)
        elif isinstance(value, dict) and name not in MAPS:
            yield type_, name


def test_every_name_in_every_plan_is_one_of_the_provider(tmp_path: Path) -> None:
    schema = resource_blocks()
    found = set()
    for _, stack in audited(tmp_path):
        document = terraform_plan(stack).document
        for row in document["planned_values"]["root_module"]["resources"]:
            found |= set(strangers(row["type"], row["values"], schema.get(row["type"], {})))
        for row in document["configuration"]["root_module"]["resources"]:
            known = schema.get(row["type"], {})
            found |= {(row["type"], name) for name in row["expressions"] if name not in known}
    assert found == NEWER
