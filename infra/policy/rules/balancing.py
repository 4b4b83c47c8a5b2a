"""Load balancers, their listeners and target groups."""

from collections.abc import Iterator
from typing import Final

from infra.costs.stack import Inputs, Resource, Stack
from infra.policy.registry import ADVISORY, MANDATORY, rule

MODULES: Final = ("lb", "alb", "elasticloadbalancingv2", "applicationloadbalancing")


def _everywhere(name: str) -> tuple[str, ...]:
    return tuple(f"aws:{module}/{name[0].lower()}{name[1:]}:{name}" for module in MODULES)


BALANCERS: Final = _everywhere("LoadBalancer")
LISTENERS: Final = _everywhere("Listener")
TARGETS: Final = _everywhere("TargetGroup")
ENCRYPTED: Final = ("HTTPS", "TLS")
# A network load balancer passes these on as they come; whether they are encrypted is for the target to say.
PASSED_ON: Final = ("TCP", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC")
# Every policy whose oldest protocol is TLS 1.2 (Elastic Load Balancing, security policies).
TLS_12: Final = ("ELBSecurityPolicy-TLS13-1-2-", "ELBSecurityPolicy-TLS13-1-3-", "ELBSecurityPolicy-TLS-1-2-")
FS_12: Final = "ELBSecurityPolicy-FS-1-2-"


def _is_application(resource: Resource) -> bool:
    return resource.inputs.text("loadBalancerType", "application") == "application"


@rule(
    "CKV_AWS_91",
    "elbv2_logging_enabled",
    "W52",
    title="Load balancers keep an access log",
    level=ADVISORY,
    on=BALANCERS,
)
def access_log(resource: Resource, stack: Stack) -> Iterator[str]:
    """Without it nobody can say afterwards who called what."""
    if not resource.inputs.object("accessLogs").flag("enabled"):
        yield "accessLogs.enabled is not true"


@rule("CKV_AWS_131", title="Load balancers drop malformed headers", level=MANDATORY, on=BALANCERS)
def invalid_headers(resource: Resource, stack: Stack) -> Iterator[str]:
    """Headers that two servers read differently are how requests are smuggled."""
    if _is_application(resource) and not resource.inputs.flag("dropInvalidHeaderFields"):
        yield "dropInvalidHeaderFields is not true"


@rule(
    "CKV_AWS_150",
    "elbv2_deletion_protection",
    title="Load balancers are protected from deletion",
    level=ADVISORY,
    on=BALANCERS,
)
def deletion_protection(resource: Resource, stack: Stack) -> Iterator[str]:
    """Its address is what the entry points at."""
    if not resource.inputs.flag("enableDeletionProtection"):
        yield "enableDeletionProtection is not true"


@rule("CKV_AWS_152", title="Load balancers spread over zones", level=ADVISORY, on=BALANCERS)
def cross_zone(resource: Resource, stack: Stack) -> Iterator[str]:
    """Application load balancers always do; others must be told."""
    if not _is_application(resource) and not resource.inputs.flag("enableCrossZoneLoadBalancing"):
        yield "enableCrossZoneLoadBalancing is not true"


@rule("CKV_AWS_2", "elbv2_ssl_listeners", "W56", title="Listeners speak TLS", level=MANDATORY, on=LISTENERS)
def encrypted_listener(resource: Resource, stack: Stack) -> Iterator[str]:
    """Plain HTTP can be read and changed on the way; a redirect to HTTPS is no traffic."""
    protocol = resource.inputs.text("protocol", "HTTP")
    if protocol not in (*ENCRYPTED, *PASSED_ON) and not _redirects(resource.inputs):
        yield f"protocol is {protocol}"


@rule("CKV_AWS_103", "W55", title="Listeners refuse what is older than TLS 1.2", level=MANDATORY, on=LISTENERS)
def tls_version(resource: Resource, stack: Stack) -> Iterator[str]:
    """The default policy of AWS still takes TLS 1.0."""
    if resource.inputs.text("protocol") not in ENCRYPTED:
        return
    policy = resource.inputs.text("sslPolicy")
    if not policy.startswith((*TLS_12, FS_12)):
        yield f"sslPolicy {policy or 'is not set, and the default'} takes older protocols"


@rule("CKV_AWS_378", title="Targets are reached over TLS", level=MANDATORY, on=TARGETS)
def encrypted_target(resource: Resource, stack: Stack) -> Iterator[str]:
    """The last stretch is as readable as the first."""
    if resource.inputs.text("protocol") == "HTTP":
        yield "protocol is HTTP"


def _redirects(listener: Inputs) -> bool:
    actions = listener.objects("defaultActions")
    return bool(actions) and all(action.object("redirect").text("protocol") == "HTTPS" for action in actions)
