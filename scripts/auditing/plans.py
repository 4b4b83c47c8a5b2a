"""Runs checkov, offline, over the Terraform plans of the audited stacks."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from infra.costs.errors import InputError
from infra.policy.checkov import CheckovResult, judge, read_checkov_exemptions, refuse_unused
from infra.policy.terraform_plan import TerraformPlan, terraform_plan
from scripts.auditing.stacks import audited

# Without --skip-download it asks its maker for rules, and waits where there is no network.
OPTIONS: Final = ("--framework", "terraform_plan", "--skip-download", "--compact", "--output", "json")
FAILED_CHECKS: Final = 1


def check_plans(tools: Path) -> tuple[CheckovResult, ...]:
    """The outcome for each stack, with checkov from the environment `tools`.

    Raises InputError for a run that fails, and for an exception that covers nothing.
    """
    exemptions = read_checkov_exemptions()
    with tempfile.TemporaryDirectory(prefix="audit-") as made:
        folder = Path(made)
        plans = {name: terraform_plan(stack, f"stack{index}") for index, (name, stack) in enumerate(audited(folder))}
        results = judge(_run(tools, folder, plans), plans, exemptions)
    refuse_unused(results, exemptions)
    return results


def _run(tools: Path, folder: Path, plans: Mapping[str, TerraformPlan]) -> str:
    """One run for all plans: starting checkov takes longer than its checks."""
    files: list[str | Path] = []
    for index, plan in enumerate(plans.values()):
        path = folder / f"plan-{index}.json"
        path.write_text(json.dumps(plan.document), encoding="utf-8")
        files += ["--file", path]
    done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - fixed words and paths of our own
        [tools / "bin" / "checkov", *files, *OPTIONS],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
    )
    if done.returncode not in (0, FAILED_CHECKS):
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise InputError("checkov", f"ended with {done.returncode} ({last})", f"remove {tools} and run it again")
    return done.stdout
