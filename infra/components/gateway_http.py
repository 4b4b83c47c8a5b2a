"""The HTTP API: the cheapest entry, with IAM signatures or JWT; it reaches a listener or a Cloud Map service."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components.gateway_types import ACCESS_FIELDS, Entry, GatewayArgs
from infra.naming import child

TIMEOUT_MS = 30_000  # the most an HTTP API waits (API Gateway quotas)


def build(
    args: GatewayArgs,
    link: aws.apigatewayv2.VpcLink,
    log: aws.cloudwatch.LogGroup | None,
    opts: pulumi.ResourceOptions,
) -> Entry:
    """The API with one route per call that is offered: predictions of the model, and health."""
    names = args.names
    api = aws.apigatewayv2.Api("api", name=names.physical(), protocol_type="HTTP", tags=names.tags("api"), opts=opts)
    integration = _integration(args, api, link, opts)
    permission = _permission(args, api, opts)
    path = f"/predictions/{args.model}"
    for label, key in (("predict", f"POST {path}"), ("ping", "GET /ping")):
        aws.apigatewayv2.Route(
            label,
            api_id=api.id,
            route_key=key,
            target=pulumi.Output.concat("integrations/", integration.id),
            opts=opts,
            **permission,
        )
    _stage(args, api, log, opts)
    return Entry(
        endpoint=pulumi.Output.concat(api.api_endpoint, path),
        call_arn=args.account.call_arn(api.id, f"$default/POST{path}"),
        dimensions={"ApiId": api.id},
        server_error_metric="5xx",
        api_key=None,
    )


def _integration(
    args: GatewayArgs, api: aws.apigatewayv2.Api, link: aws.apigatewayv2.VpcLink, opts: pulumi.ResourceOptions
) -> aws.apigatewayv2.Integration:
    return aws.apigatewayv2.Integration(
        "integration",
        api_id=api.id,
        integration_type="HTTP_PROXY",
        integration_method="ANY",
        connection_type="VPC_LINK",
        connection_id=link.id,
        integration_uri=args.target_arn,
        payload_format_version="1.0",
        # A private integration gets the stage in its path unless the path is written over.
        request_parameters={"overwrite:path": "$request.path"},
        # TorchServe names no time when its queue is full; a full queue is served within a second or so.
        response_parameters=[{"status_code": "503", "mappings": {"overwrite:header.Retry-After": "1"}}],
        timeout_milliseconds=TIMEOUT_MS,
        opts=opts,
    )


def _permission(args: GatewayArgs, api: aws.apigatewayv2.Api, opts: pulumi.ResourceOptions) -> dict[str, Any]:
    if args.settings.auth == "iam":
        return {"authorization_type": "AWS_IAM"}
    authorizer = aws.apigatewayv2.Authorizer(
        "tokens",
        api_id=api.id,
        name=child("tokens"),
        authorizer_type="JWT",
        identity_sources=["$request.header.Authorization"],
        jwt_configuration={"issuer": args.settings.jwt_issuer, "audiences": list(args.settings.jwt_audience)},
        opts=opts,
    )
    return {"authorization_type": "JWT", "authorizer_id": authorizer.id}


def _stage(
    args: GatewayArgs,
    api: aws.apigatewayv2.Api,
    log: aws.cloudwatch.LogGroup | None,
    opts: pulumi.ResourceOptions,
) -> aws.apigatewayv2.Stage:
    logged: dict[str, Any] = (
        {"access_log_settings": {"destination_arn": log.arn, "format": json.dumps(ACCESS_FIELDS)}} if log else {}
    )
    return aws.apigatewayv2.Stage(
        "stage",
        api_id=api.id,
        name="$default",
        auto_deploy=True,
        default_route_settings={
            "throttling_rate_limit": args.settings.throttle_rate_per_second,
            "throttling_burst_limit": args.settings.throttle_burst,
        },
        tags=args.names.tags("stage"),
        opts=opts,
        **logged,
    )
