"""A stack read from what Pulumi writes, in each of its forms, and text that is none of them."""

import copy
import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.costs.compare import compare
from infra.costs.errors import CostError, InputError
from infra.costs.estimate import Estimate, estimate
from infra.costs.readers import parse_stack
from infra.costs.reports import Report, as_json, as_markdown, as_text
from infra.costs.stack import SECRET_KEY, SECRET_SIGNATURE, UNKNOWN_VALUE
from tests.infra.costs.stacks import (
    GROUP,
    PREFIX,
    PROVIDER,
    SAMPLES,
    TEMPLATE,
    VOLUME,
    Row,
    cents,
    cost,
    export,
    group,
    priced,
    row,
    why,
)

FUZZ = settings(deadline=None, derandomize=True, max_examples=150)
CREATE, SAMES, EXPORT = "preview-create", "preview-show-sames", "stack-export"
NAT = "aws:ec2/natGateway:NatGateway"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def read(document: Any, region: str = "") -> Estimate:
    return estimate(parse_stack(json.dumps(document), "test", region))


def volume(name: str, gb: Any, **more: Any) -> Row:
    """A gp2 volume, 0.10 USD a GB."""
    return {**row(VOLUME, name, size=gb), **more}


def step(op: str, new: Row | None, old: Row | None = None) -> dict[str, Any]:
    some = new or old or {}
    return {"op": op, "urn": some["urn"], "provider": some["provider"], "newState": new, "oldState": old}


def event(number: int, op: str, new: Row | None, old: Row | None = None) -> dict[str, Any]:
    some = new or old or {}
    states = {"new": new and {"id": "", **new}, "old": old}
    metadata = {"op": op, "urn": some["urn"], "type": some["type"], "provider": some["provider"], **states}
    return {"sequence": number, "timestamp": 1, "resourcePreEvent": {"metadata": metadata}}


def event_lines(*events: Any) -> str:
    prelude = {"sequence": 0, "timestamp": 1, "preludeEvent": {"config": {"aws:region": "us-east-1"}}}
    return "\n".join(json.dumps(e) for e in (prelude, *events))


@pytest.mark.parametrize("name", [CREATE, SAMES, EXPORT])
def test_the_three_forms_of_one_real_stack_cost_the_same(name: str) -> None:
    found = read(sample(name))
    assert not found.unpriced
    # Group: 391.98 at one instance, 1,753.41 at four; the rest 57.025 in every case.
    assert [cents(found.monthly(case)) for case in ("low", "expected", "high")] == [
        cents(Fraction(text)) for text in ("449.005", "449.005", "1810.438")
    ]
    assert (len(found.items), len(found.free)) == (30, 44)


