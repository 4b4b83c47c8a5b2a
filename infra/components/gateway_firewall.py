"""The web application firewall before a REST API's stage."""

from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components.gateway_types import GatewayArgs
from infra.naming import child

# Rule groups of AWS and the rules in them that only count: bodies here are images and documents,
# which SizeRestrictions_BODY (8 kB) would block one and all (AWS WAF developer guide, baseline rule groups).
MANAGED_RULES: dict[str, tuple[str, ...]] = {
    "AWSManagedRulesAmazonIpReputationList": (),
    "AWSManagedRulesKnownBadInputsRuleSet": (),
    "AWSManagedRulesCommonRuleSet": ("SizeRestrictions_BODY", "CrossSiteScripting_BODY"),
}

CREDENTIALS = ("authorization", "x-api-key")


def build(args: GatewayArgs, stage: aws.apigateway.Stage, opts: pulumi.ResourceOptions) -> None:
    """The rules, their association with the stage, and a log of what was blocked or counted."""
    acl = aws.wafv2.WebAcl(
        "firewall",
        name=args.names.physical("firewall"),
        scope="REGIONAL",
        default_action={"allow": {}},
        rules=[*_managed(), _rate_limit(args)],
        visibility_config=_visible("firewall"),
        data_protection_config={"data_protections": _hidden()},
        tags=args.names.tags("firewall"),
        opts=opts,
    )
    aws.wafv2.WebAclAssociation("firewall", resource_arn=stage.arn, web_acl_arn=acl.arn, opts=opts)
    log = aws.cloudwatch.LogGroup(
        child("firewall", "logs"),
        name=args.names.firewall_log_group(),
        retention_in_days=args.log_retention_days,
        kms_key_id=args.key_arn,
        tags=args.names.tags("firewall"),
        opts=opts,
    )
    aws.wafv2.WebAclLoggingConfiguration(
        "firewall",
        resource_arn=acl.arn,
        log_destination_configs=[log.arn],
        redacted_fields=[{"single_header": {"name": name}} for name in CREDENTIALS],
        opts=opts,
    )


def _managed() -> list[dict[str, Any]]:
    rules = []
    for priority, (name, counted) in enumerate(MANAGED_RULES.items()):
        overrides = [{"name": rule, "action_to_use": {"count": {}}} for rule in counted]
        group = {"vendor_name": "AWS", "name": name, **({"rule_action_overrides": overrides} if overrides else {})}
        rules.append(
            {
                "name": name,
                "priority": priority,
                "override_action": {"none": {}},
                "statement": {"managed_rule_group_statement": group},
                "visibility_config": _visible(name),
            }
        )
    return rules


def _rate_limit(args: GatewayArgs) -> dict[str, Any]:
    return {
        "name": "rate",
        "priority": len(MANAGED_RULES),
        "action": {"block": {}},
        "statement": {
            "rate_based_statement": {
                "aggregate_key_type": "IP",
                "limit": args.settings.waf_requests_per_five_minutes,
            }
        },
        "visibility_config": _visible("rate"),
    }


def _hidden() -> list[dict[str, Any]]:
    """What neither the log nor the sampled requests may show: the log's own redaction reaches neither the samples nor
    the pieces of a body that matched a rule (AWS WAF developer guide, logging; API reference, DataProtectionConfig).
    """
    fields = [{"field_type": "BODY"}, {"field_type": "SINGLE_HEADER", "field_keys": list(CREDENTIALS)}]
    return [{"action": "SUBSTITUTION", "field": field} for field in fields]


def _visible(metric: str) -> dict[str, Any]:
    return {"cloudwatch_metrics_enabled": True, "sampled_requests_enabled": True, "metric_name": metric}
