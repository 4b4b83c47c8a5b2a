"""Where the stack is deployed: account, region and partition, asked once."""

from dataclasses import dataclass

import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class Account:
    """The account and region of the provider in use."""

    id: str
    region: str
    partition: str

    @classmethod
    def current(cls) -> "Account":
        """Ask the provider; the region is that of the stack's `aws:region`."""
        return cls(
            id=aws.get_caller_identity().account_id,
            region=aws.get_region().region,
            partition=aws.get_partition().partition,
        )
