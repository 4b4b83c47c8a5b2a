"""API Gateway: HTTP, WebSocket and REST APIs, the cache of a stage."""

from collections.abc import Iterator

from infra.costs.items import LineItem
from infra.costs.pricers.transfer import internet_lines
from infra.costs.pricing import Pricing, per, pieces_of, prices, times
from infra.costs.stack import Resource

MILLION = 1_000_000
HTTP_PIECE_KB = 512
WEBSOCKET_PIECE_KB = 32


@prices(
    "aws:apigatewayv2/api:Api",
    usage=(
        "monthly_requests",
        "request_size_kb",
        "monthly_messages",
        "message_size_kb",
        "monthly_connection_minutes",
    ),
)
def api_v2(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """An HTTP API by requests of 512 KB, or a WebSocket API by messages of 32 KB and minutes."""
    if resource.inputs.text("protocolType").upper() == "WEBSOCKET":
        pieces = pieces_of(pricing.size_kb("message_size_kb"), WEBSOCKET_PIECE_KB)
        messages = times(per(pricing.used("monthly_messages"), MILLION), pieces)
        yield from pricing.tiered("Messages", messages, "api_gateway.websocket_messages_million", short="WebSocket API")
        minutes = per(pricing.used("monthly_connection_minutes"), MILLION)
        yield pricing.line("Connection duration", minutes, "api_gateway.websocket_minutes_million")
        return
    pieces = pieces_of(pricing.size_kb("request_size_kb"), HTTP_PIECE_KB)
    requests = times(per(pricing.used("monthly_requests"), MILLION), pieces)
    yield from pricing.tiered("Requests", requests, "api_gateway.http_million", short="HTTP API")
    yield from internet_lines(pricing)


@prices("aws:apigateway/restApi:RestApi", usage=("monthly_requests",))
def rest_api(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A REST API by requests."""
    requests = per(pricing.used("monthly_requests"), MILLION)
    yield from pricing.tiered("Requests", requests, "api_gateway.rest_million", short="REST API")
    yield from internet_lines(pricing)


@prices("aws:apigateway/stage:Stage")
def rest_stage(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A stage costs what its cache does: hours by size; without one nothing."""
    if resource.inputs.flag("cacheClusterEnabled"):
        size = resource.inputs.text("cacheClusterSize") or "0.5"
        price = f"api_gateway.cache_{size.replace('.', '_')}_gb_hour"
        yield pricing.line(f"Cache memory ({size} GB)", pricing.hours, price, unit="hours")
