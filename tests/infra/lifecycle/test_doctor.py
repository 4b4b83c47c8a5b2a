"""What the doctor sees, each with what to do."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import boto3  # type: ignore[import-untyped]
import pytest

from infra.emulator import emulator
from infra.lifecycle import doctor, quotas
from infra.lifecycle.aws import Account
from infra.lifecycle.doctor import CHECKS, Finding, Patient, check
from infra.record import read_config
from tests.infra.stack_variants import trial_project

AWS = tuple(pair for pair in CHECKS if pair[0] in ("credentials", "region", "image", "quota"))
IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


class Quotas(BaseHTTPRequestHandler):
    """Service Quotas as far as it is asked: 32 vCPUs of standard types on demand, 4 of G types, none on spot."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        value = {"L-1216C47A": 32, "L-DB2E81BA": 4}.get(asked["QuotaCode"], 0)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"Quota": {"QuotaCode": asked["QuotaCode"], "Value": value}}).encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = HTTPServer(("127.0.0.1", 0), Quotas)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with emulator() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL_SERVICE_QUOTAS", f"http://127.0.0.1:{server.server_port}")
        yield
    server.shutdown()
    thread.join()
    server.server_close()


def examined(folder: Path, **changes: object) -> dict[str, Finding]:
    config = read_config("trial", trial_project(folder, **{"amiParameter": IMAGE, **changes}))
    patient = Patient(config=config, settings=config.settings(), account=Account(config.region), project=folder)
    return {finding.name: finding for finding in check(patient, AWS)}


def test_a_healthy_account_is_ok_in_every_line(aws: None, tmp_path: Path) -> None:
    found = examined(tmp_path, instanceTypes=["t3.medium"], model="efficientnet_lite0", onDemandPercentAboveBase=100)
    assert {name: finding.state for name, finding in found.items()} == {
        "credentials": "ok",
        "clock": "ok",
        "region": "ok",
        "image": "ok",
        "quota": "ok",
    }
    assert "123456789012" in found["credentials"].seen
    assert "0 to 0" not in found["quota"].seen


def test_a_quota_below_what_the_group_needs_says_which_to_ask_for(aws: None, tmp_path: Path) -> None:
    quota = examined(tmp_path, instanceTypes=["g5.xlarge"], onDemandPercentAboveBase=0)["quota"]
    assert quota.state == "bad"
    assert quota.seen == "spot vCPUs of g types: 4 to 16 needed, 0 allowed"
    assert "L-3819A6DF" in quota.action


def test_a_quota_that_only_the_maximum_passes_is_a_note(aws: None, tmp_path: Path) -> None:
    quota = examined(tmp_path, instanceTypes=["g5.xlarge"], onDemandPercentAboveBase=100)["quota"]
    assert (quota.state, quota.seen) == ("note", "on-demand vCPUs of g types: 4 to 16 needed, 4 allowed")


def test_an_image_that_the_region_lacks_is_found(aws: None, tmp_path: Path) -> None:
    image = examined(tmp_path, amiParameter="/aws/service/nothing/x86_64/here")["image"]
    assert image.state == "bad"
    assert "set amiParameter" in image.action


def test_a_clock_that_is_off_is_found(aws: None, tmp_path: Path) -> None:
    config = read_config("trial", trial_project(tmp_path, amiParameter=IMAGE))
    late = Patient(
        config=config,
        settings=config.settings(),
        account=Account("us-east-1"),
        project=tmp_path,
        now=lambda: datetime.now(UTC) + timedelta(minutes=4),
    )
    found = {finding.name: finding for finding in check(late, AWS[:1])}
    assert (found["clock"].state, found["clock"].action) == ("bad", "set it by NTP")


TRAIL = tuple(pair for pair in CHECKS if pair[0] == "trail")


def trail(folder: Path) -> Finding:
    config = read_config("trial", trial_project(folder))
    patient = Patient(config=config, settings=config.settings(), account=Account("us-east-1"), project=folder)
    (found,) = check(patient, TRAIL)
    return found


def test_a_trail_counts_where_it_covers_the_region_writes_and_signs_its_files(aws: None, tmp_path: Path) -> None:
    none = trail(tmp_path)
    assert (none.state, none.seen) == ("note", "nothing in this account writes down who did what")
    assert "CloudTrail" in none.action
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="trails-of-the-account")
    elsewhere = boto3.client("cloudtrail", region_name="us-west-2")
    elsewhere.create_trail(Name="elsewhere", S3BucketName="trails-of-the-account", IsMultiRegionTrail=False)
    elsewhere.start_logging(Name="elsewhere")
    assert trail(tmp_path).seen == none.seen
    client = boto3.client("cloudtrail", region_name="us-east-1")
    client.create_trail(Name="account", S3BucketName="trails-of-the-account", IsMultiRegionTrail=True)
    assert trail(tmp_path).seen == "account is stopped"
    client.start_logging(Name="account")
    assert "does not sign" in trail(tmp_path).seen
    client.update_trail(Name="account", EnableLogFileValidation=True)
    assert trail(tmp_path).state == "ok"


def test_no_credentials_is_a_line_and_not_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    found = examined(tmp_path)
    assert found["credentials"].state == "bad"
    assert "set AWS_PROFILE" in found["credentials"].action
    assert set(found) >= {"credentials", "region", "image"}


def test_a_missing_passphrase_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_ACCESS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    config = read_config("trial", trial_project(tmp_path))
    patient = Patient(config=config, settings=config.settings(), account=Account("us-east-1"), project=tmp_path)
    passphrase = tuple(pair for pair in doctor.CHECKS if pair[0] == "passphrase")
    assert [f.state for f in check(patient, passphrase)] == ["bad"]
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "")
    assert [f.state for f in check(patient, passphrase)] == ["ok"]


def test_needs_are_by_family_and_way_of_buying() -> None:
    fleet = read_config("prod").settings().fleet
    found = {(need.family, need.spot): (need.least, need.most) for need in quotas.needs(fleet)}
    # 2 on demand at the base, a quarter of the 10 above it rounded up; the largest type has 8 vCPUs.
    assert found == {("g", False): (16, 40), ("g", True): (0, 56)}


def test_a_canary_needs_its_own() -> None:
    fleet = read_config("prod").settings().fleet
    found = {(need.family, need.spot): (need.least, need.most) for need in quotas.needs(fleet, canaries=2)}
    assert found == {("g", False): (32, 56), ("g", True): (0, 56)}
