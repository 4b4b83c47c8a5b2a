"""Whether this machine and account are ready for a stack: one finding a line, each with what to do."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final, Literal

from infra.costs.errors import CostError
from infra.lifecycle import cli, engine, quotas
from infra.lifecycle.aws import Account, told
from infra.lifecycle.errors import AccountError
from infra.lifecycle.preflight import account_of, offered
from infra.lifecycle.trail import trails
from infra.record import StackConfig, read_config
from infra.settings import StackSettings

# AWS refuses signatures 5 minutes or more off; half of that is still time to act.
SKEW_SECONDS: Final = 150
State = Literal["ok", "note", "bad"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was looked at, what was seen, and what to do where it is not `ok`."""

    name: str
    state: State
    seen: str
    action: str = ""


@dataclass(frozen=True, kw_only=True)
class Patient:
    """What is examined; `now` is this machine's clock."""

    config: StackConfig
    settings: StackSettings
    account: Account
    project: Path
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


Check = Callable[[Patient], Iterator[Finding]]


def examine(stack: str, project: Path) -> Iterator[Finding]:
    """Every check in order; a check that cannot be made is a finding itself. Raises for a wrong stack file only."""
    config = read_config(stack, project)
    yield from check(
        Patient(config=config, settings=config.settings(), account=account_of(config), project=project), CHECKS
    )


def check(patient: Patient, checks: tuple[tuple[str, Check], ...]) -> Iterator[Finding]:
    """Make these checks."""
    for name, make in checks:
        try:
            yield from make(patient)
        except CostError as error:
            yield Finding(name=name, state="bad", seen=f"{error.thing}: {error.reason}", action=error.action)


def _credentials(patient: Patient) -> Iterator[Finding]:
    with told("AWS account"):
        found = patient.account.client("sts").get_caller_identity()
    yield Finding(name="credentials", state="ok", seen=f"account {found['Account']}, {found['Arn'].split(':')[-1]}")
    yield _clock(patient, found)


def _clock(patient: Patient, answer: Any) -> Finding:
    """AWS dates every answer."""
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    if not date:
        return Finding(name="clock", state="note", seen="AWS did not say what time it is")
    off = abs((patient.now() - parsedate_to_datetime(date)).total_seconds())
    if off > SKEW_SECONDS:
        return Finding(name="clock", state="bad", seen=f"{off:.0f} seconds off", action="set it by NTP")
    return Finding(name="clock", state="ok", seen=f"within {max(off, 1):.0f} seconds of AWS")


def _region(patient: Patient) -> Iterator[Finding]:
    kinds = tuple(patient.settings.fleet.instance_types)
    there = offered(patient.account, kinds)
    missing = ", ".join(kind for kind in kinds if kind not in there)
    region = patient.config.region
    if missing:
        action = "choose other instanceTypes, or another aws:region"
        yield Finding(name="region", state="bad", seen=f"{region} does not offer {missing}", action=action)
    else:
        yield Finding(name="region", state="ok", seen=f"{region} offers {', '.join(kinds)}")


def _quotas(patient: Patient) -> Iterator[Finding]:
    canary = patient.settings.canary
    canaries = canary.canary_size if canary.canary_archive else 0
    for need in quotas.needs(patient.settings.fleet, canaries):
        wanted = f"{need.name}: {need.least} to {need.most} needed"
        ask = f"ask for more in Service Quotas (EC2, {need.code})"
        try:
            allowed = quotas.limit(patient.account, need)
        except AccountError as error:
            # A limit nobody may read is no reason to stop: a limit that is too low shows as an error of the group.
            yield Finding(name="quota", state="note", seen=f"{wanted}; {error.reason}", action=error.action)
            continue
        if allowed is None:
            action = "see Service Quotas in the console"
            yield Finding(name="quota", state="note", seen=f"{wanted}, the limit is not known", action=action)
            continue
        state: State = "ok" if allowed >= need.most else "note" if allowed >= max(need.least, 1) else "bad"
        yield Finding(name="quota", state=state, seen=f"{wanted}, {allowed.normalize():f} allowed", action=ask)


