"""The sweep finds what is left of a stack, prices it, and finds nothing else."""

import itertools
from collections.abc import Iterator
from fractions import Fraction

import pytest

from infra.emulator import emulator
from infra.lifecycle.aws import Account
from infra.lifecycle.leftovers import Marks
from infra.lifecycle.sweep import as_text, sweep
from tests.infra.lifecycle.planted import REGION, client, plant, tags

COUNT = itertools.count()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with emulator() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield Account(REGION)


@pytest.fixture
def mine() -> Marks:
    """A stack of its own for each test: the emulator forgets nothing while the process lives."""
    return Marks(project="breakeven", stack=f"dev{next(COUNT)}")


def test_an_empty_account_is_clean(account: Account, mine: Marks) -> None:
    swept = sweep(account, mine)
    assert swept.is_clean
    assert as_text(swept, mine) == f"Nothing billable is left of breakeven/{mine.stack}.\n"


def test_every_planted_leftover_is_found_and_nothing_of_other_stacks(account: Account, mine: Marks) -> None:
    own = plant(mine.stack)
    plant(f"{mine.stack}2")
    plant(mine.stack, project="another")
    swept = sweep(account, mine)
    found = {row.id for row in swept.found}
    assert found >= {*own.left.values(), own.going}
    # Endpoint and balancer have network interfaces of their own; they lie in the network that is the stack's.
    extra = [row for row in swept.found if row.id not in {*own.left.values(), own.going}]
    assert {(row.kind, row.why) for row in extra} <= {("network interface", f"in {own.left['network']}")}
    assert len(own.left) >= 10
    listed = " ".join(as_text(swept, mine).split())
    deletion = client("kms").describe_key(KeyId=own.going)["KeyMetadata"]["DeletionDate"]
    assert f"Not billed, on its way out: key {own.going}, deleted by AWS on {deletion:%Y-%m-%d}" in listed
    assert swept.costs[own.going] == 0
    assert not swept.unseen
    assert not swept.is_clean


def test_each_leftover_bears_its_monthly_cost(account: Account, mine: Marks) -> None:
    own = plant(mine.stack)
    swept = sweep(account, mine)
    cost = {kind: swept.costs[id_] for kind, id_ in own.left.items()}
    assert cost["NAT gateway"] == Fraction("0.045") * 730
    assert cost["VPC endpoint"] == Fraction("0.01") * 730
    assert cost["address"] == Fraction("0.005") * 730
    assert cost["load balancer"] == Fraction("0.0225") * 730
    assert cost["volume"] == Fraction("0.08") * 75
    assert cost["snapshot"] == Fraction("0.05") * 75
    assert cost["key"] == 1
    assert cost["dashboard"] == 3
    assert cost["VPC link"] == cost["network interface"] == cost["network"] == 0
    assert swept.total(swept.found) == sum(c for c in swept.costs.values() if c)


def test_a_bucket_counts_all_versions_and_markers(account: Account, mine: Marks) -> None:
    own = plant(mine.stack)
    (bucket,) = [row for row in sweep(account, mine).found if row.id == own.left["bucket"]]
    assert bucket.note.startswith("3 object versions")


def test_a_key_that_aws_is_deleting_is_told_but_is_no_leftover(account: Account, mine: Marks) -> None:
    kms = client("kms")
    marks = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags(mine.stack)]
    key = kms.create_key(Tags=marks)["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    swept = sweep(account, mine)
    assert swept.is_clean
    assert key in as_text(swept, mine)


def test_what_was_kept_on_purpose_is_shown_with_its_cost_and_is_no_leftover(account: Account, mine: Marks) -> None:
    own = plant(mine.stack)
    everything = frozenset(row.id for row in sweep(account, mine).found)
    swept = sweep(account, mine, kept=everything)
    assert swept.is_clean
    assert f"Kept of breakeven/{mine.stack} on purpose" in as_text(swept, mine)
    assert own.left["volume"] in as_text(swept, mine)


def test_a_service_that_may_not_be_looked_into_is_no_proof(
    account: Account, mine: Marks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
    swept = sweep(Account(REGION), mine)
    assert not swept.is_clean
    assert any("kms" in reason for reason in swept.unseen)
    assert "Could not look" in as_text(swept, mine)


def test_the_list_fits_80_columns(account: Account, mine: Marks) -> None:
    plant(mine.stack)
    text = as_text(sweep(account, mine), mine)
    assert max(map(len, text.splitlines())) <= 80
    assert text.splitlines()[0] == f"Left of breakeven/{mine.stack}, USD a month"
