"""`breakeven access` as a user runs it."""

import json
from pathlib import Path

from tests.infra.costs.stacks import export, row
from tests.scripts.command import breakeven

ROUTE = "aws:apigatewayv2/route:Route"
API = row("aws:apigatewayv2/api:Api", "api", name="a")


def stack_file(folder: Path, authorization: str) -> str:
    path = folder / "stack.json"
    path.write_text(export(API, row(ROUTE, "r", apiId="id-api", routeKey="GET /", authorizationType=authorization)))
    return str(path)


def test_a_stack_without_an_open_way_is_shown_in_eighty_columns_and_ends_well() -> None:
    done = breakeven("access", "--stack", "small")
    assert done.returncode == 0
    assert "none open to strangers or other accounts" in done.stdout
    assert "POST /predictions/efficientnet_lite0" in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_an_open_route_is_marked_and_ends_with_the_code_of_a_violation(tmp_path: Path) -> None:
    done = breakeven("access", stack_file(tmp_path, "NONE"))
    assert done.returncode == 10
    assert "! API api: HTTPS GET /; needs nothing" in done.stdout
    (way,) = json.loads(breakeven("access", stack_file(tmp_path, "NONE"), "--format", "json").stdout)["ways"]
    assert (way["source"], way["asks"], way["breach"]) == ("internet", False, True)


def test_markdown_is_a_table(tmp_path: Path) -> None:
    done = breakeven("access", stack_file(tmp_path, "AWS_IAM"), "--format", "markdown")
    assert done.stdout.splitlines() == [
        "| From | To | By | Needs |",
        "|---|---|---|---|",
        "| internet | API api | HTTPS GET / | IAM signature (SigV4) |",
    ]


def test_a_file_that_is_no_stack_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("[")
    done = breakeven("access", str(tmp_path / "stack.json"))
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)
