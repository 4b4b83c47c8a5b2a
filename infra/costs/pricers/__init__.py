"""The pricers: importing this package registers every type the estimator knows."""

from infra.costs.pricers import (
    compute,
    dns,
    entry,
    free,
    functions,
    groups,
    messaging,
    network,
    observability,
    protection,
    storage,
    transfer,
    volumes,
)

__all__ = [
    "compute",
    "dns",
    "entry",
    "free",
    "functions",
    "groups",
    "messaging",
    "network",
    "observability",
    "protection",
    "storage",
    "transfer",
    "volumes",
]
