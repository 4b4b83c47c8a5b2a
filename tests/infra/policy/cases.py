"""For every rule a stack that breaks it and one that does not, as small as they can be."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.infra.costs.stacks import Row, row

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
INSTANCE = "aws:ec2/instance:Instance"
GROUP = "aws:autoscaling/group:Group"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
TARGETS = "aws:lb/targetGroup:TargetGroup"
REST_STAGE = "aws:apigateway/stage:Stage"
HTTP_STAGE = "aws:apigatewayv2/stage:Stage"
ROUTE = "aws:apigatewayv2/route:Route"
METHOD = "aws:apigateway/method:Method"
ACL = "aws:wafv2/webAcl:WebAcl"
ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"
ACL_LOG = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
BUCKET = row("aws:s3/bucket:Bucket", "b")
KEY = "aws:kms/key:Key"
SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type token
PARAMETER = "aws:ssm/parameter:Parameter"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
SG = "aws:ec2/securityGroup:SecurityGroup"
SG_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
VPC = row("aws:ec2/vpc:Vpc", "v")
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ANYWHERE = ["0.0.0.0/0"]
BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One way to break a rule beside one way to keep it."""

    rule: str
    bad: tuple[Row, ...]
    good: tuple[Row, ...]


def case(rule: str, bad: Row | tuple[Row, ...], good: Row | tuple[Row, ...]) -> Case:
    as_rows = [rows if isinstance(rows, tuple) else (rows,) for rows in (bad, good)]
    return Case(rule=rule, bad=as_rows[0], good=as_rows[1])


def script(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def template(**inputs: Any) -> Row:
    return row(TEMPLATE, "lt", **inputs)


def group(**inputs: Any) -> Row:
    return row(GROUP, "asg", **inputs)


def mix(*types: str, on_demand: int = 100) -> Row:
    return {
        "instancesDistribution": {"onDemandPercentageAboveBaseCapacity": on_demand},
        "launchTemplate": {"overrides": [{"instanceType": kind} for kind in types]},
    }


def policy(**statement: Any) -> Row:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    return row(ROLE_POLICY, "p", policy=json.dumps(document))


def bucket(kind: str, **inputs: Any) -> tuple[Row, Row]:
    """A bucket and one setting of it."""
    return BUCKET, row(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", "s", bucket="id-b", **inputs)


def encrypted(algorithm: str) -> tuple[Row, Row]:
    by_default = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm}}
    return bucket("BucketServerSideEncryptionConfiguration", rules=[by_default])


def denied(transport: str) -> tuple[Row, Row]:
    condition = {"Bool": {"aws:SecureTransport": transport}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": condition}
    return bucket("BucketPolicy", policy=json.dumps({"Statement": [deny]}))


def lifecycle(status: str, **rule: Any) -> tuple[Row, Row]:
    return bucket("BucketLifecycleConfiguration", rules=[{"status": status, **rule}])


def firewall(name: str, **more: Any) -> Row:
    managed: Mapping[str, Any] = {"vendorName": "AWS", "name": name, **more}
    return row(
        ACL, "acl", rules=[{"statement": {"managedRuleGroupStatement": managed}, "overrideAction": {"none": {}}}]
    )


def opening(token: str, port: int, protocol: str = "tcp", address: str = ANYWHERE[0]) -> Row:
    return row(token, "r", fromPort=port, toPort=port, ipProtocol=protocol, cidrIpv4=address)


COUNTED = [{"name": "Log4JRCE_BODY", "actionToUse": {"count": {}}}]
ABORT = {"abortIncompleteMultipartUpload": {"daysAfterInitiation": 7}}
HTTPS_REDIRECT = [{"type": "redirect", "redirect": {"protocol": "HTTPS", "statusCode": "HTTP_301"}}]
KNOWN_BAD = "AWSManagedRulesKnownBadInputsRuleSet"
ALL_OUT = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ANYWHERE}

