"""Alarms of alarms: a burn rate is too high over both of its windows, and whether the service as a whole is well."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import pulumi
import pulumi_aws as aws

from infra.components import observability_alarms
from infra.components.observability_objectives import AVAILABILITY, LATENCY, pairs
from infra.naming import PROBE, child
from infra.runbooks import described

if TYPE_CHECKING:
    from infra.components.observability import ObservabilityArgs

HEALTH: Final = "health"
# Whoever calls now is not served, or too late. A budget that goes slowly, or a canary, is not the service's health.
ILL: Final = ("errors", "no-instance", PROBE, "queue-age", child(AVAILABILITY, "fast"), child(LATENCY, "fast"))


def build(
    args: "ObservabilityArgs",
    alarms: Mapping[str, aws.cloudwatch.MetricAlarm],
    topic_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> dict[str, aws.cloudwatch.CompositeAlarm]:
    """Create the burn-rate alarms with their windows, and `health` over them and the alarms given."""
    found: dict[str, aws.cloudwatch.CompositeAlarm] = {}
    for pair in pairs(args):
        windows = [observability_alarms.create(window, args, topic_arn, opts) for window in pair.windows]
        found[pair.label] = _composite(args, pair.label, pair.says, _rule(windows, "AND"), [topic_arn], opts)
    every = {**alarms, **found}
    ill = [every[label] for label in ILL if label in every]
    # It tells nobody: each of its parts does already.
    says = "Callers are not served, or too late: one alarm at least says so"
    found[HEALTH] = _composite(args, HEALTH, says, _rule(ill, "OR"), [], opts)
    return found


def _rule(
    parts: Sequence[aws.cloudwatch.MetricAlarm | aws.cloudwatch.CompositeAlarm], joined: str
) -> pulumi.Output[str]:
    """By the parts' own names, so that they are made before it and deleted after it."""
    names = [part.name if isinstance(part, aws.cloudwatch.MetricAlarm) else part.alarm_name for part in parts]
    return pulumi.Output.all(*names).apply(lambda found: f" {joined} ".join(f'ALARM("{name}")' for name in found))


def _composite(
    args: "ObservabilityArgs",
    label: str,
    says: str,
    rule: pulumi.Output[str],
    told: Sequence[pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> aws.cloudwatch.CompositeAlarm:
    return aws.cloudwatch.CompositeAlarm(
        label,
        alarm_name=args.names.physical(label),
        alarm_description=described(says, label),
        alarm_rule=rule,
        actions_enabled=True,
        alarm_actions=told,
        ok_actions=told,
        tags=args.names.tags(label),
        opts=opts,
    )
