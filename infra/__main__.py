"""The Pulumi program: settings, components, outputs. The engine runs it (`pulumi up`); `python -m infra` does not."""

import gc

import pulumi

from infra import settings as stack_settings
from infra.costs.errors import InputError
from infra.naming import Names, region_tag
from infra.settings_rules import check_region


def deploy() -> None:
    """Build every component of the stack and export what a caller needs."""
    settings = stack_settings.from_engine()
    for warning in settings.warnings:
        pulumi.log.warn(warning)
    # The AWS classes take a second to import: a wrong setting is told before.
    from infra.components.account import Account
    from infra.components.stack import Plan
    from infra.cost_outputs import RunningCost

    account = Account.current()
    check_region(settings, account.region)
    tags = {**settings.tags, **region_tag(settings.guardrails.allowed_regions)}
    names = Names(project=pulumi.get_project(), stack=pulumi.get_stack(), extra_tags=tags)
    cost = RunningCost.start(settings.model.model, account.region)
    plan = Plan(settings=settings, names=names, account=account)
    artifacts = plan.artifacts()
    network = plan.network(artifacts)
    intake = plan.intake(artifacts)
    fleet = plan.fleet(network, artifacts, intake)
    training = plan.training(network, artifacts)
    gateway = plan.gateway(network, artifacts, fleet)
    probe = plan.probe(artifacts, gateway)
    observability = plan.observability(artifacts, fleet, gateway, intake, probe)
    plan.guardrails(observability)
    pulumi.export("endpoint", gateway.endpoint)
    pulumi.export("call", gateway.call)
    pulumi.export("model", settings.model.model)
    pulumi.export("groupName", fleet.group_name)
    pulumi.export("artifactBucket", artifacts.bucket_name)
    pulumi.export("alarmTopic", observability.topic_arn)
    for name, value in (("apiKey", gateway.api_key), ("dashboard", observability.dashboard_url)):
        if value is not None:
            pulumi.export(name, value)
    if intake is not None:
        pulumi.export("documentBucket", intake.bucket_name)
        pulumi.export("documentQueue", intake.queue_url)
        pulumi.export("documentDeadLetters", intake.dead_letter_url)
    if training is not None:
        pulumi.export("training", training.place)
    cost.export()


gc.disable()  # millions of objects of AWS classes stay to the end: looking through them is two fifths of the time
try:
    deploy()
except InputError as error:
    raise pulumi.RunError(str(error)) from error  # printed as its message alone, without a stack trace
