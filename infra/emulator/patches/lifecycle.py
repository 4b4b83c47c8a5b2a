"""Lifecycle actions, which moto does not have: an instance that waits at a hook goes on when the hook is completed."""

from functools import cache
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import EmptyResult

from infra.emulator.patches.patching import add

LAUNCHING, TERMINATING = "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"
WAITS = {LAUNCHING: "Pending:Wait", TERMINATING: "Terminating:Wait"}


@cache
def apply() -> None:
    """Change moto."""
    add(AutoScalingResponse, complete_lifecycle_action=_complete)


def _complete(response: Any) -> EmptyResult:
    backend = response.autoscaling_backend
    group_name, instance_id = response._get_param("AutoScalingGroupName"), response._get_param("InstanceId")
    hook = backend.lifecycle_hooks.get(f"{group_name}_{response._get_param('LifecycleHookName')}")
    group = backend.autoscaling_groups[group_name]
    state = next((row for row in group.instance_states if row.instance.id == instance_id), None)
    if hook is None or state is None or state.lifecycle_state != WAITS[hook.lifecycle_transition]:
        raise ValidationError(f"No active Lifecycle Action found with instance ID {instance_id}")
    if hook.lifecycle_transition == LAUNCHING and response._get_param("LifecycleActionResult") == "CONTINUE":
        state.lifecycle_state = "InService"
    else:
        group.instance_states.remove(state)
        backend.ec2_backend.terminate_instances([instance_id])
    return EmptyResult()
