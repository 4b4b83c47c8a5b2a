"""What access logs cost: the balancer's lines are kept in a bucket until they expire."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from infra.costs.estimate import estimate
from infra.costs.readers import stack_from_rows
from infra.costs.workload import Workload
from infra.record import Recording
from tests.infra.stack_variants import committed, trial


def stored_gb(recording: Recording, volume: int) -> Fraction:
    """GB that the bucket of logs holds."""
    stack = stack_from_rows(recording.resources, recording.stack, "test", recording.region)
    known = Workload()
    workload = replace(known, volume=replace(known.volume, per_month=Decimal(volume)))
    lines = [
        item
        for item in estimate(stack, workload=workload).items
        if item.resource.name == "logs" and item.label.startswith("Storage") and item.quantity is not None
    ]
    return sum((line.quantity.expected.unlimited_at(Decimal(volume)) for line in lines if line.quantity), Fraction(0))


@pytest.mark.parametrize("millions", [1, 20])
def test_the_bucket_holds_what_requests_write_until_it_expires_and_its_old_version_too(millions: int) -> None:
    bytes_each = Workload().operations.log_bytes_per_request
    written_gb = Fraction(millions) * 1_000_000 * Fraction(bytes_each) / 1_000_000_000
    kept_months = Fraction(365 + 30) / (Fraction(730) / 24)
    assert stored_gb(committed("prod"), millions * 1_000_000) == written_gb * kept_months


def test_without_a_balancer_there_is_nobody_to_write_much() -> None:
    assert stored_gb(trial(balancer=False, accessLogs=True), 1_000_000) == 0
