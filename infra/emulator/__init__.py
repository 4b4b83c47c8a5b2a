"""AWS as moto plays it on 127.0.0.1: for the sandbox and for tests. moto is imported when an emulator starts."""

from infra.emulator.account import Proof, Route, route, start_scripts
from infra.emulator.server import KEY_ID, REGION, SECRET, Call, Interception, emulator

__all__ = ["KEY_ID", "REGION", "SECRET", "Call", "Interception", "Proof", "Route", "emulator", "route", "start_scripts"]
