"""What the cost engine, the settings, the rules and the simulation read."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from infra.costs.capacity import ModelCapacity
from infra.costs.compare import compare
from infra.costs.errors import CostError
from infra.costs.estimate import Estimate, estimate
from infra.costs.managed.files import read_apis
from infra.costs.people import read_salaries
from infra.costs.prices import DATA, PriceBook
from infra.costs.readers import parse_stack
from infra.costs.reports import Report, as_json, as_text, explain
from infra.costs.stack import Stack
from infra.costs.usage import Usage
from infra.costs.vendors import read_vendor
from infra.costs.workload import Workload
from infra.policy import exemptions
from infra.record import read_config
from infra.scaling.traffic import read_trace
from infra.settings import parse
from infra.stack_file import changed
from scripts.bench.fuzz_case import ROOT, Run, Target, target
from scripts.bench.fuzz_mutators import (
    MARKER,
    SECRET,
    bytewise,
    cellwise,
    jsonwise,
    linewise,
    one_of,
    plainly,
    tomlwise,
    yamlwise,
)
from scripts.bench.fuzz_samples import access_logs, cloudwatch, parquet, trace_csv

TESTS: Final = ROOT / "tests" / "infra" / "costs"
GROUP: Final = "readers"


def targets() -> Iterator[Target]:
    """All of them."""
    yield from _stacks()
    yield from _files()
    yield _settings()
    yield from _traces()


def golden() -> list[dict[str, Any]]:
    """Small stacks, each with a secret among the inputs of its resources."""
    rows = [json.loads(line) for line in (TESTS / "golden.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        for resource in row["deployment"]["deployment"]["resources"]:
            resource.setdefault("inputs", {})["password"] = SECRET
            resource["outputs"] = {"password": SECRET}
    return [row for row in rows if len(json.dumps(row)) < 20_000]


def _seen(stack: Stack, usage: Usage | None = None) -> str:
    """Everything a user would see of a stack: the report in two forms and each resource unfolded."""
    priced = estimate(stack, usage=usage)
    report = _report(priced)
    parts = [as_text(report), as_json(report)]
    for resource in stack.resources[:3]:
        try:
            parts.append(explain(report, resource.name))
        except CostError as error:
            parts.append(str(error))
    return "\n".join(parts)


def _stacks() -> Iterator[Target]:
    golden_rows = golden()
    exports = [row["deployment"] for row in golden_rows]
    lists = [found["deployment"]["resources"] for found in exports]
    steps = [[{"op": "create", "urn": r["urn"], "newState": r} for r in rows] for rows in lists]
    previews = [{"config": {"aws:region": "us-east-1"}, "steps": some, "changeSummary": {}} for some in steps]

    def seen(path: Path) -> str:
        return _seen(parse_stack(path.read_text(encoding="utf-8", errors="replace"), "fuzz", "us-east-1"))

    for name, documents in (("stack-export", exports), ("preview", previews), ("resource-list", lists)):
        samples = [json.dumps(document).encode() for document in documents]
        yield target(name, GROUP, samples, jsonwise, f"{name}.json")(seen)
    events = [b"\n".join(json.dumps(_event(n, row)).encode() for n, row in enumerate(rows)) for rows in lists]
    yield target("event-lines", GROUP, events, linewise, "events.json")(seen)
    stated = [json.dumps(row["usage"]).encode() for row in golden_rows if row["usage"]]
    stacks = [parse_stack(json.dumps(found), "fuzz") for found in exports]

    def used(path: Path) -> str:
        usage = Usage.read(path)
        for stack in stacks:
            if any(resource.name in usage.tables for resource in stack):
                usage.check(stack)
                return _seen(stack, usage)
        return ""

    yield target("usage", GROUP, stated, plainly, "usage.json")(used)


def _event(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"sequence": number, "resourcePreEvent": {"metadata": {"op": "create", "urn": row["urn"], "new": row}}}


def _shipped(*patterns: str, folder: Path = DATA) -> list[bytes]:
    found = [path.read_bytes() for pattern in patterns for path in sorted(folder.glob(pattern))]
    return [data for data in found if len(data) < 12_000]


def _files() -> Iterator[Target]:
    models = ROOT / "serving" / "models"
    disk = parse_stack(json.dumps([_disk()]), "fuzz", "us-east-1")
    yield target("workload", GROUP, [(ROOT / "workload.toml").read_bytes()], tomlwise, "workload.toml")(
        lambda path: _told(disk, workload=Workload.read(path))
    )
    yield target("price-book", GROUP, _books(), tomlwise, "book.toml")(
        lambda path: _told(disk, book=PriceBook((path,)))
    )
    yield target("managed-apis", GROUP, _shipped("managed/*.toml"), tomlwise, "vendor.toml")(
        lambda path: repr(list(read_apis(path)))
    )
    yield target("people", GROUP, _shipped("people.toml"), tomlwise, "people.toml")(
        lambda path: repr(read_salaries(path))
    )
    yield target("vendor", GROUP, _shipped("vendors/*.toml"), tomlwise, "vendor.toml")(
        lambda path: repr(read_vendor(path))
    )
    yield target("capacity", GROUP, _shipped("*/capacity.toml", folder=models), tomlwise, "capacity.toml")(
        lambda path: repr(ModelCapacity.read(path))
    )
    yield target("exceptions", GROUP, [exemptions.FILE.read_bytes()], tomlwise, "exceptions.toml")(
        lambda path: "".join(map(str, exemptions.read_exemptions(path)))
    )
    stack_files = _shipped("Pulumi.*.yaml", folder=ROOT)
    yield target("stack-file", GROUP, stack_files, yamlwise, "Pulumi.fuzz.yaml")(_configured)
    yield target("stack-file-change", GROUP, stack_files, yamlwise, "Pulumi.fuzz.yaml")(
        lambda path: changed(path.read_text(encoding="utf-8", errors="replace"), "breakeven", {"model": "minilm"})
    )


def _told(stack: Stack, **known: Any) -> str:
    return as_text(_report(estimate(stack, **known)))


def _report(priced: Estimate) -> Report:
    return Report("estimate", "fuzz", priced, compare(priced) if priced.uses_traffic else None)


def _disk() -> dict[str, Any]:
    token = "aws:ebs/volume:Volume"  # noqa: S105 - a type, not a secret
    return {"urn": f"urn:pulumi:dev::x::{token}::disk", "type": token, "inputs": {"size": 10, "password": SECRET}}


def _books() -> list[bytes]:
    head = 'source = "x"\nchecked = 2026-11-01\n'
    rows = '[us-east-1.ebs.gp2_gb_month]\namount = 0.2\nunit = "GB"\nfree = {amount = 1, period = "month"}\n'
    tiers = '[us-east-1.ebs.gp2_gb_month]\nunit = "GB"\ntiers = [{amount = 1, up_to = 5}, {amount = 2}]\n'
    spot = "[us-east-1.ec2_spot.spot]\n[us-east-1.ec2_spot.spot.'g4dn.xlarge']\nlow = 0.1\nhigh = 0.2\n"
    return [(head + rows).encode(), (head + tiers).encode(), (head + rows + spot).encode()]


def _configured(path: Path) -> str:
    declared = path.with_name("Pulumi.yaml")
    if not declared.is_file():
        declared.write_bytes((ROOT / "Pulumi.yaml").read_bytes())
    config = read_config("fuzz", path.parent)
    return f"{config.region} {config.settings()}"


def _settings() -> Target:
    good = [json.dumps(_values(name)).encode() for name in ("small", "dev", "prod")]

    @contextmanager
    def opened(folder: Path) -> Iterator[Run]:
        def run(data: bytes) -> str:
            try:
                raw = json.loads(data)
            except (ValueError, RecursionError):
                return ""
            return str(parse(raw)) if isinstance(raw, dict) else ""

        yield run

    return Target(name="settings", group=GROUP, make=one_of(good, jsonwise), open=opened)


def _values(stack: str) -> dict[str, object]:
    config = read_config(stack)
    prefix = f"{config.project}:"
    return {key.removeprefix(prefix): value for key, value in config.values.items() if key.startswith(prefix)}


def _traces() -> Iterator[Target]:
    def read(path: Path) -> str:
        return repr(read_trace(path))[:1000].replace(MARKER, "")  # a trace holds no secrets

    yield target("trace-csv", GROUP, trace_csv(), cellwise, "trace.csv")(read)
    yield target("trace-access-log", GROUP, access_logs(), cellwise, "trace.log")(read)
    yield target("trace-cloudwatch", GROUP, cloudwatch(), jsonwise, "trace.json")(read)
    with tempfile.TemporaryDirectory() as folder:
        samples = parquet(Path(folder))
    yield target("trace-parquet", GROUP, samples, bytewise, "trace.parquet")(read)
