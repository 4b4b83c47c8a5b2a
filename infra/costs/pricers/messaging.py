"""Queues and topics."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from infra.costs.items import LineItem
from infra.costs.prices import Price, Tier
from infra.costs.pricing import Pricing, per, pieces_of, prices, times
from infra.costs.stack import Resource

MILLION: Final = 1_000_000
PIECE_KB: Final = 64
KB_IN_A_GB: Final = 1_000_000
SUBSCRIPTION: Final = "aws:sns/topicSubscription:TopicSubscription"
SMS_FREE: Final = 100
# Usage key, label, price key, notifications in one priced unit, notifications free in the label, protocols counted.
NOTIFICATIONS: Final = (
    (
        "http_subscriptions",
        "HTTP/HTTPS notifications (over 100k)",
        "sns.http_notifications_per_100000",
        100_000,
        100_000,
        ("http", "https"),
    ),
    (
        "email_subscriptions",
        "Email/Email-JSON notifications (over 1k)",
        "sns.email_notifications_per_100000",
        100_000,
        1_000,
        ("email", "email-json"),
    ),
    (
        "kinesis_subscriptions",
        "Kinesis Firehose notifications",
        "sns.kinesis_notifications_million",
        MILLION,
        0,
        ("firehose",),
    ),
    (
        "mobile_push_subscriptions",
        "Mobile Push notifications",
        "sns.mobile_push_notifications_million",
        MILLION,
        0,
        ("application",),
    ),
    ("macos_subscriptions", "MacOS notifications", "sns.macos_notifications_million", MILLION, 0, ()),
)


@prices("aws:sqs/queue:Queue", usage=("monthly_requests", "request_size_kb"))
def queue(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A queue by requests, each 64 KB counting as one."""
    kind = "fifo" if resource.inputs.flag("fifoQueue") else "standard"
    pieces = pieces_of(pricing.stated("request_size_kb"), PIECE_KB)
    requests = times(per(pricing.used("monthly_requests"), MILLION), pieces)
    yield from pricing.tiered("Requests", requests, f"sqs.{kind}_million", short="queue")


@prices(
    "aws:sns/topic:Topic",
    usage=(
        "monthly_requests",
        "request_size_kb",
        *(key for key, *_ in NOTIFICATIONS),
        "sms_subscriptions",
        "sms_notification_price_usd",
    ),
)
def topic(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A topic: what is published, and what is delivered to subscriptions that are charged."""
    if resource.inputs.flag("fifoTopic"):
        yield from _fifo_topic(resource, pricing)
        return
    requests = pricing.used("monthly_requests")
    pieces = pieces_of(pricing.stated("request_size_kb"), PIECE_KB)
    billed = None if requests is None else requests.map(lambda c: (c * pieces).tier(MILLION, None) / MILLION)
    yield pricing.line("API requests (over 1M)", billed, pricing.region["sns.api_requests_million"].without_free())
    for key, label, price, size, free_count, protocols in NOTIFICATIONS:
        count = _subscriptions(resource, pricing, key, protocols)
        sent = None
        if count is not None and requests is not None:
            sent = requests.map(lambda c, n=count, f=free_count, s=size: (c * n).tier(f, None) / s)  # type: ignore[misc]
        yield pricing.line(label, sent, pricing.region[price].without_free())
    yield from _text_messages(resource, pricing)


def _text_messages(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    each = pricing.stated("sms_notification_price_usd")
    if each is None:
        return  # the price of a text message depends on country and carrier
    count, requests = pricing.stated("sms_subscriptions"), pricing.used("monthly_requests")
    price = Price(
        key="sns.sms",
        unit="100 notifications",
        tiers=(Tier(amount=each * 100, up_to=None),),
        source="usage file",
        checked=None,
        file="usage file",
    )
    sent = None
    if count is not None and requests is not None:
        sent = requests.map(lambda c: (c * count).tier(SMS_FREE, None) / 100)
    yield pricing.line("SMS notifications (over 100)", sent, price)


def _fifo_topic(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    requests, size = pricing.used("monthly_requests"), pricing.stated("request_size_kb")
    yield pricing.line("FIFO Publish API requests", per(requests, MILLION), "sns.fifo_requests_million")
    payload = None if requests is None or size is None else times(requests, size / KB_IN_A_GB)
    yield pricing.line("FIFO Publish API payload", payload, "sns.fifo_payload_gb")
    count = len(_subscribers(resource, pricing))
    if count:
        yield pricing.line("FIFO notifications", times(per(requests, MILLION), count), "sns.fifo_notifications_million")
        yield pricing.line("FIFO notification payload", times(payload, count), "sns.fifo_notification_payload_gb")


def _subscriptions(resource: Resource, pricing: Pricing, key: str, protocols: tuple[str, ...]) -> Decimal | None:
    """How many subscriptions of a kind: stated, else those of the stack; None when there is nothing to go by."""
    stated = pricing.stated(key)
    if stated is not None:
        return stated
    subscribers = _subscribers(resource, pricing)
    if not subscribers and pricing.traffic is None:
        return None
    return Decimal(sum(s.inputs.text("protocol").lower() in protocols for s in subscribers))


def _subscribers(resource: Resource, pricing: Pricing) -> tuple[Resource, ...]:
    return pricing.stack.owners(resource, "topic", SUBSCRIPTION)
