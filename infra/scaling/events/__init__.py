"""The exact simulation: every request an event. For theory, for servers that were measured, for minutes and hours."""

from infra.scaling.events.cluster import Cluster
from infra.scaling.events.machine import Machine, Request
from infra.scaling.events.serve import Served, least, poisson, serve

__all__ = ["Cluster", "Machine", "Request", "Served", "least", "poisson", "serve"]
