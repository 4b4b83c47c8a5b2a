"""The AWS calls of a node: its group, its place in the registry. Errors become one line."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from serving.errors import ServingError

# Instances in these states take no requests, or will never again.
GONE = ("Terminat", "Warmed:", "Detach", "EnteringStandby", "Standby")
_making = threading.Lock()
CONTINUE, ABANDON = "CONTINUE", "ABANDON"


class CloudError(ServingError):
    """A call that AWS refused or did not answer; `code` is its error code, or empty."""

    code = ""


def client(service: str, region: str, read_seconds: int = 10) -> Any:
    """A boto3 client with short time limits: a node must not wait minutes for a call that helps nobody then."""
    import boto3  # type: ignore[import-untyped]
    from botocore.config import Config  # type: ignore[import-untyped]

    limits = Config(connect_timeout=3, read_timeout=read_seconds, retries={"mode": "standard", "max_attempts": 3})
    with _making:  # boto3's default session is not made for threads
        return boto3.client(service, region_name=region or None, config=limits)


def call(thing: str, function: Callable[..., Any], **arguments: Any) -> Any:
    """Call AWS; raises CloudError."""
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

    try:
        return function(**arguments)
    except ClientError as error:
        told = error.response.get("Error", {})
        failed = CloudError(thing, str(told.get("Message") or error), _action(str(told.get("Code"))))
        failed.code = str(told.get("Code", ""))
        raise failed from None
    except BotoCoreError as error:
        raise CloudError(thing, str(error), "check the instance's way to AWS and its role") from None


def _action(code: str) -> str:
    if code.startswith("KMS."):
        return "enable the key, or cancel its deletion"
    denied = "AccessDenied" in code or code in ("UnauthorizedOperation", "Forbidden", "403")
    return "add the permission to the instance's role" if denied else f"AWS calls it {code}"


@dataclass(frozen=True, kw_only=True)
class Group:
    """The Auto Scaling group, as one of its instances sees it."""

    name: str
    region: str
    instance_id: str

    def complete(self, hook: str, result: str) -> bool:
        """Tell the group that the instance is done with a hook; False when none waits for it."""
        if not hook:
            return True
        try:
            call(
                f"lifecycle hook {hook} of {self.instance_id}",
                client("autoscaling", self.region).complete_lifecycle_action,
                LifecycleHookName=hook,
                AutoScalingGroupName=self.name,
                InstanceId=self.instance_id,
                LifecycleActionResult=result,
            )
        except CloudError as error:
            if error.code == "ValidationError":  # "No active Lifecycle Action found"
                return False
            raise
        return True

    def set_unhealthy(self) -> None:
        """Have the instance replaced: the group takes it from the load balancer, runs its hooks and ends it."""
        call(
            f"health of {self.instance_id}",
            client("autoscaling", self.region).set_instance_health,
            InstanceId=self.instance_id,
            HealthStatus="Unhealthy",
            ShouldRespectGracePeriod=False,
        )

    def states(self) -> Mapping[str, str]:
        """Lifecycle state of every instance of the group, by id."""
        found = call(
            f"instances of {self.name}",
            client("autoscaling", self.region).describe_auto_scaling_groups,
            AutoScalingGroupNames=[self.name],
        )
        rows = [row for group in found["AutoScalingGroups"] for row in group["Instances"]]
        return {row["InstanceId"]: row["LifecycleState"] for row in rows}


@dataclass(frozen=True, kw_only=True)
class Registry:
    """The Cloud Map service in which ready instances stand, each under its instance id."""

    service: str
    region: str

    def register(self, instance_id: str, address: str, port: int) -> None:
        """Enter an instance, or renew its entry."""
        call(
            f"registry entry of {instance_id}",
            client("servicediscovery", self.region).register_instance,
            ServiceId=self.service,
            InstanceId=instance_id,
            Attributes={"AWS_INSTANCE_IPV4": address, "AWS_INSTANCE_PORT": str(port)},
        )

    def deregister(self, instance_id: str) -> None:
        """Take an entry out; one that is not there is as good."""
        try:
            call(
                f"registry entry of {instance_id}",
                client("servicediscovery", self.region).deregister_instance,
                ServiceId=self.service,
                InstanceId=instance_id,
            )
        except CloudError as error:
            if error.code != "InstanceNotFound":
                raise

    def entries(self) -> frozenset[str]:
        """Ids of all entries."""
        pages = client("servicediscovery", self.region).get_paginator("list_instances")
        rows = call(f"entries of registry {self.service}", lambda: list(pages.paginate(ServiceId=self.service)))
        return frozenset(row["Id"] for page in rows for row in page["Instances"])
