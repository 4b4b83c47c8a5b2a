"""API Gateway, both kinds, and the web application firewall."""

from collections.abc import Iterator
from typing import Final

from infra.costs.stack import Inputs, Resource, Stack
from infra.policy.reading import pointing_at
from infra.policy.registry import ADVISORY, MANDATORY, rule

REST_STAGE: Final = "aws:apigateway/stage:Stage"
HTTP_STAGE: Final = "aws:apigatewayv2/stage:Stage"
ROUTE: Final = "aws:apigatewayv2/route:Route"
METHOD: Final = "aws:apigateway/method:Method"
ACL: Final = "aws:wafv2/webAcl:WebAcl"
ASSOCIATION: Final = "aws:wafv2/webAclAssociation:WebAclAssociation"
ACL_LOG: Final = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
LOG4J_GROUP: Final = "AWSManagedRulesKnownBadInputsRuleSet"
LOG4J_RULES: Final = "Log4JRCE"


@rule(
    "CKV_AWS_76",
    "apigatewayv2_api_access_logging_enabled",
    "W46",
    "W69",
    title="The entry keeps an access log",
    level=ADVISORY,
    on=(REST_STAGE, HTTP_STAGE),
)
def access_log(resource: Resource, stack: Stack) -> Iterator[str]:
    """Without it nobody can say afterwards who called what."""
    if not resource.inputs.object("accessLogSettings").has("destinationArn"):
        yield "accessLogSettings has no destinationArn"


@rule(
    "CKV_AWS_309",
    "apigatewayv2_api_authorizers_enabled",
    title="Every route asks who is calling",
    level=MANDATORY,
    on=(ROUTE,),
)
def route_authorization(resource: Resource, stack: Stack) -> Iterator[str]:
    """An open route is a model that anybody may use at your cost."""
    if resource.inputs.text("authorizationType", "NONE") == "NONE":
        yield "authorizationType is NONE"


@rule("CKV_AWS_59", "W59", title="Every method asks who is calling", level=MANDATORY, on=(METHOD,))
def method_authorization(resource: Resource, stack: Stack) -> Iterator[str]:
    """OPTIONS is the browser's own question, which carries no credentials."""
    inputs = resource.inputs
    if inputs.text("httpMethod") == "OPTIONS" or inputs.flag("apiKeyRequired"):
        return
    if inputs.text("authorization", "NONE") == "NONE":
        yield "authorization is NONE and no API key is required"


@rule("CKV_AWS_73", title="REST APIs trace requests with X-Ray", level=ADVISORY, on=(REST_STAGE,))
def tracing(resource: Resource, stack: Stack) -> Iterator[str]:
    """A trace shows which part a slow request waited for."""
    if not resource.inputs.flag("xrayTracingEnabled"):
        yield "xrayTracingEnabled is not true"


@rule(
    "CKV2_AWS_29",
    "apigateway_restapi_waf_acl_attached",
    title="REST APIs stand behind a web application firewall",
    level=ADVISORY,
    on=(REST_STAGE,),
)
def firewall(resource: Resource, stack: Stack) -> Iterator[str]:
    """A REST API is public; the firewall drops what is known to be bad before it is billed."""
    if not pointing_at(stack, resource, "resourceArn", ASSOCIATION):
        yield "no web access list is associated with the stage"


@rule("CKV_AWS_192", title="The firewall blocks Log4j exploits", level=MANDATORY, on=(ACL,))
def log4j(resource: Resource, stack: Stack) -> Iterator[str]:
    """TorchServe runs on the JVM and logs with Log4j."""
    if not any(_blocks_log4j(row) for row in resource.inputs.objects("rules")):
        yield f"no rule blocks with {LOG4J_GROUP}"


def _blocks_log4j(row: Inputs) -> bool:
    group = row.object("statement").object("managedRuleGroupStatement")
    if group.text("name") != LOG4J_GROUP or "count" in row.object("overrideAction"):
        return False
    spared = [item for item in group.objects("ruleActionOverrides") if "count" in item.object("actionToUse")]
    return not any(item.text("name").startswith(LOG4J_RULES) for item in spared)


@rule("CKV2_AWS_31", title="The firewall keeps a log", level=ADVISORY, on=(ACL,))
def firewall_log(resource: Resource, stack: Stack) -> Iterator[str]:
    """Blocked requests are the first sign of an attack, or of a rule that is too strict."""
    if not pointing_at(stack, resource, "resourceArn", ACL_LOG):
        yield "no logging configuration names the access list"
