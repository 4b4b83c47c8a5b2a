"""The package has one door, and behind it only Python itself."""

import subprocess
import sys
from pathlib import Path

from infra.scaling import traffic

ROOT = Path(__file__).parents[4]


def test_every_name_at_the_door_is_there_once() -> None:
    assert len(traffic.__all__) == len(set(traffic.__all__))
    assert all(hasattr(traffic, name) for name in traffic.__all__)


def test_importing_it_loads_neither_the_cloud_nor_pyarrow() -> None:
    heavy = ("pulumi", "boto3", "pyarrow", "numpy")
    check = f"import sys, infra.scaling.traffic; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd=ROOT, check=True)
    assert found.stdout.strip() == "[]"
