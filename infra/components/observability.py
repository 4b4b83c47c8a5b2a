"""What is watched and who is told: a topic, alarms for the objectives, and a dashboard."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import observability_alarms, observability_composites, observability_dashboard, policies
from infra.components.account import Account
from infra.naming import Names
from infra.settings import ObservabilitySettings

PUBLISHERS = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com")


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The names under which CloudWatch knows the stack's parts; None where a part is not there."""

    api_dimensions: Mapping[str, pulumi.Input[str]]
    server_error_metric: str
    group_name: pulumi.Input[str]
    balancer_label: pulumi.Input[str] | None
    target_label: pulumi.Input[str] | None
    canary_label: pulumi.Input[str] | None
    queue_name: pulumi.Input[str] | None
    dead_letter_name: pulumi.Input[str] | None
    probe_name: pulumi.Input[str] | None


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs:
    """Objectives, and the parts they are held against."""

    names: Names
    account: Account
    settings: ObservabilitySettings
    key_arn: pulumi.Input[str]
    watched: Watched
    may_be_empty: bool


class Observability(pulumi.ComponentResource):
    """Topic, alarms and dashboard."""

    topic_arn: pulumi.Output[str]
    dashboard_url: str | None

    def __init__(self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("breakeven:infra:Observability", name, {}, opts)
        self._args = args
        self._own = pulumi.ResourceOptions(parent=self)
        self.topic_arn = self._topic()
        alarms = observability_alarms.build(args, self.topic_arn, self._own)
        if args.settings.alarms == "all":
            observability_composites.build(args, alarms, self.topic_arn, self._own)
        self.dashboard_url = self._dashboard(alarms) if args.settings.dashboard else None
        self.register_outputs({"topicArn": self.topic_arn, "dashboardUrl": self.dashboard_url})

    def _topic(self) -> pulumi.Output[str]:
        args = self._args
        topic = aws.sns.Topic(
            "alarms",
            name=args.names.physical("alarms"),
            kms_master_key_id=args.key_arn,
            tags=args.names.tags("alarms"),
            opts=self._own,
        )
        account = {"StringEquals": {"aws:SourceAccount": args.account.id}}
        aws.sns.TopicPolicy(
            "alarms",
            arn=topic.arn,
            policy=policies.document(
                policies.grant({"Service": list(PUBLISHERS)}, ["sns:Publish"], topic.arn, Condition=account),
                policies.refuse_plain_http("sns:Publish", topic.arn),
            ),
            opts=self._own,
        )
        if args.settings.alarm_email:
            aws.sns.TopicSubscription(
                "email", topic=topic.arn, protocol="email", endpoint=args.settings.alarm_email, opts=self._own
            )
        arn: pulumi.Output[str] = topic.arn
        return arn

    def _dashboard(self, alarms: Mapping[str, aws.cloudwatch.MetricAlarm]) -> str:
        args = self._args
        name = args.names.physical()
        aws.cloudwatch.Dashboard(
            "dashboard",
            dashboard_name=name,
            dashboard_body=observability_dashboard.body(args, alarms),
            opts=self._own,
        )
        region = args.account.region
        return f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#dashboards/dashboard/{name}"
