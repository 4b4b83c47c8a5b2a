"""A training job on the stack: where it runs, what was sent, what became of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.costs.errors import InputError
from infra.naming import TRAINING_FOLDER

JOB_TAG: Final = "job"
NOT_BETTER: Final = 13
RESULT_CODES: Final = (0, NOT_BETTER)
"""Exit codes of a training that has written a result."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a stack trains: its launch template, subnets and bucket; the types and the disk are the fleet's."""

    project: str
    stack: str
    template_id: str
    template_version: str
    subnet_ids: tuple[str, ...]
    bucket: str
    log_group: str
    instance_types: tuple[str, ...]
    volume_gb: int
    max_hours: int

    @classmethod
    def of(cls, project: str, stack: str, outputs: Mapping[str, Any]) -> "Place":
        """From a stack's outputs; raises InputError for a stack that is not deployed with `training`."""
        found = outputs.get("training")
        if not isinstance(found, Mapping):
            action = f"set breakeven:training to true in Pulumi.{stack}.yaml, then: breakeven up --stack {stack}"
            raise InputError(f"stack {stack}", "it has nothing to train with", action)
        return cls(
            project=project,
            stack=stack,
            template_id=str(found["templateId"]),
            template_version=str(found["templateVersion"]),
            subnet_ids=tuple(map(str, found["subnetIds"])),
            bucket=str(found["bucket"]),
            log_group=str(found["logGroup"]),
            instance_types=tuple(map(str, found["instanceTypes"])),
            volume_gb=int(found["volumeGb"]),
            max_hours=int(found["maxHours"]),
        )

    @property
    def tags(self) -> dict[str, str]:
        """What marks an instance as the stack's, for `sweep` and the bill."""
        return {"Name": f"{self.project}-{self.stack}-training", "project": self.project, "stack": self.stack}


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job by the digest of what it is trained from: sent again, the same folder is the same job, and is resumed."""

    sha256: str
    size_bytes: int = 0

    @property
    def id(self) -> str:
        """The digest's beginning."""
        return self.sha256[:12]

    def of_attempt(self, attempt: int, name: str) -> str:
        """A key of what one attempt said: log and last word."""
        return self.key("out", str(attempt), name)

    def key(self, *parts: str) -> str:
        """A key of the job's in the bucket: `training/<id>/in/job.tar.gz`."""
        return f"{TRAINING_FOLDER}{self.id}/" + "/".join(parts)


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The packages and code that a job runs from, stored under their digest."""

    sha256: str

    @property
    def key(self) -> str:
        """Where it lies in the bucket."""
        return f"{TRAINING_FOLDER}bundles/{self.sha256[:12]}.tar.gz"


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """One attempt at a job: its instance, and since when (seconds of the epoch) and how long that may run."""

    place: Place
    job: Job
    attempt: int
    instance_id: str
    instance_type: str
    max_hours: int
    began_at: float
    resumed: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an attempt ended.

    `ended`: done (the training said so), interrupted (spot took the instance back), time (the hours were over), setup
    (it never began, or its result could not be stored), gone (the instance ended without a word). `exit_code` is the
    training's own. `reason` says more where there is more.
    """

    ended: str
    exit_code: int | None = None
    seconds: int = 0
    result_sha256: str = ""
    reason: str = ""

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "Outcome":
        """From the instance's status.json; raises InputError for what is none."""
        try:
            code = row["exit_code"]
            outcome = cls(
                ended=str(row["ended"]),
                exit_code=None if code is None else int(code),
                seconds=int(row["seconds"]),
                result_sha256=str(row["result_sha256"]),
                reason=str(row["reason"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InputError("status.json", f"not what an instance writes ({error})", "look at the log") from None
        if outcome.result_sha256 and not re.fullmatch(r"[0-9a-f]{64}", outcome.result_sha256):
            raise InputError("status.json", "its digest is none", "look at the log")
        return outcome

    @property
    def has_result(self) -> bool:
        """Whether there is something to fetch."""
        return self.exit_code in RESULT_CODES and bool(self.result_sha256)

    @property
    def may_resume(self) -> bool:
        """Whether the same job, sent again, may come further than this."""
        return self.ended in ("interrupted", "time", "gone")
