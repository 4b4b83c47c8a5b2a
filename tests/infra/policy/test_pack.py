"""The pack under the real engine: what it refuses, what it names, and what it lets through.

Runs where the engine and an AWS provider are on PATH; elsewhere it is skipped and says so.
"""

import json
from collections.abc import Iterator

import pytest

from infra.costs.readers import parse_stack
from infra.emulator import emulator
from infra.policy.budget import price
from tests.infra.engine import Engine, needs_engine

pytestmark = needs_engine

OPEN_GROUP = """
import pulumi
import pulumi_aws as aws

aws.ec2.SecurityGroup("open", description="For a test", vpc_id="vpc-1", egress=[], ingress=[
    {"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}
])
aws.ec2.LaunchTemplate("old", metadata_options={"http_tokens": "optional"})
"""


class Pack:
    """Previews with the policy pack."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def preview(self, stack: str, **configuration: object) -> tuple[int, str]:
        """Exit code and what was said; `configuration` is that of the cost limit."""
        arguments = ["--policy-pack", str(self.engine.project / "infra" / "policy" / "pack")]
        if configuration:
            path = self.engine.project / "policy.json"
            path.write_text(json.dumps({"cost-limit": configuration}))
            arguments += ["--policy-pack-config", str(path)]
        done = self.engine.attempt("preview", *arguments, "--stack", stack)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pack]:
    with emulator() as aws:
        made = Pack(Engine(tmp_path_factory.mktemp("policy"), aws))
        for stack in ("small", "dev", "prod"):
            made.engine.create(stack)
        yield made


@pytest.mark.parametrize("stack", ["small", "dev", "prod"])
def test_the_projects_stacks_pass(pack: Pack, stack: str) -> None:
    code, said = pack.preview(stack)
    assert code == 0, said
    assert "[mandatory]" not in said
    assert "breakeven@v" in said


def test_a_budget_below_the_cost_is_refused_and_the_resources_that_make_it_up_are_named(pack: Pack) -> None:
    pack.engine.create("poor", like="dev", budgetUsd=100)
    code, said = pack.preview("poor")
    assert code != 0
    assert "cost-limit" in said
    assert "above the budget of 100.00 USD: fleet (Group) 1" in said
    assert "nat-0 (NatGateway)" in said


def test_a_budget_of_the_pack_goes_before_that_of_the_stack(pack: Pack) -> None:
    refused, said = pack.preview("dev", budgetUsd=50)
    assert refused != 0
    assert "above the budget of 50.00 USD" in said
    pack.engine.create("rich", like="dev", budgetUsd=100)
    assert pack.preview("rich", budgetUsd=400)[0] == 0


def test_the_limit_is_held_against_the_same_cost_as_any_other_preview_shows(pack: Pack) -> None:
    pack.engine.create("same", like="prod", budgetUsd=1)
    expected = price(parse_stack(pack.engine.preview("same"), "preview")).monthly("expected")
    assert f"{float(expected):,.2f} USD a month expected" in pack.preview("same")[1]


def test_a_violation_in_the_program_is_refused_with_its_id_and_resource(pack: Pack) -> None:
    project = pack.engine.project / "other"
    project.mkdir()
    (project / "Pulumi.yaml").write_text(
        "name: other\nruntime: {name: python, options: {toolchain: pip, virtualenv: ../.venv}}\n"
    )
    (project / "__main__.py").write_text(OPEN_GROUP)
    stack = ("--cwd", str(project), "--stack", "other")
    pack.engine("stack", "init", "other", "--cwd", str(project))
    arguments = ("--policy-pack", str(pack.engine.project / "infra" / "policy" / "pack"))
    done = pack.engine.attempt("preview", *arguments, *stack)
    assert done.returncode != 0
    for words in ("[mandatory]  CKV_AWS_277", "SecurityGroup: open", "[mandatory]  CKV_AWS_79", "LaunchTemplate: old"):
        assert words in done.stdout
