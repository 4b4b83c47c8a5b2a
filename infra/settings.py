"""What a stack is asked to be: every setting of Pulumi.yaml, typed, and read from the stack's configuration."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from infra.costs.machines import instance_types
from infra.costs.names import did_you_mean
from infra.costs.numbers import shown
from infra.costs.regions import known_regions
from infra.settings_values import (
    CONVERTERS,
    SettingsError,
    allowed,
    as_json,
    one_of,
    shaped,
    within,
)

__all__ = ["SettingsError", "StackSettings", "from_engine", "kinds", "parse"]

SHIPPED = Path(__file__).resolve().parents[1] / "serving" / "models"
MODELS = Path(os.environ.get("BREAKEVEN_MODELS") or SHIPPED).absolute()


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """Which model is served, and the files that carry it; empty paths mean nothing is uploaded."""

    model: str
    model_archive: str
    node_bundle: str


@dataclass(frozen=True, kw_only=True)
class CanarySettings:
    """A second version of the model beside the first, and its share of the requests; an empty path means none."""

    canary_archive: str
    canary_weight_percent: int = within(0, 50)
    canary_size: int = within(1, 100)


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """The VPC and the way instances reach AWS."""

    vpc_cidr: str
    zones: int = within(1, 6)
    exclude_zone_ids: Sequence[str] = shaped(r"[a-z0-9]+-az\d", "use1-az3")
    egress: str = one_of("nat", "nat-per-zone", "endpoints", "public")
    flow_logs: bool


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A change of the group's bounds at a fixed time, as a cron expression in a time zone."""

    name: str
    recurrence: str = shaped(r"\S+( \S+){4}", "0 7 * * MON-FRI")
    time_zone: str
    min_size: int = within(0, 1000)
    max_size: int = within(0, 1000)


