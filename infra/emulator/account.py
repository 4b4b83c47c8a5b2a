"""What the emulated account says of its entries and its instances, read in the emulator's own process."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Proof = Literal["none", "iam", "jwt", "api-key"]


@dataclass(frozen=True, kw_only=True)
class Route:
    """How a path of an entry is called: the proof it wants, the API keys it takes, and its region."""

    proof: Proof
    region: str
    keys: frozenset[str] = frozenset()


def route(method: str, path: str) -> Route | None:
    """The route of the account's HTTP and REST APIs that a call meets; None where none does."""
    for key, found in (*_http_routes(), *_rest_routes()):
        if key == f"{method} {path}":
            return found
    return None


def start_scripts() -> Mapping[str, str]:
    """The start script of each Auto Scaling group that has an instance, by the group's name."""
    from moto.autoscaling.models import autoscaling_backends

    found = {}
    for _, backend in _regions(autoscaling_backends):
        for group in list(backend.autoscaling_groups.values()):
            scripts = [state.instance.user_data for state in list(group.instance_states)]
            if scripts and scripts[-1]:
                found[str(group.name)] = base64.b64decode(str(scripts[-1])).decode()
    return found


def _http_routes() -> Iterator[tuple[str, Route]]:
    from moto.apigatewayv2.models import apigatewayv2_backends

    for region, backend in _regions(apigatewayv2_backends):
        for api in list(backend.apis.values()):
            for one in list(api.routes.values()):
                kind: Proof = {"AWS_IAM": "iam", "JWT": "jwt"}.get(one.authorization_type, "none")  # type: ignore[assignment]
                yield one.route_key, Route(proof=kind, region=region)


def _rest_routes() -> Iterator[tuple[str, Route]]:
    from moto.apigateway.models import apigateway_backends

    for region, backend in _regions(apigateway_backends):
        for api in list(backend.apis.values()):
            for stage in list(api.stages):
                keys = _keys(backend, api.id, stage)
                for resource in list(api.resources.values()):
                    for method, one in list(resource.resource_methods.items()):
                        kind: Proof = "api-key" if one.api_key_required else "iam"
                        path = f"/{stage}{resource.get_path()}"
                        yield f"{method} {path}", Route(proof=kind, region=region, keys=keys)


def _keys(backend: Any, api_id: str, stage: str) -> frozenset[str]:
    """The enabled keys whose usage plan holds the stage."""
    plans = [
        plan.id
        for plan in list(backend.usage_plans.values())
        if any(row.get("apiId") == api_id and row.get("stage") == stage for row in plan.api_stages)
    ]
    names = {name for plan in plans for name in backend.usage_plan_keys.get(plan, {})}
    return frozenset(key.value for name, key in list(backend.keys.items()) if name in names and key.enabled)


def _regions(backends: Any) -> list[tuple[str, Any]]:
    """The regions of the one account that have been used."""
    from moto.core.models import DEFAULT_ACCOUNT_ID

    return list(backends[DEFAULT_ACCOUNT_ID].items())
