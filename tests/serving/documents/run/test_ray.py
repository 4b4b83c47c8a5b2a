"""The engine `ray`: real Ray on this machine, the same documents as in processes."""

import subprocess
from pathlib import Path

import pytest

from serving import detect_sentiment
from tests.serving.documents.run.scene import many, texts
from tests.serving.documents.run.test_api import by_id, finished, same

pytest.importorskip("ray")


def test_ray_finds_what_processes_find_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = texts(many(tmp_path / "in", 30) / "part0", empty="").parent
    words = (
        "import sys; from serving import detect_sentiment\n"
        "detect_sentiment(sys.argv[1], ['txt'], results='r.jsonl', engine='ray', workers=1)\n"
    )
    run = finished(words, tmp_path, str(folder))
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout + run.stderr == ""
    by_ray = by_id(iter(detect_sentiment(folder, ["txt"], results=tmp_path / "r.jsonl", resume=True)))
    assert same(by_ray, by_id(iter(detect_sentiment(folder, ["txt"], workers=1))))
    assert len(by_ray) == 31
    assert (
        str(tmp_path)
        not in subprocess.run(["/bin/ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    )


def test_what_cannot_work_is_one_line_with_ray_too(tmp_path: Path) -> None:
    words = (
        "import sys; from serving import detect_sentiment; from serving.errors import ServingError\n"
        "try:\n    detect_sentiment('in', ['txt'], engine='ray', workers=1, endpoint='http://127.0.0.1:9')\n"
        "except ServingError as error:\n    print(error)\n"
    )
    texts(tmp_path / "in", a="fine")
    run = finished(words, tmp_path)
    assert run.returncode == 0, run.stderr
    assert "127.0.0.1:9" in run.stdout
    assert len(run.stdout.splitlines()) == 1
