"""The page of a stack: as wide as a terminal, as a table, and as JSON; the stack beside the vendors."""

import json

from infra.costs.vendors import vendors
from infra.privacy import dataflow
from infra.privacy.report import ASKED, as_document, as_markdown, as_text, own_facts
from tests.infra.costs.stacks import row, stack_of

LOG = row("aws:cloudwatch/logGroup:LogGroup", "l", retentionInDays=30, name="/x/l")
KEPT = row("aws:sqs/queue:Queue", "q", name="q", tags={"allowedRegions": "us-east-1"})


def test_the_text_fits_a_terminal_and_names_every_place_and_fact_with_its_source() -> None:
    flow, known = dataflow(stack_of(LOG, KEPT)), tuple(vendors().values())
    text = as_text(flow, "stack x", known)
    assert max(map(len, text.splitlines())) <= 80
    for place in flow.places:
        assert f"{place.name} ({place.kind})" in text
    together = "".join(text.split())
    for vendor in known:
        for key in ASKED:
            fact = vendor.facts[key]
            assert "".join(fact.value.split()) in together
            assert "".join(f"{fact.source}; {fact.checked.isoformat()}".split()) in together


def test_the_stack_answers_what_vendors_are_asked() -> None:
    own = own_facts(dataflow(stack_of(LOG, KEPT)))
    assert own.keys() == set(ASKED)
    assert "at most 30 days" in own["retention"]
    assert own["regions"] == "us-east-1; refused outside us-east-1"
    free = own_facts(dataflow(stack_of(LOG)))
    assert free["regions"] == "us-east-1; any region is allowed"


def test_a_disk_that_is_not_encrypted_is_named() -> None:
    bare = row("aws:ec2/launchTemplate:LaunchTemplate", "lt", blockDeviceMappings=[{"ebs": {"volumeSize": 8}}])
    assert own_facts(dataflow(stack_of(bare)))["encryption"].endswith("all but lt")


def test_markdown_and_json_hold_the_same_places_and_vendors() -> None:
    flow, known = dataflow(stack_of(LOG, KEPT)), (vendors()["aws"], vendors()["google"])
    page, document = as_markdown(flow, "stack x", known), json.loads(json.dumps(as_document(flow, known)))
    assert [place["name"] for place in document["places"]] == [place.name for place in flow.places]
    assert all(f"| {place.name} ({place.kind}) |" in page for place in flow.places)
    assert "|  | this stack | Amazon Web Services | Google Cloud |" in page
    assert document["allowedRegions"] == ["us-east-1"]
    assert [vendor["key"] for vendor in document["vendors"]] == ["aws", "google"]
    assert document["vendors"][0]["facts"]["training"]["number"] == 1
