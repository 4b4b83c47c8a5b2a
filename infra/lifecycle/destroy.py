"""Take a stack down: what stands in the way is moved out of it first, and data is dealt with as was chosen."""

import re
import time
from typing import Final

from infra.lifecycle import data, kept
from infra.lifecycle.aws import Account
from infra.lifecycle.engine import Progress, Say, run
from infra.lifecycle.errors import DeploymentError
from infra.lifecycle.training import cancel_all
from infra.lifecycle.up import recover
from infra.lifecycle.workspace import Deployed, Workspace
from infra.naming import TRAINING

ATTEMPTS: Final = 3
VPC: Final = "aws:ec2/vpc:Vpc"
TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
# A deleted VPC link or load balancer leaves its network interfaces behind for some minutes (pulumi-aws#1221).
RELEASE_SECONDS: Final = 600
PAUSE_SECONDS: Final = 15
IN_THE_WAY: Final = "DependencyViolation"
# S3 writes access logs until the last bucket that is logged has gone. The error's own name may be cut off.
NOT_EMPTY: Final = re.compile(r"DeleteBucket.*StatusCode: 409|BucketNotEmpty")


def destroy(workspace: Workspace, account: Account, say: Say, *, keep_data: bool) -> frozenset[str]:
    """Destroy everything, or everything but the data; the physical ids of what was kept.

    Raises DeploymentError when something cannot be deleted; running it again goes on from there.
    """
    recover(workspace, say)
    deployed = workspace.deployed()
    if any(str(row["urn"]).endswith(f"::{TRAINING}") for row in deployed.of_type(TEMPLATE)):
        cancel_all(account, workspace.config.project, workspace.name, say)
    data.unprotect(account, deployed)
    if keep_data:
        kept.keep(workspace, deployed)
        left = data.keepable(deployed)
        _delete(workspace, account, deployed, say, left=len(left))
        kept.forget_outputs(workspace)
        return frozenset(str(row["id"]) for row in left if row.get("id"))
    kept.release(workspace, deployed)
    data.empty(account, deployed)
    _delete(workspace, account, deployed, say)
    data.delete_stray_logs(account, deployed)
    return frozenset()


def _delete(workspace: Workspace, account: Account, deployed: Deployed, say: Say, left: int = 0) -> None:
    """Delete everything, or all but the `left` resources that are protected."""
    stack = workspace.stack
    progress = Progress(say, expected=sum(1 for row in deployed.rows if row.get("custom")) - left)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            run(stack, lambda: stack.destroy(on_event=progress, color="never", exclude_protected=left > 0), progress)
        except DeploymentError as error:
            # The first complaint is the error's, and another resource may have complained first.
            said = " ".join([str(error), *progress.errors])
            refilled = not left and NOT_EMPTY.search(said)
            if attempt == ATTEMPTS or not (refilled or IN_THE_WAY in said):
                raise
            if refilled:
                say("  a bucket was written to meanwhile: emptying it again")
                data.empty(account, deployed)
            if IN_THE_WAY in said:
                say("  waiting for AWS to release network interfaces")
                _wait_for_interfaces(account, deployed)
            progress.errors.clear()
        else:
            return


def _wait_for_interfaces(account: Account, deployed: Deployed) -> None:
    vpcs = list(deployed.ids(VPC))
    end = time.monotonic() + RELEASE_SECONDS
    while vpcs and time.monotonic() < end:
        only = [{"Name": "vpc-id", "Values": vpcs}]
        if not list(account.pages("ec2", "describe_network_interfaces", "NetworkInterfaces", Filters=only)):
            return
        time.sleep(PAUSE_SECONDS)
