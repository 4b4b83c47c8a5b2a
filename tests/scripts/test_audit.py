"""`scripts/audit` never takes a source that knows nothing for a clean environment, nor a bill that is not whole."""

import json
import sysconfig
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path
from typing import Any

import pytest

from infra.costs.errors import InputError
from scripts.auditing.materials import complete
from scripts.auditing.vulnerabilities import check_vulnerabilities

KNOWN = {"name": "jinja2", "version": "2.11.2", "vulns": [{"id": "PYSEC-2021-66"}]}
SKIPPED = {"name": "jinja2", "skip_reason": "Dependency not found on PyPI and could not be audited"}


def tools(folder: Path, asked_first: Any, asked_then: Any) -> Path:
    """An environment whose pip-audit writes one report of the known release, and another of what is installed."""
    (folder / "bin").mkdir()
    for name, rows in (("first", asked_first), ("then", asked_then)):
        (folder / name).write_text("no network" if rows is None else json.dumps({"dependencies": rows}))
    script = folder / "bin" / "pip-audit"
    script.write_text(f'#!/bin/sh\ncase "$*" in *--path*) cat "{folder}/then";; *) cat "{folder}/first";; esac\n')
    script.chmod(0o755)
    return folder


@pytest.mark.parametrize("first", [None, [], [SKIPPED], [{**KNOWN, "vulns": []}]])
def test_a_source_that_does_not_know_a_vulnerable_release_checks_nothing(tmp_path: Path, first: Any) -> None:
    clean = [{"name": "torch", "version": "2.0", "vulns": []}]
    outcome = check_vulnerabilities(tools(tmp_path, first, clean), tmp_path)
    assert outcome.source == ""
    assert outcome.checked == 0
    assert str(outcome).startswith("NOT CHECKED")


def test_releases_are_counted_found_or_named_as_unchecked(tmp_path: Path) -> None:
    installed = [
        {"name": "torch", "skip_reason": "Dependency not found on PyPI"},
        {"name": "pulumi", "version": "3.0", "vulns": []},
        {"name": "pillow", "version": "1.0", "vulns": [{"id": "CVE-1"}, {"id": "CVE-2"}]},
        {"name": "breakeven", "skip_reason": "distribution marked as editable"},
    ]
    outcome = check_vulnerabilities(tools(tmp_path, [KNOWN], installed), tmp_path)
    assert (outcome.source, outcome.checked, outcome.unchecked) == ("pypi", 2, ("torch",))
    assert outcome.found == {"pillow 1.0": ("CVE-1", "CVE-2")}
    assert "NOT CHECKED, unknown to it: torch" in str(outcome)


def test_a_report_that_breaks_off_after_the_first_question_is_not_clean(tmp_path: Path) -> None:
    assert check_vulnerabilities(tools(tmp_path, [KNOWN], None), tmp_path).source == ""


def bill(*packages: Distribution, **changes: str) -> dict[str, Any]:
    """A bill of materials without licences, with other versions where `changes` says so."""
    rows = [{"name": found.name, "version": changes.get(found.name, found.version)} for found in packages]
    return {"components": rows}


def test_a_licence_expression_that_the_tool_leaves_out_is_added(tmp_path: Path) -> None:
    torch, pulumi = distribution("torch"), distribution("pulumi")
    made = bill(torch, pulumi)
    told = complete(made, [torch, pulumi], tmp_path)
    (row,) = [row for row in made["components"] if row["name"] == "torch"]
    assert row["licenses"] == [{"expression": torch.metadata["License-Expression"]}]
    assert (told.count, told.unlicensed) == (2, ("pulumi",))


def test_a_bill_must_name_every_installed_package_in_its_version(tmp_path: Path) -> None:
    # The environment's alone: some packages bring others along, which they put on the path of whoever loads them.
    installed = tuple(distributions(path=[sysconfig.get_path("purelib")]))
    assert complete(bill(*installed), installed, tmp_path).count > 100
    with pytest.raises(InputError, match="for torch"):
        complete(bill(*installed, torch="0.1"), installed, tmp_path)
    with pytest.raises(InputError, match="no entry for torch"):
        complete(bill(*(found for found in installed if found.name != "torch")), installed, tmp_path)
