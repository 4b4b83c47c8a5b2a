"""A documented call of the AWS CLI beside AWS's own model of the service: operation, options and kinds of values."""

from typing import Any

import botocore.session
from botocore import xform_name
from botocore.validate import ParamValidator

from tests.code_blocks.commands import Command

TAIL = {"--since", "--follow", "--format", "--filter-pattern", "--log-stream-names", "--log-stream-name-prefix"}
"""Options of `aws logs tail`, which is the CLI's own (awscli, customizations/logs/tail.py; from memory)."""
OF_THE_CLI = {"max-items"}
"""Options of every listing, by which the CLI cuts it."""


def look(command: Command) -> None:
    """Fails where the service has no such operation, or the operation no such option."""
    _, service, operation, *rest = command.words
    if (service, operation) == ("logs", "tail"):
        assert rest[0].startswith("/"), command.where
        assert {word for word in rest if word.startswith("--")} <= TAIL, command.where
        return
    model = botocore.session.get_session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in names, f"{command.where}: {service} has no {operation}"
    shape = model.operation_model(names[operation]).input_shape
    members = {xform_name(name, "-"): (name, member) for name, member in (shape.members if shape else {}).items()}
    given = {}
    for option, values in _options(rest).items():
        if option not in OF_THE_CLI:
            assert option in members, f"{command.where}: {operation} has no --{option}"
            name, member = members[option]
            given[name] = _value(member, values)
    if shape:
        problems = ParamValidator().validate(given, shape)
        assert not problems.has_errors(), f"{command.where}: {problems.generate_report()}"


def _options(words: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            found[word.removeprefix("--")] = []
        else:
            list(found.values())[-1].append(word)
    return found


def _value(member: Any, values: list[str]) -> Any:
    if member.type_name == "list":
        return values
    if member.type_name in ("integer", "long"):
        return int(values[0])
    return values[0]