HELD = row("aws:s3/bucket:Bucket", "b", tags={"allowedRegions": "us-east-1 us-east-2"})
QUEUE, TOPIC = "aws:sqs/queue:Queue", "aws:sns/topicSubscription:TopicSubscription"
COPIES = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
RESIDENCY = (
    ((HELD, row(QUEUE, "q", region="eu-west-1")), (HELD, row(QUEUE, "q", region="us-east-2"))),
    (
        (HELD, row(TOPIC, "t", topic="arn:aws:sns:eu-west-1:123456789012:t")),
        (HELD, row(TOPIC, "t", topic="arn:aws:sns:us-east-1:123456789012:t")),
    ),
    (
        (HELD, row(COPIES, "c", rules=[{"destination": {"bucket": "arn:aws:s3:::elsewhere"}}])),
        (HELD, row(COPIES, "c", rules=[{"destination": {"bucket": "arn:aws:s3:::id-b"}}])),
    ),
    ((HELD, row(KEY, "k", multiRegion=True)), (HELD, row(KEY, "k", multiRegion=False))),
    (
        (HELD, row(SECRET, "s", replicas=[{"region": "eu-west-1"}])),
        (HELD, row(SECRET, "s", replicas=[{"region": "us-east-2"}])),
    ),
    (
        (
            HELD,
            {
                "urn": "urn:pulumi:d::t::pulumi:providers:aws::p",
                "type": "pulumi:providers:aws",
                "inputs": {"region": "eu-west-1"},
            },
        ),
        (row(QUEUE, "q", region="eu-west-1"),),
    ),
)

