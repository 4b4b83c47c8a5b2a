"""Load on an endpoint: closed loop, open loop, and the rate that holds a latency goal."""

from serving.load.loops import closed_loop, open_loop, record, replay
from serving.load.result import Latency, Run, Sustainable
from serving.load.search import sustainable
from serving.load.target import Target

__all__ = ["Target", "closed_loop", "open_loop", "record", "replay", "sustainable", "Run", "Latency", "Sustainable"]
