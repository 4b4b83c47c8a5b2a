"""Who can connect to whom: security groups and their rules, routes, public addresses, and endpoints of the VPC."""

import ipaddress
from collections.abc import Iterator
from typing import Final

from infra.costs.stack import Inputs, Resource, Stack
from infra.policy.documents import ENDPOINT, Statement, allowed
from infra.policy.reach_names import Names, name_of
from infra.policy.reach_places import Places
from infra.policy.reach_types import INTERNET, NO_MORE, NOTHING, OTHER_ACCOUNTS, Way
from infra.policy.reading import ANYWHERE
from infra.policy.rules.grants import is_public_read
from infra.policy.rules.network import ADDRESSES, EGRESS, GROUP, INGRESS, RULE

MEMBER: Final = "membership of the group"
THIS_VPC: Final = "addresses inside"


def network_ways(stack: Stack, names: Names, account: str) -> Iterator[Way]:
    """Connections that may be opened; answers on an open connection need no rule."""
    places = Places(stack)
    for group in stack.of_type(GROUP):
        for opening in _openings(stack, group, "ingress"):
            yield from _inwards(stack, names, places, group, opening)
        for opening in _openings(stack, group, "egress"):
            yield from _outwards(names, places, group, opening)
    for endpoint in stack.of_type(ENDPOINT):
        yield from _through(endpoint, names, account)


def _openings(stack: Stack, group: Resource, direction: str) -> Iterator[Inputs]:
    """What the rules of one direction let through, wherever they are written."""
    yield from group.inputs.objects(direction)
    own = {"ingress": INGRESS, "egress": EGRESS}[direction]
    for rule in stack.of_type(own, RULE):
        if rule.type == RULE and rule.inputs.text("type") != direction:
            continue
        if stack.resolve(rule, "securityGroupId", rule.inputs.get("securityGroupId"), GROUP) is group:
            yield rule.inputs


def _ports(opening: Inputs) -> str:
    protocol = opening.text("ipProtocol") or opening.text("protocol")
    if protocol in ("-1", "all", ""):
        return "every port"
    first, last = opening.text("fromPort"), opening.text("toPort")
    return f"{protocol} {first}" if first == last else f"{protocol} {first} to {last}"


def _addresses(opening: Inputs) -> list[str]:
    return [str(value) for key in ADDRESSES for value in opening.values_of(key)]


def _groups(opening: Inputs) -> list[str]:
    keys = ("referencedSecurityGroupId", "sourceSecurityGroupId", "securityGroups")
    return [str(value) for key in keys for value in opening.values_of(key)]


def _inwards(stack: Stack, names: Names, places: Places, group: Resource, opening: Inputs) -> Iterator[Way]:
    target, ports = name_of(group), _ports(opening)
    sources = [*_groups(opening), *([group.id or ""] if opening.flag("self") else [])]
    for source in sources:
        found = names.resource(source, GROUP)
        if found is None or _lets_out(stack, found, group, opening):
            yield Way(source=names.of(source, GROUP), target=target, how=ports, needs=MEMBER, asks=False)
    for address in _addresses(opening):
        if _is_public(address) and places.is_public(group):
            yield Way(source=INTERNET, target=target, how=ports, needs=NOTHING, asks=False)
        else:
            yield Way(source=f"{THIS_VPC} {address}", target=target, how=ports, needs=NOTHING, asks=False)
    for listed in opening.values_of("prefixListId"):
        yield Way(source=f"prefix list {listed}", target=target, how=ports, needs=NOTHING, asks=False)


def _lets_out(stack: Stack, source: Resource, target: Resource, wanted: Inputs) -> bool:
    """Whether the source's own rules let it open what the target's rules let in."""
    return any(
        (target.id in _groups(out) or bool(_addresses(out))) and _overlap(out, wanted)
        for out in _openings(stack, source, "egress")
    )


def _overlap(one: Inputs, other: Inputs) -> bool:
    if "every port" in (_ports(one), _ports(other)):
        return True
    spans = [(row.count("fromPort"), row.count("toPort")) for row in (one, other)]
    return max(spans[0][0], spans[1][0]) <= min(spans[0][1], spans[1][1])


def _outwards(names: Names, places: Places, group: Resource, opening: Inputs) -> Iterator[Way]:
    """To addresses; the way to another group is that group's, whose rules must agree."""
    source, ports = name_of(group), _ports(opening)
    for listed in opening.values_of("prefixListId"):
        found = places.gateway_endpoint(str(listed))
        yield Way(source=source, target=found, how=ports, needs=NO_MORE, asks=False)
    for address in _addresses(opening):
        if not _is_public(address):
            yield Way(source=source, target=f"{THIS_VPC} {address}", how=ports, needs=NO_MORE, asks=False)
            continue
        ways = places.ways_out(group)
        if ways:
            how = f"{ports}, by {' and '.join(ways)}"
            yield Way(source=source, target=INTERNET, how=how, needs=NO_MORE, asks=False)
        for endpoint in places.gateway_endpoints():
            yield Way(source=source, target=endpoint, how=ports, needs=NO_MORE, asks=False)


def _is_public(address: str) -> bool:
    if address in ANYWHERE:
        return True
    try:
        return ipaddress.ip_network(address, strict=False).is_global
    except ValueError:
        return True


def _through(endpoint: Resource, names: Names, account: str) -> Iterator[Way]:
    """What an endpoint leads to: its policy bounds whose credentials pass, and whose resources are reached."""
    service = endpoint.inputs.text("serviceName").rpartition(".")[2]
    source = name_of(endpoint)
    for group in endpoint.inputs.values_of("securityGroupIds"):
        yield Way(source=names.of(str(group), GROUP), target=source, how="HTTPS", needs=NO_MORE, asks=False)
    statements = list(allowed(endpoint))
    if not statements:
        yield Way(source=source, target=OTHER_ACCOUNTS, how=f"{service} of every account", needs=NOTHING, asks=False)
    for statement in statements:
        yield _led(source, service, statement, account)


def _led(source: str, service: str, statement: Statement, account: str) -> Way:
    if is_public_read(statement):
        # Signed or not: packages that AWS itself hands out to everybody.
        target = ", ".join(arn.split(":")[-1] for arn in statement.resources)
        return Way(source=source, target=target, how="s3:GetObject", needs=NO_MORE, asks=False)
    ours = statement.is_bound_to(account, "aws:PrincipalAccount")
    owned = any(
        row.key.lower() == "aws:resourceaccount"
        and row.values == (account,)
        and row.operator.startswith("StringEquals")
        for row in statement.conditions
    )
    if not ours:
        return Way(source=source, target=OTHER_ACCOUNTS, how=f"{service} for every caller", needs=NOTHING, asks=False)
    whose = "of this account" if owned else "and what AWS owns there"
    return Way(source=source, target=f"{service} {whose}", how="HTTPS", needs="a role of this account", asks=True)
