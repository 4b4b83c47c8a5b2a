"""Names and tags of everything the program creates; no other module joins strings for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


def child(*parts: object) -> str:
    """The name of a resource inside its component: `child("private", 0)` is `private-0`."""
    return "-".join(str(part) for part in parts)


@dataclass(frozen=True, kw_only=True)
class Names:
    """Physical names and tags of one stack."""

    project: str
    stack: str
    extra_tags: Mapping[str, str]

    def physical(self, *parts: str) -> str:
        """A name unique in the account and region: project, stack and the parts."""
        return child(self.project, self.stack, *parts)

    def log_group(self, part: str) -> str:
        """The log group of a part: `/breakeven/dev/node`."""
        return f"/{self.project}/{self.stack}/{part}"

    def firewall_log_group(self) -> str:
        """AWS WAF accepts a log group only when its name starts with `aws-waf-logs-`."""
        return child("aws-waf-logs", self.physical())

    def bucket_prefix(self, part: str) -> str:
        """Start of a bucket name; the provider adds what makes it unique in the world."""
        return f"{self.physical(part)}-"

    def metric_namespace(self) -> str:
        """CloudWatch namespace of the metrics that the nodes publish."""
        return f"{self.project}/{self.stack}"

    def group_arn(self, partition: str, region: str, account_id: str, *version: str) -> str:
        """ARN of a version's Auto Scaling group before it exists; its UUID part is not known until then."""
        named = f"autoScalingGroup:*:autoScalingGroupName/{self.group(*version)}"
        return f"arn:{partition}:autoscaling:{region}:{account_id}:{named}"

    def group(self, *version: str) -> str:
        """A version's Auto Scaling group; fixed, because nodes and their permissions name it before it exists."""
        return self.physical("fleet", *version)

    def tags(self, name: str) -> dict[str, str]:
        """Tags of one resource: who it belongs to, and the stack's own tags."""
        return {"Name": self.physical(name), "project": self.project, "stack": self.stack, **self.extra_tags}


def archive_folder(model: str) -> str:
    """Where a model's archives lie, earlier ones too."""
    return f"models/{model}/"


def canary_folder(model: str) -> str:
    """Where a model's canaries lie."""
    return f"canaries/{model}/"


def archive_key(model: str, sha256: str) -> str:
    """Where a model's archive lies in the artifact bucket; the digest keeps versions apart."""
    return f"{archive_folder(model)}{sha256[:12] or 'unset'}.mar"


def canary_key(model: str, sha256: str) -> str:
    """Where a canary's archive lies: apart, since deleting an object takes every version of its key along.

    Under the archive's own key, ending a promoted canary would delete the archive that has become the model's.
    """
    return f"{canary_folder(model)}{sha256[:12]}.mar"


def bundle_key(sha256: str) -> str:
    """Where the node bundle lies in the artifact bucket."""
    return f"{BUNDLE_FOLDER}{sha256[:12] or 'unset'}.tar.gz"


def bucket_log_prefix(part: str) -> str:
    """Where S3 writes the access log of a bucket, in the bucket of logs."""
    return f"buckets/{part}/"


def region_tag(regions: Sequence[str]) -> dict[str, str]:
    """The tag by which a stack file tells where its resources may be; none where they may be anywhere."""
    return {ALLOWED_REGIONS: " ".join(regions)} if regions else {}


ALLOWED_REGIONS = "allowedRegions"
CANARY = "canary"
PROBE = "probe"
TRAINING = "training"
# Jobs of fine-tuning, and the bundles they run from; all of it expires.
TRAINING_FOLDER = "training/"
BUNDLE_FOLDER = "node/"
BALANCER_LOG_PREFIX = "balancer"
UPLOAD_PREFIX = "uploads/"
RESULT_PREFIX = "results/"
PLAN_PREFIX = "plans/"
