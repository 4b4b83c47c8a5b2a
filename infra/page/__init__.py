"""One self-contained HTML page of a report: it computes in the browser what the command line computes here."""

from infra.page.page import page
from infra.page.variants import SpotVariants, spot_variants

__all__ = ["SpotVariants", "page", "spot_variants"]