TWO = [volume("one", 10), volume("two", 20)]
FORMS = {
    "export": export(*TWO),
    "preview": json.dumps({"steps": [step("create", v) for v in TWO], "changeSummary": {"create": 2}}),
    "bare list": json.dumps(TWO),
    "resources": json.dumps({"resources": TWO}),
    "events": event_lines(event(1, "create", TWO[0]), event(2, "create", TWO[1])),
    "events in a list": json.dumps([event(1, "create", TWO[0]), event(2, "create", TWO[1])]),
    "events with empty lines": "\n\n".join(
        event_lines(*(event(n, "same", v, v) for n, v in enumerate(TWO))).split("\n")
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_the_same_resources(form: str) -> None:
    found = estimate(parse_stack(FORMS[form], "test"))
    assert found.monthly("expected") == 3


def test_a_type_that_is_left_out_is_read_from_the_urn() -> None:
    untyped = {key: value for key, value in volume("one", 10).items() if key != "type"}
    assert read([untyped]).monthly("expected") == 1


@pytest.mark.parametrize("op", ["delete", "delete-replaced", "discard", "read-discard", "remove-pending-replace"])
def test_what_a_step_takes_away_is_not_counted(op: str) -> None:
    gone = volume("two", 20)
    steps = [step("create", volume("one", 10)), step(op, None, gone), step(op, gone, gone)]
    assert read({"steps": steps}).monthly("expected") == 1
    lines = event_lines(event(1, "create", volume("one", 10)), event(2, op, None, gone), event(3, op, gone, gone))
    assert estimate(parse_stack(lines, "test")).monthly("expected") == 1


def test_a_resource_marked_for_deletion_is_not_counted() -> None:
    assert read([volume("one", 10), volume("one", 99, delete=True), volume("two", 20, delete=True)]).monthly("low") == 1


def test_a_replaced_resource_counts_once_as_it_will_be() -> None:
    old, new = volume("one", 99), volume("one", 10)
    steps = [step("create-replacement", new, old), step("replace", new, old), step("delete-replaced", None, old)]
    assert read({"steps": steps, "changeSummary": {"replace": 1}}).monthly("expected") == 1


def test_what_is_only_read_costs_this_stack_nothing() -> None:
    found = read({"steps": [step("read", volume("one", 10)), step("create", volume("two", 20))]})
    assert found.monthly("expected") == 2
    assert [(r.resource.name, r.reason) for r in found.free] == [
        ("one", "read from outside, not managed by this stack")
    ]


def test_a_preview_without_the_unchanged_resources_is_refused() -> None:
    document = {"steps": [step("update", volume("one", 10))], "changeSummary": {"same": 55, "update": 1}}
    with pytest.raises(InputError, match="leaves out 55 unchanged resources; run it with --show-sames"):
        read(document)


@pytest.mark.parametrize("id_known", [True, False])
def test_a_reference_resolves_by_id_or_before_creation_by_dependency(id_known: bool) -> None:
    template, asg = group("g4dn.xlarge", 2, 2)
    if not id_known:
        template = {**template, "id": ""}
        asg = {
            **asg,
            "inputs": {**asg["inputs"], "launchTemplate": {"id": UNKNOWN_VALUE}},
            "propertyDependencies": {"launchTemplate": [template["urn"]]},
        }
    assert cost(read([template, asg]), "Instance usage") == 2 * 730 * Fraction("0.526")


@pytest.mark.parametrize("op", ["same", "update"])
def test_the_id_of_a_kept_resource_is_read_from_its_old_state(op: str) -> None:
    template, asg = group("g4dn.xlarge", 2, 2)
    new = {key: value for key, value in template.items() if key != "id"}
    preview = {"steps": [step(op, new, template), step("same", asg, asg)]}
    events = event_lines(event(1, op, new, template), event(2, "same", asg, asg))
    for found in (read(preview), estimate(parse_stack(events, "test"))):
        assert cost(found, "Instance usage") == 2 * 730 * Fraction("0.526")


def _provider(region: str | None) -> Row:
    inputs = {"region": region} if region else {}
    return {"urn": PROVIDER, "type": "pulumi:providers:aws", "custom": True, "inputs": inputs}


def _with_region(gb: int, region: str) -> Row:
    return volume("one", gb, inputs={"size": gb, "region": region})


@pytest.mark.parametrize(
    ("document", "option", "region"),
    [
        ([_provider("eu-west-2"), volume("one", 1)], "", "eu-west-2"),
        ([_provider("eu-west-2"), _with_region(1, "us-east-1")], "", "us-east-1"),
        ([_provider("eu-west-2"), volume("one", 1)], "us-east-1", "eu-west-2"),
        ([volume("one", 1)], "eu-west-2", "eu-west-2"),
        ({"config": {"aws:region": "eu-west-2"}, "steps": [step("create", volume("one", 1))]}, "", "eu-west-2"),
        (
            {"config": {"aws:region": "us-east-1"}, "steps": [step("create", volume("one", 1))]},
            "eu-west-2",
            "eu-west-2",
        ),
        ([_provider(None), volume("one", 1)], "", ""),
        ([_provider("eu-west-2"), volume("one", 1, provider="")], "", "eu-west-2"),
    ],
)
def test_the_region_is_the_resources_own_else_its_providers_else_the_option_or_configuration(
    document: Any, option: str, region: str
) -> None:
    stack = parse_stack(json.dumps(document), "test", option)
    assert [r.region for r in stack.of_type(VOLUME)] == [region]


def test_where_nothing_names_a_region_the_assumed_one_is_noted() -> None:
    found = read([volume("one", 10)])
    assert found.monthly("expected") == 1
    assert found.notes == ("no region is named in the stack: us-east-1 assumed (--region)",)


def test_resources_of_two_regions_are_priced_in_their_own() -> None:
    here, there = _with_region(10, "us-east-1"), {**_with_region(10, "eu-west-2"), "urn": f"{PREFIX}{VOLUME}::two"}
    # gp2 costs 0.10 in Virginia, 0.116 in London.
    assert read([here, there]).monthly("expected") == Fraction("2.16")


HIDDEN = "hunter2-hidden"
ENVELOPE = {SECRET_KEY: SECRET_SIGNATURE, "ciphertext": HIDDEN, "plaintext": f'"{HIDDEN}"'}
UNREADABLE = {
    "an encrypted secret": (ENVELOPE, "is a secret"),
    "a masked secret": ("[secret]", "is a secret"),
    "an unknown": (UNKNOWN_VALUE, "is known only after deployment"),
}


def report(found: Estimate) -> Report:
    return Report("estimate", "test", found, compare(found) if found.uses_traffic else None)


def all_forms(found: Estimate) -> str:
    made = report(found)
    return "\n".join(form(made) for form in (as_text, as_markdown, as_json))


def said_of(document: Any) -> str:
    """The reports on a document, else the error of ours that refuses it."""
    try:
        return all_forms(read(document))
    except CostError as error:
        return str(error)


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_number_that_is_secret_or_unknown_leaves_the_resource_unpriced_with_the_reason(kind: str) -> None:
    value, said = UNREADABLE[kind]
    found = priced(row(VOLUME, "disk", size=value), row(VOLUME, "other", size=10))
    assert said in why(found, "disk")
    assert found.monthly("expected") == 1
    assert "disk" in all_forms(found)


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("prop", ["minSize", "mixedInstancesPolicy", "launchTemplate", "tags"])
def test_a_group_with_a_hidden_input_is_unpriced_or_does_not_need_it(kind: str, prop: str) -> None:
    value, _ = UNREADABLE[kind]
    found = priced(*group("g4dn.xlarge", 1, 2, **{prop: value}))
    if prop == "tags":
        assert cost(found, "Instance usage") == 730 * Fraction("0.526")
    else:
        assert why(found, "asg")
        assert not found.monthly("high")


def _hide(document: Any, path: tuple[str | int, ...]) -> Any:
    at = document = copy.deepcopy(document)
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = ENVELOPE
    return document


def _secretable() -> Iterator[tuple[str | int, ...]]:
    for index, resource in enumerate(sample(EXPORT)["deployment"]["resources"]):
        for key in resource.get("inputs", {}):
            if not resource["type"].startswith("pulumi:"):
                yield "deployment", "resources", index, "inputs", key


def test_no_secret_of_a_real_stack_is_ever_printed() -> None:
    document = sample(EXPORT)
    for path in _secretable():
        assert HIDDEN not in all_forms(read(_hide(document, path)))


NOT_STACKS = {
    "nothing": ("", "the file is empty"),
    "blanks": (" \n ", "the file is empty"),
    "truncated": (export(*TWO)[:-20], "not JSON or cut off"),
    "text": ("hello", "not JSON or cut off"),
    "a number": ("5", "not a Pulumi stack"),
    "null": ("null", "not a Pulumi stack"),
    "another object": ('{"a": 1}', "not a Pulumi stack"),
    "terraform": ('{"terraform_version": "1.5", "planned_values": {}}', "a file of Terraform"),
    "terraform state": ('{"version": 4, "terraform_version": "1.5", "resources": []}', "a file of Terraform"),
    "cloudformation": ('{"AWSTemplateFormatVersion": "2010", "Resources": {}}', "a file of CloudFormation"),
    "kubernetes": ('{"apiVersion": "v1", "kind": "List"}', "a file of Kubernetes"),
    "too deep": ("[" * 200_000 + "]" * 200_000, "nested too deeply"),
    "never deployed": ('{"version": 3, "deployment": {}}', "the stack has no resources"),
    "numbers in a list": ("[1, 2]", "resource 0 has no urn or type"),
    "no urn": ('[{"type": "aws:ebs/volume:Volume"}]', "resource 0 has no urn or type"),
    "urn of a number": ('{"resources": [{"urn": 5, "type": "a"}]}', "resource 0 has no urn or type"),
    "a broken event line": (event_lines(event(1, "create", TWO[0])) + '\n{"sequence"', "line 3 is not JSON"),
}


@pytest.mark.parametrize("kind", NOT_STACKS)
def test_text_that_is_no_stack_is_refused_naming_the_file_and_what_to_give(kind: str) -> None:
    text, said = NOT_STACKS[kind]
    with pytest.raises(InputError) as caught:
        parse_stack(text, "some.json")
    assert str(caught.value).startswith("some.json: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("text", [export(), "[]", '{"changeSummary": {}}', '{"steps": []}'])
def test_a_stack_without_resources_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="it has no resources"):
        estimate(parse_stack(text, "test"))


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["", "[secret]", UNKNOWN_VALUE, "NaN", "1e999", "-1", "g4dn.xlarge", 10**400, -5, 1e308]),
)
KEYS = st.one_of(
    st.text(max_size=4),
    st.sampled_from(
        [
            "steps",
            "deployment",
            "resources",
            "urn",
            "type",
            "inputs",
            "newState",
            "oldState",
            "op",
            "provider",
            "id",
            "changeSummary",
            "config",
            "aws:region",
            "sequence",
            "resourcePreEvent",
            "metadata",
            "new",
            "old",
        ]
    ),
)
URNS = st.sampled_from(
    [f"{PREFIX}{VOLUME}::one", f"{PREFIX}{GROUP}::asg", f"{PREFIX}{TEMPLATE}::lt", "urn", "a::b::c::d"]
)
DOCUMENTS = st.recursive(
    st.one_of(SCALARS, URNS, st.sampled_from([VOLUME, GROUP, TEMPLATE, NAT])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(KEYS, inner, max_size=5),
        st.fixed_dictionaries({"urn": URNS}, optional={"type": inner, "inputs": inner, "delete": inner}),
        st.fixed_dictionaries({"deployment": st.fixed_dictionaries({"resources": inner})}),
        st.fixed_dictionaries({"steps": inner}, optional={"changeSummary": inner, "config": inner}),
    ),
    max_leaves=25,
)


