"""How Terraform's AWS provider calls what Pulumi's calls otherwise: resource types, arguments and blocks.

Pulumi's names are Terraform's in camel case, lists of blocks in the plural; what follows no such rule stands in tables.
A test holds the result against the provider's own schema.
"""

import re
from typing import Final

from infra.costs.errors import InputError

MODULES: Final = {
    "ec2": "",
    "vpc": "vpc_",
    "apigateway": "api_gateway_",
    "servicediscovery": "service_discovery_",
}
"""Modules of Pulumi's type tokens whose prefix in Terraform is not their own name."""

TYPES: Final = {
    "aws:lb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
}

RENAMED: Final = {
    ("aws_api_gateway_stage", "deployment"): "deployment_id",
    ("aws_apigatewayv2_authorizer", "audiences"): "audience",
    ("aws_autoscaling_group", "tags"): "tag",
    ("aws_autoscaling_group", "vpcZoneIdentifiers"): "vpc_zone_identifier",
    ("aws_cloudwatch_composite_alarm", "name"): "alarm_name",
    ("aws_cloudwatch_metric_alarm", "name"): "alarm_name",
    ("aws_lambda_function", "code"): "filename",
    ("aws_lambda_function", "name"): "function_name",
    ("aws_lambda_permission", "function"): "function_name",
}
"""Arguments of one resource type that have another name there."""

NAMES: Final = {
    "dataProtections": "data_protection",
    "defaultActions": "default_action",
    "metricQueries": "metric_query",
    "notifications": "notification",
    "overrides": "override",
    "queues": "queue",
    "restApi": "rest_api_id",
    "ruleActionOverrides": "rule_action_override",
    "rules": "rule",
    "targetGroups": "target_group",
}
"""Arguments that have this name in every resource type that has them."""

MAPS: Final = frozenset({"dimensions", "mappings", "request_parameters", "tags", "triggers", "variables"})
"""Arguments whose value is a map of texts; any other object is a block."""


def resource_type(token: str) -> str:
    """The resource type of a Pulumi type token of AWS: `aws_kms_key` of `aws:kms/key:Key`.

    Raises InputError for a token of another shape.
    """
    shape = re.fullmatch(r"aws:(\w+)/(\w+):\w+", token)
    if not shape:
        raise InputError(token, "is no type of AWS resources", "name it like aws:ec2/vpc:Vpc")
    module, kind = shape.groups()
    return TYPES.get(token) or f"aws_{MODULES.get(module, module + '_')}{snake_case(kind)}"


def attribute_name(type_: str, key: str) -> str:
    """The name of an argument or block of a Terraform resource type, or inside one of its blocks."""
    return RENAMED.get((type_, key)) or NAMES.get(key) or snake_case(key)


def snake_case(name: str) -> str:
    """`cidr_ipv4` of `cidrIpv4`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
