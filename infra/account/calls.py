"""What calls to an account's prices and bills have in common: a refusal names the permission that is missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation

from infra.costs.errors import InputError
from infra.lifecycle.aws import DENIED, Account, code_of, told
from infra.lifecycle.errors import AccountError

HOME = "us-east-1"
"""Price List and Cost Explorer answer from here for every region (the Price List also from two others)."""


def home(profile: str = "") -> Account:
    """The account as seen from the region where prices and bills are served."""
    return Account(HOME, profile)


@contextmanager
def allowed(thing: str, permission: str) -> Iterator[None]:
    """Turn a refusal into an AccountError that names the IAM permission; other errors keep their own words."""
    try:
        with told(thing):
            yield
    except AccountError as error:
        if code_of(error) not in DENIED:
            raise
        raise AccountError(
            thing, f"no permission ({code_of(error)})", f"allow {permission} for these credentials"
        ) from error


def amount(text: str, thing: str) -> Decimal:
    """A finite number out of an answer; raises InputError for what is none."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise InputError(thing, f"{text!r} is no amount", "try again later")
    return value
