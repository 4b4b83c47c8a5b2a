"""Policy documents as the rules and the reach read them: who is allowed what, on what, under which condition."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.costs.stack import Resource, Stack
from infra.policy.reading import listed, statements

ROLE: Final = "aws:iam/role:Role"
IDENTITY: Final = (
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
)
ENDPOINT: Final = "aws:ec2/vpcEndpoint:VpcEndpoint"
KEY: Final = "aws:kms/key:Key"
# The input that names what a resource policy is on; empty where the policy is an input of the thing itself.
RESOURCE: Final[Mapping[str, str]] = {
    "aws:s3/bucketPolicy:BucketPolicy": "bucket",
    "aws:sqs/queuePolicy:QueuePolicy": "queueUrl",
    "aws:sns/topicPolicy:TopicPolicy": "arn",
    "aws:kms/keyPolicy:KeyPolicy": "keyId",
    "aws:backup/vaultPolicy:VaultPolicy": "backupVaultName",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "secretArn",
    "aws:apigateway/restApiPolicy:RestApiPolicy": "restApiId",
    "aws:sqs/queue:Queue": "",
    "aws:sns/topic:Topic": "",
    "aws:apigateway/restApi:RestApi": "",
    KEY: "",
}
ACCOUNT: Final = re.compile(r"\d{12}")
NEGATIONS: Final = ("NotAction", "NotResource", "NotPrincipal")
EQUALITIES: Final = ("stringequals", "stringlike", "arnequals", "arnlike", "stringequalsignorecase", "bool")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One key of a condition: all of them must hold."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def binds(self) -> bool:
        """Whether only what matches passes: neither a negation nor a condition that holds where the key is absent."""
        return self.operator.lower() in EQUALITIES and bool(self.values) and "*" not in self.values


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who a statement is about: its kind (`AWS`, `Service`, `Federated`) and its name; `*` is everybody."""

    kind: str
    name: str

    @property
    def is_everybody(self) -> bool:
        """Whether it is anyone at all, of any account or none."""
        return self.name == "*" and self.kind in ("AWS", "*")

    @property
    def account(self) -> str:
        """The account of a principal that names one."""
        found = ACCOUNT.search(self.name) if self.kind == "AWS" else None
        return found[0] if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a policy."""

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[Principal, ...]
    conditions: tuple[Condition, ...]
    negations: tuple[str, ...]

    def bound(self, *keys: str) -> tuple[str, ...]:
        """The values that conditions on one of these keys let through; none where nothing binds them."""
        wanted = {key.lower() for key in keys}
        return tuple(
            value for row in self.conditions if row.binds and row.key.lower() in wanted for value in row.values
        )

    def is_bound_to(self, account: str, *keys: str) -> bool:
        """Whether one of these keys must be this account; any one account will do where ours is not known."""
        return any(
            row.binds and row.key.lower() in {key.lower() for key in keys} and all(_is(v, account) for v in row.values)
            for row in self.conditions
        )


def _is(value: str, account: str) -> bool:
    return value == account if account else bool(ACCOUNT.fullmatch(value))


def read(resource: Resource, key: str = "policy") -> Iterator[Statement]:
    """The statements of the document in an input. Raises as `reading.statements` does."""
    return (_statement(raw) for raw in statements(resource, key))


def allowed(resource: Resource, key: str = "policy") -> Iterator[Statement]:
    """Those that allow something."""
    return (statement for statement in read(resource, key) if statement.allows)


def _statement(raw: Mapping[str, Any]) -> Statement:
    return Statement(
        allows=raw.get("Effect") == "Allow",
        actions=_texts(raw.get("Action")) or (("*",) if "NotAction" in raw else ()),
        resources=_texts(raw.get("Resource")) or (("*",) if "NotResource" in raw else ()),
        principals=tuple(_principals(raw)),
        conditions=tuple(_conditions(raw.get("Condition"))),
        negations=tuple(key for key in NEGATIONS if key in raw),
    )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in listed(value))


def _principals(raw: Mapping[str, Any]) -> Iterator[Principal]:
    named = raw.get("Principal")
    if "NotPrincipal" in raw:
        yield Principal(kind="*", name="*")
    elif isinstance(named, Mapping):
        for kind, names in named.items():
            yield from (Principal(kind=str(kind), name=name) for name in _texts(names))
    else:
        yield from (Principal(kind="*", name=name) for name in _texts(named))


def _conditions(raw: Any) -> Iterator[Condition]:
    for operator, tests in raw.items() if isinstance(raw, Mapping) else ():
        for key, values in tests.items() if isinstance(tests, Mapping) else ():
            yield Condition(operator=str(operator), key=str(key), values=_texts(values))


def own_account(stack: Stack) -> str:
    """The account the stack is in, from the ARNs and addresses that AWS gave its resources; empty before that."""
    for resource in stack:
        found = re.match(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):|https://sqs\.[^/]*/(\d{12})/", resource.id or "")
        if found and resource.custom:
            return str(found[1] or found[2])
    return ""


def account_of(arn: str) -> str:
    """The account that an ARN names; empty where it names none (S3), `*` for any."""
    return arn.split(":")[4] if arn.count(":") >= 5 else "*"
