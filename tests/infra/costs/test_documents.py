"""What 1,000 documents cost: by the stack that reads them, and by managed APIs that do the same."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from infra.costs.capacity import ModelCapacity
from infra.costs.documents import DocumentCost, document_cost
from infra.costs.estimate import Estimate, estimate
from infra.costs.readers import stack_from_rows
from infra.costs.workload import Workload
from infra.record import ROOT
from tests.infra.stack_variants import trial
from tests.scripts.command import breakeven

DOCUMENTS = """
[documents]
per_month = {per_month}
pages_each = {pages}
characters_each = {characters}
scanned = {scanned}
vcpu_seconds_per_page = 1
vcpu_seconds_per_scan = 9
"""


def estimated(folder: Path, intake: bool = True, **stated: Any) -> Estimate:
    """A stack of one g4dn.xlarge, which has four vCPUs, and these documents."""
    values = {"per_month": 10_000, "pages": 2, "characters": 250, "scanned": "0.5", **stated}
    path = folder / "workload.toml"
    path.write_text(DOCUMENTS.format(**values))
    settings = {"instanceTypes": ["g4dn.xlarge"], "minSize": 1, "maxSize": 1, "onDemandPercentAboveBase": 100}
    recording = trial(**settings, intake=intake, model="resnet50")
    capacity = ModelCapacity.read(ROOT / "serving" / "models" / "resnet50" / "capacity.toml")
    stack = stack_from_rows(recording.resources, recording.stack, "test", "us-east-1")
    return estimate(stack, workload=Workload.read(path), capacity=capacity)


def of(folder: Path, **stated: Any) -> DocumentCost:
    found = document_cost(estimated(folder, **stated))
    assert found
    return found


def charged(found: DocumentCost, key: str) -> Fraction:
    return next(row.cost for row in found.charges if row.api.key == key)


@pytest.mark.parametrize(
    ("characters", "pieces"),
    [(0, 3), (250, 3), (301, 4), (6_000, 60)],
)
def test_comprehend_charges_pieces_of_a_hundred_characters_and_three_at_least(
    tmp_path: Path, characters: int, pieces: int
) -> None:
    found = of(tmp_path, characters=characters)
    assert charged(found, "comprehend_sentiment") == 1000 * pieces * Fraction("0.0001")


@pytest.mark.parametrize(("pages", "scanned", "usd"), [(2, "0.5", "1.5"), (50, "1", "75"), (3, "0", "0")])
def test_textract_charges_the_pages_that_need_it(tmp_path: Path, pages: int, scanned: str, usd: str) -> None:
    assert charged(of(tmp_path, pages=pages, scanned=scanned), "textract_detect_text") == Fraction(usd)


def test_cheaper_tiers_are_reached_by_the_documents_of_a_month(tmp_path: Path) -> None:
    # 4,000,000 pages: a million at 0.0015, the rest at 0.0006.
    found = of(tmp_path, per_month=2_000_000, pages=2, scanned="1")
    whole = 1_000_000 * Fraction("0.0015") + 3_000_000 * Fraction("0.0006")
    assert charged(found, "textract_detect_text") == whole / 2_000


def test_the_stack_is_paid_for_the_time_of_its_vcpus_and_for_bucket_and_queue(tmp_path: Path) -> None:
    priced = estimated(tmp_path)
    found = document_cost(priced)
    assert found
    # Two pages, one of which takes 1 s and one 9 s of four vCPUs: 10 s / 4 a document.
    assert found.instance_hours == Fraction(1000 * 10, 4 * 3600)
    assert found.instances == found.instance_hours * Fraction("0.587")  # in eu-west-1
    intake = [item for item in priced.items if item.resource.component == "Intake"]
    assert found.intake == sum((priced.of_item(i, "expected") or Fraction(0) for i in intake), Fraction(0)) / 10
    assert found.own == found.instances + found.intake


def test_a_stack_that_takes_no_documents_in_has_no_such_cost(tmp_path: Path) -> None:
    assert document_cost(estimated(tmp_path, intake=False)) is None
    assert document_cost(estimated(tmp_path, per_month=0)) is None


def test_every_report_shows_it_and_explain_unfolds_it() -> None:
    found = json.loads(breakeven("preview", "--stack", "prod", "--format", "json").stdout)["documents"]
    own, managed = (Decimal(found[part]["total"]) for part in ("per_1000", "managed_per_1000"))
    assert 0 < own < managed
    text = breakeven("preview", "--stack", "prod").stdout
    assert f"{own:.2f}" in text
    assert f"Textract text + Comprehend sentiment {managed:>27.2f}" in text
    assert all(len(line) <= 80 for line in text.splitlines())
    assert (
        "| Textract text + Comprehend sentiment |"
        in breakeven("preview", "--stack", "prod", "--format", "markdown").stdout
    )
    unfolded = breakeven("explain", "documents", "--stack", "prod").stdout
    assert "60 x 100 characters a document" in unfolded
    assert all(len(line) <= 80 for line in unfolded.splitlines())
    assert "documents" not in json.loads(breakeven("preview", "--format", "json").stdout)
