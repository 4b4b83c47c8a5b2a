"""Faults on the way between an engine and the emulator: refusals, and a death when AWS has answered.

They meet the calls of one key, the engine's own, never those of the test that looks.
"""

import os
import re
import signal
import subprocess
from dataclasses import dataclass, field

from infra.emulator import Call, Interception


@dataclass
class Killer:
    """Kills a process when AWS has done one of some things and before the process knows.

    `actions` are patterns. What is answered while the process dies counts as struck too.
    """

    actions: tuple[str, ...]
    process: "subprocess.Popen[str] | None" = None
    struck: set[str] = field(default_factory=set)

    def __call__(self, call: Call) -> None:
        found = next((action for action in self.actions if re.fullmatch(action, call.action)), None)
        if found is None or self.process is None:
            return
        first = not self.struck
        self.struck.add(found)
        if first:
            kill(self.process)


def kill(process: "subprocess.Popen[str]") -> None:
    """End a process with -9, and what it started where it leads a group of its own."""
    if os.getpgid(process.pid) == process.pid:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


@dataclass
class Refusal:
    """Refuses an action, or everything from its first call on, as expired credentials do."""

    action: str
    code: str
    lasting: bool = False
    struck: bool = False

    def __call__(self, call: Call) -> str | None:
        self.struck = self.struck or call.action == self.action
        if call.action != self.action and not (self.lasting and self.struck):
            return None
        return refusal(call.service, self.code)


@dataclass
class Faults(Interception):
    """One fault at a time for each key."""

    killers: dict[str, Killer] = field(default_factory=dict)
    refusals: dict[str, Refusal] = field(default_factory=dict)

    def refuse(self, call: Call) -> str | None:
        found = self.refusals.get(call.key)
        return found(call) if found else None

    def answered(self, call: Call) -> None:
        killer = self.killers.get(call.key)
        if killer:
            killer(call)


def refusal(service: str, code: str) -> str:
    """An error as the service writes it."""
    error = f"<Error><Code>{code}</Code><Message>refused by the test</Message></Error>"
    if service == "s3":
        return error
    if service == "ec2":
        return f"<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>"
    if service in ("iam", "sts", "sns", "autoscaling", "monitoring", "elasticloadbalancing"):
        return f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"
    return f'{{"__type":"{code}","code":"{code}","message":"refused by the test"}}'