@dataclass(frozen=True, kw_only=True)
class FleetSettings:
    """The instances, how they are bought and how many there may be."""

    instance_types: Sequence[str] = shaped(
        r"[a-z][a-z-]*\d[a-z0-9-]*\.(nano|micro|small|medium|large|\d*xlarge|metal(-\d+xl)?)",
        "g4dn.xlarge",
        instance_types,
    )
    ami_parameter: str = shaped(r"/\S+", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")
    root_device: str = shaped(r"/dev/[a-z0-9]+", "/dev/sda1")
    root_volume_gb: int = within(8, 16384)
    cpu_credits: str = one_of("standard", "unlimited")
    detailed_monitoring: bool
    min_size: int = within(0, 1000)
    max_size: int = within(1, 1000)
    on_demand_base: int = within(0, 1000)
    on_demand_percent_above_base: int = within(0, 100)
    warm_pool_size: int = within(0, 1000)
    warmup_seconds: int = within(30, 3600)
    drain_seconds: int = within(0, 3600)
    schedules: Sequence[Schedule]


@dataclass(frozen=True, kw_only=True)
class ScalingSettings:
    """When the group grows and shrinks."""

    target_utilisation_percent: int = within(1, 100)
    target_requests_per_minute: int = within(0, 10_000_000)
    backlog_per_instance: int = within(1, 1_000_000)
    scale_to_zero: bool


@dataclass(frozen=True, kw_only=True)
class GatewaySettings:
    """The public entry and who may call it."""

    entry: str = one_of("http", "rest")
    balancer: bool
    auth: str = one_of("iam", "jwt", "api-key")
    jwt_issuer: str
    jwt_audience: Sequence[str]
    throttle_rate_per_second: int = within(1, 10_000)
    throttle_burst: int = within(1, 5_000)
    quota_per_month: int = within(0, 2_000_000_000)
    waf: bool
    waf_requests_per_five_minutes: int = within(10, 2_000_000_000)
    access_logs: bool
    gateway_log_role: bool


@dataclass(frozen=True, kw_only=True)
class IntakeSettings:
    """Documents by bucket and queue."""

    intake: bool
    intake_retention_days: int = within(1, 3650)


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Fine-tuning on one-off instances of this stack."""

    training: bool
    training_max_hours: int = within(1, 24)


@dataclass(frozen=True, kw_only=True)
class ObservabilitySettings:
    """What is watched and who is told."""

    dashboard: bool
    alarms: str = one_of("few", "all")
    alarm_email: str = shaped(r"|[^@\s]+@[^@\s]+\.[^@\s]+", "ops@example.com")
    latency_objective_ms: int = within(1, 29_000)
    latency_objective_percent: float = within(95, 99.99)
    availability_objective_percent: float = within(95, 99.99)
    objective_days: int = one_of(28, 30)
    error_rate_percent: int = within(1, 100)
    probe: bool
    probe_minutes: int = within(1, 60)
    log_retention_days: int = one_of(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653)


@dataclass(frozen=True, kw_only=True)
class GuardrailSettings:
    """What keeps the bill and the data safe."""

    budget_usd: int = within(0, 100_000_000)
    budget_scope: str = one_of("account", "stack")
    allowed_regions: Sequence[str] = shaped(r"[a-z]{2,}(-[a-z]+)+-\d+", "eu-central-1", known_regions)
    deletion_protection: bool


@dataclass(frozen=True, kw_only=True)
class StackSettings:
    """Every setting of one stack, grouped as the components take them, and what was worth a warning."""

    model: ModelSettings
    canary: CanarySettings
    network: NetworkSettings
    fleet: FleetSettings
    scaling: ScalingSettings
    gateway: GatewaySettings
    intake: IntakeSettings
    training: TrainingSettings
    observability: ObservabilitySettings
    guardrails: GuardrailSettings
    tags: Mapping[str, str]
    requests_per_minute: int
    warnings: tuple[str, ...] = ()


GROUPS: Mapping[str, type] = {
    name: kind for name, kind in get_type_hints(StackSettings).items() if hasattr(kind, "__dataclass_fields__")
}


def camel(name: str) -> str:
    """`min_size` as it is written in a stack file: `minSize`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def kinds() -> dict[str, object]:
    """Every configuration key with the Python type of its value."""
    found = {camel(name): kind for group in GROUPS.values() for name, kind in get_type_hints(group).items()}
    return {**found, "tags": Mapping[str, str]}


def fields_by_key() -> "dict[str, Field[Any]]":
    """The typed field of every configuration key that has one: its limits and choices are its metadata."""
    return {camel(item.name): item for group in GROUPS.values() for item in fields(group)}


def parse(raw: Mapping[str, object], models: Path = MODELS) -> StackSettings:
    """Settings from raw values (as the engine passes them, or as YAML reads them); keys carry no namespace.

    Raises SettingsError at the first value that cannot be used, alone or beside the others.
    """
    from infra.settings_rules import check, per_minute_target

    _refuse_unknown(raw)
    groups: dict[str, Any] = {name: _group(kind, raw) for name, kind in GROUPS.items()}
    tags = _convert("tags", _required(raw, "tags"), Mapping[str, str])
    target, warnings = per_minute_target(groups["model"], groups["fleet"], groups["scaling"], models)
    settings = StackSettings(**groups, tags=tags, requests_per_minute=target)
    found = (*warnings, *check(settings))
    return StackSettings(**groups, tags=tags, requests_per_minute=target, warnings=found)


def from_engine() -> StackSettings:
    """Settings of the running Pulumi program."""
    import pulumi
    from pulumi.runtime import config

    # pulumi.Config has no listing of keys, and without one an unknown key could not be refused.
    values = {**config.get_config_env(), **config.CONFIG.get()}
    prefix = f"{pulumi.get_project()}:"
    return parse({key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)})


def _refuse_unknown(raw: Mapping[str, object]) -> None:
    known = list(kinds())
    for key in raw:
        if key not in known:
            raise SettingsError(key, "no such setting", did_you_mean(key, known))


def _required(raw: Mapping[str, object], key: str) -> object:
    if key not in raw:
        raise SettingsError(key, "not set", "declare it with a default in Pulumi.yaml")
    return raw[key]


def _group(group: type, raw: Mapping[str, object], inside: str = "") -> Any:
    hints = get_type_hints(group)
    values = {}
    for item in fields(group):
        key = camel(item.name)
        value = _convert(inside + key, _required(raw, key), hints[item.name])
        values[item.name] = allowed(inside + key, value, item)
    return group(**values)


def _convert(key: str, value: object, kind: object) -> Any:
    if kind == Sequence[Schedule]:
        rows = as_json(key, value, list, "a list of schedules")
        return tuple(_schedule(f"{key}[{index}].", row) for index, row in enumerate(rows))
    return CONVERTERS[kind](key, value)


def _schedule(inside: str, row: object) -> Schedule:
    if not isinstance(row, Mapping):
        keys = "give name, recurrence, minSize, maxSize"
        raise SettingsError(inside.rstrip("."), f"{shown(row)} is not a schedule", keys)
    known = [camel(item.name) for item in fields(Schedule)]
    for key in row:
        if key not in known:
            raise SettingsError(inside + str(key), "no such setting", did_you_mean(str(key), known))
    schedule: Schedule = _group(Schedule, {"timeZone": "Etc/UTC", **row}, inside)
    return schedule
