"""Every rule: importing this package registers them all."""

from infra.policy.registry import ADVISORY, MANDATORY, RULES, Level, Rule
from infra.policy.rules import (
    balancing,
    compute,
    entry,
    grants,
    identity,
    least_privilege,
    network,
    plain_secrets,
    residency,
    secrecy,
    storage,
    watching,
)

__all__ = [
    "ADVISORY",
    "MANDATORY",
    "RULES",
    "Level",
    "Rule",
    "balancing",
    "compute",
    "entry",
    "grants",
    "identity",
    "least_privilege",
    "network",
    "plain_secrets",
    "residency",
    "secrecy",
    "storage",
    "watching",
]
