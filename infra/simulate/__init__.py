"""Traffic and stacks brought together: a stack under a trace, its bill, and the settings a trace asks for."""

from infra.simulate.asked import Asked, trace_of
from infra.simulate.bill import billed, fleet_of
from infra.simulate.breakeven import with_bursts
from infra.simulate.group import Simulated, simulated_group
from infra.simulate.plan import plan
from infra.simulate.plan_report import plan_document, plan_markdown, plan_text, stack_file
from infra.simulate.report import simulation_document, simulation_markdown, simulation_text
from infra.simulate.run import Engine, simulate, volume_in, volume_of
from infra.simulate.shown import Shown
from infra.simulate.types import Objective, Plan, Tried

__all__ = [
    "Asked",
    "Engine",
    "Objective",
    "Plan",
    "Shown",
    "Simulated",
    "Tried",
    "billed",
    "fleet_of",
    "plan",
    "plan_document",
    "plan_markdown",
    "plan_text",
    "simulate",
    "simulated_group",
    "simulation_document",
    "simulation_markdown",
    "simulation_text",
    "stack_file",
    "trace_of",
    "volume_in",
    "volume_of",
    "with_bursts",
]
