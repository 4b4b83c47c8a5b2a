"""Who may call: routes and methods of API Gateway, functions with an address, and the VPC link behind them."""

from collections.abc import Iterator
from typing import Final

from infra.costs.stack import Resource, Stack
from infra.policy.reach_names import FUNCTION, Names, name_of
from infra.policy.reach_types import INTERNET, NO_MORE, NOTHING, Way
from infra.policy.reading import pointing_at
from infra.policy.rules.entry import ASSOCIATION, HTTP_STAGE, METHOD, REST_STAGE, ROUTE
from infra.policy.rules.plain_secrets import rate

HTTP_API: Final = "aws:apigatewayv2/api:Api"
REST_API: Final = "aws:apigateway/restApi:RestApi"
LINK: Final = "aws:apigatewayv2/vpcLink:VpcLink"
AUTHORIZER: Final = "aws:apigatewayv2/authorizer:Authorizer"
INTEGRATIONS: Final = ("aws:apigatewayv2/integration:Integration", "aws:apigateway/integration:Integration")
PATH: Final = "aws:apigateway/resource:Resource"
FUNCTION_URL: Final = "aws:lambda/functionUrl:FunctionUrl"
SIGNATURE: Final = "IAM signature (SigV4)"


def entry_ways(stack: Stack, names: Names) -> Iterator[Way]:
    """From the internet to each call that is offered, and from each API into the VPC."""
    for route in stack.of_type(ROUTE):
        api = stack.resolve(route, "apiId", route.inputs.get("apiId"), HTTP_API)
        credential = _of_route(route, stack)
        yield _call(api or route, route.inputs.text("routeKey"), credential, _guards(stack, HTTP_STAGE, "apiId", api))
    for method in stack.of_type(METHOD):
        api = stack.resolve(method, "restApi", method.inputs.get("restApi"), REST_API)
        if api is not None and "PRIVATE" in api.inputs.object("endpointConfiguration").values_of("types"):
            continue
        text = f"{method.inputs.text('httpMethod')} {_path(method, api, stack)}"
        yield _call(api or method, text, _of_method(method), _guards(stack, REST_STAGE, "restApi", api))
    yield from _inward(stack, names)
    for url in stack.of_type(FUNCTION_URL):
        asked = url.inputs.text("authorizationType", "NONE") != "NONE"
        function = names.resource(url.inputs.text("functionName"), FUNCTION)
        target = name_of(function) if function else url.name
        yield Way(
            source=INTERNET,
            target=target,
            how="HTTPS, its own address",
            needs=SIGNATURE if asked else NOTHING,
            asks=asked,
        )


def _call(api: Resource, text: str, credential: str, guards: tuple[str, ...]) -> Way:
    needs = ", ".join((credential or NOTHING, *guards))
    return Way(source=INTERNET, target=name_of(api), how=f"HTTPS {text}", needs=needs, asks=bool(credential))


def _of_route(route: Resource, stack: Stack) -> str:
    kind = route.inputs.text("authorizationType", "NONE")
    if kind == "JWT":
        found = stack.resolve(route, "authorizerId", route.inputs.get("authorizerId"), AUTHORIZER)
        issuer = found.inputs.object("jwtConfiguration").text("issuer") if found else ""
        return f"token of {issuer}" if issuer else "token"
    return {"NONE": "", "AWS_IAM": SIGNATURE}.get(kind, kind)


def _of_method(method: Resource) -> str:
    kind = method.inputs.text("authorization", "NONE")
    named = [] if kind == "NONE" else [SIGNATURE if kind == "AWS_IAM" else kind]
    return " and ".join([*named, *(["API key"] if method.inputs.flag("apiKeyRequired") else [])])


def _path(method: Resource, api: Resource | None, stack: Stack) -> str:
    """The stage is the first part of a REST API's path."""
    names = [stage.inputs.text("stageName") for stage in _stages(stack, REST_STAGE, "restApi", api)]
    found = stack.resolve(method, "resourceId", method.inputs.get("resourceId"), PATH)
    return "/".join(["", " or ".join(names), found.inputs.text("pathPart") if found else ""])


def _guards(stack: Stack, stage_type: str, prop: str, api: Resource | None) -> tuple[str, ...]:
    """What stands before a call beside the credential: the firewall, and the rate of the stage that is let through."""
    stages = _stages(stack, stage_type, prop, api)
    found: list[str] = []
    for stage in stages:
        if pointing_at(stack, stage, "resourceArn", ASSOCIATION) or _associated(stack, stage):
            found.append("firewall")
        limit = rate(stage, stack)
        found.append("any rate" if limit is None else f"{limit} a second")
    return tuple(dict.fromkeys(found))


def _stages(stack: Stack, stage_type: str, prop: str, api: Resource | None) -> list[Resource]:
    if api is None:
        return []
    return [
        stage
        for stage in stack.of_type(stage_type)
        if stack.resolve(stage, prop, stage.inputs.get(prop), api.type) is api
    ]


def _associated(stack: Stack, stage: Resource) -> bool:
    """The association names the stage by its ARN, which is no input: `/restapis/ID/stages/NAME`."""
    tail = f"/restapis/{stage.inputs.get('restApi')}/stages/{stage.inputs.get('stageName')}"
    return any(str(row.inputs.get("resourceArn")).endswith(tail) for row in stack.of_type(ASSOCIATION))


def _inward(stack: Stack, names: Names) -> Iterator[Way]:
    for integration in stack.of_type(*INTEGRATIONS):
        prop = "apiId" if integration.inputs.has("apiId") else "restApi"
        api = stack.resolve(integration, prop, integration.inputs.get(prop), HTTP_API, REST_API)
        source = name_of(api) if api else integration.name
        if integration.inputs.text("connectionType") != "VPC_LINK":
            target = integration.inputs.text("integrationUri") or integration.inputs.text("uri") or "an integration"
            yield Way(source=source, target=names.of(target), how="integration", needs=NO_MORE, asks=False)
            continue
        link = stack.resolve(integration, "connectionId", integration.inputs.get("connectionId"), LINK)
        for group in link.inputs.values_of("securityGroupIds") if link else ():
            yield Way(source=source, target=names.of(str(group)), how="VPC link", needs=NO_MORE, asks=False)