def _image(patient: Patient) -> Iterator[Finding]:
    name = patient.settings.fleet.ami_parameter
    with told(f"amiParameter {name}"):
        client = patient.account.client("ssm")
        found = client.get_parameters(Names=[name])["Parameters"]
    if found:
        yield Finding(name="image", state="ok", seen=f"{found[0]['Value']} ({name.split('/')[-2]})")
    else:
        action = "set amiParameter to one that exists there"
        yield Finding(name="image", state="bad", seen=f"no {name} in {patient.config.region}", action=action)


def _trail(patient: Patient) -> Iterator[Finding]:
    """Never `bad`: the account's trail is not the stack's to make, and a stack works without one."""
    action = "turn on a trail of management events in CloudTrail; the first copy is free of charge"
    try:
        found = trails(patient.account)
    except AccountError as error:
        yield Finding(name="trail", state="note", seen=f"{error.thing}: {error.reason}", action=error.action)
        return
    logging = [row for row in found if row.is_logging]
    if not logging:
        seen = f"{found[0].name} is stopped" if found else "nothing in this account writes down who did what"
        yield Finding(name="trail", state="note", seen=seen, action=action)
        return
    if any(row.validates_files for row in logging):
        yield Finding(name="trail", state="ok", seen=f"{logging[0].name} writes down who did what")
        return
    action = "turn on log file validation, or a changed file is not noticed"
    yield Finding(
        name="trail", state="note", seen=f"{logging[0].name} writes, and does not sign its files", action=action
    )


def _pulumi(patient: Patient) -> Iterator[Finding]:
    tool = cli.command(install=False)
    yield Finding(name="pulumi", state="ok", seen=f"CLI {tool.version}")
    yield from _plugin(patient, tool)


def _plugin(patient: Patient, tool: Any) -> Iterator[Finding]:
    """The provider plugin must be of the version of the Python package; `pulumi up` fetches a missing one."""
    from importlib.metadata import version

    from pulumi.automation import LocalWorkspace

    wanted = version("pulumi_aws")
    installed = LocalWorkspace(work_dir=str(patient.project), pulumi_command=tool).list_plugins()
    versions = {str(found.version) for found in installed if found.name == "aws" and found.kind == "resource"}
    if wanted in versions:
        yield Finding(name="plugin", state="ok", seen=f"aws {wanted}")
    else:
        seen = f"aws {wanted} is not installed yet"
        yield Finding(
            name="plugin",
            state="note",
            seen=seen,
            action=f"`up` does it, or: pulumi plugin install resource aws {wanted}",
        )


def _passphrase(patient: Patient) -> Iterator[Finding]:
    if any(name in os.environ for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")):
        yield Finding(name="passphrase", state="ok", seen="set in the environment")
        return
    stated = (patient.project / f"Pulumi.{patient.config.stack}.yaml").read_text(encoding="utf-8")
    if "secretsprovider:" in stated or os.environ.get("PULUMI_ACCESS_TOKEN"):
        yield Finding(name="passphrase", state="ok", seen="not needed: another service encrypts the secrets")
    else:
        action = "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE"
        yield Finding(name="passphrase", state="bad", seen="not set", action=action)


def _backend(patient: Patient) -> Iterator[Finding]:
    from pulumi.automation import CommandError, LocalWorkspace

    local = LocalWorkspace(work_dir=str(patient.project), pulumi_command=cli.command(install=False))
    try:
        who = local.who_am_i()
    except CommandError as error:
        raise engine.explained("state", str(error)) from error
    yield Finding(name="state", state="ok", seen=f"{who.url or 'the default backend'}, as {who.user}")


CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("pulumi", _pulumi),
    ("passphrase", _passphrase),
    ("state", _backend),
    ("credentials", _credentials),
    ("region", _region),
    ("image", _image),
    ("quota", _quotas),
    ("trail", _trail),
)
