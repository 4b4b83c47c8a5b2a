"""Security groups, closed but for one chain: VPC link, load balancer (where there is one), inference port."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.naming import TRAINING, Names, child

BALANCER_PORT = 80
# Behind no rule: only the load balancer's own health checks come of it.
TEST_PORT = 8081
INFERENCE_PORT = 8080
HTTPS_PORT = 443


@dataclass(frozen=True, kw_only=True)
class Groups:
    """The groups of the VPC link, of the load balancer if any, and of the instances."""

    link: aws.ec2.SecurityGroup
    balancer: aws.ec2.SecurityGroup | None
    node: aws.ec2.SecurityGroup


def build(names: Names, vpc: aws.ec2.Vpc, opts: pulumi.ResourceOptions, *, balancer: bool) -> Groups:
    """The groups and the rules between them; nothing else is open."""
    link = _group(names, vpc, "link", "The gateway's VPC link", opts)
    node = _group(names, vpc, "node", "Instances that serve the model", opts)
    if not balancer:
        _connect("link", link, "node", node, INFERENCE_PORT, opts)
        return Groups(link=link, balancer=None, node=node)
    middle = _group(names, vpc, "balancer", "The internal load balancer", opts)
    _connect("link", link, "balancer", middle, BALANCER_PORT, opts)
    _connect("balancer", middle, "node", node, INFERENCE_PORT, opts)
    return Groups(link=link, balancer=middle, node=node)


def open_https(label: str, group: aws.ec2.SecurityGroup, opts: pulumi.ResourceOptions) -> None:
    """Let a group's instances call out over TLS: AWS itself, and nothing on another port."""
    aws.vpc.SecurityGroupEgressRule(
        child(label, "https"),
        security_group_id=group.id,
        ip_protocol="tcp",
        from_port=HTTPS_PORT,
        to_port=HTTPS_PORT,
        cidr_ipv4="0.0.0.0/0",
        description="AWS services over TLS",
        opts=opts,
    )


def endpoint_group(
    names: Names,
    vpc: aws.ec2.Vpc,
    inside: Mapping[str, aws.ec2.SecurityGroup],
    s3_prefix_list_id: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> aws.ec2.SecurityGroup:
    """The group of the interface endpoints; the groups of `inside`, by label, reach it and S3, and nothing beyond."""
    group = _group(names, vpc, "endpoint", "Interface endpoints of AWS services", opts)
    for label, member in inside.items():
        _connect(label, member, "endpoint", group, HTTPS_PORT, opts)
        aws.vpc.SecurityGroupEgressRule(
            child(label, "s3"),
            security_group_id=member.id,
            ip_protocol="tcp",
            from_port=HTTPS_PORT,
            to_port=HTTPS_PORT,
            prefix_list_id=s3_prefix_list_id,
            description="S3 through its gateway endpoint",
            opts=opts,
        )
    return group


def training_group(names: Names, vpc: aws.ec2.Vpc, opts: pulumi.ResourceOptions) -> aws.ec2.SecurityGroup:
    """The group of training instances: nothing comes in."""
    return _group(names, vpc, TRAINING, "Instances that fine-tune the model", opts)


def _group(
    names: Names, vpc: aws.ec2.Vpc, label: str, description: str, opts: pulumi.ResourceOptions
) -> aws.ec2.SecurityGroup:
    return aws.ec2.SecurityGroup(label, vpc_id=vpc.id, description=description, tags=names.tags(label), opts=opts)


def _connect(
    source_label: str,
    source: aws.ec2.SecurityGroup,
    target_label: str,
    target: aws.ec2.SecurityGroup,
    port: int,
    opts: pulumi.ResourceOptions,
) -> None:
    """One TCP port from a group to a group: the way out of the first and the way into the second."""
    span = {"ip_protocol": "tcp", "from_port": port, "to_port": port}
    aws.vpc.SecurityGroupEgressRule(
        child(source_label, "to", target_label),
        security_group_id=source.id,
        referenced_security_group_id=target.id,
        description=f"To the {target_label} group",
        opts=opts,
        **span,
    )
    aws.vpc.SecurityGroupIngressRule(
        child(target_label, "from", source_label),
        security_group_id=target.id,
        referenced_security_group_id=source.id,
        description=f"From the {source_label} group",
        opts=opts,
        **span,
    )
