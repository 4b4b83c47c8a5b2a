"""Who may do what by a policy: roles and those who take them on, and resources that name who is let in."""

from collections.abc import Iterator
from typing import Final

from infra.costs.stack import Resource, Stack
from infra.policy.documents import IDENTITY, RESOURCE, ROLE, Condition, Principal, Statement, account_of, allowed, read
from infra.policy.permissions import permissions
from infra.policy.reach_names import FUNCTION, SCHEDULE, Names, name_of
from infra.policy.reach_types import ADMINISTRATORS, INTERNET, NO_MORE, NOTHING, OTHER_ACCOUNTS, Way
from infra.policy.rules.compute import INSTANCE, TEMPLATE
from infra.policy.rules.grants import CALLER_KEYS, acts_for_us, grants, refuses_http
from infra.policy.rules.least_privilege import ATTACHMENTS, foreign, is_everything

GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
PROFILE: Final = "aws:iam/instanceProfile:InstanceProfile"
PERMISSION: Final = "aws:lambda/permission:Permission"
FOR_US: Final = "for this account"
ACCOUNT_KEYS: Final = ("aws:resourceaccount", "aws:sourceaccount", "aws:principalaccount")


def identity_ways(stack: Stack, names: Names, account: str) -> Iterator[Way]:
    """Roles first, then what they may, then what resources allow by themselves."""
    for role in stack.of_type(ROLE):
        for statement in grants(role):
            yield from _let_in(role, statement, names, account, "sts:AssumeRole")
    yield from _holders(stack, names)
    for policy in stack.of_type(*IDENTITY):
        holder = _holder(policy, names)
        for statement in allowed(policy):
            yield from _may(holder, statement, names, account)
    for attachment in stack.of_type(*ATTACHMENTS):
        yield _attached(attachment, names)
    for policy in stack.of_type(*RESOURCE):
        target = _carrier(policy, stack, names)
        for statement in grants(policy):
            yield from _let_in(target, statement, names, account, ", ".join(statement.actions), _tls(policy))
    yield from _invocations(stack, names, account)


def _holder(policy: Resource, names: Names) -> str:
    keys = ("role", "user", "group")
    named = next((policy.inputs.text(key) for key in keys if policy.inputs.has(key)), "")
    return names.of(named, ROLE) if named else policy.name


def _holders(stack: Stack, names: Names) -> Iterator[Way]:
    """Whoever runs code on an instance or in a function has its role; metadata answers the instance alone."""
    for machine in stack.of_type(TEMPLATE, INSTANCE):
        profile = machine.inputs.object("iamInstanceProfile") if machine.type == TEMPLATE else machine.inputs
        named = profile.text("arn") or profile.text("name") or profile.text("iamInstanceProfile")
        found = next((row for row in stack.of_type(PROFILE) if row.id and named.endswith(row.id)), None)
        role = names.of(found.inputs.text("role"), ROLE) if found else ""
        parts = (machine.inputs, *machine.inputs.objects("networkInterfaces"))
        groups = {str(v) for p in parts for k in ("securityGroups", "vpcSecurityGroupIds") for v in p.values_of(k)}
        for group in sorted(groups) if role else ():
            needs = "code on the instance"
            yield Way(source=names.of(group, GROUP), target=role, how="instance metadata", needs=needs, asks=False)
    for function in stack.of_type(FUNCTION):
        role = names.of(function.inputs.text("role"))
        yield Way(source=name_of(function), target=role, how="environment", needs="code in the function", asks=False)


def _may(holder: str, statement: Statement, names: Names, account: str) -> Iterator[Way]:
    actions = ", ".join(statement.actions)
    needs = _said(_conditions(statement.conditions, names, account)) or NO_MORE
    others = foreign(statement, account)
    for arn in statement.resources:
        target = names.of(arn)
        if arn in others:
            target = OTHER_ACCOUNTS
        elif is_everything(arn):
            target = "this account"
        yield Way(source=holder, target=target, how=actions, needs=needs, asks=False)


def _attached(attachment: Resource, names: Names) -> Way:
    holder = _holder(attachment, names)
    arn = attachment.inputs.text("policyArn")
    known = permissions().managed_by(arn)
    actions = ", ".join(known.actions) if known else f"all that {arn} allows"
    target = known.reaches if known else OTHER_ACCOUNTS
    return Way(source=holder, target=target, how=actions, needs=NO_MORE, asks=False)


def _carrier(policy: Resource, stack: Stack, names: Names) -> Resource:
    prop = RESOURCE[policy.type]
    found = names.resource(policy.inputs.text(prop)) if prop and policy.inputs.has(prop) else None
    return found or policy


def _let_in(
    target: Resource, statement: Statement, names: Names, account: str, how: str, tls: bool = False
) -> Iterator[Way]:
    bounds = _conditions(statement.conditions, names, account)
    for who in statement.principals:
        source, needs, asks = _principal(who, statement, target, account)
        said = _said([needs, *bounds, "TLS" if tls else ""])
        yield Way(source=source, target=name_of(target), how=how, needs=said or NOTHING, asks=asks)


def _principal(who: Principal, statement: Statement, target: Resource, account: str) -> tuple[str, str, bool]:
    """Who it is in the table, what makes it ours, and whether a stranger is asked for something."""
    if who.is_everybody:
        bound = bool(statement.bound(*CALLER_KEYS))
        return (ADMINISTRATORS, FOR_US, True) if bound else (INTERNET, "", False)
    if who.kind == "Service":
        ours = acts_for_us(who, statement, target, account)
        kind = "trust" if target.type == ROLE else "resource"
        bound_by = permissions().deputies.get((who.name, kind), "")
        return who.name, (bound_by or FOR_US) if ours else "", ours
    if who.account and account and who.account != account:
        return OTHER_ACCOUNTS, who.name, False
    return ADMINISTRATORS, "IAM policy of the caller", True


def _tls(policy: Resource) -> bool:
    return any(refuses_http(statement) for statement in read(policy))


def _invocations(stack: Stack, names: Names, account: str) -> Iterator[Way]:
    for permission in stack.of_type(PERMISSION):
        function = names.resource(permission.inputs.text("function"), FUNCTION)
        source = permission.inputs.text("sourceArn")
        ours = account_of(source) == account or permission.inputs.text("sourceAccount") == account
        yield Way(
            source=permission.inputs.text("principal"),
            target=name_of(function) if function else permission.name,
            how=permission.inputs.text("action"),
            needs=_said([FOR_US if ours else "", names.of(source, SCHEDULE) if source else ""]) or NOTHING,
            asks=ours,
        )


def _conditions(conditions: tuple[Condition, ...], names: Names, account: str) -> list[str]:
    """Conditions in short: accounts are said as ours, the rest by key and value."""
    said = []
    for row in conditions:
        if row.key.lower() in ACCOUNT_KEYS and row.values == (account,):
            said.append(FOR_US)
        else:
            values = (names.of(value) for value in row.values)
            said.append(f"{row.key} {' or '.join(values)}")
    # The number says no more than that it is ours, and is another one in each account.
    return [text.replace(account, "ACCOUNT") if account else text for text in said]


def _said(parts: list[str]) -> str:
    return ", ".join(dict.fromkeys(part for part in parts if part))
