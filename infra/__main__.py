"""The Pulumi program: settings, components, outputs. The engine runs it (`pulumi up`); `python -m infra` does not."""

import gc

import pulumi

from infra import settings as stack_settings
from infra.costs.errors import InputError


def main() -> None:
    """Build every component of the stack and export what a caller needs."""
    settings = stack_settings.from_engine()
    for warning in settings.warnings:
        pulumi.log.warn(warning)
    # The AWS classes take a second to import: a wrong setting is told before.
    from infra.deployment import deploy
    from infra.ledger import Ledger

    for name, value in deploy(settings, Ledger.open(), pulumi.get_project()).items():
        pulumi.export(name, value)


gc.disable()  # millions of objects of AWS classes stay to the end: looking through them is two fifths of the time
try:
    main()
except InputError as error:
    raise pulumi.RunError(str(error)) from error  # printed as its message alone, without a stack trace