CASES = [
    case(
        "CKV_AWS_79",
        template(metadataOptions={"httpTokens": "optional"}),
        template(metadataOptions={"httpTokens": "required"}),
    ),
    case("CKV_AWS_79", row(INSTANCE, "i"), row(INSTANCE, "i", metadataOptions={"httpEndpoint": "disabled"})),
    case(
        "CKV_AWS_341",
        template(metadataOptions={"httpPutResponseHopLimit": 2}),
        template(metadataOptions={"httpPutResponseHopLimit": 1}),
    ),
    case(
        "CKV_AWS_88",
        template(networkInterfaces=[{"associatePublicIpAddress": "true"}]),
        template(networkInterfaces=[{"associatePublicIpAddress": "false"}]),
    ),
    case("CKV_AWS_88", row(INSTANCE, "i", associatePublicIpAddress=True), row(INSTANCE, "i")),
    case(
        "ec2_launch_template_no_secrets",
        template(userData=script("export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE")),
        template(userData=script('PASSWORD="$(aws secretsmanager get-secret-value)"')),
    ),
    case(
        "ec2_launch_template_no_secrets",
        row(INSTANCE, "i", userData="#!/bin/sh\ndb_password=correct-horse"),
        row(INSTANCE, "i", userData="#!/bin/sh\nsystemctl start node"),
    ),
    case("CKV_AWS_126", template(monitoring={"enabled": False}), template(monitoring={"enabled": True})),
    case("CKV_AWS_126", row(INSTANCE, "i"), row(INSTANCE, "i", monitoring=True)),
    case("CKV_AWS_135", template(), template(ebsOptimized="true")),
    case("CKV_AWS_315", group(launchConfiguration="lc"), group(mixedInstancesPolicy=mix("t3.small"))),
    case("CKV_AWS_153", group(), group(tags=[{"key": "stack", "value": "dev"}])),
    case(
        "autoscaling_group_elb_health_check_enabled",
        group(targetGroupArns=["arn"], healthCheckType="EC2"),
        group(targetGroupArns=["arn"], healthCheckType="ELB"),
    ),
    case("autoscaling_group_elb_health_check_enabled", group(trafficSources=[{"identifier": "arn"}]), group()),
    case("autoscaling_group_multiple_az", group(vpcZoneIdentifiers=["a"]), group(vpcZoneIdentifiers=["a", "b"])),
    case(
        "autoscaling_group_multiple_instance_types",
        group(mixedInstancesPolicy=mix("t3.small")),
        group(mixedInstancesPolicy=mix("t3.small", "t3.medium")),
    ),
    case(
        "autoscaling_group_capacity_rebalance_enabled",
        group(mixedInstancesPolicy=mix("a", on_demand=50)),
        group(mixedInstancesPolicy=mix("a", on_demand=50), capacityRebalance=True),
    ),
    case(
        "autoscaling_group_capacity_rebalance_enabled",
        group(mixedInstancesPolicy=mix("a", on_demand=0)),
        group(mixedInstancesPolicy=mix("a", on_demand=100)),
    ),
    case("CKV_AWS_91", row(BALANCER, "lb"), row(BALANCER, "lb", accessLogs={"bucket": "b", "enabled": True})),
    case("CKV_AWS_131", row(BALANCER, "lb"), row(BALANCER, "lb", dropInvalidHeaderFields=True)),
    case("CKV_AWS_131", row(BALANCER, "lb"), row(BALANCER, "lb", loadBalancerType="network")),
    case("CKV_AWS_150", row(BALANCER, "lb"), row(BALANCER, "lb", enableDeletionProtection=True)),
    case("CKV_AWS_152", row(BALANCER, "lb", loadBalancerType="network"), row(BALANCER, "lb")),
    case("CKV_AWS_2", row(LISTENER, "l", protocol="HTTP"), row(LISTENER, "l", protocol="HTTPS")),
    case("CKV_AWS_2", row(LISTENER, "l"), row(LISTENER, "l", protocol="HTTP", defaultActions=HTTPS_REDIRECT)),
    case(
        "CKV_AWS_103",
        row(LISTENER, "l", protocol="HTTPS"),
        row(LISTENER, "l", protocol="HTTPS", sslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06"),
    ),
    case(
        "CKV_AWS_103",
        row(LISTENER, "l", protocol="TLS", sslPolicy="ELBSecurityPolicy-2016-08"),
        row(LISTENER, "l", protocol="TCP"),
    ),
    case("CKV_AWS_378", row(TARGETS, "t", protocol="HTTP"), row(TARGETS, "t", protocol="HTTPS")),
    case("CKV_AWS_76", row(REST_STAGE, "s"), row(REST_STAGE, "s", accessLogSettings={"destinationArn": "arn"})),
    case("CKV_AWS_76", row(HTTP_STAGE, "s"), row(HTTP_STAGE, "s", accessLogSettings={"destinationArn": "arn"})),
    case("CKV_AWS_309", row(ROUTE, "r"), row(ROUTE, "r", authorizationType="AWS_IAM")),
    case("CKV_AWS_59", row(METHOD, "m", authorization="NONE"), row(METHOD, "m", authorization="AWS_IAM")),
    case(
        "CKV_AWS_59",
        row(METHOD, "m", authorization="NONE", httpMethod="POST"),
        row(METHOD, "m", authorization="NONE", httpMethod="POST", apiKeyRequired=True),
    ),
    case("CKV_AWS_73", row(REST_STAGE, "s"), row(REST_STAGE, "s", xrayTracingEnabled=True)),
    case("CKV2_AWS_29", row(REST_STAGE, "s"), (row(REST_STAGE, "s"), row(ASSOCIATION, "a", resourceArn="id-s"))),
    case("CKV_AWS_192", firewall("AWSManagedRulesCommonRuleSet"), firewall(KNOWN_BAD)),
    case("CKV_AWS_192", firewall(KNOWN_BAD, ruleActionOverrides=COUNTED), firewall(KNOWN_BAD)),
    case("CKV2_AWS_31", row(ACL, "w"), (row(ACL, "w"), row(ACL_LOG, "l", resourceArn="id-w"))),
    case(
        "CKV_AWS_21",
        bucket("BucketVersioning", versioningConfiguration={"status": "Suspended"}),
        bucket("BucketVersioning", versioningConfiguration={"status": "Enabled"}),
    ),
    case("CKV_AWS_145", encrypted("AES256"), encrypted("aws:kms")),
    case("CKV_AWS_145", BUCKET, encrypted("aws:kms:dsse")),
    case("CKV2_AWS_6", BUCKET, bucket("BucketPublicAccessBlock", **dict.fromkeys(BLOCKS, True))),
    case(
        "CKV2_AWS_6",
        bucket("BucketPublicAccessBlock", **dict.fromkeys(BLOCKS[1:], True)),
        bucket("BucketPublicAccessBlock", **dict.fromkeys(BLOCKS, True)),
    ),
    case("s3_bucket_secure_transport_policy", BUCKET, denied("false")),
    case("s3_bucket_secure_transport_policy", denied("true"), denied("false")),
    case("CKV_AWS_18", BUCKET, bucket("BucketLogging", targetBucket="logs")),
    case("CKV_AWS_300", lifecycle("Disabled", **ABORT), lifecycle("Enabled", **ABORT)),
    case("CKV2_AWS_61", BUCKET, lifecycle("Enabled", expiration={"days": 1})),
    case("CKV_AWS_7", row(KEY, "k"), row(KEY, "k", enableKeyRotation=True)),
    case("CKV_AWS_7", row(KEY, "k"), row(KEY, "k", customerMasterKeySpec="RSA_2048")),
    case("CKV2_AWS_64", row(KEY, "k"), row(KEY, "k", policy="{}")),
    case("CKV2_AWS_64", row(KEY, "k"), (row(KEY, "k"), row("aws:kms/keyPolicy:KeyPolicy", "p", keyId="id-k"))),
    case("CKV_AWS_26", row("aws:sns/topic:Topic", "t"), row("aws:sns/topic:Topic", "t", kmsMasterKeyId="k")),
    case("CKV_AWS_27", row("aws:sqs/queue:Queue", "q"), row("aws:sqs/queue:Queue", "q", sqsManagedSseEnabled=True)),
    case("CKV_AWS_149", row(SECRET, "s"), row(SECRET, "s", kmsKeyId="k")),
    case(
        "CKV2_AWS_57",
        row(SECRET, "s"),
        (row(SECRET, "s"), row("aws:secretsmanager/secretRotation:SecretRotation", "r", secretId="id-s")),
    ),
    case(
        "CKV_AWS_337",
        row(PARAMETER, "p", type="SecureString"),
        row(PARAMETER, "p", type="SecureString", keyId="k"),
    ),
    case("CKV2_AWS_34", row(PARAMETER, "p", type="String"), row(PARAMETER, "p", type="SecureString")),
    case("CKV_AWS_158", row(LOG_GROUP, "g"), row(LOG_GROUP, "g", kmsKeyId="k")),
    case("CKV_AWS_338", row(LOG_GROUP, "g", retentionInDays=30), row(LOG_GROUP, "g", retentionInDays=365)),
    case("CKV_AWS_338", row(LOG_GROUP, "g", retentionInDays=1), row(LOG_GROUP, "g", retentionInDays=0)),
    case("CKV_AWS_23", row(SG, "g", description="Managed by Pulumi"), row(SG, "g", description="Nodes")),
    case("CKV_AWS_23", row(INGRESS, "r"), row(INGRESS, "r", description="From the balancer")),
    case("CKV_AWS_24", opening(INGRESS, 22), opening(INGRESS, 22, address="10.0.0.0/8")),
    case(
        "CKV_AWS_24",
        row(SG_RULE, "r", type="ingress", fromPort=0, toPort=1024, protocol="tcp", cidrBlocks=ANYWHERE),
        row(SG_RULE, "r", type="egress", fromPort=0, toPort=1024, protocol="tcp", cidrBlocks=ANYWHERE),
    ),
    case("CKV_AWS_260", opening(INGRESS, 80), opening(INGRESS, 443)),
    case(
        "CKV_AWS_277",
        row(SG, "g", ingress=[{"protocol": "-1", "fromPort": 0, "toPort": 0, "ipv6CidrBlocks": ["::/0"]}]),
        row(SG, "g", ingress=[{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}]),
    ),
    case("CKV_AWS_382", row(SG, "g", egress=[ALL_OUT]), opening(EGRESS, 443)),
    case("CKV_AWS_382", opening(EGRESS, 0, protocol="-1"), opening(EGRESS, 0, protocol="-1", address="10.0.0.0/8")),
    case("CKV2_AWS_11", VPC, (VPC, row("aws:ec2/flowLog:FlowLog", "f", vpcId="id-v"))),
    case("CKV2_AWS_12", VPC, (VPC, row(DEFAULT_GROUP, "d", vpcId="id-v", ingress=[], egress=[]))),
    case(
        "CKV2_AWS_12",
        (VPC, row(DEFAULT_GROUP, "d", vpcId="id-v", ingress=[{"self": True}])),
        (VPC, row(DEFAULT_GROUP, "d", vpcId="id-v")),
    ),
    case(
        "CKV_AWS_130",
        row("aws:ec2/subnet:Subnet", "s", mapPublicIpOnLaunch=True),
        row("aws:ec2/subnet:Subnet", "s", mapPublicIpOnLaunch=False),
    ),
    case(
        "CKV_AWS_355",
        policy(Action="s3:ListBucket", NotResource="x"),
        policy(Action="cloudwatch:PutMetricData", Resource="*"),
    ),
    case("CKV_AWS_355", policy(Action="*", Resource="*"), policy(Action="s3:*", Resource="arn:aws:s3:::b/*")),
    case(
        "CKV_AWS_355",
        policy(Action=["kms:Decrypt"], Resource=["*"]),
        policy(Action=["kms:Decrypt"], Resource=["*"], Condition={"StringEquals": {"kms:ViaService": "s3"}}),
    ),
    case("CKV_AWS_290", policy(NotAction="iam:*", Resource="*"), policy(Action="ec2:DescribeInstances", Resource="*")),
    case(
        "CKV_AWS_288",
        policy(Action="s3:Get*", Resource="*"),
        policy(Action="s3:GetObject", Resource="arn:aws:s3:::b/*"),
    ),
    case(
        "CKV_AWS_286",
        policy(Action="iam:PassRole", Resource="*"),
        policy(Action="iam:PassRole", Resource="arn:aws:iam::123456789012:role/node"),
    ),
    *(case("residency", bad, good) for bad, good in RESIDENCY),
    case(
        "CKV_AWS_319",
        row("aws:cloudwatch/metricAlarm:MetricAlarm", "a", actionsEnabled=False),
        row("aws:cloudwatch/metricAlarm:MetricAlarm", "a"),
    ),
]
