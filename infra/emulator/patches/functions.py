"""Lambda: where a function writes its log, which moto does not keep."""

from typing import Any

from moto.awslambda.models import LambdaFunction

from infra.emulator.patches.patching import after


def apply() -> None:
    """Change moto."""
    after(LambdaFunction, "get_configuration", _answer)
    after(LambdaFunction, "update_configuration", _change)
    after(LambdaFunction, "__init__", _keep)


def _keep(_: None, function: Any, spec: dict[str, Any], *__: Any, **___: Any) -> None:
    function.logging_config = spec.get("LoggingConfig")


def _answer(configuration: dict[str, Any], function: Any, *_: Any, **__: Any) -> None:
    # Asked for once by the constructor itself, before there is one.
    if getattr(function, "logging_config", None):
        configuration["LoggingConfig"] = function.logging_config


def _change(configuration: dict[str, Any], function: Any, spec: dict[str, Any]) -> None:
    function.logging_config = spec.get("LoggingConfig", function.logging_config)
    _answer(configuration, function)
