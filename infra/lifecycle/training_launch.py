"""One spot instance for one attempt at a job: types and zones in turn, until one has room."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.costs.machines import is_burstable
from infra.lifecycle.aws import Account, code_of, told
from infra.lifecycle.engine import Say
from infra.lifecycle.errors import AccountError, DeploymentError
from infra.lifecycle.training_types import JOB_TAG, Bundle, Job, Place, Submitted
from infra.naming import TRAINING_FOLDER
from infra.user_data import render

TEMPLATE: Final = Path(__file__).with_name("training_user_data.sh")
# Another type or zone may do where one of these comes; anything else would come again.
NO_ROOM: Final = {
    "InsufficientInstanceCapacity": "no capacity",
    "InsufficientFreeAddressesInSubnet": "no address left",
    "InsufficientHostCapacity": "no capacity",
    "MaxSpotInstanceCountExceeded": "the account's spot quota is reached",
    "SpotMaxPriceTooLow": "the price is above on demand",
    "Unsupported": "not offered there",
    "VcpuLimitExceeded": "the account's quota is reached",
}
ALIVE: Final = ("pending", "running")


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """Where an earlier attempt stopped; an empty key means from the beginning."""

    key: str = ""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What one instance is told."""

    place: Place
    job: Job
    bundle: Bundle
    checkpoint: Checkpoint
    number: int
    max_hours: int

    def user_data(self, region: str) -> str:
        """The start script: names and digests only."""
        values = {
            "region": region,
            "bucket": self.place.bucket,
            "folder": TRAINING_FOLDER,
            "job": self.job.id,
            "attempt": self.number,
            "job_sha256": self.job.sha256,
            "bundle_key": self.bundle.key,
            "bundle_sha256": self.bundle.sha256,
            "checkpoint_key": self.checkpoint.key,
            "checkpoint_sha256": self.checkpoint.sha256,
            "log_group": self.place.log_group,
            "max_minutes": self.max_hours * 60,
        }
        return render(TEMPLATE, values)

    def token(self, kind: str, subnet: str) -> str:
        """The same for the same request, so that one whose answer was lost starts no second instance."""
        asked = "/".join((self.place.template_id, self.job.id, str(self.number), kind, subnet))
        return hashlib.sha256(asked.encode()).hexdigest()[:64]


def launch(account: Account, attempt: Attempt, kinds: tuple[str, ...], say: Say) -> Submitted:
    """Start it; raises DeploymentError where no type has room in any zone, AccountError for anything else."""
    refused = []
    for kind in kinds:
        for subnet in attempt.place.subnet_ids:
            try:
                instance = _run(account, attempt, kind, subnet)
            except AccountError as error:
                reason = NO_ROOM.get(code_of(error))
                if reason is None:
                    raise
                where = _zone(account, subnet)
                refused.append(f"{kind} in {where}: {reason}")
                say(f"  {refused[-1]}")
            else:
                say(f"  {kind} in {instance['Placement']['AvailabilityZone']}: {instance['InstanceId']}")
                return _submitted(attempt, instance)
    raise DeploymentError("spot", "; ".join(refused), "try again later, or name other types")


def alive(account: Account, place: Place, job: Job | None = None) -> Iterator[Any]:
    """Training instances of a stack (of one job) that run or are about to; raises AccountError."""
    filters = [
        {"Name": f"tag:{JOB_TAG}", "Values": [job.id if job else "*"]},
        {"Name": "tag:project", "Values": [place.project]},
        {"Name": "tag:stack", "Values": [place.stack]},
        {"Name": "instance-state-name", "Values": list(ALIVE)},
    ]
    for reservation in account.pages("ec2", "describe_instances", "Reservations", Filters=filters):
        yield from reservation["Instances"]


def _run(account: Account, attempt: Attempt, kind: str, subnet: str) -> Any:
    place = attempt.place
    tags = {**place.tags, JOB_TAG: attempt.job.id, "attempt": str(attempt.number)}
    tags |= {"maxHours": str(attempt.max_hours)}
    rows = [{"Key": name, "Value": value} for name, value in tags.items()]
    # A burstable type would bill surplus credits that were not in the price shown.
    bounded = {"CreditSpecification": {"CpuCredits": "standard"}} if is_burstable(kind) else {}
    with told(f"{kind} in {subnet}"):
        answer = account.client("ec2").run_instances(
            LaunchTemplate={"LaunchTemplateId": place.template_id, "Version": place.template_version},
            InstanceType=kind,
            SubnetId=subnet,
            MinCount=1,
            MaxCount=1,
            UserData=attempt.user_data(account.region),
            ClientToken=attempt.token(kind, subnet),
            # As the template says, too: these three are what the bill depends on.
            InstanceInitiatedShutdownBehavior="terminate",
            InstanceMarketOptions={
                "MarketType": "spot",
                "SpotOptions": {"SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate"},
            },
            TagSpecifications=[
                {"ResourceType": sort, "Tags": rows} for sort in ("instance", "volume", "spot-instances-request")
            ],
            **bounded,
        )
    return answer["Instances"][0]


def _submitted(attempt: Attempt, instance: Any) -> Submitted:
    return Submitted(
        place=attempt.place,
        job=attempt.job,
        attempt=attempt.number,
        instance_id=instance["InstanceId"],
        instance_type=instance["InstanceType"],
        max_hours=attempt.max_hours,
        began_at=instance["LaunchTime"].timestamp(),
        resumed=bool(attempt.checkpoint.key),
    )


def _zone(account: Account, subnet: str) -> str:
    """The subnet's zone, which says more than its id; the id where the answer is refused."""
    try:
        rows = account.pages("ec2", "describe_subnets", "Subnets", SubnetIds=[subnet])
        return str(next(iter(rows))["AvailabilityZone"])
    except (AccountError, StopIteration, KeyError):
        return subnet
