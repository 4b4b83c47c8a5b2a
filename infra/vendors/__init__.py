"""Vendors whose prices come from a package: importing this registers them with the cost engine, which imports none."""

from infra.vendors.tokens import PACKAGE, TokenPrices

__all__ = ["PACKAGE", "TokenPrices"]
