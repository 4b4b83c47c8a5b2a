"""The simulated group of a stack: its sizes, policies, schedules and limits, as its resources state them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from infra.costs.capacity import ClosedLoop, ModelCapacity
from infra.costs.errors import InputError
from infra.costs.prices import read_toml
from infra.costs.stack import Inputs, Resource, Stack
from infra.costs.traffic import GROUP
from infra.costs.workload import HOURS_A_YEAR_MONTH, Workload
from infra.scaling.fit import Loop, from_loops, from_rate, shape_of
from infra.scaling.group import (
    Boot,
    Clients,
    Gateway,
    GroupSettings,
    Kind,
    Market,
    Schedule,
    Tracking,
    WarmPool,
)
from infra.scaling.server import Server

POLICY: Final = "aws:autoscaling/policy:Policy"
SCHEDULE: Final = "aws:autoscaling/schedule:Schedule"
ALARM: Final = "aws:cloudwatch/metricAlarm:MetricAlarm"
TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
WAKE: Final = "wake"
TARGETS: Final = "aws:lb/targetGroup:TargetGroup"
HTTP_STAGE: Final = "aws:apigatewayv2/stage:Stage"
REST_SETTINGS: Final = "aws:apigateway/methodSettings:MethodSettings"
HTTP_TIMEOUT_SECONDS: Final = 30.0
REST_TIMEOUT_SECONDS: Final = 29.0
AGENT_SECONDS: Final = 20.0
"""Without a balancer the instance registers itself once it answers; Cloud Map and the gateway's DNS take a while."""
METRICS: Final = {"ALBRequestCountPerTarget": "requests", "ASGAverageCPUUtilization": "cpu"}


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """The group that is simulated, the resource it stands for, and what was assumed or left out on the way."""

    group: Resource
    settings: GroupSettings
    notes: tuple[str, ...]


def simulated_group(stack: Stack, workload: Workload, capacity: ModelCapacity | None, models: Path) -> Simulated:
    """Read a stack's group; the canary's is left out, and with it its share of the traffic.

    Raises InputError where there is no group, or nothing is known of the capacity of one of its instance types.
    """
    groups = [r for r in stack.of_type(GROUP) if r.component] or list(stack.of_type(GROUP))
    if not groups:
        raise InputError(f"stack {stack.name}".strip(), "it has no autoscaling group", "give a stack that has one")
    group = next((r for r in groups if "canary" not in r.name), groups[0])
    return _Reader(stack, group, workload, capacity, models).read()


