"""The example of docs/serving.md runs as it stands there, but for the address."""

import re
import subprocess
import sys
from pathlib import Path

from tests.serving.client.endpoint import endpoint

ROOT = Path(__file__).resolve().parents[3]


def test_the_documented_example_runs() -> None:
    page = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    found = re.search(r"## Calling it.*?```python\n(.*?)```", page, re.DOTALL)
    assert found

    with endpoint() as server:
        code = found[1].replace("http://127.0.0.1:8080", server.url)
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert "text='I like it'" in said[0]
    assert ["text='good'" in said[1], said[3]] == [True, "The text is bad."]
