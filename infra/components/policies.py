"""IAM policy documents as compact JSON: the service returns it compact, so spaces would show as a change for ever."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

Statement = Mapping[str, Any]


def document(*statements: Statement) -> pulumi.Output[str]:
    """A policy of these statements."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


def allow(actions: Sequence[str], resources: Sequence[pulumi.Input[str]], **more: Any) -> Statement:
    """A statement of an identity policy, with `Condition` among `more` where the action has no resources."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources), **more}


def grant(
    principal: Mapping[str, Any] | str, actions: Sequence[str], resource: pulumi.Input[str], **more: Any
) -> Statement:
    """A statement of a resource policy: who may do what to the resource that carries it."""
    return {"Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": resource, **more}


def own_account(account_id: str, **more: str) -> Mapping[str, Mapping[str, str]]:
    """A condition: what is reached is this account's. ARNs of S3 name none, and a deleted bucket's name is free."""
    return {"StringEquals": {"aws:ResourceAccount": account_id, **more}}


def refuse_plain_http(action: str, *resources: pulumi.Input[str]) -> Statement:
    """Deny every call that does not come over TLS."""
    return {
        "Sid": "RefusePlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def assumed_by(service: str, **conditions: Any) -> pulumi.Output[str]:
    """The trust policy of a role that an AWS service takes on."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return document({**statement, **({"Condition": conditions} if conditions else {})})
