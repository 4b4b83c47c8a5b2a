"""Keys, secrets, parameters, web access lists, budgets."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from infra.costs.items import LineItem
from infra.costs.pricing import Pricing, per, prices
from infra.costs.stack import Resource

TEN_THOUSAND: Final = 10_000


@prices("aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey", usage=("monthly_requests",))
def kms_key(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A key by the month, and its requests by its kind."""
    yield pricing.line("Customer master key", 1, "kms.key_month", unit="months", short="keys")
    spec = resource.inputs.text("customerMasterKeySpec") or "SYMMETRIC_DEFAULT"
    requests = per(pricing.used("monthly_requests"), TEN_THOUSAND)
    if spec == "RSA_2048":
        yield pricing.line("Requests (RSA 2048)", requests, "kms.requests_rsa_2048_per_10000")
    elif spec.startswith(("RSA_", "ECC_", "SM2", "ML_DSA")):
        yield pricing.line("Requests (asymmetric)", requests, "kms.requests_asymmetric_per_10000")
    else:
        yield pricing.line("Requests", requests, "kms.requests_per_10000", short="keys")
        if requests is None:
            yield pricing.line("ECC GenerateDataKeyPair requests", None, "kms.ecc_generate_data_key_pair_per_10000")
            yield pricing.line("RSA GenerateDataKeyPair requests", None, "kms.rsa_generate_data_key_pair_per_10000")


@prices("aws:secretsmanager/secret:Secret", usage=("monthly_requests",))
def secret(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A secret by the month, and its reads."""
    yield pricing.line("Secret", 1, "secrets.secret_month", unit="months", short="secrets")
    requests = per(pricing.used("monthly_requests"), TEN_THOUSAND)
    yield pricing.line("API requests", requests, "secrets.requests_per_10000")


@prices(
    "aws:ssm/parameter:Parameter",
    usage=("api_throughput_limit", "monthly_api_interactions", "monthly_parameter_storage_hours"),
)
def parameter(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A parameter: the standard tier is free, the advanced one is not, nor is higher throughput."""
    interactions = per(pricing.used("monthly_api_interactions"), TEN_THOUSAND)
    if resource.inputs.text("tier") == "Advanced":
        hours = pricing.stated("monthly_parameter_storage_hours")
        kept = pricing.hours if hours is None else hours
        label = "Parameter storage (advanced)"
        yield pricing.line(label, kept, "ssm.parameter_advanced_hour", unit="hours")
        yield pricing.line("API interactions (advanced)", interactions, "ssm.api_interactions_advanced_per_10000")
    elif pricing.choice("api_throughput_limit") in ("advanced", "higher"):
        price = "ssm.api_interactions_standard_higher_throughput_per_10000"
        yield pricing.line("API interactions (higher throughput)", interactions, price)
    else:
        yield pricing.line("Parameter storage (standard)", 0, "ssm.parameter_standard_hour", unit="hours", basis="free")


@prices("aws:wafv2/webAcl:WebAcl", usage=("rule_group_rules", "managed_rule_group_rules", "monthly_requests"))
def web_acl(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A web access list: itself, its rules and those of its groups, its groups, what it inspects."""
    rules = resource.inputs.objects("rules")
    groups = [r for r in rules if r.object("statement").has("ruleGroupReferenceStatement")]
    managed = [r for r in rules if r.object("statement").has("managedRuleGroupStatement")]
    own = Decimal(len(rules) - len(groups) - len(managed))
    inside = (pricing.stated("rule_group_rules") or 0) + (pricing.stated("managed_rule_group_rules") or 0)
    yield pricing.line("Web ACL usage", 1, "waf.web_acl_month", unit="months", short="web firewall")
    if own + inside:
        yield pricing.line("Rules", own + inside, "waf.rule_month", unit="rules", short="web firewall")
    if groups:
        yield pricing.line("Rule groups", len(groups), "waf.rule_group_month", unit="groups")
    if managed:
        yield pricing.line(
            "Managed rule groups", len(managed), "waf.managed_rule_group_month", unit="groups", short="web firewall"
        )
    requests = per(pricing.used("monthly_requests"), 1_000_000)
    yield pricing.line("Requests", requests, "waf.requests_million", short="web firewall")


@prices("aws:budgets/budget:Budget")
def budget(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A budget that only watches and notifies."""
    days: Decimal = pricing.hours / 24
    yield pricing.line("Budget", days, "budgets.budget_day", unit="days", basis="free unless it acts")
