"""A stack on this machine: the real engine against an emulated account, and the real model server behind its entry."""

from infra.sandbox.place import Place, Running
from infra.sandbox.session import enter, is_lost, leave, start
from infra.sandbox.told import block, line

__all__ = ["Place", "Running", "block", "enter", "is_lost", "leave", "line", "start"]
