"""Managed APIs as data: what they charge for a volume, as a curve."""

from infra.costs.managed.api import (
    UNITS,
    ManagedApi,
    Quota,
    Training,
    fine_tuning_cost,
    over_quota,
    training_tokens,
)
from infra.costs.managed.files import managed_apis, read_apis
from infra.costs.managed.meters import Endpoint, Meter
from infra.costs.managed.offers import Catalogue, add_catalogue, named, offers_for
from infra.costs.managed.rules import EACH_MONTH, RULES, pieces_of_text

__all__ = [
    "EACH_MONTH",
    "RULES",
    "UNITS",
    "Catalogue",
    "Endpoint",
    "ManagedApi",
    "Meter",
    "Quota",
    "Training",
    "add_catalogue",
    "fine_tuning_cost",
    "managed_apis",
    "named",
    "offers_for",
    "over_quota",
    "pieces_of_text",
    "read_apis",
    "training_tokens",
]
