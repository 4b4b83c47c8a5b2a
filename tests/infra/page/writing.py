"""Pages of the project's own stacks, what a browser shows in them, and what the command line says instead."""

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.costs.reports import Report
from infra.costs.stack import Stack
from infra.costs.tco import total_cost
from infra.page import SpotVariants, page, spot_variants
from scripts.cli.program import recorded
from scripts.cli.session import Inputs, report_of
from tests.scripts.command import breakeven

READ = """() => {
  const exact = (node) => node.dataset.exact;
  const text = (id) => document.getElementById(id).textContent;
  const rows = [...document.querySelectorAll("[data-offer]")];
  const part = (row, what, people) => row.querySelector(`[data-${what}="${people}"]`);
  const found = (...asked) => exact(part(...asked)).split(" ").filter(Boolean);
  const cases = (of) => Object.fromEntries(["low", "expected", "high"].map((c) => [c, of(`total-${c}`)]));
  return {
    monthly: cases((id) => exact(document.getElementById(id))),
    shown: cases(text),
    people: exact(document.getElementById("people-monthly")),
    own: text("own-monthly"),
    best: [text("api-name"), text("api-monthly")],
    infeasible: exact(document.getElementById("limit")),
    headline: text("headline"),
    offers: rows.map((row) => ({
      api: row.dataset.offer,
      monthly: exact(row.querySelector("td.number")),
      shown: row.querySelector("td.number").textContent,
      with: [found(row, "break-even", "with"), found(row, "wins", "with")],
      without: [found(row, "break-even", "without"), found(row, "wins", "without")],
    })),
    parts: Object.fromEntries([...document.querySelectorAll("[data-part]")].map((row) =>
      [row.dataset.part, [...row.querySelectorAll("td.number")].map((node) => node.textContent)])),
    documents: document.getElementById("documents-own") && text("documents-own"),
  };
}"""
SET = """(settings) => {
  for (const [id, value] of Object.entries(settings)) {
    const input = document.getElementById(id);
    if (input.disabled) continue;
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""


@dataclass(frozen=True, kw_only=True)
class Written:
    """A page with the stack and the spot positions it was written from."""

    html: str
    stack: Stack
    variants: SpotVariants


@cache
def stack_of(name: str) -> Stack:
    return recorded(name)[0]


def write(stack: Stack, given: Inputs | None = None, name: str = "a stack") -> Written:
    """A page for any settings, in this process; without a recommendation, which no setting moves."""
    report = report_of("report", name, (given or Inputs()).price(stack))
    variants = spot_variants(report.estimate)
    tco = total_cost(report.estimate) if report.comparison and report.comparison.offers else None
    return Written(
        html=page(report, tco, variants=variants, command=("breakeven preview",)), stack=stack, variants=variants
    )


@cache
def of_stack(name: str) -> Written:
    """The page of one of the project's stacks, as the verb writes it."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "report.html"
        done = breakeven("report", "--stack", name, "--out", str(out))
        assert done.returncode == 0, done.stderr
        return replace(write(stack_of(name)), html=out.read_text(encoding="utf-8"))


def told(stack: Stack, settings: dict[str, str], workload: Path | None, spot: bool) -> Report:
    """What `breakeven preview` says for these settings."""
    given = Inputs(
        workload=workload,
        volume=settings["volume"],
        peak=settings["peak"],
        people_share=settings["people_share"],
        spot_share=settings["spot_share"] if spot else None,
    )
    return report_of("preview", "stack", given.price(stack))


def as_figures(text: str) -> dict[str, Any]:
    """The figures of the command line's JSON, in the shape of what the page shows."""
    document = json.loads(text)
    return {
        "monthly": document["monthly"],
        "people": document["volume"]["people_monthly"],
        "infeasible": next((o["infeasible"]["above"] for o in document["offers"] if "infeasible" in o), ""),
        "offers": [
            {
                "api": offer["api"],
                "monthly": offer["monthly"],
                "with": [offer["break_even"], _wins(offer)],
                "without": [offer["without_people"]["break_even"], _wins(offer["without_people"])],
            }
            for offer in document["offers"]
        ],
    }


def of_page(shown: dict[str, Any]) -> dict[str, Any]:
    """Only what the command line's JSON says as well."""
    offers = [{key: offer[key] for key in ("api", "monthly", "with", "without")} for offer in shown["offers"]]
    return {**{key: shown[key] for key in ("monthly", "people", "infeasible")}, "offers": offers}


def _wins(result: dict[str, Any]) -> list[str]:
    return [f"{start}:{end or ''}" for start, end in result["self_hosted_wins"]]
