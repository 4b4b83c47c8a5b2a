"""What settings must hold together: refusals raise SettingsError, doubts come back as warnings."""

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from infra.costs.capacity import ModelCapacity
from infra.costs.machines import instance_types, is_burstable
from infra.costs.names import did_you_mean, nearest
from infra.naming import ALLOWED_REGIONS, region_tag
from infra.settings import FleetSettings, ModelSettings, ScalingSettings, StackSettings
from infra.settings_values import SettingsError

ONE_MINUTE_SECONDS = 60
MOST_TAG_CHARACTERS = 256  # of a tag's value (AWS Tag Editor user guide)


def burstable(instance_types: Sequence[str]) -> bool:
    """Whether every type earns CPU credits; only then may a launch template say how they are spent."""
    return all(map(is_burstable, instance_types))


def per_minute_target(
    model: ModelSettings, fleet: FleetSettings, scaling: ScalingSettings, models: Path
) -> tuple[int, tuple[str, ...]]:
    """Requests per instance per MINUTE to hold, from the slowest type's capacity, and what was doubtful about it.

    Minutes, because ALBRequestCountPerTarget counts per minute (EC2 Auto Scaling API, TargetTrackingConfiguration).
    """
    if not fleet.instance_types:
        raise SettingsError("instanceTypes", "the list is empty", "give one type or more, such as g4dn.xlarge")
    capacity = _capacity_of(model.model, models)
    known = {kind: capacity.of(kind) for kind in fleet.instance_types}
    rates = [figure.rate_per_second for figure in known.values() if figure]
    missing = tuple(
        f"instanceTypes: no capacity of {kind} with {model.model} is known{_meant(kind)}; add it to its capacity.toml"
        for kind, figure in known.items()
        if not figure
    )
    if scaling.target_requests_per_minute:
        return scaling.target_requests_per_minute, missing
    if not rates:
        kinds = ", ".join(fleet.instance_types)
        raise SettingsError(
            "instanceTypes",
            f"no capacity of {kinds} with {model.model} is known{_meant(*fleet.instance_types)}",
            "add it to the model's capacity.toml, or set targetRequestsPerMinute",
        )
    target = min(rates) * ONE_MINUTE_SECONDS * Decimal(scaling.target_utilisation_percent) / 100
    return max(1, int(target)), missing


def _meant(*kinds: str) -> str:
    """The nearest instance type, where one of these is none that is known."""
    return next((nearest(kind, instance_types()) for kind in kinds if kind not in instance_types()), "")


def check(settings: StackSettings) -> tuple[str, ...]:
    """Apply every rule; returns the warnings in the order of the rules."""
    return tuple(warning for rule in RULES for warning in rule(settings))


def _capacity_of(model: str, models: Path) -> ModelCapacity:
    known = sorted(path.parent.name for path in models.glob("*/capacity.toml"))
    if model not in known:
        raise SettingsError("model", f"{model!r} is not one of this project's models", did_you_mean(model, known))
    return ModelCapacity.read(models / model / "capacity.toml")


def _sizes(settings: StackSettings) -> Iterator[str]:
    fleet = settings.fleet
    bounds = [("minSize", fleet.min_size, fleet.max_size), ("onDemandBase", fleet.on_demand_base, fleet.max_size)]
    bounds += [("warmPoolSize", fleet.warm_pool_size, fleet.max_size)]
    bounds += [(f"schedules.{row.name}.minSize", row.min_size, row.max_size) for row in fleet.schedules]
    for key, value, ceiling in bounds:
        if value > ceiling:
            raise SettingsError(key, f"{value} is above maxSize {ceiling}", f"use 0 to {ceiling}, or raise maxSize")
    raised = settings.scaling.scale_to_zero or any(row.min_size for row in fleet.schedules)
    if not raised and 0 in (fleet.min_size, *(row.min_size for row in fleet.schedules)):
        yield "minSize: 0 without scaleToZero or a schedule above 0: once empty, nothing starts an instance again"


