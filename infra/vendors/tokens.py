"""Models charged by the token, of every vendor the package genai-prices knows; offline, imported when asked for."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import version
from re import findall
from typing import TYPE_CHECKING, Any, Final

from infra.costs.errors import InputError
from infra.costs.managed import ManagedApi, Meter, add_catalogue
from infra.costs.names import nearest
from infra.costs.prices import Tier
from infra.costs.workload import Workload

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, ModelPrice, Provider

PACKAGE: Final = "genai-prices"
UNIT: Final = "requests"
# Small models of two vendors: what one would take for the work of a self-hosted one. The workload may name others.
DEFAULTS: Final = ("openai/gpt-5-mini", "openai/gpt-5.6-luna", "anthropic/claude-haiku-5-5")
TOKENS: Final = 1_000_000
PAGES: Final = 1_000
BATCH: Final = {"processing": "batch"}


@add_catalogue
class TokenPrices:
    """APIs by the name `vendor/model`, as the package names both (`openai/gpt-5-mini`)."""

    def find(self, name: str, workload: Workload, thing: str) -> ManagedApi | None:
        """The model at today's price for prompts as long as the workload's; None for a name without a vendor.

        Raises InputError where the package is not installed, or knows no such vendor, model or price.
        """
        model = name.partition("/")[2]
        return _api(name, workload, thing, datetime.now(UTC)) if model else None

    def defaults(self, workload: Workload) -> tuple[str, ...]:
        """Some small models where the volume is counted in requests."""
        return DEFAULTS if workload.volume.unit == UNIT else ()


def _api(name: str, workload: Workload, thing: str, now: datetime) -> ManagedApi:
    snapshot, (vendor, _, model) = _snapshot(thing, name), name.partition("/")
    provider, found = _model(snapshot, thing, vendor, model)
    live, batch = found.get_prices(now), found.get_prices(now, BATCH)
    meters = tuple(_meters(live, batch, workload.request.tokens_in))
    if not meters:
        raise InputError(thing, f"{name!r} is not charged by tokens or pages", "name another model")
    pages, answers = _charged(live, "input_document_kpages"), _charged(live, "output_mtok")
    urls = provider.pricing_urls or [provider.api_pattern]
    return ManagedApi(
        key=name,
        vendor=provider.id,
        name=f"{provider.name} {found.name or found.id}",
        task="document-text" if pages else "generation" if answers else "embeddings",
        meters=meters,
        source=f"{PACKAGE} {version(PACKAGE)}, {urls[0]}",
        checked=_newest_date(snapshot, now.date()),
        note=found.price_comments or "",
    )


def _snapshot(thing: str, name: str) -> "DataSnapshot":
    try:
        from genai_prices.data_snapshot import get_snapshot
    except ImportError:
        reason = f"{name!r} is priced by the package {PACKAGE}, which is not installed"
        raise InputError(thing, reason, f"pip install {PACKAGE}") from None
    return get_snapshot()


def _model(snapshot: "DataSnapshot", thing: str, vendor: str, model: str) -> tuple["Provider", "ModelInfo"]:
    provider = next((p for p in snapshot.providers if p.id == vendor), None)
    if provider is None:
        known = [p.id for p in snapshot.providers]
        raise InputError(thing, f"no vendor {vendor!r}{nearest(vendor, known)}", f"known: {', '.join(known)}")
    # A model's own name first: the package also matches by beginnings, which would price a slip of the pen.
    found = next((m for m in provider.models if m.id == model), None) or provider.find_model(model)
    if found is None:
        near = nearest(model, [m.id for m in provider.models])
        raise InputError(thing, f"{vendor} has no model {model!r}{near}", f"see the models of {vendor} in {PACKAGE}")
    return provider, found


def _meters(live: "ModelPrice", batch: "ModelPrice", prompt: Decimal) -> Iterator[Meter]:
    """A meter for each thing that is charged, live and in batches, at the price of a prompt of so many tokens."""
    for price, start, words in ((live, "", ""), (batch, "batched_", " in batches")):
        new, answer = _charged(price, "input_mtok"), _charged(price, "output_mtok")
        # Where no price of cached tokens is known they cost as others.
        cached = _charged(price, "cache_read_mtok") or new
        for name, rule, tiers in (
            ("Prompts", "input_tokens", new),
            ("Cached prompts", "cached_tokens", cached),
            ("Answers", "output_tokens", answer),
        ):
            if tiers is not None:
                yield _meter(f"{name}{words}", f"{start}{rule}", "token", _at(tiers, prompt) / TOKENS)
        each = "per_batched_unit" if start else "per_live_unit"
        for name, key in (("Pages", "input_document_kpages"), ("Requests", "requests_kcount")):
            tiers = _charged(price, key)
            if tiers is not None:
                yield _meter(f"{name}{words}", each, name.lower()[:-1], _at(tiers, prompt) / PAGES)


def _meter(name: str, rule: str, unit_of_charge: str, amount: Decimal) -> Meter:
    tiers = (Tier(amount=amount, up_to=None),)
    return Meter(name=name, rule=rule, unit_of_charge=unit_of_charge, tiers=tiers)


def _charged(price: "ModelPrice", key: str) -> Any:
    """A price of the package: a Decimal or its prices by length of prompt, None where there is none."""
    return getattr(price, key)


def _at(price: Any, prompt: Decimal) -> Decimal:
    """The price for a prompt of so many tokens: a longer one is charged at its tier's price as a whole."""
    if isinstance(price, Decimal):
        return price
    above = [tier.price for tier in price.tiers if prompt > tier.start]
    return Decimal(above[-1] if above else price.base)


def _newest_date(snapshot: "DataSnapshot", today: date) -> date:
    """The last day up to today that the package's data name: they are at least as new as that."""
    comments = (m.price_comments or "" for p in snapshot.providers for m in p.models)
    days = {date.fromisoformat(day) for text in comments for day in findall(r"20\d\d-[01]\d-[0-3]\d", text)}
    return max(day for day in days if day <= today)
