"""The layout holds what `main: infra/` needs: infra/ comes first on the path of every running program."""

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted({path.stem for path in (ROOT / "infra").iterdir() if not path.name.startswith("__")})


@pytest.mark.parametrize("name", NAMES)
def test_nothing_directly_in_infra_hides_a_standard_or_an_installed_module(name: str) -> None:
    assert name not in sys.stdlib_module_names
    assert name not in packages_distributions()


def test_no_package_file_under_tests_hides_the_packages_of_the_project() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_the_program_itself_stays_short() -> None:
    assert len((ROOT / "infra" / "__main__.py").read_text().splitlines()) <= 60


@pytest.mark.parametrize("module", ["infra.settings", "infra.record", "infra.naming"])
def test_settings_and_recorder_import_without_pulumi_and_without_the_aws_classes(module: str) -> None:
    check = f"import sys, {module}; print([name for name in ('pulumi', 'pulumi_aws', 'yaml') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd=ROOT, check=True)
    assert found.stdout.strip() == "[]"
