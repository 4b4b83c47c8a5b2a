"""What the gateway is given, and what each kind of entry hands back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from infra.components.account import Account
from infra.naming import Names
from infra.settings import GatewaySettings

# One line of JSON per request; a caller's address is personal data, its key or signature is never written.
ACCESS_FIELDS = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "address": "$context.identity.sourceIp",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "integrationLatencyMs": "$context.integrationLatency",
    "bytes": "$context.responseLength",
}


@dataclass(frozen=True, kw_only=True)
class GatewayArgs:
    """The entry's settings and what it leads to."""

    names: Names
    account: Account
    settings: GatewaySettings
    model: str
    subnet_ids: Sequence[pulumi.Input[str]]
    link_group_id: pulumi.Input[str]
    target_arn: pulumi.Input[str]
    balancer_arn: pulumi.Input[str] | None
    balancer_host: pulumi.Input[str] | None
    key_arn: pulumi.Input[str]
    log_retention_days: int


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A built entry: where it is called, how CloudWatch knows it, and its key where it has one.

    `call_arn` is the prediction as a policy names it.
    """

    endpoint: pulumi.Output[str]
    call_arn: pulumi.Output[str]
    dimensions: Mapping[str, pulumi.Input[str]]
    server_error_metric: str
    api_key: pulumi.Output[str] | None
    api_key_id: pulumi.Output[str] | None = None
