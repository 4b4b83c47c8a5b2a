"""API Gateway: a REST API remembers its VPC link and which bodies are bytes; stages of HTTP APIs take tags."""

import json
from typing import Any

from moto.apigateway.models import Integration
from moto.apigateway.responses import APIGatewayResponse
from moto.apigatewayv2 import urls
from moto.apigatewayv2.models import ApiGatewayV2Backend
from moto.apigatewayv2.responses import ApiGatewayV2Response

from infra.emulator.patches.patching import replace

API_TAGS = "{0}/v2/tags/(?P<resource_arn_pt1>[^/]+)/apis/(?P<resource_arn_pt2>[^/]+)"


def apply() -> None:
    """Change moto."""
    replace(APIGatewayResponse, "create_rest_api", _keep_binary_types)
    replace(APIGatewayResponse, "put_integration", _keep_link)
    replace(Integration, "to_json", _with_link)
    replace(urls, "url_paths", _with_stages)
    replace(ApiGatewayV2Backend, "tag_resource", _tag_stage)
    replace(ApiGatewayV2Backend, "untag_resource", _untag_stage)


def _keep_link(original: Any) -> Any:
    def put_integration(response: Any) -> Any:
        status, headers, _ = original(response)
        parts = response.path.split("/")
        method = response.backend.get_method(parts[2], parts[4], parts[6])
        integration = method.method_integration
        integration.connection_id = response._get_param("connectionId")
        integration.integration_target = response._get_param("integrationTarget")
        return status, headers, json.dumps(integration.to_json())

    return put_integration


def _with_link(original: Any) -> Any:
    def to_json(integration: Any) -> dict[str, Any]:
        found = {"connectionId": "connection_id", "integrationTarget": "integration_target"}
        more = {key: getattr(integration, name, None) for key, name in found.items()}
        return {**original(integration), **{key: value for key, value in more.items() if value}}

    return to_json


def _keep_binary_types(original: Any) -> Any:
    """What is text and what is bytes, given at creation; moto takes it from changes only."""

    def create_rest_api(response: Any) -> Any:
        status, headers, body = original(response)
        given = response._get_param("binaryMediaTypes")
        if status != 200 or not given:
            return status, headers, body
        api = response.backend.apis[json.loads(body)["id"]]
        api.binaryMediaTypes = list(given)
        return status, headers, json.dumps(api.to_dict())

    return create_rest_api


def _with_stages(paths: dict[str, Any]) -> dict[str, Any]:
    """moto knows the tags of an API, and not of its stages."""
    if f"{API_TAGS}$" not in paths:
        raise AssertionError("moto's paths for tags have changed")
    return {**paths, f"{API_TAGS}/stages/(?P<stage_name>[^/]+)$": ApiGatewayV2Response.dispatch}


def _stage_of(backend: Any, arn: str) -> Any:
    """The stage that an ARN (`…/apis/id/stages/name`) is of, None for everything else."""
    parts = arn.split("/")
    return backend.get_stage(parts[-3], parts[-1]) if parts[-2] == "stages" else None


def _tag_stage(original: Any) -> Any:
    def tag_resource(backend: Any, resource_arn: str, tags: dict[str, str]) -> None:
        stage = _stage_of(backend, resource_arn)
        if stage is None:
            original(backend, resource_arn, tags)
        else:
            stage.tags = {**(stage.tags or {}), **tags}

    return tag_resource


def _untag_stage(original: Any) -> Any:
    def untag_resource(backend: Any, resource_arn: str, tag_keys: list[str]) -> None:
        stage = _stage_of(backend, resource_arn)
        if stage is None:
            original(backend, resource_arn, tag_keys)
        else:
            stage.tags = {key: value for key, value in (stage.tags or {}).items() if key not in tag_keys}

    return untag_resource
