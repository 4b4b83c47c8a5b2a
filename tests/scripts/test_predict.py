"""`breakeven predict` and `breakeven load` as a user runs them, against a real server."""

import json
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.infra.stack_variants import trial_project
from tests.scripts.command import breakeven
from tests.scripts.stage import verb
from tests.serving.client.endpoint import Told, endpoint, predicted

SENTIMENT = {"label": "positive", "score": 0.91, "scores": {"positive": 0.91}, "tokens": 5, "truncated": True}
IMAGE = {"label": "tabby", "score": 0.712, "top": [{"label": "tabby", "score": 0.712}]}
VECTOR = {"embedding": [0.1, 0.2, 0.3, 0.4], "tokens": 2, "truncated": False}


@pytest.fixture
def picture(tmp_path: Path) -> str:
    file = tmp_path / "cat.jpg"
    file.write_bytes(b"\xff\xd8 a cat")
    return str(file)


@pytest.fixture
def nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def one_line(stderr: str) -> str:
    lines = stderr.strip().splitlines()
    assert len(lines) == 1, stderr
    assert lines[0].startswith("breakeven: ")
    return lines[0]


def test_files_make_a_table_in_their_order(picture: str) -> None:
    with endpoint(lambda _: Told(200, predicted([IMAGE]))) as server:
        done = breakeven("predict", picture, "-", "--url", server.url, "--model", "resnet50", stdin="bytes")
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()
    assert [row.split()[-2:] for row in rows] == [["tabby", "0.712"]] * 2
    assert rows[1].startswith("- ")
    assert sorted(one.body for one in server.asked) == [b"bytes", b"\xff\xd8 a cat"]


@pytest.mark.parametrize(
    ("row", "shown"),
    [(SENTIMENT, r"positive +0\.910 \(truncated\)"), (VECTOR, r"4 numbers: 0\.1000, 0\.2000, 0\.3000, \.\.\.")],
)
def test_texts_are_arguments_or_lines(row: dict[str, object], shown: str) -> None:
    with endpoint(lambda asked: Told(200, predicted([row] * len(asked.instances)))) as server:
        done = breakeven("predict", "--text", "I like it", "-", "--url", server.url, "-m", "x", stdin="two\n\nthree\n")
    assert done.returncode == 0, done.stderr
    assert server.asked[0].instances == ["I like it", "two", "three"]
    for line, text in zip(done.stdout.splitlines(), ["I like it", "two", "three"], strict=True):
        assert re.fullmatch(rf"{text} +{shown}", line)


def test_json_holds_each_input_with_its_prediction_or_its_error() -> None:
    with endpoint() as server:
        done = breakeven("predict", "--text", "good", "bad", "--url", server.url, "--model", "echo", "--json")
    good, bad = json.loads(done.stdout)
    assert (good["input"], good["text"]) == ("good", "good")
    assert bad == {"input": "bad", "error": {"index": 1, "code": 400, "message": "The text is bad."}}
    assert done.returncode == 3
    assert one_line(done.stderr) == "breakeven: bad: The text is bad (400); mend it or leave it out"


def test_an_input_without_a_name_is_told_by_its_place() -> None:
    refused = {"error": {"code": 400, "message": "The text is empty.", "index": 1}}
    with endpoint(lambda _: Told(200, predicted([SENTIMENT, refused]))) as server:
        done = breakeven("predict", "--text", "good", " ", "--url", server.url, "--model", "x")
    assert done.returncode == 3
    assert one_line(done.stderr) == "breakeven: input 2: The text is empty (400); mend it or leave it out"


