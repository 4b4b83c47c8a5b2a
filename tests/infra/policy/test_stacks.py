"""The project's own stacks keep every mandatory rule, but for what is written down, and so do other settings."""

import pytest

from infra.costs.readers import stack_from_rows
from infra.policy.check import Checked, check, refuse_unused
from infra.policy.exemptions import read_exemptions
from infra.record import Recording
from tests.infra.stack_variants import canary, committed, trial

STACKS = ("small", "dev", "prod")
OTHERS = {
    "endpoints and intake": {"egress": "endpoints", "intake": True},
    "flow and access logs": {"flowLogs": True, "accessLogs": True},
    "scaled to zero": {"minSize": 0, "scaleToZero": True, "intake": True},
    "tokens": {"auth": "jwt", "jwtIssuer": "https://id.example.com", "jwtAudience": ["callers"]},
    "REST with a firewall": {"entry": "rest", "auth": "api-key", "waf": True, "accessLogs": True},
    "REST with signatures": {"entry": "rest"},
    "training": {"training": True},
    "training behind endpoints": {"training": True, "egress": "endpoints"},
    "logs without a balancer": {"balancer": False, "accessLogs": True},
}


def checked(recording: Recording) -> Checked:
    return check(stack_from_rows(recording.resources, recording.stack, "test", recording.region))


@pytest.mark.parametrize("stack", STACKS)
def test_no_mandatory_rule_is_violated_without_a_written_exception(stack: str) -> None:
    result = checked(committed(stack))
    assert result.mandatory == ()
    assert result.undecided == ()
    assert len(result.passed) >= 30


@pytest.mark.parametrize("settings", OTHERS.values(), ids=OTHERS)
def test_other_settings_keep_every_mandatory_rule_too(settings: dict[str, object]) -> None:
    result = checked(trial(**settings))
    assert [(finding.rule.id, finding.resource.name) for finding in result.mandatory] == []
    assert result.undecided == ()


def test_a_canary_keeps_every_mandatory_rule_too() -> None:
    result = checked(canary())
    assert [(finding.rule.id, finding.resource.name) for finding in result.mandatory] == []
    assert result.undecided == ()


def test_prod_follows_the_advice_too() -> None:
    assert checked(committed("prod")).advisory == ()


def test_every_exception_is_needed() -> None:
    refuse_unused([checked(committed(stack)) for stack in STACKS], read_exemptions(), everything=True)


def test_public_addresses_are_excepted_in_the_small_stack_only() -> None:
    found = checked(trial(egress="public"))
    assert [(finding.rule.id, finding.resource.name) for finding in found.mandatory] == [("CKV_AWS_88", "node")]
