"""A whole stack from its settings: what the program deploys, and what the component package offers to others."""

from collections.abc import Mapping
from typing import Any

import pulumi

from infra.components.account import Account
from infra.components.stack import Plan
from infra.cost_outputs import RunningCost
from infra.ledger import Ledger
from infra.naming import Names, region_tag
from infra.settings import StackSettings
from infra.settings_rules import check_region


def deploy(
    settings: StackSettings, ledger: Ledger, project: str, parent: pulumi.Resource | None = None
) -> Mapping[str, Any]:
    """Build every component of the stack, inside `parent` where there is one; returns what a caller needs, by name.

    `ledger` must have begun to listen before; what the components cost comes from it.
    """
    account = Account.current(parent)
    check_region(settings, account.region)
    tags = {**settings.tags, **region_tag(settings.guardrails.allowed_regions)}
    names = Names(project=project, stack=pulumi.get_stack(), extra_tags=tags)
    cost = RunningCost.start(settings.model.model, account.region, ledger)
    built = _build(Plan(settings=settings, names=names, account=account, parent=parent))
    found = {**built, "model": settings.model.model, **cost.outputs()}
    return {name: value for name, value in found.items() if value is not None}


def _build(plan: Plan) -> dict[str, Any]:
    artifacts = plan.artifacts()
    network = plan.network(artifacts)
    intake = plan.intake(artifacts)
    fleet = plan.fleet(network, artifacts, intake)
    training = plan.training(network, artifacts)
    gateway = plan.gateway(network, artifacts, fleet)
    probe = plan.probe(artifacts, gateway)
    observability = plan.observability(artifacts, fleet, gateway, intake, probe)
    plan.guardrails(observability)
    return {
        "endpoint": gateway.endpoint,
        "call": gateway.call,
        "groupName": fleet.group_name,
        "artifactBucket": artifacts.bucket_name,
        "alarmTopic": observability.topic_arn,
        "apiKey": gateway.api_key,
        "dashboard": observability.dashboard_url,
        "documentBucket": intake.bucket_name if intake else None,
        "documentQueue": intake.queue_url if intake else None,
        "documentDeadLetters": intake.dead_letter_url if intake else None,
        "training": training.place if training else None,
    }
