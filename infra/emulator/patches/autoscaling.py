"""Auto Scaling: settings that moto takes and loses, and instance refreshes, which it does not have."""

import uuid
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, FakeScalingPolicy, InstanceState
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from infra.emulator.patches.patching import add, after, replace

# Answered as they were given; attributes are what moto's serializer looks for.
KEPT: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "DefaultInstanceWarmup": ("default_instance_warmup", int),
    "MaxInstanceLifetime": ("max_instance_lifetime", int),
    "DefaultCooldown": ("default_cooldown", int),
    "CapacityRebalance": ("capacity_rebalance", lambda value: str(value).lower() == "true"),
    "TerminationPolicies": ("termination_policies", list),
}


def apply() -> None:
    """Change moto."""
    after(AutoScalingResponse, "create_auto_scaling_group", _keep)
    after(AutoScalingResponse, "update_auto_scaling_group", _keep)
    after(AutoScalingResponse, "put_lifecycle_hook", _keep_hook)
    after(FakeScalingPolicy, "__init__", _no_predictions)
    replace(FakeAutoScalingGroup, "update", _keep_mix)
    replace(AutoScalingBackend, "delete_auto_scaling_group", _delete_with_its_own)
    add(
        AutoScalingResponse,
        start_instance_refresh=_start_refresh,
        describe_instance_refreshes=_refreshes,
        cancel_instance_refresh=_cancel_refresh,
        disable_metrics_collection=_disable_metrics,
    )


def _group(response: Any) -> Any:
    return response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]


def _keep(_: Any, response: Any) -> None:
    group = _group(response)
    for parameter, (attribute, kind) in KEPT.items():
        value = response._get_param(parameter)
        if value is not None:
            setattr(group, attribute, kind(value))


def _keep_hook(_: Any, response: Any) -> None:
    name, group = response._get_param("LifecycleHookName"), response._get_param("AutoScalingGroupName")
    hook = response.autoscaling_backend.lifecycle_hooks[f"{group}_{name}"]
    hook.notification_target_arn = response._get_param("NotificationTargetARN")
    hook.role_arn = response._get_param("RoleARN")


def _no_predictions(_: None, policy: Any, *__: Any, **___: Any) -> None:
    policy.enabled = True
    policy.predictive_scaling_configuration = policy.predictive_scaling_configuration or None


def _keep_mix(original: Any) -> Any:
    """An update without the mixed instances policy leaves it alone; moto forgets it."""

    def update(group: Any, *arguments: Any, **named: Any) -> Any:
        if not named.get("launch_config_name") and not named.get("launch_template"):
            named["mixed_instances_policy"] = named.get("mixed_instances_policy") or _as_asked(group)
        return original(group, *arguments, **named)

    return update


def _as_asked(group: Any) -> dict[str, Any] | None:
    """The group's policy as a caller writes it: a template is named by its id or its name, never by both."""
    mix: dict[str, Any] | None = deepcopy(group.mixed_instances_policy)
    if mix:
        mix["LaunchTemplate"]["LaunchTemplateSpecification"].pop("LaunchTemplateName", None)
    return mix


def _delete_with_its_own(original: Any) -> Any:
    """Hooks, policies and scheduled actions belong to the group and go with it."""

    def delete(backend: Any, group_name: str) -> Any:
        result = original(backend, group_name)
        for rows in (backend.lifecycle_hooks, backend.policies, backend.scheduled_actions):
            for key in [key for key, row in rows.items() if row.auto_scaling_group_name == group_name]:
                del rows[key]
        return result

    return delete


def _all_refreshes(response: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _group(response).__dict__.setdefault("refreshes", [])
    return found


def _start_refresh(response: Any) -> ActionResult:
    """Replace every instance at once; AWS would take its time, and the outcome is the same."""
    group, name = _group(response), response._get_param("AutoScalingGroupName")
    old: list[InstanceState] = list(group.instance_states)
    if old:
        response.autoscaling_backend.ec2_backend.terminate_instances([row.instance.id for row in old])
        group.instance_states = []
        group.set_desired_capacity(group.desired_capacity)
    refresh = {
        "InstanceRefreshId": str(uuid.uuid4()),
        "AutoScalingGroupName": name,
        "Status": "Successful",
        "StartTime": utcnow(),
        "EndTime": utcnow(),
        "PercentageComplete": 100,
        "InstancesToUpdate": 0,
        "Preferences": response._get_param("Preferences", {}),
    }
    _all_refreshes(response).insert(0, refresh)
    return ActionResult({"InstanceRefreshId": refresh["InstanceRefreshId"]})


def _refreshes(response: Any) -> ActionResult:
    wanted = response._get_param("InstanceRefreshIds", [])
    rows = [row for row in _all_refreshes(response) if not wanted or row["InstanceRefreshId"] in wanted]
    return ActionResult({"InstanceRefreshes": rows})


def _cancel_refresh(response: Any) -> ActionResult:
    for row in _all_refreshes(response)[:1]:
        row["Status"] = "Cancelled"
        return ActionResult({"InstanceRefreshId": row["InstanceRefreshId"]})
    return ActionResult({})


def _disable_metrics(response: Any) -> ActionResult:
    gone = response._get_param("Metrics") or list(_group(response).metrics)
    _group(response).metrics = [name for name in _group(response).metrics if name not in gone]
    return ActionResult({})
