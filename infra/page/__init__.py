"""One self-contained HTML page of a report: it computes in the browser what the command line computes here."""

from infra.page.page import page
from infra.page.rendering import environment
from infra.page.traffic import Traffic, traffic_page, traffic_section
from infra.page.variants import SpotVariants, spot_variants

__all__ = ["SpotVariants", "Traffic", "environment", "page", "spot_variants", "traffic_page", "traffic_section"]
