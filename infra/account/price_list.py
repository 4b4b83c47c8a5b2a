"""Products of the AWS Price List API (GetProducts) with their on-demand prices in USD."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from infra.account.calls import allowed
from infra.costs.errors import InputError
from infra.lifecycle.aws import Account

PERMISSION: Final = "pricing:GetProducts"
FORMAT: Final = "aws_v1"
USD: Final = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """USD per unit of the Price List from `begin` on, up to `end` (None: no end), both in that unit."""

    begin: Decimal
    end: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product: its attributes (the family among them), its on-demand price in steps, and the list's issue."""

    code: str
    sku: str
    attributes: Mapping[str, str]
    steps: tuple[Step, ...]
    version: str
    published: str

    @property
    def usage(self) -> str:
        """The usage type with its region's prefix."""
        return self.attributes.get("usagetype", "")

    @property
    def source(self) -> str:
        """Where the price was read, as a price book states it."""
        return f"AWS Price List API, {self.code} {self.version} of {self.published[:10]}"


def products(account: Account, code: str, filters: Mapping[str, str]) -> Iterator[Product]:
    """Every product of a service that all filters fit, page by page.

    Raises AccountError (no credentials, no permission, throttled for good) and InputError (an answer that is not what
    the API documents, a currency other than USD).
    """
    asked = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in filters.items()]
    thing = f"price list {code}"
    pages = account.pages(
        "pricing", "get_products", "PriceList", ServiceCode=code, Filters=asked, FormatVersion=FORMAT, MaxResults=100
    )
    with allowed(thing, PERMISSION):
        for text in pages:
            yield read_product(text, thing)


def read_product(text: str, thing: str) -> Product:
    """One item of the answer: a JSON document in a string."""
    try:
        item = json.loads(text)
        product = item["product"]
        attributes = {str(k): str(v) for k, v in product["attributes"].items()}
        return Product(
            code=str(item["serviceCode"]),
            sku=str(product["sku"]),
            attributes={"productFamily": str(product.get("productFamily", "")), **attributes},
            steps=_steps(item.get("terms", {}), thing),
            version=str(item["version"]),
            published=str(item["publicationDate"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise InputError(
            thing, f"an item is not as the API documents it ({type(error).__name__}: {error})", "try again later"
        ) from None


def _steps(terms: Mapping[str, Any], thing: str) -> tuple[Step, ...]:
    """The steps of the on-demand term in force last; none where a product is sold otherwise only."""
    on_demand = sorted(terms.get("OnDemand", {}).values(), key=lambda term: str(term.get("effectiveDate", "")))
    if not on_demand:
        return ()
    steps = [_step(dimension, thing) for dimension in on_demand[-1]["priceDimensions"].values()]
    return tuple(sorted(steps, key=lambda step: step.begin))


def _step(dimension: Mapping[str, Any], thing: str) -> Step:
    prices = dimension["pricePerUnit"]
    if USD not in prices:
        raise InputError(
            thing, f"its prices are in {', '.join(prices) or 'no currency'}, not USD", "write a price book by hand"
        )
    end = dimension["endRange"]
    return Step(
        begin=_number(dimension["beginRange"]),
        end=None if end == "Inf" else _number(end),
        amount=_number(prices[USD]),
    )


def _number(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or value < 0:
        raise ValueError(f"{text} is no price or range")
    return value
