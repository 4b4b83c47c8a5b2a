"""The machine that an autoscaling group launches: read from its launch template or launch configuration."""

from typing import Final

from infra.costs.pricers.compute import LAUNCH_TEMPLATE, Machine
from infra.costs.pricing import Pricing
from infra.costs.stack import Inputs, Resource, Unreadable

LAUNCH_CONFIGURATION: Final = "aws:ec2/launchConfiguration:LaunchConfiguration"
ROOT_BASIS: Final = "no disk is mapped: the image's own, 8 GB gp2 assumed"


def machine_of(resource: Resource, pricing: Pricing, mixed: Inputs) -> tuple[Machine, bool | None]:
    """The machine, and whether its template says that it has a public address (None: it does not say).

    `mixed` is the group's mixed instances policy. Raises Unreadable where the template lies outside the stack.
    """
    inputs = resource.inputs
    if inputs.has("launchConfiguration"):
        value = inputs.get("launchConfiguration")
        found = pricing.stack.resolve(resource, "launchConfiguration", value, LAUNCH_CONFIGURATION)
        return _from_configuration(_found(resource, found, "launch configuration"))
    prop = "mixedInstancesPolicy" if len(mixed) else "launchTemplate"
    spec = mixed.object("launchTemplate").object("launchTemplateSpecification") if len(mixed) else inputs.object(prop)
    named = spec.get("launchTemplateId") or spec.get("id") or spec.get("launchTemplateName") or spec.get("name")
    found = pricing.stack.resolve(resource, prop, named, LAUNCH_TEMPLATE)
    return _from_template(_found(resource, found, "launch template"))


def _found(resource: Resource, found: Resource | None, what: str) -> Resource:
    if found is None:
        raise Unreadable(f"{resource.name} {what}", "lies outside this stack", "estimate the stack that holds it too")
    return found


def _from_template(template: Resource) -> tuple[Machine, bool | None]:
    inputs = template.inputs
    mappings = inputs.objects("blockDeviceMappings")
    disks = tuple(
        (f"blockDeviceMappings[{n}]", mapping.object("ebs"), "")
        for n, mapping in enumerate(mappings)
        if mapping.has("ebs")
    )
    interfaces = inputs.objects("networkInterfaces")
    address = next((i.flag("associatePublicIpAddress") for i in interfaces if i.has("associatePublicIpAddress")), None)
    machine = Machine(
        instance_type=inputs.text("instanceType"),
        dedicated=inputs.object("placement").text("tenancy") == "dedicated",
        on_host=inputs.object("placement").text("tenancy") == "host",
        spot=inputs.object("instanceMarketOptions").text("marketType") == "spot",
        monitoring=inputs.object("monitoring").flag("enabled"),
        ebs_optimized=inputs.flag("ebsOptimized"),
        credits=inputs.object("creditSpecification").text("cpuCredits"),
        # Without a mapping the instance still has the image's root disk, which other estimators leave out.
        disks=disks if mappings else (("root", Inputs({}, template.name), ROOT_BASIS),),
    )
    return machine, address


def _from_configuration(configuration: Resource) -> tuple[Machine, bool | None]:
    inputs = configuration.inputs
    disks = [("rootBlockDevice", inputs.object("rootBlockDevice"), "the image's root disk")]
    disks += [(f"ebsBlockDevices[{n}]", disk, "") for n, disk in enumerate(inputs.objects("ebsBlockDevices"))]
    machine = Machine(
        instance_type=inputs.text("instanceType"),
        dedicated=inputs.text("placementTenancy") == "dedicated",
        spot=inputs.has("spotPrice"),
        # A launch configuration has detailed monitoring unless it is switched off.
        monitoring=inputs.flag("enableMonitoring", True),
        ebs_optimized=inputs.flag("ebsOptimized"),
        disks=tuple(disks),
    )
    address = inputs.flag("associatePublicIpAddress") if inputs.has("associatePublicIpAddress") else None
    return machine, address
