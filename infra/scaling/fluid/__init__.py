"""The fluid simulation: a month in seconds, as exact as a capacity plan needs."""

from infra.scaling.fluid.month import Month

__all__ = ["Month"]