def test_an_endpoint_that_fails_ends_with_7(nobody: str) -> None:
    with endpoint(lambda _: Told(500, b'{"message": "Worker died."}')) as server:
        failed = breakeven("predict", "--text", "x", "--url", server.url, "--model", "m")
        refused = breakeven("predict", "--text", "x", "--url", f"{server.url}/predictions/m", "--model", "m")
    gone = breakeven("predict", "--text", "x", "y", "--url", nobody, "--model", "m", "--timeout", "2")
    assert [one.returncode for one in (failed, refused, gone)] == [7, 7, 7]
    assert "it answers 500: Worker died" in one_line(failed.stderr)
    assert "no connection" in one_line(gone.stderr)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no/such.jpg", "--url", "http://127.0.0.1:1", "--model", "m"], "no/such.jpg: there is no such file"),
        (["--text", "x", "--url", "http://127.0.0.1:1"], "it names no model"),
        (["--text", "x", "--url", "127.0.0.1", "--model", "m"], "it is no http or https address"),
        (["--text", "-", "--url", "http://127.0.0.1:1", "--model", "m"], "standard input: it holds no text"),
        (["--text", "x", "--url", "https://x", "--model", "m", "--auth", "jwt"], "TOKEN: not set"),
        (
            ["--text", "x", "--url", "http://x", "--model", "m", "--auth", "iam"],
            "credentials would be sent without TLS",
        ),
        (["--text", "x", "--stack", "no-such-stack"], "stack no-such-stack: no such stack"),
    ],
)
def test_input_that_cannot_be_used_is_one_line_and_3(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOKEN", raising=False)
    done = breakeven("predict", *arguments)
    assert done.returncode == 3
    assert said in one_line(done.stderr)
    assert done.stdout == ""


@pytest.mark.parametrize("arguments", [["x"], ["x", "--url", "http://x", "--stack", "dev"], ["--url", "http://x"]])
def test_arguments_that_do_not_fit_end_with_2(arguments: list[str]) -> None:
    done = breakeven("predict", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_load_test_says_what_it_found(picture: str) -> None:
    with endpoint() as server:
        at = ("--url", server.url, "--model", "m", "--input", picture, "--seconds", "0.5")
        closed = breakeven("load", *at, "--concurrency", "2")
        opened = breakeven("load", *at, "--rate", "20", "--json")
    assert closed.returncode == opened.returncode == 0, closed.stderr + opened.stderr
    assert re.match(
        r"load +closed loop of 2, [\d.]+ s\nrate +[\d.]+/s \(\d+ answered\)\np50 +[\d.]+ ms\n", closed.stdout
    )
    assert re.search(r"^errors +0$", closed.stdout, re.MULTILINE)
    found = json.loads(opened.stdout)
    assert (found["answered"], found["asked_per_second"], found["errors"]) == (10, 20, {})
    assert 0 < found["latency"]["p50_ms"] <= found["latency"]["max_ms"]
    assert {one.body for one in server.asked} == {b"\xff\xd8 a cat"}


def test_a_load_test_carries_the_same_credentials_as_a_prediction(
    picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_KEY", "abc")
    with endpoint(lambda _: Told(200, predicted([IMAGE]))) as server:
        at = ["--url", server.url, "-m", "m", "--input", picture]
        keyed = breakeven("load", *at, "--seconds", "0.2", "--auth", "api-key")
        long = breakeven("load", *at, "--seconds", "900", "--auth", "iam")
        bare = breakeven("load", *at, "--auth", "jwt", "--seconds", "0.2")
    plain = breakeven("load", "--url", "http://models.example", *at[2:], "--auth", "api-key", "--i-own-this-endpoint")
    assert keyed.returncode == 0, keyed.stderr
    assert {one.headers["x-api-key"] for one in server.asked} == {"abc"}
    assert [done.returncode for done in (long, bare, plain)] == [3, 3, 3]
    assert "a signature holds for five minutes" in one_line(long.stderr)
    assert "TOKEN: not set" in one_line(bare.stderr)
    assert "credentials would be sent without TLS" in one_line(plain.stderr)


def test_generated_text_is_shown_as_it_is_made() -> None:
    last = {"prompt_tokens": 2, "tokens": 2, "finish": "length"}
    body = "".join(f"data: {json.dumps(one)}\n\n" for one in ({"text": "Once "}, {"text": "upon"}, last)).encode()
    told = Told(200, body, {"Content-Type": "text/event-stream"})
    with endpoint(lambda _: told) as server:
        at = ["--url", server.url, "--model", "x", "--stream"]
        done = breakeven("predict", "--text", "a tale", *at)
        lines = breakeven("predict", "--text", "a tale", *at, "--json")
        two = breakeven("predict", "--text", "a", "b", *at)
    assert (done.returncode, done.stdout) == (0, "Once upon\n[2 tokens, length]\n")
    assert [json.loads(line)["text"] for line in lines.stdout.splitlines()] == ["Once ", "upon", "Once upon"]
    assert two.returncode == 3
    assert one_line(two.stderr) == "breakeven: --stream: 2 inputs are given; give one text"


def test_a_load_test_refuses_what_it_should(picture: str, nobody: str) -> None:
    with endpoint(lambda _: Told(503)) as server:
        only_errors = breakeven("load", "--url", server.url, "-m", "m", "--input", picture, "--seconds", "0.2")
    other = breakeven("load", "--url", "https://models.example", "-m", "m", "--input", picture)
    missing = breakeven("load", "--url", nobody, "-m", "m", "--input", "no/such.jpg")
    gone = breakeven("load", "--url", nobody, "-m", "m", "--input", picture)
    long = breakeven("load", "--url", nobody, "-m", "m", "--input", picture, "--seconds", "1e9")
    assert [one.returncode for one in (only_errors, other, missing, gone, long)] == [7, 3, 3, 7, 3]
    assert re.search(r"errors +\d+ \(\d+ x 503\)", only_errors.stdout)
    assert "add --i-own-this-endpoint" in one_line(other.stderr)
    for one in (only_errors, missing, gone, long):
        one_line(one.stderr)


@pytest.mark.skipif(not shutil.which("pulumi"), reason="no pulumi on PATH")
@pytest.mark.parametrize(
    ("settings", "name", "sent"),
    [
        ({}, "authorization", r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\d+/eu-west-1/execute-api/aws4_request, .*"),
        ({"entry": "rest", "auth": "api-key"}, "x-api-key", "the-key-of-the-stack"),
        ({"auth": "jwt", "jwtIssuer": "https://x.example", "jwtAudience": ["a"]}, "authorization", "Bearer my-token"),
    ],
    ids=["iam", "api-key", "jwt"],
)
def test_a_stack_says_where_it_is_called_and_how(
    settings: dict[str, object], name: str, sent: str, tmp_path: Path
) -> None:
    project = trial_project(tmp_path, model="efficientnet_lite0", instanceTypes=["t3.medium"], **settings)
    state = tmp_path / "state"
    state.mkdir()
    environment = {
        **os.environ,
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "TOKEN": "my-token",
    }

    def pulumi(*arguments: str, given: str = "") -> str:
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],  # noqa: S607
            cwd=project,
            env=environment,
            input=given,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    with endpoint(lambda _: Told(200, predicted([IMAGE]))) as server:
        pulumi("stack", "init", "trial")
        before = json.loads(pulumi("stack", "export", "--stack", "trial"))
        urn = "urn:pulumi:trial::breakeven::pulumi:pulumi:Stack::breakeven-trial"
        outputs = {"endpoint": f"{server.url}/predictions/efficientnet_lite0", "apiKey": "the-key-of-the-stack"}
        before["deployment"]["resources"] = [
            {"urn": urn, "custom": False, "type": "pulumi:pulumi:Stack", "outputs": outputs}
        ]
        pulumi("stack", "import", "--stack", "trial", given=json.dumps(before))
        done = verb("predict", "--text", "x", "--stack", "trial", project=project, environment=environment)
    assert done.returncode == 0, done.stderr
    assert "tabby" in done.stdout
    assert re.fullmatch(sent, server.asked[0].headers[name])
