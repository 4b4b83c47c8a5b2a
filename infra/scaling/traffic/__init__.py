from infra.scaling.traffic.arrivals import arrivals
from infra.scaling.traffic.generate import generate, named
from infra.scaling.traffic.readers import FORMS, read_trace
from infra.scaling.traffic.shapes import (
    SHAPES,
    Grid,
    Shape,
    bursts,
    daily,
    flash_crowd,
    growth,
    office_hours,
    product,
    steady,
    weekly,
)
from infra.scaling.traffic.statistics import Peak, Rise, Statistics, largest_rise, statistics_of
from infra.scaling.traffic.trace import MONDAY, MOST_STEPS, Trace

__all__ = [
    # a trace, and reading one
    "Trace", "MONDAY", "MOST_STEPS", "read_trace", "FORMS",
    # making one
    "generate", "named", "SHAPES", "Shape", "Grid",
    "steady", "daily", "weekly", "office_hours", "bursts", "flash_crowd", "growth", "product",
    # what it is like
    "statistics_of", "Statistics", "Peak", "Rise", "largest_rise",
    # its requests one by one
    "arrivals",
]  # fmt: skip
