"""The sandbox's entry lets in who the emulated API lets in, and its node serves what the start script says."""

import base64
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
import urllib3

from infra.components.fleet_launch import render
from infra.emulator import KEY_ID, REGION, SECRET, emulator
from infra.sandbox.entry import MOST_BODY_BYTES, Entry, served
from infra.sandbox.node import Order, order
from serving.client.auth import IamAuth

PATH = "/predictions/m"
BODY = b"what it is asked"


class Echo(BaseHTTPRequestHandler):
    """A model server that answers what it is sent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


class Stage:
    """An entry before a model server, and an account that a test fills; `address` empty: nothing is served."""

    def __init__(self, url: str, model_server: str) -> None:
        self.url, self.address = url, f"{model_server}/predictions/own"

    def call(self, path: str = PATH, body: bytes = BODY, headers: Mapping[str, str] | None = None) -> Any:
        return urllib3.request("POST", f"{self.url}{path}", body=body, headers=dict(headers or {}), retries=False)

    def signed(self, body: bytes = BODY, region: str = REGION) -> Mapping[str, str]:
        return {"Content-Type": "text/plain"} | dict(
            IamAuth(region=region).headers(f"{self.url}{PATH}", body, "text/plain")
        )


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    model = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=model.serve_forever, daemon=True).start()
    found: list[Stage] = []
    with emulator() as aws, pytest.MonkeyPatch.context() as patch:
        for name, value in aws.items():
            patch.setenv(name, value)
        with served(Entry(lambda: found[0].address)) as url:
            found.append(Stage(url, f"http://127.0.0.1:{model.server_port}"))
            yield found[0]
    model.shutdown()
    model.server_close()


@pytest.fixture
def http_api(stage: Stage) -> Iterator[None]:
    gateway = boto3.client("apigatewayv2", region_name=REGION)
    api = gateway.create_api(Name="entry", ProtocolType="HTTP")["ApiId"]
    gateway.create_route(ApiId=api, RouteKey=f"POST {PATH}", AuthorizationType="AWS_IAM")
    yield
    gateway.delete_api(ApiId=api)


@pytest.fixture
def key(stage: Stage) -> Iterator[str]:
    """The value of a key of a REST API whose stage is called predictions, as the program's is."""
    gateway = boto3.client("apigateway", region_name=REGION)
    api = gateway.create_rest_api(name="entry")["id"]
    (root,) = gateway.get_resources(restApiId=api)["items"]
    model = gateway.create_resource(restApiId=api, parentId=root["id"], pathPart="m")["id"]
    method = {"restApiId": api, "resourceId": model, "httpMethod": "POST"}
    gateway.put_method(**method, authorizationType="NONE", apiKeyRequired=True)
    gateway.put_integration(**method, type="HTTP_PROXY", integrationHttpMethod="POST", uri="http://balancer/m")
    gateway.create_deployment(restApiId=api, stageName="predictions")
    plan = gateway.create_usage_plan(name="plan", apiStages=[{"apiId": api, "stage": "predictions"}])["id"]
    made = gateway.create_api_key(name="caller", enabled=True)
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=made["id"], keyType="API_KEY")
    gateway.create_api_key(name="of-no-plan", enabled=True, value="a-key-of-no-plan-at-all")
    yield made["value"]
    gateway.delete_rest_api(restApiId=api)


@pytest.mark.usefixtures("http_api")
def test_a_call_signed_with_the_accounts_key_is_answered_by_the_model_server(stage: Stage) -> None:
    answer = stage.call(headers=stage.signed())
    assert (answer.status, answer.data) == (200, BODY)


@pytest.mark.usefixtures("http_api")
def test_a_call_that_is_not_signed_so_is_refused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    good = stage.signed()
    late = {**good, "X-Amz-Date": "20200101T000000Z"}
    cases = [({}, "Missing"), (stage.signed(region="eu-west-1"), f"scoped to {REGION}"), (late, "expired")]
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", f"not {SECRET}")
    cases.append((stage.signed(), "does not match"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"another{KEY_ID}")
    cases.append((stage.signed(), "invalid"))
    for headers, reason in cases:
        answer = stage.call(headers=headers)
        assert answer.status == 403
        assert reason in answer.json()["message"]
    assert "does not match" in stage.call(body=b"another body", headers=good).json()["message"]


def test_a_key_of_the_usage_plan_opens_a_rest_api_and_no_other_does(stage: Stage, key: str) -> None:
    assert stage.call(headers={"x-api-key": key}).data == BODY
    for headers in ({}, {"x-api-key": "wrong"}, {"x-api-key": "a-key-of-no-plan-at-all"}):
        assert stage.call(headers=headers).status == 403


@pytest.mark.usefixtures("http_api")
def test_what_the_api_does_not_offer_is_not_found_and_too_much_is_refused(stage: Stage) -> None:
    assert stage.call("/predictions/another", headers=stage.signed()).status == 404
    assert stage.call(body=bytes(MOST_BODY_BYTES + 1)).status == 413


@pytest.mark.usefixtures("http_api")
def test_before_a_node_serves_the_entry_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("", "http://127.0.0.1:9/predictions/own"):
        monkeypatch.setattr(stage, "address", address)
        assert stage.call(headers=stage.signed()).status == 503


def test_an_account_without_an_api_has_no_entry(stage: Stage) -> None:
    assert stage.call(headers=stage.signed()).status == 404


def script(**changes: str) -> str:
    names = (
        "region group model port launch_hook terminate_hook drain_seconds log_group metric_namespace registry_service "
        "queue_url dead_letter_url document_bucket bucket bundle_key bundle_sha256 archive_key archive_sha256"
    )
    values = dict.fromkeys(names.split(), "x") | {"model": "m", "region": "eu-west-1", "bucket": "b", **changes}
    return base64.b64decode(render(values)).decode()


def test_a_node_serves_what_the_start_script_of_the_fleet_fetches() -> None:
    digest = "a" * 64
    fleet = script(archive_key="models/m/a.mar", archive_sha256=digest)
    canary = script(archive_key="canaries/m/b.mar", archive_sha256="b" * 64)
    wanted = Order(model="m", region="eu-west-1", archive="s3://b/models/m/a.mar", sha256=digest)
    assert order({"x-fleet-canary": canary, "x-fleet": fleet}) == wanted
    assert order({"x-fleet": script(archive_key="models/m/unset.mar", archive_sha256="")}) is None
    assert order({}) is None
