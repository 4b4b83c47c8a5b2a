"""The probe: what it may, when it runs, what it costs, and its own code run as the function would run it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.credentials import Credentials

from infra.costs.estimate import estimate
from infra.costs.workload import Workload
from infra.emulator import emulator
from infra.record import Recording
from infra.settings_values import SettingsError
from tests.infra.stack_variants import committed, named, only, trial
from tests.serving.client.endpoint import Endpoint, Told, endpoint
from tests.serving.client.test_auth import signature

FUNCTION = "lambda/function:Function"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session"}


def unpacked(recording: Recording, folder: Path) -> Path:
    """The function's archive as Lambda lays it out: its files alone, nothing of this project beside them."""
    for name, asset in only(recording, FUNCTION)["code"]["assets"].items():
        shutil.copy(asset["path"], folder / name)
    return folder


def run(recording: Recording, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """One run in an interpreter of its own, with the function's own variables and what Lambda adds."""
    found = only(recording, FUNCTION)
    module, _, name = found["handler"].partition(".")
    code = f"import sys; sys.path.insert(0, {str(unpacked(recording, folder))!r}); import json, {module}\n"
    code += f"print(json.dumps({module}.{name}({{}}, None)))\n"
    code += "assert not {'infra', 'serving'} & {name.partition('.')[0] for name in sys.modules}\n"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    variables = {**kept, "AWS_REGION": recording.region, **found["environment"]["variables"], **environment}
    return subprocess.run(
        [sys.executable, "-P", "-c", code], env=variables, cwd=folder, capture_output=True, text=True, check=False
    )


def told(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode != 0
    return done.stderr.splitlines()[-1]


def iam() -> Recording:
    return trial(probe=True)


def url(server: Endpoint) -> str:
    return f"{server.url}/predictions/resnet50"


def test_it_sends_the_models_sample_signed_and_is_content_with_a_prediction(tmp_path: Path) -> None:
    with endpoint(lambda asked: Told(200, b'{"tabby": 0.9}')) as server:
        done = run(iam(), tmp_path, ENDPOINT=url(server), **CREDENTIALS)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"status": 200, "bytes": 14}
    (asked,) = server.asked
    assert asked.body.startswith(b"\xff\xd8")
    sent = signature(asked, url(server), Credentials("AKIDEXAMPLE", "secret", "session"), "eu-west-1")
    assert asked.headers["authorization"].endswith(f"Signature={sent}")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Told(503, b"no instance"), "status 503 no instance"),
        (Told(403, b'{"message":"Forbidden"}'), 'status 403 {"message":"Forbidden"}'),
        (Told(200, b" "), "status 200 without a prediction"),
    ],
    ids=["refused", "forbidden", "empty"],
)
def test_any_other_answer_is_a_failed_run(answer: Told, reason: str, tmp_path: Path) -> None:
    with endpoint(lambda asked: answer) as server:
        done = run(iam(), tmp_path, ENDPOINT=url(server), **CREDENTIALS)
    assert told(done) == f"probe_function.ProbeError: {reason}"
    assert len(server.asked) == 1


def test_nobody_there_is_a_failed_run(tmp_path: Path) -> None:
    done = run(iam(), tmp_path, ENDPOINT="http://127.0.0.1:9/x", **CREDENTIALS)
    assert told(done).startswith("probe_function.ProbeError: no answer (")


def test_with_an_api_key_it_reads_the_stacks_own_key_in_each_run(tmp_path: Path) -> None:
    with emulator() as aws, endpoint(lambda asked: Told(200, b"[]")) as server:
        client = boto3.client(
            "apigateway",
            endpoint_url=aws["AWS_ENDPOINT_URL"],
            region_name=aws["AWS_REGION"],
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  the emulator takes any
        )
        key = client.create_api_key(name="key", value="k" * 24, enabled=True)
        more: Mapping[str, str] = {**aws, **CREDENTIALS, "AWS_DEFAULT_REGION": aws["AWS_REGION"]}
        done = run(committed("prod"), tmp_path, **{**more, "API_KEY_ID": key["id"], "ENDPOINT": url(server)})
    assert done.returncode == 0, done.stderr
    assert server.asked[0].headers["x-api-key"] == "k" * 24
    assert "k" * 24 not in done.stdout + done.stderr


