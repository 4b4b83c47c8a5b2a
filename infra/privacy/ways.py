"""Where requests, answers and documents pass: what is encrypted there, and what of them is written down."""

from collections.abc import Iterator
from typing import Final

from infra.costs.errors import CostError
from infra.costs.stack import Resource, Stack
from infra.privacy.contents import BALANCERS, STAGES
from infra.privacy.types import Way

APIS: Final = ("aws:apigateway/restApi:RestApi", "aws:apigatewayv2/api:Api")
SETTINGS: Final = "aws:apigateway/methodSettings:MethodSettings"
LISTENERS: Final = ("aws:lb/listener:Listener", "aws:alb/listener:Listener")
LINKS: Final = ("aws:apigatewayv2/vpcLink:VpcLink", "aws:apigateway/vpcLink:VpcLink")
GATEWAYS: Final = "aws:ec2/natGateway:NatGateway"
CALLS: Final = "requests and answers"


def ways(stack: Stack) -> Iterator[Way]:
    """From the caller inwards, and out."""
    for api in stack.of_type(*APIS):
        yield _way(api, "API", CALLS, "TLS from the caller", _kept_by_gateway(stack))
    for link in stack.of_type(*LINKS):
        yield _way(link, "VPC link", CALLS, _inside(stack), "nothing")
    for balancer in stack.of_type(*BALANCERS):
        kept = "a line a request, in the bucket of access logs" if _logs(balancer) else "nothing"
        yield _way(balancer, "load balancer", CALLS, _inside(stack), kept)
    for gateway in stack.of_type(GATEWAYS):
        yield _way(gateway, "NAT gateway", "calls of the instances to AWS", "TLS", "nothing")


def _way(resource: Resource, kind: str, passes: str, encrypted: str, kept: str) -> Way:
    return Way(name=resource.name, kind=kind, passes=passes, encrypted=encrypted, kept=kept, region=resource.region)


def _kept_by_gateway(stack: Stack) -> str:
    """An execution log with data trace holds whole requests and answers (API Gateway developer guide, logging)."""
    rows = [found.inputs.object("settings") for found in stack.of_type(SETTINGS)]
    if any(row.flag("dataTraceEnabled") for row in rows):
        return "WHOLE requests and answers, in the execution log (dataTraceEnabled)"
    if any(row.text("loggingLevel", "OFF") not in ("", "OFF") for row in rows):
        return "steps of each request, in the execution log"
    return "a line a request, in the access log" if _has_access_log(stack) else "nothing"


def _has_access_log(stack: Stack) -> bool:
    return any(stage.inputs.has("accessLogSettings") for stage in stack.of_type(*STAGES))


def _inside(stack: Stack) -> str:
    protocols = {row.inputs.text("protocol").upper() for row in stack.of_type(*LISTENERS)}
    return "TLS" if protocols and protocols <= {"HTTPS", "TLS"} else "no: plain HTTP inside the VPC"


def _logs(balancer: Resource) -> bool:
    try:
        return balancer.inputs.object("accessLogs").flag("enabled")
    except CostError:
        return True
