"""Total cost of ownership: four ways to get the predictions side by side, over the months of the workload."""

from infra.costs.tco.total import total_cost
from infra.costs.tco.types import SCENARIOS, Once, Part, Scenario, ScenarioKey, Tco

__all__ = ["SCENARIOS", "Once", "Part", "Scenario", "ScenarioKey", "Tco", "total_cost"]
