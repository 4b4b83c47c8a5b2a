"""What checkov says about a stack's Terraform plan, set against the written exceptions in checkov.toml.

checkov itself runs outside (`scripts/audit`); here its report is read and judged.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypedDict

from infra.costs.errors import InputError
from infra.costs.stack import Resource
from infra.policy.exemptions import Exemption, read_exemptions
from infra.policy.terraform_names import resource_type
from infra.policy.terraform_plan import TerraformPlan

FILE: Final = Path(__file__).with_name("checkov.toml")
AGAIN: Final = "run scripts/audit again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A check of checkov that a resource fails."""

    check: str
    title: str
    resource: Resource

    def __str__(self) -> str:
        where = " ".join(part for part in (self.resource.component, self.resource.name) if part)
        action = "change that, or write an exception and its reason into infra/policy/checkov.toml"
        return f"{self.check} on {where}: {self.title}; {action}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckovResult:
    """One stack's outcome: how many checks passed, what failed, and what a written exception covers."""

    stack: str
    version: str
    passed: int
    failures: tuple[Failure, ...]
    excepted: tuple[tuple[Failure, Exemption], ...]

    @property
    def used(self) -> frozenset[Exemption]:
        """The exceptions that covered a failure."""
        return frozenset(exemption for _, exemption in self.excepted)


def read_checkov_exemptions(path: Path = FILE) -> tuple[Exemption, ...]:
    """The exceptions from checkov's checks; raises InputError as `read_exemptions` does."""
    return read_exemptions(path, _refuse)


def judge(
    text: str, plans: Mapping[str, TerraformPlan], exemptions: Sequence[Exemption], source: str = "checkov"
) -> tuple[CheckovResult, ...]:
    """Read checkov's JSON report of plans, by the names of their stacks; no address may be in two of them.

    Raises InputError, naming `source`, for a report that is none, that left out resources of the plans, or that speaks
    of others: a report of nothing must not pass for a clean one.
    """
    report = _report(text, source)
    summary, wanted = report["summary"], sum(len(plan.resources) for plan in plans.values())
    if summary.get("parsing_errors") or summary.get("resource_count") != wanted:
        raise InputError(source, f"looked at {summary.get('resource_count')} of {wanted} resources", AGAIN)
    passed, failed = (_rows(report, kind, plans, source) for kind in ("passed", "failed"))
    return tuple(
        CheckovResult(
            stack=name,
            version=str(summary.get("checkov_version", "unknown")),
            passed=sum(row["resource"] in plan.resources for row in passed),
            **_sorted([_failure(row, plan) for row in failed if row["resource"] in plan.resources], exemptions),
        )
        for name, plan in plans.items()
    )


def refuse_unused(results: Sequence[CheckovResult], exemptions: Sequence[Exemption]) -> None:
    """Raise InputError for an exception that covers nothing in `results`, or nothing in a stack that it names."""
    for exemption in exemptions:
        covered = [failure for result in results for failure, cover in result.excepted if cover == exemption]
        used_in = {failure.resource.urn.removeprefix("urn:pulumi:").partition("::")[0] for failure in covered}
        idle = [stack for stack in exemption.stacks if stack != "*" and stack not in used_in]
        if not covered or idle:
            where = f" in {', '.join(idle)}" if covered else ""
            raise InputError(f"exception {exemption}", f"matches nothing{where}", f"remove that from {FILE.name}")


def _refuse(thing: str, rule: str, token: str) -> None:
    if not re.fullmatch(r"CKV2?_AWS_\d+", rule):
        raise InputError(thing, f"{rule} is no check of checkov", "name it like CKV_AWS_18 or CKV2_AWS_11")
    resource_type(token)


def _report(text: str, source: str) -> Mapping[str, Any]:
    try:
        report = json.loads(text)
    except (ValueError, RecursionError):
        report = None
    if not isinstance(report, Mapping) or not isinstance(report.get("summary"), Mapping):
        raise InputError(source, "wrote no report of a plan", AGAIN)
    return report


def _rows(
    report: Mapping[str, Any], kind: str, plans: Mapping[str, TerraformPlan], source: str
) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = report["results"].get(f"{kind}_checks", [])
    if len(rows) != report["summary"].get(kind):
        raise InputError(source, f"does not list as many checks as it says {kind}", AGAIN)
    for row in rows:
        if not any(row["resource"] in plan.resources for plan in plans.values()):
            raise InputError(source, f"{row['resource']} is no resource of a plan", AGAIN)
    return rows


def _failure(row: Mapping[str, Any], plan: TerraformPlan) -> Failure:
    return Failure(check=row["check_id"], title=row["check_name"], resource=plan.resources[row["resource"]])


class _Sorted(TypedDict):
    failures: tuple[Failure, ...]
    excepted: tuple[tuple[Failure, Exemption], ...]


def _sorted(found: Sequence[Failure], exemptions: Sequence[Exemption]) -> _Sorted:
    """What no exception covers, and what one does."""
    covers = [
        (failure, next((e for e in exemptions if e.rule == failure.check and e.covers(failure.resource)), None))
        for failure in found
    ]
    return {
        "failures": tuple(failure for failure, cover in covers if cover is None),
        "excepted": tuple((failure, cover) for failure, cover in covers if cover is not None),
    }
