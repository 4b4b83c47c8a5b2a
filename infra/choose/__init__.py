"""The cheapest stack for a workload: instance type, purchase mix, entry and way out, every combination priced.

It needs the program's settings and recorder, so it lives outside the cost engine, which knows neither.
"""

from infra.choose.base import Base
from infra.choose.forms import Shown, nothing, written
from infra.choose.pricing import Priced, Prices, price_option
from infra.choose.report import latency_words
from infra.choose.search import cheapest, option_for
from infra.choose.space import MOST_MS, image_settings
from infra.choose.types import Answer, Found, Goal, Option, Purchase, Reservation, RuledOut, Shape
from infra.choose.variants import in_region, with_option

__all__ = [
    "Answer",
    "Base",
    "Found",
    "Goal",
    "MOST_MS",
    "Option",
    "Priced",
    "Prices",
    "Purchase",
    "Reservation",
    "RuledOut",
    "Shape",
    "Shown",
    "cheapest",
    "image_settings",
    "in_region",
    "latency_words",
    "nothing",
    "option_for",
    "price_option",
    "with_option",
    "written",
]
