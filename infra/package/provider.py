"""What the engine asks of the package: its schema, and a component for a caller's arguments."""

import json

import pulumi
from pulumi.errors import InputPropertyError
from pulumi.provider import ConstructResult, Provider

from infra.costs.errors import InputError
from infra.package.declared import MODEL_STACK, VERSION, schema
from infra.settings_values import SettingsError


class PackageProvider(Provider):
    """Serves the schema and builds `ModelStack`; a caller's mistake is told in one line."""

    def __init__(self) -> None:
        super().__init__(VERSION, json.dumps(schema()))

    def construct(
        self, name: str, resource_type: str, inputs: pulumi.Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Build the component; raises InputPropertyError, which the engine shows beside the argument's name."""
        # The AWS classes take a second to import, and who asks for the schema needs none of them.
        from infra.package.component import ModelStack

        if resource_type != MODEL_STACK:
            raise pulumi.RunError(f"{resource_type}: no such component; this package has {MODEL_STACK}")
        try:
            built = ModelStack(name, inputs, options)
        except SettingsError as error:
            raise InputPropertyError(error.thing, f"{error.reason}; {error.action}") from error
        except InputError as error:
            raise pulumi.RunError(str(error)) from error
        return ConstructResult(built.urn, dict(built.outputs))
