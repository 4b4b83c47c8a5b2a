"""The probe: a scheduled function outside the fleet that asks the public endpoint for a real prediction.

A function of our own and no CloudWatch Synthetics canary: that costs 0.0012 USD a run, 10 USD a month every five
minutes, keeps a bucket of results, and brings a browser; this is one HTTP call for a few cents.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra.components import policies
from infra.components.account import Account
from infra.costs.errors import InputError
from infra.naming import PROBE, Names
from infra.settings import MODELS, ObservabilitySettings

CODE = Path(__file__).with_name("probe_function.py")
RUNTIME = "python3.13"
# Above the 35 seconds of the call itself.
TIMEOUT_SECONDS = 45
MEMORY_MB = 128


@dataclass(frozen=True, kw_only=True)
class ProbeArgs:
    """What is called, how the call proves who makes it, and how often."""

    names: Names
    account: Account
    settings: ObservabilitySettings
    auth: str
    model: str
    endpoint: pulumi.Input[str]
    call_arn: pulumi.Input[str]
    api_key_id: pulumi.Input[str] | None
    key_arn: pulumi.Input[str]


class Probe(pulumi.ComponentResource):
    """Function, role, log and schedule."""

    function_name: pulumi.Output[str]

    def __init__(self, name: str, args: ProbeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("breakeven:infra:Probe", name, {}, opts)
        self._args = args
        self._own = pulumi.ResourceOptions(parent=self)
        # Before anything is registered: a model without a sample must leave nothing behind.
        code = _code(args.model)
        log = self._log()
        role, policy = self._role(log)
        function = self._function(code, role, log, policy)
        self._schedule(function)
        self.function_name = function.name
        self.register_outputs({"functionName": self.function_name})

    def _log(self) -> aws.cloudwatch.LogGroup:
        names = self._args.names
        return aws.cloudwatch.LogGroup(
            PROBE,
            name=names.log_group(PROBE),
            retention_in_days=self._args.settings.log_retention_days,
            kms_key_id=self._args.key_arn,
            tags=names.tags(PROBE),
            opts=self._own,
        )

    def _role(self, log: aws.cloudwatch.LogGroup) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        names = self._args.names
        role = aws.iam.Role(
            PROBE,
            name=names.physical(PROBE),
            assume_role_policy=policies.assumed_by("lambda.amazonaws.com"),
            tags=names.tags(PROBE),
            opts=self._own,
        )
        policy = aws.iam.RolePolicy(
            PROBE,
            name=PROBE,
            role=role.name,
            policy=policies.document(*self._may(log)),
            opts=self._own,
        )
        return role, policy

    def _may(self, log: aws.cloudwatch.LogGroup) -> Iterator[policies.Statement]:
        """Write its own log, and what its kind of proof needs: sign this one call, or read this one key."""
        args = self._args
        streams = pulumi.Output.concat(log.arn, ":*")
        yield policies.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [streams])
        if args.api_key_id is None:
            yield policies.allow(["execute-api:Invoke"], [args.call_arn])
        else:
            place = f"arn:{args.account.partition}:apigateway:{args.account.region}::/apikeys/"
            yield policies.allow(["apigateway:GET"], [pulumi.Output.concat(place, args.api_key_id)])

    def _function(
        self,
        code: pulumi.AssetArchive,
        role: aws.iam.Role,
        log: aws.cloudwatch.LogGroup,
        policy: aws.iam.RolePolicy,
    ) -> aws.lambda_.Function:
        args = self._args
        told = {"ENDPOINT": args.endpoint, "AUTH": args.auth}
        if args.api_key_id is not None:
            told["API_KEY_ID"] = args.api_key_id
        return aws.lambda_.Function(
            PROBE,
            name=args.names.physical(PROBE),
            description="Asks the endpoint for one prediction of the model's sample",
            role=role.arn,
            runtime=RUNTIME,
            architectures=["arm64"],
            handler=f"{CODE.stem}.handler",
            code=code,
            memory_size=MEMORY_MB,
            timeout=TIMEOUT_SECONDS,
            environment={"variables": told},
            # Its own group, so that its log is encrypted and expires like the others, and nobody makes another.
            logging_config={"log_format": "Text", "log_group": log.name},
            tags=args.names.tags(PROBE),
            # Without its permissions the first runs would fail.
            opts=pulumi.ResourceOptions.merge(self._own, pulumi.ResourceOptions(depends_on=[policy])),
        )

    def _schedule(self, function: aws.lambda_.Function) -> None:
        names, minutes = self._args.names, self._args.settings.probe_minutes
        # Lambda itself would run a failed call twice more, and count its failures as others'.
        aws.lambda_.FunctionEventInvokeConfig(
            PROBE,
            function_name=function.name,
            maximum_retry_attempts=0,
            maximum_event_age_in_seconds=60,
            opts=self._own,
        )
        rule = aws.cloudwatch.EventRule(
            PROBE,
            name=names.physical(PROBE),
            description="When the probe calls",
            schedule_expression=f"rate({minutes} minute{'' if minutes == 1 else 's'})",
            tags=names.tags(PROBE),
            opts=self._own,
        )
        permission = aws.lambda_.Permission(
            PROBE,
            statement_id=PROBE,
            action="lambda:InvokeFunction",
            function=function.name,
            principal="events.amazonaws.com",
            source_arn=rule.arn,
            opts=self._own,
        )
        aws.cloudwatch.EventTarget(
            PROBE,
            rule=rule.name,
            target_id=PROBE,
            arn=function.arn,
            opts=pulumi.ResourceOptions.merge(self._own, pulumi.ResourceOptions(depends_on=[permission])),
        )


def _code(model: str) -> pulumi.AssetArchive:
    """The function's code beside the model's sample; raises InputError for a model without one."""
    samples = sorted((MODELS / model).glob("sample.*"))
    if not samples:
        reason = f"true, and the model {model} has no sample to send"
        raise InputError("probe", reason, f"add sample.jpg or sample.txt to the folder of {model}, or leave it")
    return pulumi.AssetArchive({CODE.name: pulumi.FileAsset(str(CODE)), "sample": pulumi.FileAsset(str(samples[0]))})
