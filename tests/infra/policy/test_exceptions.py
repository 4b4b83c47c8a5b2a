"""An exception needs a rule, a resource and a reason, and one that covers nothing is refused."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from infra.costs.errors import InputError
from infra.costs.readers import stack_from_rows
from infra.costs.stack import Stack
from infra.policy.check import Checked, check, refuse_unused
from infra.policy.exemptions import Exemption, read_exemptions
from infra.policy.rules import RULES
from tests.infra.costs.stacks import row

TOPIC = "aws:sns/topic:Topic"
WHOLE = """
[[exception]]
rule = "CKV_AWS_26"
component = "Observability"
type = "aws:sns/topic:Topic"
name = "alarms"
reason = "It tells nothing that is not public."
date = 2026-11-23
"""


def exemption(name: str = "alarms", stacks: tuple[str, ...] = ("*",), component: str = "Observability") -> Exemption:
    return Exemption(
        rule="CKV_AWS_26",
        component=component,
        type=TOPIC,
        name=name,
        reason="It tells nothing that is not public.",
        date=date(2026, 11, 23),
        stacks=stacks,
    )


def topics(stack: str = "dev", **names: bool) -> Stack:
    """A stack whose Observability component has a topic for each name, encrypted or not."""
    prefix = f"urn:pulumi:{stack}::test::breakeven:infra:Observability${TOPIC}::"
    made = [
        {**row(TOPIC, name, **({"kmsMasterKeyId": "k"} if encrypted else {})), "urn": prefix + name}
        for name, encrypted in names.items()
    ]
    return stack_from_rows(made, stack, "test", "us-east-1")


def judged(stack: Stack, exemptions: Sequence[Exemption]) -> Checked:
    """By one rule alone: what else is wrong with a topic is not asked here."""
    return check(stack, exemptions, [RULES["CKV_AWS_26"]])


def mandatory(checked: Checked) -> list[str]:
    return [finding.resource.name for finding in checked.mandatory]


def test_a_finding_with_an_exception_is_excepted_with_its_reason() -> None:
    checked = judged(topics(alarms=False), [exemption()])
    assert mandatory(checked) == []
    assert [row.exemption.reason for row in checked.excepted] == ["It tells nothing that is not public."]


@pytest.mark.parametrize(
    ("written", "covered"),
    [
        (exemption("alarms"), True),
        (exemption("al*"), True),
        (exemption("news"), False),
        (exemption(stacks=("dev", "trial-*")), True),
        (exemption(stacks=("prod",)), False),
        (exemption(component="Gateway"), False),
    ],
)
def test_an_exception_covers_its_resources_only(written: Exemption, covered: bool) -> None:
    assert mandatory(judged(topics(alarms=False), [written])) == ([] if covered else ["alarms"])


def test_another_resource_of_the_same_type_is_still_refused() -> None:
    assert mandatory(judged(topics(alarms=False, news=False), [exemption()])) == ["news"]


def refused(stacks: Sequence[Stack], exemptions: Sequence[Exemption], *, everything: bool) -> str:
    try:
        refuse_unused([check(stack, exemptions) for stack in stacks], exemptions, everything=everything)
    except InputError as error:
        return str(error)
    return ""


def test_an_exception_from_a_rule_that_holds_is_an_error() -> None:
    assert "matches nothing" in refused([topics(alarms=True)], [exemption()], everything=False)


def test_an_exception_for_a_resource_that_no_stack_has_is_an_error() -> None:
    stacks = [topics(news=True), topics("prod", news=True)]
    assert "CKV_AWS_26 on Observability alarms" in refused(stacks, [exemption()], everything=True)


def test_one_stack_need_not_have_what_an_exception_of_another_is_for() -> None:
    assert refused([topics(news=True)], [exemption()], everything=False) == ""


def test_an_exception_used_in_one_of_the_stacks_is_used() -> None:
    stacks = [topics(alarms=False), topics("prod", news=True)]
    assert refused(stacks, [exemption()], everything=True) == ""


def test_a_whole_exception_is_read(tmp_path: Path) -> None:
    path = tmp_path / "exceptions.toml"
    path.write_text(WHOLE)
    assert read_exemptions(path) == (exemption(),)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('reason = "It tells nothing that is not public."\n', "", "has no reason"),
        ("It tells nothing that is not public.", "  ", "has no reason"),
        ("date = 2026-11-23\n", "", "has no date"),
        ("2026-11-23", '"yesterday"', "value of the wrong kind"),
        ("CKV_AWS_26", "CKV_AWS_62", "there is no rule CKV_AWS_62"),
        ("aws:sns/topic:Topic", "aws:sqs/queue:Queue", "does not look at aws:sqs/queue:Queue"),
        ("component", "componnet", "did you mean 'component'"),
        ("component", "colour", "colour is no key of an exception; use rule, component"),
        ("2026-11-23", "9" * 5_000, "not readable as TOML"),
        ("date = 2026", "stacks = []\ndate = 2026", "value of the wrong kind"),
        ("[[exception]]", "[[exceptions]]", "something else than [[exception]]"),
        ("[[exception]]", "[[exception", "not readable as TOML"),
    ],
)
def test_an_exception_that_is_not_whole_is_an_error_that_says_what_to_mend(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "exceptions.toml"
    assert old in WHOLE
    path.write_text(WHOLE.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        read_exemptions(path)
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
