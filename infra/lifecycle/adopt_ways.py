"""For every type that the program makes: how to find again what a killed engine had asked AWS for.

An id is the one by which the type is imported, as the provider's documentation gives it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from infra.lifecycle import leftovers_ec2
from infra.lifecycle.adopt_searches import Search, bucket, key, permission, queue

Row = Mapping[str, Any]
# Nothing of the program's own: AWS makes them with what they belong to.
INTERFACE: Final = "aws:ec2/networkInterface:NetworkInterface"


@dataclass(frozen=True, kw_only=True)
class Named:
    """The id follows from the inputs (and `account`, `partition`, `region`).

    What was not made after all is dropped again by the refresh that follows.
    """

    id: str


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One row of a listing bears the id: under `id` in AWS's answer, imported as `import_id`.

    `asks` are the arguments, filled from the inputs. Fields of the row are the `same` as inputs of these names; with
    `tags` the row's field of tags bears the Name, project and stack that were asked for.
    """

    service: str
    call: str
    key: str
    id: str
    import_id: str = "{id}"
    asks: Mapping[str, Any] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    tags: str = ""
    skips: Callable[[Row], bool] = lambda row: False


@dataclass(frozen=True, kw_only=True)
class Searched:
    """No listing alone tells: a search of its own yields ids, the likeliest first."""

    search: Search


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """Not looked for: made again it is still there once, and it goes with what it belongs to."""

    why: str


Way = Named | Listed | Searched | Repeated


def _only(name: str, *values: str) -> list[dict[str, Any]]:
    """A filter as EC2 takes it."""
    return [{"Name": name, "Values": list(values)}]


def _rule(*, egress: bool) -> Listed:
    fields = ("IpProtocol", "FromPort", "ToPort", "CidrIpv4", "CidrIpv6", "PrefixListId")
    return Listed(
        service="ec2",
        call="describe_security_group_rules",
        key="SecurityGroupRules",
        id="SecurityGroupRuleId",
        asks={"Filters": _only("group-id", "{securityGroupId}")},
        same={name: name[0].lower() + name[1:] for name in fields}
        | {"ReferencedGroupInfo.GroupId": "referencedSecurityGroupId"},
        skips=lambda row: row["IsEgress"] is not egress,
    )


def _of_http_api(call: str, id_: str, same: Mapping[str, str]) -> Listed:
    return Listed(
        service="apigatewayv2",
        call=call,
        key="Items",
        id=id_,
        import_id="{apiId}/{id}",
        asks={"ApiId": "{apiId}"},
        same=same,
    )


def _of_rest_api(call: str, same: Mapping[str, str]) -> Listed:
    asks = {"restApiId": "{restApi}"}
    return Listed(
        service="apigateway", call=call, key="items", id="id", import_id="{restApi}/{id}", asks=asks, same=same
    )


def _tagged(service: str, call: str, key_: str, id_: str, tags: str, **asks: Any) -> Listed:
    return Listed(service=service, call=call, key=key_, id=id_, tags=tags, asks=asks)


