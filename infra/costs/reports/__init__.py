"""What an estimate looks like to a reader: text, markdown, JSON, and one resource unfolded. Nothing here prints."""

from infra.costs.reports.explain import explain
from infra.costs.reports.machine import as_json
from infra.costs.reports.markdown import as_markdown
from infra.costs.reports.report import Report
from infra.costs.reports.text import as_text

__all__ = ["Report", "as_json", "as_markdown", "as_text", "explain"]
