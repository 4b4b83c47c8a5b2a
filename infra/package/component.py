"""The program's whole stack as one component, for programs in any language."""

from collections.abc import Mapping
from typing import Any

import pulumi

from infra.deployment import deploy
from infra.ledger import Ledger
from infra.package.arguments import project_of, settings_of
from infra.package.declared import MODEL_STACK


class ModelStack(pulumi.ComponentResource):
    """The components that the program deploys, inside one; `outputs` are the program's own.

    `args` are the settings by their names in Pulumi.yaml, and `project`. One to a stack: the parts have fixed names.
    """

    outputs: Mapping[str, Any]

    def __init__(self, name: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        asked = dict(args)
        # Before anything is registered: what cannot be used must leave nothing behind.
        project = project_of(asked.pop("project", None), pulumi.get_project(), pulumi.get_stack())
        settings = settings_of(asked)
        ledger = Ledger.between()
        listening = pulumi.ResourceOptions(transformations=[ledger.note])
        super().__init__(MODEL_STACK, name, {}, pulumi.ResourceOptions.merge(opts, listening))
        for warning in settings.warnings:
            pulumi.log.warn(warning, self)
        self.outputs = deploy(settings, ledger, project, self)
        self.register_outputs(dict(self.outputs))
