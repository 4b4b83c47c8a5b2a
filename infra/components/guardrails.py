"""What keeps the bill from surprising anybody: a monthly budget that warns before it is spent."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.naming import Names
from infra.settings import GuardrailSettings

SPENT_PERCENT = 80
FORECAST_PERCENT = 100


@dataclass(frozen=True, kw_only=True)
class GuardrailsArgs:
    """The limit, what it counts, and who hears of it."""

    names: Names
    settings: GuardrailSettings
    topic_arn: pulumi.Input[str]
    email: str


class Guardrails(pulumi.ComponentResource):
    """A budget with a notice when most of it is spent and one when the forecast passes it."""

    budget_name: str | None

    def __init__(self, name: str, args: GuardrailsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("breakeven:infra:Guardrails", name, {}, opts)
        self.budget_name = args.names.physical() if args.settings.budget_usd else None
        if self.budget_name:
            self._budget(args, self.budget_name)
        self.register_outputs({"budgetName": self.budget_name})

    def _budget(self, args: GuardrailsArgs, name: str) -> None:
        # The whole account by default: a tag counts nothing until it is activated in Billing.
        own: dict[str, Any] = {"cost_filters": [{"name": "TagKeyValue", "values": [f"user:stack${args.names.stack}"]}]}
        aws.budgets.Budget(
            "budget",
            name=name,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(args.settings.budget_usd),
            limit_unit="USD",
            notifications=[
                _notice(args, "ACTUAL", SPENT_PERCENT),
                _notice(args, "FORECASTED", FORECAST_PERCENT),
            ],
            tags=args.names.tags("budget"),
            opts=pulumi.ResourceOptions(parent=self),
            **(own if args.settings.budget_scope == "stack" else {}),
        )


def _notice(args: GuardrailsArgs, kind: str, percent: int) -> dict[str, Any]:
    return {
        "comparison_operator": "GREATER_THAN",
        "notification_type": kind,
        "threshold": percent,
        "threshold_type": "PERCENTAGE",
        "subscriber_sns_topic_arns": [args.topic_arn],
        **({"subscriber_email_addresses": [args.email]} if args.email else {}),
    }
