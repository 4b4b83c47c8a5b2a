"""The REST API: API keys, usage plan and firewall; its VPC link goes straight to the internal load balancer."""

import hashlib
import json
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components import gateway_firewall, policies
from infra.components.gateway_types import ACCESS_FIELDS, Entry, GatewayArgs
from infra.naming import child

# A private integration gets the stage as the first part of its path (API Gateway developer guide, private
# integrations). Named so, the stage and the resource make up TorchServe's own path, and nothing needs rewriting.
STAGE = "predictions"
TIMEOUT_MS = 29_000


def build(
    args: GatewayArgs,
    link: aws.apigatewayv2.VpcLink,
    log: aws.cloudwatch.LogGroup | None,
    opts: pulumi.ResourceOptions,
) -> Entry:
    """The API with one resource, the model, and everything around its stage."""
    names = args.names
    api = aws.apigateway.RestApi(
        "api",
        name=names.physical(),
        # Without this, image bytes would be read as text and broken.
        binary_media_types=["*/*"],
        endpoint_configuration={"types": "REGIONAL"},
        tags=names.tags("api"),
        opts=opts,
    )
    resource = aws.apigateway.Resource(
        "model", rest_api=api.id, parent_id=api.root_resource_id, path_part=args.model, opts=opts
    )
    method, integration = _predict(args, api, resource, link, opts)
    stage = _stage(args, api, [method, integration], log, opts)
    key = _usage(args, api, stage, opts) if args.settings.auth == "api-key" else None
    if args.settings.waf:
        gateway_firewall.build(args, stage, opts)
    return Entry(
        endpoint=pulumi.Output.concat(stage.invoke_url, "/", args.model),
        call_arn=args.account.call_arn(api.id, f"{STAGE}/POST/{args.model}"),
        dimensions={"ApiName": api.name, "Stage": STAGE},
        server_error_metric="5XXError",
        api_key=pulumi.Output.secret(key.value) if key else None,
        api_key_id=key.id if key else None,
    )


def _predict(
    args: GatewayArgs,
    api: aws.apigateway.RestApi,
    resource: aws.apigateway.Resource,
    link: aws.apigatewayv2.VpcLink,
    opts: pulumi.ResourceOptions,
) -> tuple[aws.apigateway.Method, aws.apigateway.Integration]:
    by_key = args.settings.auth == "api-key"
    method = aws.apigateway.Method(
        "predict",
        rest_api=api.id,
        resource_id=resource.id,
        http_method="POST",
        authorization="NONE" if by_key else "AWS_IAM",
        api_key_required=by_key,
        opts=opts,
    )
    integration = aws.apigateway.Integration(
        "predict",
        rest_api=api.id,
        resource_id=resource.id,
        http_method=method.http_method,
        type="HTTP_PROXY",
        integration_http_method="POST",
        connection_type="VPC_LINK",
        connection_id=link.id,
        integration_target=args.balancer_arn,
        uri=pulumi.Output.format("http://{0}/{1}", args.balancer_host, args.model),
        timeout_milliseconds=TIMEOUT_MS,
        opts=opts,
    )
    return method, integration


def _stage(
    args: GatewayArgs,
    api: aws.apigateway.RestApi,
    parts: list[pulumi.Resource],
    log: aws.cloudwatch.LogGroup | None,
    opts: pulumi.ResourceOptions,
) -> aws.apigateway.Stage:
    deployment = aws.apigateway.Deployment(
        "deployment",
        rest_api=api.id,
        # A deployment is a snapshot: without a trigger, later changes of the methods never go live.
        triggers={"content": _digest(args)},
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=parts)),
    )
    logged: dict[str, Any] = {}
    after: list[pulumi.Resource] = []
    if log:
        logged = {"access_log_settings": {"destination_arn": log.arn, "format": json.dumps(ACCESS_FIELDS)}}
        after = [_log_role(args, opts)] if args.settings.gateway_log_role else []
    stage = aws.apigateway.Stage(
        "stage",
        rest_api=api.id,
        deployment=deployment.id,
        stage_name=STAGE,
        tags=args.names.tags("stage"),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=after)),
        **logged,
    )
    aws.apigateway.MethodSettings(
        "limits",
        rest_api=api.id,
        stage_name=stage.stage_name,
        method_path="*/*",
        settings={
            "throttling_rate_limit": args.settings.throttle_rate_per_second,
            "throttling_burst_limit": args.settings.throttle_burst,
        },
        opts=opts,
    )
    return stage


def _digest(args: GatewayArgs) -> str:
    """Changes when what is deployed does: the model's path and the kind of authentication."""
    return hashlib.sha256(json.dumps([args.model, args.settings.auth]).encode()).hexdigest()[:16]


def _log_role(args: GatewayArgs, opts: pulumi.ResourceOptions) -> aws.apigateway.Account:
    """REST APIs write logs with one role per account and region; HTTP APIs need none."""
    role = aws.iam.Role(
        child("log", "role"),
        assume_role_policy=policies.assumed_by(
            "apigateway.amazonaws.com", StringEquals={"aws:SourceAccount": args.account.id}
        ),
        tags=args.names.tags("gateway-logs"),
        opts=opts,
    )
    attachment = aws.iam.RolePolicyAttachment(
        child("log", "policy"),
        role=role.name,
        policy_arn=f"arn:{args.account.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
        opts=opts,
    )
    return aws.apigateway.Account(
        "logs",
        cloudwatch_role_arn=role.arn,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[attachment])),
    )


def _usage(
    args: GatewayArgs, api: aws.apigateway.RestApi, stage: aws.apigateway.Stage, opts: pulumi.ResourceOptions
) -> aws.apigateway.ApiKey:
    settings = args.settings
    limits: dict[str, Any] = {
        "throttle_settings": {"rate_limit": settings.throttle_rate_per_second, "burst_limit": settings.throttle_burst}
    }
    if settings.quota_per_month:
        limits["quota_settings"] = {"limit": settings.quota_per_month, "period": "MONTH"}
    plan = aws.apigateway.UsagePlan(
        "plan",
        name=args.names.physical("plan"),
        api_stages=[{"api_id": api.id, "stage": stage.stage_name}],
        tags=args.names.tags("plan"),
        opts=opts,
        **limits,
    )
    # No value is given, so AWS makes one; it is a secret in the state and never an input.
    key = aws.apigateway.ApiKey("key", name=args.names.physical("key"), tags=args.names.tags("key"), opts=opts)
    aws.apigateway.UsagePlanKey("key", key_id=key.id, key_type="API_KEY", usage_plan_id=plan.id, opts=opts)
    return key
