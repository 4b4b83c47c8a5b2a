"""The answer as text, markdown and JSON says the same."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from infra.costs.decide import Situation, about, decide
from infra.costs.reports.decide import answer_document, decide_markdown, decide_text
from infra.costs.reports.words import money
from tests.infra.costs.hosts import FAST, SLOW

HOST = decide(Situation(volume_per_month=Decimal(50_000_000), data_may_leave="vetted", region="eu"), [FAST, SLOW])
NEITHER = decide(Situation(tried="poor-after-provider", engineers=Decimal(0)), [FAST])


def test_the_text_fits_80_columns_and_has_every_part() -> None:
    for answer in (HOST, NEITHER):
        text = decide_text(answer)
        assert max(map(len, text.splitlines())) <= 80
        for part in ("Recommendation:", "Because:", "Reasons", "36 months", "What would change", "does not know"):
            assert part in text


@pytest.mark.parametrize("zeros", [9, 11, 12, 15])
def test_figures_of_any_size_stand_apart_within_80_columns(zeros: int) -> None:
    text = decide_text(decide(Situation(volume_per_month=Decimal(10) ** zeros), [FAST], sensitivity=False))
    assert max(map(len, text.splitlines())) <= 80
    head, *rows = text[text.index("USD   ") :].splitlines()
    (api,) = (row for row in rows if row.startswith("Rekognition labels "))
    months, alone, once, total = re.split(r"(?<=\S) +(?=[\d-])", api)[1:]
    assert once.startswith("0")
    assert months[0] == alone[0]
    assert head.index("36 months") < len(head) <= 80
    assert total


def test_a_long_name_is_cut_not_the_way_it_is_hosted() -> None:
    long = replace(FAST, name="a stack of a very long name on g4dn.xlarge")
    text = decide_text(decide(Situation(latency_ms=Decimal(0)), [long], sensitivity=False))
    assert " + API  " in text


def test_the_total_of_what_is_recommended_stands_in_every_form() -> None:
    (total,) = (r.total for r in HOST.numbers.options if r.name == HOST.option and r.key == "self-hosted")
    assert total is not None
    assert money(total) in decide_text(HOST)
    assert money(total) in decide_markdown(HOST)
    rows = answer_document(HOST)["numbers"]["options"]
    (row,) = (r for r in rows if r["name"] == HOST.option and r["key"] == "self-hosted")
    assert abs(Decimal(row["total"]) - Decimal(total.numerator) / total.denominator) < Decimal("0.000001")


def test_json_has_stable_keys_and_no_number_that_is_not_a_string() -> None:
    document = json.loads(json.dumps(answer_document(HOST)))
    assert list(document) == [
        "currency",
        "situation",
        "recommendation",
        "option",
        "side",
        "decided_by",
        "rules",
        "reasons",
        "next_steps",
        "numbers",
        "flips",
        "unknown",
    ]
    assert set(document["situation"]) == set(about())
    assert not [value for value in leaves(document) if isinstance(value, int | float) and not isinstance(value, bool)]


def leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def test_a_table_of_markdown_has_as_many_cells_in_every_row() -> None:
    width = 0
    for line in decide_markdown(HOST).splitlines():
        cells = line.replace("\\|", "").count("|") if line.startswith("|") else 0
        assert not width or not cells or cells == width
        width = cells
