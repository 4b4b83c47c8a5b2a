"""The public entry: an HTTP API or a REST API before the private network, by a VPC link; it authenticates callers."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import gateway_http, gateway_rest
from infra.components.gateway_types import Entry, GatewayArgs


class Gateway(pulumi.ComponentResource):
    """The entry, its VPC link, its limits and its access log."""

    endpoint: pulumi.Output[str]
    call: pulumi.Output[str]
    call_arn: pulumi.Output[str]
    api_key: pulumi.Output[str] | None
    api_key_id: pulumi.Output[str] | None

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("breakeven:infra:Gateway", name, {}, opts)
        own = pulumi.ResourceOptions(parent=self)
        link = _vpc_link(args, own)
        log = _access_log(args, own) if args.settings.access_logs else None
        build = gateway_rest.build if args.settings.entry == "rest" else gateway_http.build
        self._entry = build(args, link, log, own)
        self.endpoint = self._entry.endpoint
        self.call_arn = self._entry.call_arn
        self.api_key, self.api_key_id = self._entry.api_key, self._entry.api_key_id
        self.call = pulumi.Output.format(_call(args), self.endpoint)
        self.register_outputs({"endpoint": self.endpoint, "call": self.call})

    @property
    def metrics(self) -> "Metrics":
        """How CloudWatch names this entry's metrics."""
        return Metrics(dimensions=self._entry.dimensions, server_errors=self._entry.server_error_metric)


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Dimensions and metric names of an entry in the namespace AWS/ApiGateway; they differ by kind of API."""

    dimensions: Mapping[str, pulumi.Input[str]]
    server_errors: str


def _vpc_link(args: GatewayArgs, opts: pulumi.ResourceOptions) -> aws.apigatewayv2.VpcLink:
    """A VPC link of the second kind, which both kinds of API use; it cannot be changed, only replaced."""
    return aws.apigatewayv2.VpcLink(
        "link",
        name=args.names.physical("link"),
        subnet_ids=args.subnet_ids,
        security_group_ids=[args.link_group_id],
        tags=args.names.tags("link"),
        opts=opts,
    )


def _access_log(args: GatewayArgs, opts: pulumi.ResourceOptions) -> aws.cloudwatch.LogGroup:
    return aws.cloudwatch.LogGroup(
        "access",
        name=args.names.log_group("access"),
        retention_in_days=args.log_retention_days,
        kms_key_id=args.key_arn,
        tags=args.names.tags("access"),
        opts=opts,
    )


def _call(args: GatewayArgs) -> str:
    """A line that can be pasted into a shell; `{0}` is the address. Credentials stay in the caller's environment."""
    proof = {
        "iam": (
            f'--aws-sigv4 "aws:amz:{args.account.region}:execute-api"'
            ' --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
            ' --header "x-amz-security-token: $AWS_SESSION_TOKEN"'
        ),
        "jwt": '--header "Authorization: Bearer $TOKEN"',
        "api-key": '--header "x-api-key: $(pulumi stack output apiKey --show-secrets)"',
    }[args.settings.auth]
    return f'curl {proof} --header "Content-Type: application/octet-stream" --data-binary @input {{0}}'


__all__ = ["Entry", "Gateway", "GatewayArgs", "Metrics"]
