"""EC2: launch templates and group rules come back as they were given."""

from typing import Any

from moto.ec2.exceptions import InvalidSecurityGroupRuleIdNotFoundError
from moto.ec2.models.instances import Instance
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ec2.responses.vpcs import VPCs
from moto.ec2.utils import parse_user_data

from infra.emulator.patches.patching import after, replace


def apply() -> None:
    """Change moto."""
    replace(SecurityGroupRule, "description", _described_anywhere)
    replace(SecurityGroupRule, "__init__", _move_description)
    replace(SecurityGroupBackend, "revoke_security_group_egress", _told_by_id)
    replace(SecurityGroupBackend, "revoke_security_group_ingress", _told_by_id)
    replace(LaunchTemplate, "create_version", _parsed)
    after(LaunchTemplates, "create_launch_template", _drop_own_tags)
    replace(LaunchTemplates, "describe_launch_templates", _all_of_them)
    after(Instance, "terminate", _take_along)
    replace(VPCBackend, "delete_vpc_endpoints", _once)
    replace(VPCs, "create_vpc", _not_on_trial)
    after(NatGatewayBackend, "delete_nat_gateway", _release_interface)


def _described_anywhere(_: property) -> property:
    """A rule that names a group or a prefix list has a description too."""
    return property(lambda rule: rule.ip_range.get("Description") or getattr(rule, "other_description", None))


def _move_description(original: Any) -> Any:
    """Out of the referenced group: rules are compared by it, and a description is no part of what a rule is."""

    def initialise(rule: Any, *arguments: Any, **named: Any) -> None:
        original(rule, *arguments, **named)
        rule.other_description = rule.source_group.get("Description")
        rule.source_group = {key: value for key, value in rule.source_group.items() if key != "Description"}
        listed = named.get("prefix_list_id") or {}
        rule.other_description = rule.other_description or listed.get("Description")

    return initialise


def _told_by_id(original: Any) -> Any:
    """A rule that is gone is told by its id, as AWS does: a call that is sent again ends with it."""

    def revoke(backend: Any, group_name_or_id: str, *arguments: Any, **named: Any) -> None:
        asked = named.get("security_rule_ids") or []
        group = backend.get_security_group_by_name_or_id(group_name_or_id, named.get("vpc_id"))
        there = {rule.id for rule in (*group.egress_rules, *group.ingress_rules)} if group else set(asked)
        gone = next((one for one in asked if one not in there), None)
        if gone:
            raise InvalidSecurityGroupRuleIdNotFoundError(gone)
        original(backend, group_name_or_id, *arguments, **named)

    return revoke


def _parsed(original: Any) -> Any:
    """Later versions are given raw user data, and the next instance could not start from them."""

    def create_version(template: Any, data: dict[str, Any], description: str) -> Any:
        if isinstance(data.get("UserData"), str):
            data = {**data, "UserData": parse_user_data(data["UserData"])}
        return original(template, data, description)

    return create_version


def _not_on_trial(original: Any) -> Any:
    """A dry run creates no network."""

    def create_vpc(response: Any) -> Any:
        response.error_on_dryrun()
        return original(response)

    return create_vpc


def _drop_own_tags(_: Any, response: Any) -> None:
    """The template's own tags are no tag specification of what it starts."""
    template = response.ec2_backend.get_launch_template_by_name(response._get_param("LaunchTemplateName"))
    for version in template.versions:
        rows = version.data.get("TagSpecifications", [])
        version.data["TagSpecifications"] = [row for row in rows if row["ResourceType"] != "launch-template"]


def _all_of_them(original: Any) -> Any:
    """moto answers the first 15 and says nothing of further pages."""

    def describe_launch_templates(response: Any) -> Any:
        given = response._get_int_param
        response._get_int_param = lambda name, default=None: given(name, 10_000 if name == "MaxResults" else default)
        return original(response)

    return describe_launch_templates


def _take_along(_: Any, instance: Instance) -> None:
    """A disk and an interface made with the instance go with it; moto leaves some of them behind as in use."""
    backend = instance.ec2_backend
    for volume in list(backend.volumes.values()):
        if volume.attachment and volume.attachment.instance is instance:
            del backend.volumes[volume.id]
    for interface in list(backend.enis.values()):
        if interface.instance is instance and interface.description == "Primary network interface":
            del backend.enis[interface.id]


def _release_interface(gateway: Any, backend: Any, *_: Any, **__: Any) -> None:
    """A NAT gateway's interface is AWS's own and goes with it."""
    backend.enis.pop(gateway._eni.id, None)


def _once(original: Any) -> Any:
    """An endpoint that is gone already is no error; moto looks for its route again."""

    def delete_vpc_endpoints(backend: Any, vpce_ids: list[str] | None = None) -> None:
        standing = [
            name for name in vpce_ids or [] if getattr(backend.vpc_end_points.get(name), "state", "") != "deleted"
        ]
        original(backend, standing)

    return delete_vpc_endpoints
