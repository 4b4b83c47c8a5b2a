"""Between the engine and the rules: the engine's resources as a Stack, and the pack's policies.

The engine shows a policy of the whole stack the outputs of its resources, and a policy of single resources their
inputs. Rules and prices read inputs, so the pack keeps them as they come by; its verdict is then the same as that on
the recorded program, and does not move with what AWS adds.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import proxy as unknowns

from infra.costs.errors import CostError
from infra.costs.numbers import number
from infra.costs.readers import PROVIDER, stack_from_rows
from infra.costs.stack import UNKNOWN_VALUE, Stack
from infra.policy.budget import budget_of, over_budget, price
from infra.policy.check import check
from infra.policy.rules import MANDATORY, RULES, Rule

LEVELS: Final = {True: EnforcementLevel.MANDATORY, False: EnforcementLevel.ADVISORY}
BUDGET: Final = "budgetUsd"
# The engine has one mark of an unknown value for each type; readers know that of texts.
UNKNOWNS: Final = frozenset(value for key, value in vars(unknowns).items() if key.startswith("UNKNOWN_"))

Row = dict[str, Any]


class Pack:
    """The policies of the pack, and what they have seen of the stack in hand."""

    def __init__(self) -> None:
        self._inputs: dict[str, Row] = {}

    def policies(self) -> list[Policy]:
        """One policy for every rule, the cost limit, and a word on what cannot be told yet."""
        rules = (_policy(self, rule) for rule in RULES.values())
        return [self._listener(), _limit(self), _unpriced(self), *rules, _open(self)]

    def stack(self, resources: Iterable[PolicyResource]) -> Stack:
        """The engine's resources as a Stack, with the inputs that came by; outputs stand in for what did not."""
        rows = [row for resource in resources for row in self._rows(resource)]
        return stack_from_rows(rows, "the stack", "the engine")

    def _listener(self) -> Policy:
        def keep(args: ResourceValidationArgs, report: ReportViolation) -> None:
            self._inputs[args.urn] = plain(args.props)

        return ResourceValidationPolicy(
            name="inputs",
            description="Keeps what is asked for, which the other policies look at; it never objects.",
            validate=keep,
            enforcement_level=EnforcementLevel.MANDATORY,
        )

    def _rows(self, resource: PolicyResource) -> Iterable[Row]:
        outputs = plain(resource.props)
        provider = resource.provider
        row: Row = {
            "urn": resource.urn,
            "type": resource.resource_type,
            "custom": provider is not None,
            "id": outputs.get("id"),
            "inputs": self._inputs.get(resource.urn, outputs),
            "parent": resource.parent.urn if resource.parent else "",
            "propertyDependencies": {
                key: [found.urn for found in urns] for key, urns in resource.property_dependencies.items()
            },
        }
        if provider is not None and provider.resource_type == PROVIDER:
            row["provider"] = f"{provider.urn}::"
            yield {"urn": provider.urn, "type": PROVIDER, "inputs": plain(provider.props)}
        yield row


def plain(value: Any) -> Any:
    """The engine's value as Python's, each unknown as the mark that readers know.

    What the engine hands over raises when an unknown is touched, so it is unwrapped first.
    """
    if isinstance(value, unknowns._DictProxy | unknowns._ListProxy):
        value = value["__target"]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value in UNKNOWNS:
        return UNKNOWN_VALUE
    return value if isinstance(value, str | int | float) or value is None else str(type(value).__name__)


def _policy(pack: Pack, rule: Rule) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for finding in check(pack.stack(args.resources), rules=[rule]).findings:
            report(finding.message, finding.resource.urn)

    ids = f" ({', '.join(rule.also)})" if rule.also else ""
    return StackValidationPolicy(
        name=rule.id,
        description=f"{rule.title}{ids}.",
        validate=validate,
        enforcement_level=LEVELS[rule.level == MANDATORY],
    )


def _open(pack: Pack) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        undecided = {row.rule.id for row in check(pack.stack(args.resources)).undecided}
        if undecided:
            report(
                f"{', '.join(sorted(undecided))}: values are known only after deployment; `breakeven check` tells now",
                None,
            )

    return StackValidationPolicy(
        name="not-decided",
        description="Rules that cannot be told before deployment.",
        validate=validate,
        enforcement_level=EnforcementLevel.ADVISORY,
    )


def _limit(pack: Pack) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        try:
            stack = pack.stack(args.resources)
            stated = args.get_config().get(BUDGET)
            budget = budget_of(stack) if stated is None else number(stated, BUDGET)
            for overrun in over_budget(stack, budget) if budget else ():
                report(str(overrun), None)
        except CostError as error:
            # A limit that cannot be computed must not let everything through.
            report(f"the cost cannot be told: {error}", None)

    return StackValidationPolicy(
        name="cost-limit",
        description="The stack's expected month stays within its budget.",
        validate=validate,
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=PolicyConfigSchema(
            properties={
                BUDGET: {
                    "type": "number",
                    "minimum": 0,
                    "description": "USD a month, in place of the budget in the stack; 0 sets none",
                }
            }
        ),
    )


def _unpriced(pack: Pack) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        try:
            for reason in price(pack.stack(args.resources)).unpriced:
                report(f"not in the cost limit: {reason.reason}", reason.resource.urn)
        except CostError as error:
            report(f"the cost cannot be told: {error}", None)

    return StackValidationPolicy(
        name="not-priced",
        description="The price of every resource is known.",
        validate=validate,
        enforcement_level=EnforcementLevel.ADVISORY,
    )
