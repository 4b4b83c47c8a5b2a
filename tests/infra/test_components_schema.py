"""Every component can be offered to other languages: its arguments have a schema, made without an engine."""

import importlib
import json

import pytest
from pulumi.provider.experimental.component import ComponentProvider

COMPONENTS = ["artifacts", "fleet", "gateway", "guardrails", "intake", "network", "observability", "probe", "training"]


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_has_a_schema_of_typed_arguments(name: str) -> None:
    component = getattr(importlib.import_module(f"infra.components.{name}"), name.capitalize())
    schema = json.loads(ComponentProvider([component], "breakeven").schema or "{}")
    (resource,) = schema["resources"].values()
    assert "names" in resource["requiredInputs"]
    assert len(resource["inputProperties"]) >= 4