def _architecture(settings: StackSettings) -> Iterator[str]:
    """One image serves every type, so all must be of its architecture; a `g` after the digit means Graviton."""
    kinds = {
        kind: "arm64" if re.match(r"a1\.|[a-z-]+\d+[a-z]*g", kind) else "x86_64"
        for kind in settings.fleet.instance_types
    }
    first, architecture = next(iter(kinds.items()))
    for kind, other in kinds.items():
        if other != architecture:
            reason = f"{first} is {architecture} and {kind} {other}"
            raise SettingsError("instanceTypes", reason, "use types of one architecture")
    image = settings.fleet.ami_parameter
    named = "arm64" if "arm64" in image else "x86_64" if "x86_64" in image or "amd64" in image else architecture
    if named != architecture:
        reason = f"an {named} image, and {first} is {architecture}"
        raise SettingsError("amiParameter", reason, f"use the parameter of an {architecture} image")
    yield from ()


def _purchase(settings: StackSettings) -> Iterator[str]:
    fleet = settings.fleet
    spot = fleet.on_demand_percent_above_base < 100
    if spot and len(fleet.instance_types) == 1:
        yield f"instanceTypes: spot with {fleet.instance_types[0]} alone is often interrupted; add more types"
    if burstable(fleet.instance_types) and fleet.cpu_credits == "unlimited":
        yield "cpuCredits: unlimited bills every vCPU-hour above the baseline; standard bounds the bill"


def _network(settings: StackSettings) -> Iterator[str]:
    network = settings.network
    try:
        prefix = ipaddress.IPv4Network(network.vpc_cidr).prefixlen
    except ValueError:
        prefix = 0
    if not 16 <= prefix <= 22:
        raise SettingsError("vpcCidr", f"{network.vpc_cidr!r} cannot be used", "use an IPv4 block of /16 to /22")
    if settings.gateway.balancer and network.zones < 2:
        raise SettingsError("zones", f"{network.zones} with balancer true", "a load balancer needs 2 zones or more")
    if network.zones < 2:
        yield "zones: one zone; when it fails, so does the service"
    if network.egress == "public":
        yield "egress: public gives every instance a public IPv4 address; its security group admits the VPC link only"


def _entry(settings: StackSettings) -> Iterator[str]:
    gateway = settings.gateway
    rest_only = {"waf": gateway.waf, "quotaPerMonth": gateway.quota_per_month, "auth": gateway.auth == "api-key"}
    for key, used in rest_only.items():
        if gateway.entry == "http" and used:
            value = gateway.auth if key == "auth" else str(used).lower()
            raise SettingsError(key, f"{value} needs a REST API, and entry is http", "set entry to rest, or leave it")
    if gateway.entry == "rest" and not gateway.balancer:
        raise SettingsError(
            "balancer", "false with entry rest", "a REST API reaches load balancers only: set it to true, or entry http"
        )
    if gateway.entry == "rest" and gateway.auth == "jwt":
        raise SettingsError("auth", "jwt with entry rest", "use iam or api-key, or set entry to http")
    if gateway.quota_per_month and gateway.auth != "api-key":
        raise SettingsError("quotaPerMonth", f"{gateway.quota_per_month} with auth {gateway.auth}", "use auth api-key")
    if gateway.auth == "api-key":
        # docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
        yield "auth: usage plan limits are best effort; they identify callers, they do not bound cost"


def _tokens(settings: StackSettings) -> Iterator[str]:
    gateway = settings.gateway
    if gateway.auth != "jwt":
        return
    if not gateway.jwt_issuer.startswith("https://"):
        raise SettingsError("jwtIssuer", f"{gateway.jwt_issuer!r} with auth jwt", "give the issuer's https:// address")
    if not gateway.jwt_audience:
        raise SettingsError("jwtAudience", "the list is empty with auth jwt", "give one audience or more")
    yield from ()


