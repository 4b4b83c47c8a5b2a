"""What the command line says to bad input: one line that names the thing, the documented exit code, no traceback."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infra.costs.stacks import GROUP, INSTANCE, SAMPLES, TEMPLATE, VOLUME, export, fleet, group, row
from tests.scripts.command import ROOT, breakeven

CREATE, SAMES, EXPORT = (
    str(SAMPLES / f"{name}.json") for name in ("preview-create", "preview-show-sames", "stack-export")
)
NAT = "aws:ec2/natGateway:NatGateway"
DISK = export(row(VOLUME, "disk", size=10))
BOOK = 'source = "x"\nchecked = 2026-11-01\n'
FILES: dict[str, str | bytes] = {
    "disk.json": DISK,
    "empty.json": "",
    "cut.json": DISK[:-30],
    "terraform.json": '{"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {}}',
    "cloudformation.json": '{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}',
    "binary.json": b"\x89PNG\r\n\x1a\n\xff\x00",
    "deep.json": "[" * 100_000 + "]" * 100_000,
    "deep-object.json": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "huge-number.json": '{"deployment": {"resources": ' + "9" * 5_000 + "}}",
    "nothing.json": export(),
    "second-preview.json": '{"steps": [], "changeSummary": {"same": 57}}',
    "negative.json": export(row(VOLUME, "disk", size=-10)),
    "no-number.json": export(row(VOLUME, "disk", size="ten")),
    "upside-down.json": export(*group("t3.medium", 5, 2)),
    "no-such-type.json": export(row(INSTANCE, "box", instanceType="g4dn.xlarg")),
    "no-such-disk.json": export(row(VOLUME, "disk", type="gp9")),
    "far.json": export(row(VOLUME, "disk", size=10), region="mars-north-1"),
    "nat.json": export(row(NAT, "nat")),
    "queue-of-another.json": export(row("gcp:pubsub/topic:Topic", "topic"), row(VOLUME, "disk")),
    "outside.json": export(row(GROUP, "asg", minSize=1, maxSize=1, launchTemplate={"id": "lt-elsewhere"})),
    "key.toml": "[volume]\nper_moth = 5\n",
    "section.toml": "[volumes]\nper_month = 5\n",
    "text.toml": '[volume]\nper_month = "many"\n',
    "minus.toml": "[volume]\nper_month = -5\n",
    "not.toml": "[volume\n",
    "api.toml": '[compare]\napis = ["recognition"]\n',
    "model.toml": '[serving]\nmodel = "resnet5"\n',
    "usage-key.json": '{"disk": {"monthly_standard_io_request": 5}}',
    "usage-name.json": '{"disc": {"monthly_standard_io_requests": 5}}',
    "usage-minus.json": '{"disk": {"monthly_standard_io_requests": -5}}',
    "usage-cut.json": '{"disk": ',
    "book-no-source.toml": "checked = 2026-11-01\n",
    "book-minus.toml": f'{BOOK}[us-east-1.ebs.gp2_gb_month]\namount = -1\nunit = "GB"\n',
    "book-text.toml": f'{BOOK}[us-east-1.ebs.gp2_gb_month]\namount = "much"\nunit = "GB"\n',
    "book-no-unit.toml": f"{BOOK}[us-east-1.ebs.gp2_gb_month]\namount = 1\n",
    "book-region.toml": f"{BOOK}[useast1.ebs.gp2_gb_month]\namount = 1\n",
    "book-cut.toml": f"{BOOK}[us-east-1",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with every bad file."""
    made = tmp_path_factory.mktemp("bad")
    (made / "folder.json").mkdir()
    for name, content in FILES.items():
        (made / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return made


# Arguments, exit code, what the message must contain.
BAD = [
    ("estimate empty.json", 3, "empty.json: the file is empty"),
    ("estimate cut.json", 3, "cut.json: not JSON or cut off"),
    ("estimate terraform.json", 3, "this looks like a file of Terraform"),
    ("estimate cloudformation.json", 3, "this looks like a file of CloudFormation"),
    ("estimate folder.json", 3, "folder.json: is a folder"),
    ("estimate absent.json", 3, "absent.json: no such file"),
    (f"estimate {'x' * 300}", 3, "File name too long; check the path"),
    (f"rollout {'x' * 300} 1.1", 3, "File name too long; check the path"),
    (f"destroy --project {'x' * 300}", 3, "File name too long; check the path"),
    ("estimate binary.json", 3, "binary.json: not a text file"),
    ("estimate deep.json", 3, "nested too deeply"),
    ("estimate deep-object.json", 3, "nested too deeply"),
    ("estimate huge-number.json", 3, "huge-number.json"),
    ("estimate nothing.json", 3, "it has no resources"),
    ("estimate second-preview.json", 3, "run it with --show-sames"),
    ("estimate negative.json", 3, "disk size: -10 cannot be a quantity"),
    ("estimate no-number.json", 3, "disk size: 'ten' is not a number"),
    ("estimate upside-down.json", 3, "asg minSize: 5 is above maxSize 2"),
    ("estimate no-such-disk.json", 3, "'gp9' is unknown, did you mean"),
    ("estimate disk.json --workload key.toml", 3, "per_moth: unknown key, did you mean 'per_month'?"),
    ("estimate disk.json --workload section.toml", 3, "[volumes]: unknown section, did you mean 'volume'?"),
    ("estimate disk.json --workload text.toml", 3, "'many' is not a number"),
    ("estimate disk.json --workload minus.toml", 3, "-5 is out of range"),
    ("estimate disk.json --workload not.toml", 3, "not.toml: not readable as TOML"),
    ("estimate disk.json --workload absent.toml", 3, "absent.toml: no such file"),
    ("estimate disk.json --workload folder.json", 3, "folder.json: is a folder"),
    ("estimate disk.json --workload binary.json", 3, "binary.json: not readable as TOML"),
    ("estimate disk.json --workload api.toml", 3, "'recognition' is unknown"),
    ("estimate disk.json --workload model.toml", 3, "did you mean 'resnet50'?"),
    ("estimate disk.json --volume -5", 3, "--volume: '-5' cannot be a quantity"),
    ("estimate disk.json --volume 1e99", 3, "--volume: '1e99' is beyond anything billable"),
    ("estimate disk.json --volume 1e999999999", 3, "--volume"),
    ("estimate disk.json --volume many", 3, "--volume: 'many' is not a number"),
    ("estimate disk.json --volume nan", 3, "--volume: 'nan' cannot be a quantity"),
    ("estimate disk.json --budget -1", 3, "--budget: '-1' cannot be a quantity"),
    ("estimate disk.json --budget much", 3, "--budget: 'much' is not a number"),
    ("estimate disk.json --usage usage-key.json", 3, "did you mean 'monthly_standard_io_requests'?"),
    ("estimate disk.json --usage usage-name.json", 3, "no such resource in the stack, did you mean 'disk'?"),
    ("estimate disk.json --usage usage-minus.json", 3, "-5 cannot be a quantity"),
    ("estimate disk.json --usage usage-cut.json", 3, "neither JSON nor TOML"),
    ("estimate disk.json --usage absent.json", 3, "absent.json: no such file"),
    ("estimate disk.json --usage folder.json", 3, "folder.json: not a text file"),
    ("estimate disk.json --usage binary.json", 3, "binary.json: not a text file"),
    ("estimate disk.json --prices book-no-source.toml", 3, "a price book needs `source`"),
    ("estimate disk.json --prices book-minus.toml", 3, "book-minus.toml [ebs.gp2_gb_month]"),
    ("estimate disk.json --prices book-text.toml", 3, "book-text.toml [ebs.gp2_gb_month]"),
    ("estimate disk.json --prices book-no-unit.toml", 3, "book-no-unit.toml [ebs.gp2_gb_month]"),
    ("estimate disk.json --prices book-region.toml", 3, "not a region, did you mean 'us-east-1'?"),
    ("estimate disk.json --prices book-cut.toml", 3, "not readable as TOML"),
    ("estimate disk.json --prices absent.toml", 3, "absent.toml: no such file"),
    ("estimate no-such-type.json", 4, "no such instance type, did you mean 'g4dn.xlarge'?"),
    ("estimate far.json", 4, "no prices for region 'mars-north-1'"),
    ("estimate disk.json --budget 0.99", 5, "over budget: 1.00 expected, 0.99 allowed"),
    ("estimate queue-of-another.json --strict", 6, "topic: not an AWS resource"),
    ("estimate outside.json --strict", 6, "lies outside this stack"),
    ("estimate nat.json --strict", 6, "nat Data processed depends on usage nobody stated"),
    ("explain absent --file disk.json", 3, "absent: no such resource or component"),
    ("explain dist --file disk.json", 3, "did you mean 'disk'?"),
    ("preview --stack nowhere", 3, "stack nowhere: no such stack"),
    ("prices --region nowhere", 3, "region 'nowhere'"),
    ("prices --stale old", 3, "--stale: 'old' is not a number"),
]


@pytest.mark.parametrize(("line", "code", "said"), BAD, ids=[line for line, _, _ in BAD])
def test_bad_input_ends_in_one_line_that_names_it_and_the_documented_code(
    folder: Path, line: str, code: int, said: str
) -> None:
    done = breakeven(*line.split(), cwd=folder)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert re.fullmatch(r"breakeven: [^\n]+\n", done.stderr)
    assert "Traceback" not in done.stderr + done.stdout


WRONG = [
    ("estimate", "give either a FILE (or -) or --stack NAME"),
    ("estimate disk.json --stack dev", "give either a FILE (or -) or --stack NAME"),
    ("estimate disk.json --budgt 5", "No such option: --budgt"),
    ("estimate disk.json --format yaml", "'yaml' is not one of"),
    ("estimate disk.json other.json", "unexpected extra argument"),
    ("estimate disk.json --volume", "requires an argument"),
    ("guess disk.json", "No such command 'guess'"),
    ("explain", "Missing argument 'name'"),
]


@pytest.mark.parametrize(("line", "said"), WRONG, ids=[line for line, _ in WRONG])
def test_wrong_arguments_end_in_an_error_about_them_and_code_2(folder: Path, line: str, said: str) -> None:
    done = breakeven(*line.split(), cwd=folder)
    assert done.returncode == 2
    assert said in done.stderr
    assert re.search(r"^Error: [^\n]+\n\Z", done.stderr, re.MULTILINE)
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_standard_input_is_named_when_it_is_bad(text: str) -> None:
    done = breakeven("estimate", "-", stdin=text)
    assert (done.returncode, done.stderr.startswith("breakeven: standard input: ")) == (3, True)


def test_a_report_is_still_written_when_the_budget_is_exceeded(folder: Path) -> None:
    done = breakeven("estimate", "disk.json", "--budget", "0.50", "--format", "json", cwd=folder)
    assert done.returncode == 5
    assert json.loads(done.stdout)["monthly"]["expected"] == "1"


@pytest.mark.parametrize("budget", ["1", "1.00", "$1,000", "1e3"])
def test_a_budget_that_is_kept_is_fine(folder: Path, budget: str) -> None:
    done = breakeven("estimate", "disk.json", "--budget", budget, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")


WIDE = export(
    *fleet("g4dn.xlarge", 100, 9_000),
    row(VOLUME, "a-disk-with-a-name-that-is-longer-than-any-line-of-a-report-should-ever-be", type="standard"),
    row("aws:eks/cluster:Cluster", "a-cluster-with-a-name-that-is-longer-than-any-line-of-a-report-should-be"),
)


@pytest.mark.parametrize("verb", ["estimate", "explain"])
@pytest.mark.parametrize("document", [CREATE, SAMES, EXPORT, "wide"])
def test_no_line_of_a_report_is_wider_than_80_columns_and_none_has_colours_off_a_terminal(
    tmp_path: Path, verb: str, document: str
) -> None:
    path = tmp_path / "a-folder-with-a-long-name-for-a-long-path" / "stack.json"
    path.parent.mkdir()
    path.write_text(WIDE if document == "wide" else Path(document).read_text())
    named = [verb, str(path)] if verb == "estimate" else [verb, "asg", "--file", str(path)]
    done = breakeven(*named, "--workload", str(ROOT / "workload.toml"))
    assert done.returncode == 0, done.stderr
    # A path or an address is never cut: it may stand on a line of its own.
    wide = [text for text in done.stdout.splitlines() if len(text) > 80 and " " in text.strip()]
    assert wide == []
    assert "\x1b" not in done.stdout


def test_a_control_character_in_a_name_never_reaches_the_terminal(tmp_path: Path) -> None:
    rows = [row(VOLUME, "disk\x1b[31m", size=10), row(TEMPLATE, "lt"), row("aws:x/y:Y\x1b[2J", "thing\x07")]
    (tmp_path / "stack.json").write_text(export(*rows, region="us-\x1b[31m-1"))
    for form in ("text", "markdown", "json"):
        done = breakeven("estimate", "stack.json", "--format", form, cwd=tmp_path)
        assert "disk?[31m" in done.stdout
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.stdout + done.stderr)


def _numbers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _numbers(inner)
    elif isinstance(value, int | float):
        yield value


NUMBER = re.compile(r"-?\d+(\.\d+)?")


@pytest.mark.parametrize("document", [CREATE, SAMES, EXPORT])
def test_json_has_its_keys_and_every_number_is_a_string(document: str) -> None:
    done = breakeven("estimate", document, "--workload", "workload.toml", "--format", "json")
    found = json.loads(done.stdout)
    wanted = ["currency", "hours_per_month", "monthly", "items", "free", "unpriced", "offers"]
    assert list(found)[: len(wanted)] == wanted
    assert list(_numbers(found)) == []
    assert (found["currency"], found["hours_per_month"]) == ("USD", "730")
    shown = [*found["monthly"].values(), *(item["unit_price"] for item in found["items"])]
    shown += [amount for item in found["items"] for amount in (item["monthly"] or {}).values()]
    assert len(shown) > 30
    assert all(NUMBER.fullmatch(text) for text in shown)


def test_the_lines_of_the_json_sum_to_its_total() -> None:
    found = json.loads(breakeven("estimate", EXPORT, "--format", "json").stdout)
    cents = sum(round(float(item["monthly"]["expected"]) * 10_000) for item in found["items"] if item["monthly"])
    assert cents == round(float(found["monthly"]["expected"]) * 10_000) == 4_490_050