EC2: Final[Mapping[str, Way]] = {
    **{
        row.type: Listed(
            service="ec2",
            call=row.call,
            key=row.key,
            id=row.id,
            tags="Tags",
            asks={"Filters": _only("tag:Name", "{tags[Name]}")},
            skips=row.skips,
        )
        for row in leftovers_ec2.LISTINGS
        if row.type != INTERFACE
    },
    "aws:ec2/flowLog:FlowLog": Listed(
        service="ec2", call="describe_flow_logs", key="FlowLogs", id="FlowLogId", tags="Tags"
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Repeated(
        why="AWS makes it with the network and deletes it with it; the provider only takes its rules away"
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": Listed(
        service="ec2",
        call="describe_launch_templates",
        key="LaunchTemplates",
        id="LaunchTemplateId",
        same={"LaunchTemplateName": "name"},
    ),
    "aws:ec2/route:Route": Named(id="{routeTableId}_{destinationCidrBlock}"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Listed(
        service="ec2",
        call="describe_route_tables",
        key="RouteTables",
        id="RouteTableId",
        import_id="{subnetId}/{id}",
        asks={"Filters": _only("association.subnet-id", "{subnetId}")},
        same={"RouteTableId": "routeTableId"},
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rule(egress=True),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule(egress=False),
}
FLEET: Final[Mapping[str, Way]] = {
    "aws:autoscaling/group:Group": Named(id="{name}"),
    "aws:autoscaling/lifecycleHook:LifecycleHook": Named(id="{autoscalingGroupName}/{name}"),
    "aws:autoscaling/policy:Policy": Named(id="{autoscalingGroupName}/{name}"),
    "aws:autoscaling/schedule:Schedule": Named(id="{autoscalingGroupName}/{scheduledActionName}"),
    "aws:lb/loadBalancer:LoadBalancer": Listed(
        service="elbv2",
        call="describe_load_balancers",
        key="LoadBalancers",
        id="LoadBalancerArn",
        same={"LoadBalancerName": "name"},
    ),
    "aws:lb/targetGroup:TargetGroup": Listed(
        service="elbv2",
        call="describe_target_groups",
        key="TargetGroups",
        id="TargetGroupArn",
        same={"TargetGroupName": "name"},
    ),
    "aws:lb/listener:Listener": Listed(
        service="elbv2",
        call="describe_listeners",
        key="Listeners",
        id="ListenerArn",
        asks={"LoadBalancerArn": "{loadBalancerArn}"},
        same={"Port": "port"},
    ),
    "aws:servicediscovery/httpNamespace:HttpNamespace": Listed(
        service="servicediscovery", call="list_namespaces", key="Namespaces", id="Id", same={"Name": "name"}
    ),
    "aws:servicediscovery/service:Service": Listed(
        service="servicediscovery",
        call="list_services",
        key="Services",
        id="Id",
        asks={"Filters": [{"Name": "NAMESPACE_ID", "Values": ["{namespaceId}"], "Condition": "EQ"}]},
        same={"Name": "name"},
    ),
}
GATEWAY: Final[Mapping[str, Way]] = {
    "aws:apigatewayv2/api:Api": _tagged("apigatewayv2", "get_apis", "Items", "ApiId", "Tags"),
    "aws:apigatewayv2/authorizer:Authorizer": _of_http_api("get_authorizers", "AuthorizerId", {"Name": "name"}),
    "aws:apigatewayv2/integration:Integration": _of_http_api(
        "get_integrations",
        "IntegrationId",
        {"IntegrationUri": "integrationUri", "IntegrationMethod": "integrationMethod"},
    ),
    "aws:apigatewayv2/route:Route": _of_http_api("get_routes", "RouteId", {"RouteKey": "routeKey"}),
    # Listed, for an import of one that was not made is an error.
    "aws:apigatewayv2/stage:Stage": _of_http_api("get_stages", "StageName", {"StageName": "name"}),
    "aws:apigatewayv2/vpcLink:VpcLink": _tagged("apigatewayv2", "get_vpc_links", "Items", "VpcLinkId", "Tags"),
    "aws:apigateway/account:Account": Named(id="api-gateway-account"),
    "aws:apigateway/apiKey:ApiKey": _tagged("apigateway", "get_api_keys", "items", "id", "tags"),
    "aws:apigateway/deployment:Deployment": _of_rest_api("get_deployments", {}),
    "aws:apigateway/integration:Integration": Named(id="{restApi}/{resourceId}/{httpMethod}"),
    "aws:apigateway/method:Method": Named(id="{restApi}/{resourceId}/{httpMethod}"),
    "aws:apigateway/methodSettings:MethodSettings": Named(id="{restApi}/{stageName}/{methodPath}"),
    "aws:apigateway/resource:Resource": _of_rest_api("get_resources", {"parentId": "parentId", "pathPart": "pathPart"}),
    "aws:apigateway/restApi:RestApi": _tagged("apigateway", "get_rest_apis", "items", "id", "tags"),
    "aws:apigateway/stage:Stage": Named(id="{restApi}/{stageName}"),
    "aws:apigateway/usagePlan:UsagePlan": _tagged("apigateway", "get_usage_plans", "items", "id", "tags"),
    "aws:apigateway/usagePlanKey:UsagePlanKey": Named(id="{usagePlanId}/{keyId}"),
    "aws:wafv2/webAcl:WebAcl": Listed(
        service="wafv2",
        call="list_web_acls",
        key="WebACLs",
        id="Id",
        import_id="{id}/{name}/{scope}",
        asks={"Scope": "{scope}"},
        same={"Name": "name"},
    ),
    "aws:wafv2/webAclAssociation:WebAclAssociation": Named(id="{webAclArn},{resourceArn}"),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": Named(id="{resourceArn}"),
}
DATA: Final[Mapping[str, Way]] = {
    "aws:kms/alias:Alias": Named(id="{name}"),
    "aws:kms/key:Key": Searched(search=key),
    "aws:s3/bucket:Bucket": Searched(search=bucket),
    **{
        f"aws:s3/{name[0].lower()}{name[1:]}:{name}": Named(id="{bucket}")
        for name in (
            "BucketLifecycleConfiguration",
            "BucketLogging",
            "BucketNotification",
            "BucketOwnershipControls",
            "BucketPolicy",
            "BucketPublicAccessBlock",
            "BucketServerSideEncryptionConfiguration",
            "BucketVersioning",
        )
    },
    "aws:s3/bucketObjectv2:BucketObjectv2": Repeated(
        why="another version under the same key; all versions go when the bucket is emptied"
    ),
    "aws:sns/topic:Topic": Named(id="arn:{partition}:sns:{region}:{account}:{name}"),
    "aws:sns/topicPolicy:TopicPolicy": Named(id="{arn}"),
    "aws:sns/topicSubscription:TopicSubscription": Repeated(
        why="Subscribe answers the one there is for a topic, protocol and address; it goes with the topic"
    ),
    "aws:sqs/queue:Queue": Searched(search=queue),
    "aws:sqs/queuePolicy:QueuePolicy": Named(id="{queueUrl}"),
}
REST: Final[Mapping[str, Way]] = {
    "aws:budgets/budget:Budget": Named(id="{account}:{name}"),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": Named(id="{alarmName}"),
    "aws:cloudwatch/dashboard:Dashboard": Named(id="{dashboardName}"),
    "aws:cloudwatch/eventRule:EventRule": Named(id="{name}"),
    "aws:cloudwatch/eventTarget:EventTarget": Named(id="{rule}/{targetId}"),
    "aws:cloudwatch/logGroup:LogGroup": Named(id="{name}"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Named(id="{name}"),
    "aws:iam/instanceProfile:InstanceProfile": Named(id="{name}"),
    "aws:iam/role:Role": Named(id="{name}"),
    "aws:iam/rolePolicy:RolePolicy": Named(id="{role}:{name}"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Named(id="{role}/{policyArn}"),
    "aws:lambda/function:Function": Named(id="{name}"),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": Named(id="{functionName}"),
    "aws:lambda/permission:Permission": Searched(search=permission),
}
WAYS: Final[Mapping[str, Way]] = {**EC2, **FLEET, **GATEWAY, **DATA, **REST}
"""By type token; a test walks what the program can make."""