class _Reader:
    def __init__(
        self, stack: Stack, group: Resource, workload: Workload, capacity: ModelCapacity | None, models: Path
    ) -> None:
        self.stack, self.group, self.workload, self.capacity, self.models = stack, group, workload, capacity, models
        self.notes: list[str] = []
        self.guessed: list[str] = []

    def read(self) -> Simulated:
        inputs, assumed = self.group.inputs, self.workload.scaling
        mixed = inputs.object("mixedInstancesPolicy")
        bought = mixed.object("instancesDistribution")
        self.targets = next(iter(self.stack.of_type(TARGETS)), None)
        tracking, wake = self._policies()
        hours = float(HOURS_A_YEAR_MONTH)
        settings = GroupSettings(
            kinds=self._kinds(mixed),
            minimum=inputs.count("minSize", 0),
            maximum=inputs.count("maxSize", 0),
            on_demand_base=bought.count("onDemandBaseCapacity", 0),
            on_demand_percent=bought.count("onDemandPercentageAboveBaseCapacity", 100),
            warmup_seconds=float(inputs.number("defaultInstanceWarmup", 300)),
            drain_seconds=self._drain_seconds(),
            tracking=tracking,
            schedules=tuple(self._schedules()),
            warm_pool=self._warm_pool(),
            wake=wake,
            cpu_minutes=self._cpu_minutes(),
            boot=self._boot(),
            market=Market(
                interruptions_per_hour=float(assumed.interruptions_per_month) / hours,
                rebalance=inputs.flag("capacityRebalance"),
            ),
            failures_per_hour=float(assumed.failures_per_month) / hours,
            detect_seconds=self._detect_seconds(),
            metric_delay_seconds=float(assumed.metric_delay_seconds),
            gateway=self._gateway(),
            clients=Clients(retries=int(assumed.retries), backoff_seconds=float(assumed.backoff_seconds)),
        )
        return Simulated(group=self.group, settings=settings, notes=tuple(dict.fromkeys(self.notes)))

    def _kinds(self, mixed: Inputs) -> tuple[Kind, ...]:
        overrides = mixed.object("launchTemplate").objects("overrides")
        names = [row.text("instanceType") for row in overrides if row.has("instanceType")]
        if not names:
            names = [self._template_type()]
        known = [Kind(name=name, server=server) for name in dict.fromkeys(names) if (server := self._server(name))]
        if not known:
            what = ", ".join(names)
            raise InputError(f"{self.group.name} {what}", "no capacity is known", "state it under [capacity]")
        if self.guessed:
            types = ", ".join(self.guessed)
            said = "how their speed depends on the size of a batch was not measured; a quarter of a full one's is fixed"
            self.notes.append(f"{types}: {said} (assumed)")
        for name in names:
            if not any(kind.name == name for kind in known):
                self.notes.append(f"{name}: no capacity is known, so none is launched in the simulation")
        return tuple(known)

    def _template_type(self) -> str:
        for template in self.stack.of_type(TEMPLATE):
            if template.inputs.has("instanceType"):
                return template.inputs.text("instanceType")
        raise InputError(f"{self.group.name} instanceType", "no type is named", "name instance types in the group")

    def _server(self, instance_type: str) -> Server | None:
        """Requests a second are units a second over the units of a request."""
        stated = dict(self.workload.capacity).get(instance_type)
        figure = self.capacity.of(instance_type) if self.capacity else None
        if stated is None and figure is None:
            return None
        units = self.workload.request.units
        rate = float((stated if stated is not None else figure.rate_per_second if figure else Decimal(1)) / units)
        shape = shape_of(self._serving(), workers=figure.workers if figure else 1)
        measured = figure if figure and figure.loops and stated is None else None
        if measured:
            return from_loops(shape, [_loop(one, units) for one in measured.loops])
        self.guessed.append(instance_type)
        return from_rate(shape, rate)

    def _serving(self) -> Mapping[str, float]:
        name = self.workload.serving.model or (self.capacity.model if self.capacity else "")
        path = self.models / name / "model.toml"
        if not name or not path.is_file():
            return {}
        return {key: float(value) for key, value in read_toml(path).get("serving", {}).items() if _is_number(value)}

    def _policies(self) -> tuple[tuple[Tracking, ...], bool]:
        tracking: list[Tracking] = []
        wake = False
        for policy in self._owned(POLICY):
            kind = policy.inputs.text("policyType", "SimpleScaling")
            if kind == "TargetTrackingScaling":
                tracking += self._tracking(policy)
            elif policy.name == WAKE and (alarm := self._alarm(policy.name)):
                wake = self._follows_requests(alarm)
            else:
                self.notes.append(f"{policy.name}: a {kind} policy whose alarm is not read; it is left out")
        return tuple(tracking), wake

    def _alarm(self, name: str) -> Resource | None:
        return next((alarm for alarm in self.stack.of_type(ALARM) if alarm.name == name), None)

    def _follows_requests(self, alarm: Resource) -> bool:
        """Whether requests wake the group; where documents do, those who ask meanwhile are refused."""
        metrics = (row.object("metric").text("namespace") for row in alarm.inputs.objects("metricQueries"))
        found = any(namespace == "AWS/ApplicationELB" for namespace in metrics)
        if not found:
            self.notes.append(f"{alarm.name}: documents wake the group, requests do not")
        return found

    def _tracking(self, policy: Resource) -> Iterator[Tracking]:
        asked = policy.inputs.object("targetTrackingConfiguration")
        named = asked.object("predefinedMetricSpecification").text("predefinedMetricType")
        metric = METRICS.get(named)
        if metric is None:
            self.notes.append(f"{policy.name}: it follows a metric of its own, not requests; it is left out")
            return
        value = float(asked.number("targetValue"))
        scale_in = not asked.flag("disableScaleIn")
        if metric == "cpu":
            yield Tracking(target=value / 100, metric="cpu", scale_in=scale_in)
        else:
            yield Tracking(target=value, scale_in=scale_in)

    def _schedules(self) -> Iterator[Schedule]:
        for row in self._owned(SCHEDULE):
            inputs = row.inputs
            if not inputs.has("recurrence"):
                self.notes.append(f"{row.name}: it happens once, and is left out")
                continue
            minimum, maximum, desired = (_or_none(inputs, key) for key in ("minSize", "maxSize", "desiredCapacity"))
            yield Schedule(
                name=inputs.text("scheduledActionName", row.name),
                recurrence=inputs.text("recurrence"),
                time_zone=inputs.text("timeZone", "Etc/UTC") or "Etc/UTC",
                minimum=minimum,
                maximum=maximum,
                desired=desired,
            )

    def _owned(self, kind: str) -> tuple[Resource, ...]:
        return self.stack.owners(self.group, "autoscalingGroupName", kind) or tuple(
            r for r in self.stack.of_type(kind) if r.component == self.group.component
        )

    def _warm_pool(self) -> WarmPool | None:
        pool = self.group.inputs.object("warmPool")
        if not len(pool):
            return None
        maximum = self.group.inputs.count("maxSize", 0)
        prepared = _or_none(pool, "maxGroupPreparedCapacity")
        return WarmPool(prepared=maximum if prepared is None else prepared, minimum=pool.count("minSize", 0))

    def _boot(self) -> Boot:
        assumed, health = self.workload.scaling, AGENT_SECONDS
        if self.targets:
            checks = self.targets.inputs.object("healthCheck")
            # A new target needs one passed check, whatever the threshold (Elastic Load Balancing user guide).
            health = float(checks.number("interval", 30))
        return Boot(
            start_seconds=float(assumed.start_seconds),
            install_seconds=float(assumed.install_seconds),
            load_seconds=float(assumed.load_seconds),
            health_seconds=health,
        )

    def _cpu_minutes(self) -> int:
        templates = self.stack.of_type(TEMPLATE)
        return 1 if any(t.inputs.object("monitoring").flag("enabled") for t in templates) else 5

    def _detect_seconds(self) -> float:
        if not self.targets:
            return 3 * AGENT_SECONDS
        checks = self.targets.inputs.object("healthCheck")
        return float(checks.number("interval", 30) * checks.number("unhealthyThreshold", 3))

    def _drain_seconds(self) -> float:
        return float(self.targets.inputs.number("deregistrationDelay", 300)) if self.targets else 30.0

    def _gateway(self) -> Gateway:
        for stage in self.stack.of_type(HTTP_STAGE):
            limits = stage.inputs.object("defaultRouteSettings")
            return _throttle(limits.number("throttlingRateLimit", 0), limits.number("throttlingBurstLimit", 0))
        for row in self.stack.of_type(REST_SETTINGS):
            limits = row.inputs.object("settings")
            found = _throttle(limits.number("throttlingRateLimit", 0), limits.number("throttlingBurstLimit", 0))
            return Gateway(
                rate_per_second=found.rate_per_second, burst=found.burst, timeout_seconds=REST_TIMEOUT_SECONDS
            )
        return Gateway()


def _loop(measured: ClosedLoop, units: Decimal) -> Loop:
    """A closed loop in requests; one of several units took as many times as long, as far as is known."""
    return Loop(
        callers=measured.callers,
        rate_per_second=float(measured.rate_per_second / units),
        p50_seconds=float((measured.p50_ms or 0) * units) / 1000,
        p99_seconds=float((measured.p99_ms or 0) * units) / 1000,
    )


def _or_none(inputs: Inputs, key: str) -> int | None:
    """A size; -1 stands for one that is left as it is."""
    return None if not inputs.has(key) or inputs.get(key) in (-1, "-1") else inputs.count(key)


def _throttle(rate: Decimal, burst: Decimal) -> Gateway:
    """A stage without limits of its own has those of the account, which are the defaults."""
    if rate <= 0:
        return Gateway(timeout_seconds=HTTP_TIMEOUT_SECONDS)
    return Gateway(rate_per_second=float(rate), burst=float(burst or 1), timeout_seconds=HTTP_TIMEOUT_SECONDS)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
