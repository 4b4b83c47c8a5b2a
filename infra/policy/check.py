"""Runs every rule on a stack, sets the written exceptions against what is found, and says what is left."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from infra.costs.errors import CostError, InputError
from infra.costs.stack import Resource, Stack
from infra.policy.exemptions import Exemption, read_exemptions
from infra.policy.rules import MANDATORY, RULES, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A resource that breaks a rule, and how."""

    rule: Rule
    resource: Resource
    message: str

    @property
    def is_mandatory(self) -> bool:
        """Whether the stack is refused for it."""
        return self.rule.level == MANDATORY

    def __str__(self) -> str:
        where = " ".join(part for part in (self.resource.component, self.resource.name) if part)
        action = "change that, or write down an exception and its reason (docs/security.md)"
        return f"{self.rule.id} on {where}: {self.message}; {action}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Excepted:
    """A finding that a written exception covers."""

    finding: Finding
    exemption: Exemption


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """A resource on which a rule cannot be told, most often because a value is known only after deployment."""

    rule: Rule
    resource: Resource
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the rules say about one stack.

    `passed` are rules that hold for every resource they look at; rules with nothing to look at are in none of these.
    `unused` are exceptions meant for a resource of this stack that breaks no such rule.
    """

    stack: str
    findings: tuple[Finding, ...]
    excepted: tuple[Excepted, ...]
    undecided: tuple[Undecided, ...]
    passed: tuple[Rule, ...]
    unused: tuple[Exemption, ...]

    @property
    def mandatory(self) -> tuple[Finding, ...]:
        """Findings for which the stack is refused."""
        return tuple(finding for finding in self.findings if finding.is_mandatory)

    @property
    def advisory(self) -> tuple[Finding, ...]:
        """Findings to think about."""
        return tuple(finding for finding in self.findings if not finding.is_mandatory)

    @property
    def used(self) -> frozenset[Exemption]:
        """The exceptions that covered a finding."""
        return frozenset(row.exemption for row in self.excepted)


def check(stack: Stack, exemptions: Sequence[Exemption] | None = None, rules: Iterable[Rule] | None = None) -> Checked:
    """Run the rules, all by default, with the project's own exceptions by default."""
    known = read_exemptions() if exemptions is None else exemptions
    wanted = tuple(RULES.values()) if rules is None else tuple(rules)
    findings: list[Finding] = []
    excepted: list[Excepted] = []
    undecided: list[Undecided] = []
    passed: list[Rule] = []
    for rule in wanted:
        outcomes = [outcome for resource in _looked_at(rule, stack) for outcome in _outcomes(rule, resource, stack)]
        undecided += (outcome for outcome in outcomes if isinstance(outcome, Undecided))
        for finding in (outcome for outcome in outcomes if isinstance(outcome, Finding)):
            cover = next((row for row in known if row.rule == rule.id and row.covers(finding.resource)), None)
            if cover:
                excepted.append(Excepted(finding=finding, exemption=cover))
            else:
                findings.append(finding)
        if not outcomes and any(True for _ in _looked_at(rule, stack)):
            passed.append(rule)
    used = {row.exemption for row in excepted}
    return Checked(
        stack=stack.name,
        findings=tuple(findings),
        excepted=tuple(excepted),
        undecided=tuple(undecided),
        passed=tuple(passed),
        unused=tuple(row for row in known if row not in used and _was_decided(row, stack, wanted, undecided)),
    )


def refuse_unused(checked: Sequence[Checked], exemptions: Sequence[Exemption], *, everything: bool) -> None:
    """Raise InputError for an exception that covers nothing: the rule holds, or no stack has such a resource.

    `everything` says that `checked` are all stacks of the project.
    """
    used = {exemption for one in checked for exemption in one.used}
    needless = [exemption for one in checked for exemption in one.unused if exemption not in used]
    if everything:
        needless += (exemption for exemption in exemptions if exemption not in used)
    for exemption in needless:
        raise InputError(f"exception {exemption}", "matches nothing", "remove it from infra/policy/exceptions.toml")


def _looked_at(rule: Rule, stack: Stack) -> Iterator[Resource]:
    return (resource for resource in stack.of_type(*rule.types) if not resource.external)


def _outcomes(rule: Rule, resource: Resource, stack: Stack) -> Iterator[Finding | Undecided]:
    try:
        for message in rule.check(resource, stack):
            yield Finding(rule=rule, resource=resource, message=message)
    except CostError as error:
        yield Undecided(rule=rule, resource=resource, reason=f"{error.thing} {error.reason}")


def _was_decided(exemption: Exemption, stack: Stack, rules: Sequence[Rule], undecided: Iterable[Undecided]) -> bool:
    """Whether a resource of the exception was looked at and nothing about it was left open."""
    if exemption.rule not in {rule.id for rule in rules}:
        return False
    open_ = {row.resource.urn for row in undecided if row.rule.id == exemption.rule}
    meant = [r for r in _looked_at(RULES[exemption.rule], stack) if exemption.covers(r)]
    return bool(meant) and not any(resource.urn in open_ for resource in meant)
