"""What was deployed when is read from the history that the real engine writes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.lifecycle.timeline_state import deployments
from infra.lifecycle.timeline_types import Period
from tests.infra.engine import Engine, needs_engine

pytestmark = needs_engine


def test_an_update_has_a_beginning_and_an_end_and_is_told_in_its_period_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(tmp_path, {"AWS_REGION": "us-east-1"})
    for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"):
        monkeypatch.setenv(name, engine.environment[name])
    engine.create("small", budgetUsd=0)
    # Nothing is deployed, so this asks nobody, and is an update all the same.
    engine("refresh", "--yes", "--skip-preview", "--stack", "small")
    now = datetime.now(UTC) + timedelta(seconds=1)
    found = deployments("small", engine.project, Period(since=now - timedelta(hours=1), until=now, now=now))
    assert [(event.where, event.what.partition(":")[0]) for event in found.events] == [
        ("pulumi refresh", "began"),
        ("pulumi refresh", "succeeded"),
    ]
    later = Period(since=now, until=now + timedelta(hours=1), now=now)
    assert deployments("small", engine.project, later).events == ()