def statements(recording: Recording) -> dict[str, list[str]]:
    policy = json.loads(named(recording, "iam/rolePolicy:RolePolicy", "probe")["policy"])["Statement"]
    return {action: row["Resource"] for row in policy for action in row["Action"]}


def test_its_role_may_write_its_log_and_make_this_one_call_or_read_this_one_key() -> None:
    signed, keyed = statements(iam()), statements(committed("prod"))
    api = only(committed("prod"), FUNCTION)["environment"]["variables"]["API_KEY_ID"]
    own = {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert signed.keys() == own | {"execute-api:Invoke"}
    (call,) = signed["execute-api:Invoke"]
    assert call.startswith("arn:aws:execute-api:eu-west-1:123456789012:")
    assert call.endswith("/$default/POST/predictions/resnet50")
    assert keyed == {
        **{action: ["arn:aws:logs:us-east-1:123456789012:log-group:/breakeven/prod/probe:*"] for action in own},
        "apigateway:GET": [f"arn:aws:apigateway:us-east-1::/apikeys/{api}"],
    }


def test_the_function_holds_no_secret_and_lambda_repeats_nothing() -> None:
    variables: dict[str, Any] = only(committed("prod"), FUNCTION)["environment"]["variables"]
    assert variables.keys() == {"ENDPOINT", "AUTH", "API_KEY_ID"}
    assert variables["ENDPOINT"] == committed("prod").outputs["endpoint"]
    assert only(committed("prod"), "lambda/functionEventInvokeConfig:FunctionEventInvokeConfig") == {
        "functionName": "breakeven-prod-probe",
        "maximumRetryAttempts": 0,
        "maximumEventAgeInSeconds": 60,
    }


@pytest.mark.parametrize(("minutes", "rate"), [(5, "rate(5 minutes)"), (1, "rate(1 minute)")])
def test_it_runs_every_few_minutes_and_its_alarm_counts_in_as_many(minutes: int, rate: str) -> None:
    recording = trial(probe=True, probeMinutes=minutes)
    assert only(recording, "cloudwatch/eventRule:EventRule")["scheduleExpression"] == rate
    alarm = named(recording, "cloudwatch/metricAlarm:MetricAlarm", "probe")
    assert alarm["period"] == 60 * minutes
    assert (alarm["metricName"], alarm["dimensions"]) == ("Errors", {"FunctionName": "breakeven-trial-probe"})
    # A probe that does not run leaves no data: that is an alarm, too.
    assert (alarm["treatMissingData"], alarm["evaluationPeriods"]) == ("breaching", 2)


def test_without_the_setting_there_is_none() -> None:
    for stack in ("small", "dev"):
        assert not [row for row in committed(stack).resources if "Probe" in row["type"]]


def test_a_few_cents_a_month_by_its_runs() -> None:
    priced = estimate(committed("prod").as_stack(), workload=Workload())
    function = [item for item in priced.items if item.resource.type == f"aws:{FUNCTION}"]
    runs = Decimal(730 * 60) / 5
    seconds = runs * (Workload().request.seconds + Decimal("0.5"))
    by_hand = runs / 1_000_000 * Decimal("0.20") + seconds * 128 / 1024 * Decimal("0.0000133334")
    cost = sum(priced.of_item(item, "expected") or 0 for item in function)
    assert float(cost) == pytest.approx(float(by_hand))
    assert cost < Decimal("0.05")


def test_a_model_without_a_sample_is_refused_in_one_line(tmp_path: Path) -> None:
    from infra.components.probe import _code
    from infra.costs.errors import InputError

    with pytest.raises(InputError, match="probe: true, and the model nothing has no sample"):
        _code("nothing")
    with pytest.raises(SettingsError, match="probe: true with minSize 0"):
        trial(probe=True, minSize=0)