@FUZZ
@given(document=DOCUMENTS)
def test_no_json_document_ever_fails_with_anything_but_an_error_of_ours(document: Any) -> None:
    assert said_of(document)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*path, key)
        yield from _paths(item, (*path, key))


def _read_paths(document: Any) -> list[tuple[Any, ...]]:
    """The places of a document that a reader may look at: not what the provider answered."""
    return [path for path in _paths(document) if "outputs" not in path and "outputs" not in path[:-1]]


DOCUMENTS_OF = {name: sample(name) for name in (CREATE, SAMES, EXPORT)}
PATHS_OF = {name: _read_paths(document) for name, document in DOCUMENTS_OF.items()}
DROPPED = object()
PUT_IN = st.one_of(
    st.just(DROPPED),
    SCALARS,
    st.lists(SCALARS, max_size=2),
    st.dictionaries(KEYS, SCALARS, max_size=2),
    st.just(ENVELOPE),
)


def _changed(document: Any, changes: list[tuple[tuple[Any, ...], Any]]) -> Any:
    document = copy.deepcopy(document)
    for path, value in changes:
        try:
            at = document
            for key in path[:-1]:
                at = at[key]
            if value is DROPPED:
                del at[path[-1]]
            else:
                at[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    return document


@pytest.mark.parametrize("name", DOCUMENTS_OF)
@FUZZ
@given(data=st.data())
def test_a_damaged_real_stack_is_priced_or_refused_and_never_fails_otherwise(name: str, data: st.DataObject) -> None:
    places = st.tuples(st.sampled_from(PATHS_OF[name]), PUT_IN)
    document = _changed(DOCUMENTS_OF[name], data.draw(st.lists(places, min_size=1, max_size=4)))
    assert HIDDEN not in said_of(document)
