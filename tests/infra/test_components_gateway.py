"""The two entries: what each offers, whom it admits and where it leads."""

import json

import pytest

from infra.settings import camel
from tests.infra.stack_variants import committed, of_type, only, trial

INTEGRATION = "apigatewayv2/integration:Integration"


def test_the_http_api_leads_to_the_listener_or_to_the_registry() -> None:
    assert ":listener/" in only(committed("dev"), INTEGRATION)["integrationUri"]
    assert "servicediscovery" in only(committed("small"), INTEGRATION)["integrationUri"]


def test_the_http_api_offers_predictions_of_the_model_and_its_health_only() -> None:
    routes = {row["inputs"]["routeKey"] for row in of_type(committed("dev"), "apigatewayv2/route:Route")}
    assert routes == {"POST /predictions/resnet50", "GET /ping"}


def test_the_path_reaches_the_instances_as_it_was_called() -> None:
    assert only(committed("dev"), INTEGRATION)["requestParameters"] == {"overwrite:path": "$request.path"}


def test_a_full_queue_says_when_to_come_back() -> None:
    (found,) = only(committed("dev"), INTEGRATION)["responseParameters"]
    assert found == {"statusCode": "503", "mappings": {"overwrite:header.Retry-After": "1"}}


def test_tokens_are_checked_against_issuer_and_audience() -> None:
    stack = trial(auth="jwt", jwtIssuer="https://id.example.com", jwtAudience=["callers"])
    expected = {"issuer": "https://id.example.com", "audiences": ["callers"]}
    assert only(stack, "apigatewayv2/authorizer:Authorizer")["jwtConfiguration"] == expected
    assert {row["inputs"]["authorizationType"] for row in of_type(stack, "apigatewayv2/route:Route")} == {"JWT"}
    assert "Bearer $TOKEN" in stack.outputs["call"]


def test_the_rest_api_goes_straight_to_the_balancer_through_a_vpc_link() -> None:
    found = only(committed("prod"), "apigateway/integration:Integration")
    balancer = of_type(committed("prod"), "lb/loadBalancer:LoadBalancer")[0]
    assert found["integrationTarget"] == balancer["id"]
    assert (found["connectionType"], found["type"]) == ("VPC_LINK", "HTTP_PROXY")
    assert found["timeoutMilliseconds"] == 29_000


def test_stage_and_resource_of_the_rest_api_make_up_the_path_of_the_model() -> None:
    stage = only(committed("prod"), "apigateway/stage:Stage")["stageName"]
    part = only(committed("prod"), "apigateway/resource:Resource")["pathPart"]
    assert f"/{stage}/{part}" == "/predictions/resnet50"


def test_bodies_pass_the_rest_api_as_bytes() -> None:
    assert only(committed("prod"), "apigateway/restApi:RestApi")["binaryMediaTypes"] == ["*/*"]


def test_a_key_has_a_plan_with_rate_and_quota_and_its_value_is_made_by_aws() -> None:
    plan = only(committed("prod"), "apigateway/usagePlan:UsagePlan")
    assert plan["quotaSettings"] == {"limit": 10_000_000, "period": "MONTH"}
    assert plan["throttleSettings"] == {"rateLimit": 1000, "burstLimit": 2000}
    assert "value" not in only(committed("prod"), "apigateway/apiKey:ApiKey")


def test_the_rest_api_also_takes_signed_requests_and_then_has_no_keys() -> None:
    stack = trial(entry="rest")
    assert only(stack, "apigateway/method:Method")["authorization"] == "AWS_IAM"
    assert of_type(stack, "apigateway/apiKey:ApiKey") == []
    assert "--aws-sigv4" in stack.outputs["call"]


def test_the_firewall_lets_images_through_and_logs_no_keys() -> None:
    rules = {rule["name"]: rule for rule in only(committed("prod"), "wafv2/webAcl:WebAcl")["rules"]}
    common = rules["AWSManagedRulesCommonRuleSet"]["statement"]["managedRuleGroupStatement"]
    counted = {rule["name"] for rule in common["ruleActionOverrides"]}
    assert "SizeRestrictions_BODY" in counted
    assert len({rule["priority"] for rule in rules.values()}) == len(rules)
    log = only(committed("prod"), "wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration")
    assert log["logDestinationConfigs"][0].rpartition(":")[2].startswith("aws-waf-logs-")
    assert {field["singleHeader"]["name"] for field in log["redactedFields"]} == {"authorization", "x-api-key"}


@pytest.mark.parametrize("own", [True, False])
def test_the_accounts_log_role_is_set_once_and_only_if_asked(own: bool) -> None:
    stack = trial(entry="rest", accessLogs=True, gatewayLogRole=own)
    assert len(of_type(stack, "apigateway/account:Account")) == int(own)


def test_an_access_log_line_is_json() -> None:
    stage = only(trial(accessLogs=True), "apigatewayv2/stage:Stage")
    assert json.loads(stage["accessLogSettings"]["format"])["status"] == "$context.status"
    assert camel("access_log_settings") == "accessLogSettings"