def _zero(settings: StackSettings) -> Iterator[str]:
    if not settings.scaling.scale_to_zero:
        return
    if settings.fleet.min_size:
        raise SettingsError("scaleToZero", f"true with minSize {settings.fleet.min_size}", "set minSize to 0")
    if not settings.intake.intake and not settings.gateway.balancer:
        raise SettingsError("scaleToZero", "true with nothing that could wake the group", "set intake or balancer true")
    if not settings.intake.intake:
        yield "scaleToZero: without intake the first callers get 503 until an instance is up"


def _probe(settings: StackSettings) -> Iterator[str]:
    if not settings.observability.probe:
        return
    if settings.gateway.auth == "jwt":
        raise SettingsError("probe", "true with auth jwt", "leave it: nothing in this stack can issue a token for it")
    if settings.fleet.min_size == 0:
        reason = "true with minSize 0"
        raise SettingsError("probe", reason, "leave it, or set minSize to 1: an empty group cannot answer its calls")
    empty = ", ".join(row.name for row in settings.fleet.schedules if not row.min_size)
    if empty:
        yield f"probe: its calls fail, and its alarm fires, while a schedule ({empty}) keeps the group empty"
    paths = (settings.model.model_archive, settings.model.node_bundle)
    if not all(paths):
        yield "probe: its calls fail, and its alarm fires, until modelArchive and nodeBundle are given"


def _bill(settings: StackSettings) -> Iterator[str]:
    if not settings.guardrails.budget_usd:
        yield "budgetUsd: 0, so nobody is told when the bill grows"
    if settings.guardrails.budget_usd and settings.guardrails.budget_scope == "stack":
        yield "budgetScope: stack counts only costs whose tag `stack` is activated as a cost allocation tag in Billing"
    if not settings.observability.alarm_email:
        yield "alarmEmail: empty, so alarms and the budget reach nobody until you subscribe to the topic"


def check_region(settings: StackSettings, region: str) -> None:
    """Raises SettingsError for a region outside `allowedRegions`."""
    allowed = settings.guardrails.allowed_regions
    if allowed and region not in allowed:
        action = "deploy to one of them, or add it to allowedRegions"
        raise SettingsError("aws:region", f"{region} is not among allowedRegions ({', '.join(allowed)})", action)


def _residency(settings: StackSettings) -> Iterator[str]:
    written = region_tag(settings.guardrails.allowed_regions).get(ALLOWED_REGIONS, "")
    if len(written) > MOST_TAG_CHARACTERS:
        reason = f"{len(settings.guardrails.allowed_regions)} regions do not fit into a tag"
        raise SettingsError("allowedRegions", reason, f"name fewer: {MOST_TAG_CHARACTERS} characters are the most")
    yield from ()


def _artifacts(settings: StackSettings) -> Iterator[str]:
    paths = {"modelArchive": settings.model.model_archive, "nodeBundle": settings.model.node_bundle}
    empty = " and ".join(key for key, path in paths.items() if not path)
    if empty:
        yield f"{empty}: empty, so instances have nothing to serve and leave the group after start"


def _canary(settings: StackSettings) -> Iterator[str]:
    canary, model = settings.canary, settings.model
    if not canary.canary_archive:
        return
    if not settings.gateway.balancer:
        reason = f"{canary.canary_archive!r} with balancer false"
        raise SettingsError("canaryArchive", reason, "set balancer to true, which shares the requests out, or leave it")
    for key, path in (("modelArchive", model.model_archive), ("nodeBundle", model.node_bundle)):
        if not path:
            reason = f"{canary.canary_archive!r} with {key} empty"
            raise SettingsError("canaryArchive", reason, f"give {key} too: a canary stands beside a model that serves")
    if canary.canary_archive == model.model_archive:
        yield "canaryArchive: the same file as modelArchive; empty it where the canary was promoted"
    if settings.scaling.scale_to_zero:
        yield f"canarySize: {canary.canary_size} runs all the time, also while scaleToZero keeps the group empty"


RULES: tuple[Callable[[StackSettings], Iterator[str]], ...] = (
    _sizes,
    _architecture,
    _purchase,
    _network,
    _entry,
    _tokens,
    _zero,
    _probe,
    _bill,
    _residency,
    _artifacts,
    _canary,
)
