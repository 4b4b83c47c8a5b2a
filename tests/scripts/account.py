"""An account for the verbs: the local answers at AWS's addresses, with credentials that are worth nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.infra.account.answers import Aws, served


@contextmanager
def account(aws: Aws, patch: pytest.MonkeyPatch, home: Path, credentials: bool = True) -> Iterator[Aws]:
    """Point boto3 of a started process to the local answers; nothing of the machine's own AWS set-up is seen."""
    with served(aws) as url:
        for service in ("PRICING", "COST_EXPLORER", "EC2"):
            patch.setenv(f"AWS_ENDPOINT_URL_{service}", url)
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", str(home / "config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "credentials"))
        if credentials:
            patch.setenv("AWS_ACCESS_KEY_ID", "local")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "local")
        yield aws
