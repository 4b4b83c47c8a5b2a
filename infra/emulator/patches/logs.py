"""CloudWatch Logs: a log group is given another key."""

from typing import Any

from moto.logs.responses import LogsResponse

from infra.emulator.patches.patching import add


def apply() -> None:
    """Change moto."""
    add(LogsResponse, associate_kms_key=_associate)


def _associate(response: Any) -> str:
    group = response.logs_backend.groups[response._get_param("logGroupName")]
    group.kms_key_id = response._get_param("kmsKeyId")
    return ""
