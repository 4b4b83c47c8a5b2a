"""Unit functions: how many units of charge one unit of volume is, each named by its rule, exact and pure."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Final

from infra.costs.workload import Documents, Request

Rule = Callable[[Request], Fraction]
EACH_MONTH: Final = "each_month"
"""The rule of what is charged once a month, whatever the volume (a stored model)."""


def pieces_of_text(characters: Decimal) -> Fraction:
    """Pieces of 100 characters, three at least, as texts are charged."""
    return Fraction(max(ceil(characters / 100), 3))


def per_unit(request: Request) -> Fraction:
    """One for each unit of volume: a page, a text, an image that is charged once."""
    return Fraction(1)


def per_feature_image(request: Request) -> Fraction:
    """One for each feature asked of an image: every call, or every feature of a call, is charged."""
    return Fraction(request.features)


def per_100_characters_min_3(request: Request) -> Fraction:
    """Pieces of 100 characters of a text, three at least."""
    return pieces_of_text(request.characters)


def per_character(request: Request) -> Fraction:
    """Characters of a text."""
    return Fraction(request.characters)


def per_live_unit(request: Request) -> Fraction:
    """One, for the share of requests that do not wait for the batch price."""
    return 1 - Fraction(request.batched)


def per_batched_unit(request: Request) -> Fraction:
    """One, for the share of requests that wait for the batch price."""
    return Fraction(request.batched)


def input_tokens(request: Request) -> Fraction:
    """Tokens of a prompt that are not found in the cache, of requests that do not wait."""
    return _new(request) * per_live_unit(request)


def cached_tokens(request: Request) -> Fraction:
    """Tokens of a prompt that are found in the cache, of requests that do not wait."""
    return _cached(request) * per_live_unit(request)


def output_tokens(request: Request) -> Fraction:
    """Tokens of an answer, of requests that do not wait."""
    return Fraction(request.tokens_out) * per_live_unit(request)


def batched_input_tokens(request: Request) -> Fraction:
    """Tokens of a prompt that are not found in the cache, of requests that wait for the batch price."""
    return _new(request) * per_batched_unit(request)


def batched_cached_tokens(request: Request) -> Fraction:
    """Tokens of a prompt that are found in the cache, of requests that wait for the batch price."""
    return _cached(request) * per_batched_unit(request)


def batched_output_tokens(request: Request) -> Fraction:
    """Tokens of an answer, of requests that wait for the batch price."""
    return Fraction(request.tokens_out) * per_batched_unit(request)


def _new(request: Request) -> Fraction:
    return Fraction(request.tokens_in) - _cached(request)


def _cached(request: Request) -> Fraction:
    return Fraction(request.tokens_in) * Fraction(request.tokens_cached)


RULES: Final[Mapping[str, Rule]] = {
    rule.__name__: rule
    for rule in (
        per_unit,
        per_feature_image,
        per_100_characters_min_3,
        per_character,
        per_live_unit,
        per_batched_unit,
        input_tokens,
        cached_tokens,
        output_tokens,
        batched_input_tokens,
        batched_cached_tokens,
        batched_output_tokens,
    )
}


def of_a_document(rule: str, documents: Documents) -> Fraction:
    """Units of charge in one document: pieces of its text, or those of its pages that hold none."""
    if rule == per_100_characters_min_3.__name__:
        return pieces_of_text(documents.characters_each)
    return Fraction(documents.pages_each) * Fraction(documents.scanned)
