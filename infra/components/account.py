"""Where the stack is deployed: account, region and partition, asked once."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class Account:
    """The account and region of the provider in use."""

    id: str
    region: str
    partition: str

    def call_arn(self, api_id: pulumi.Input[str], call: str) -> pulumi.Output[str]:
        """A call of an API as a policy names it; `call` is stage, method and path."""
        arn: pulumi.Output[str] = pulumi.Output.concat(
            f"arn:{self.partition}:execute-api:{self.region}:{self.id}:", api_id, "/", call
        )
        return arn

    @classmethod
    def current(cls, parent: pulumi.Resource | None = None) -> "Account":
        """Ask the provider of `parent`, else the default one, whose region is that of the stack's `aws:region`."""
        own = pulumi.InvokeOptions(parent=parent)
        return cls(
            id=aws.get_caller_identity(opts=own).account_id,
            region=aws.get_region(opts=own).region,
            partition=aws.get_partition(opts=own).partition,
        )
