"""Types that cost nothing themselves, with the reason."""

from infra.costs.pricing import free

free(
    "network plumbing: AWS charges for gateways, endpoints, addresses and traffic",
    "aws:ec2/vpc:Vpc",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/internetGatewayAttachment:InternetGatewayAttachment",
    "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/defaultRouteTable:DefaultRouteTable",
    "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/route:Route",
    "aws:ec2/networkAcl:NetworkAcl",
    "aws:ec2/networkAclRule:NetworkAclRule",
    "aws:ec2/networkAclAssociation:NetworkAclAssociation",
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl",
    "aws:ec2/defaultVpc:DefaultVpc",
    "aws:ec2/defaultSubnet:DefaultSubnet",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/securityGroupRule:SecurityGroupRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:ec2/vpcDhcpOptions:VpcDhcpOptions",
    "aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation",
    "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
    "aws:ec2/vpcEndpointSubnetAssociation:VpcEndpointSubnetAssociation",
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
    "aws:ec2/managedPrefixList:ManagedPrefixList",
    "aws:ec2/networkInterface:NetworkInterface",
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection",
)
free(
    "an attachment; the two ends are charged",
    "aws:ec2/eipAssociation:EipAssociation",
    "aws:ec2/volumeAttachment:VolumeAttachment",
    "aws:lb/targetGroupAttachment:TargetGroupAttachment",
    "aws:autoscaling/attachment:Attachment",
)
free(
    "a description; what is launched from it is charged",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ec2/launchConfiguration:LaunchConfiguration",
    "aws:ec2/keyPair:KeyPair",
    "aws:ec2/placementGroup:PlacementGroup",
)
free(
    "flow logs are charged where they are written: log group or bucket",
    "aws:ec2/flowLog:FlowLog",
)
free(
    "IAM is free",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive",
    "aws:iam/policy:Policy",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/instanceProfile:InstanceProfile",
    "aws:iam/user:User",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/group:Group",
    "aws:iam/groupPolicy:GroupPolicy",
    "aws:iam/accessKey:AccessKey",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    "aws:iam/serviceLinkedRole:ServiceLinkedRole",
)
free(
    "a setting of a bucket; storage and requests are charged on the bucket",
    *(
        f"aws:s3/{name[0].lower()}{name[1:]}:{name}"
        for name in (
            "BucketVersioning",
            "BucketVersioningV2",
            "BucketPublicAccessBlock",
            "BucketServerSideEncryptionConfiguration",
            "BucketServerSideEncryptionConfigurationV2",
            "BucketLifecycleConfiguration",
            "BucketLifecycleConfigurationV2",
            "BucketPolicy",
            "BucketOwnershipControls",
            "BucketAcl",
            "BucketAclV2",
            "BucketLogging",
            "BucketLoggingV2",
            "BucketNotification",
            "BucketCorsConfiguration",
            "BucketCorsConfigurationV2",
            "BucketRequestPaymentConfiguration",
            "BucketWebsiteConfiguration",
        )
    ),
)
free(
    "an object; its storage is charged on the bucket",
    "aws:s3/bucketObject:BucketObject",
    "aws:s3/bucketObjectv2:BucketObjectv2",
)
free(
    "part of a load balancer, which is charged",
    *(
        f"aws:{module}/{name[0].lower()}{name[1:]}:{name}"
        for module in ("lb", "alb")
        for name in ("TargetGroup", "Listener", "ListenerRule", "ListenerCertificate")
    ),
)
free(
    "part of a group, whose instances are charged",
    "aws:autoscaling/policy:Policy",
    "aws:autoscaling/schedule:Schedule",
    "aws:autoscaling/lifecycleHook:LifecycleHook",
    "aws:autoscaling/notification:Notification",
    "aws:autoscaling/tag:Tag",
    "aws:autoscaling/trafficSourceAttachment:TrafficSourceAttachment",
    "aws:appautoscaling/target:Target",
    "aws:appautoscaling/policy:Policy",
)
free(
    "part of an API, whose requests are charged",
    "aws:apigatewayv2/stage:Stage",
    "aws:apigatewayv2/route:Route",
    "aws:apigatewayv2/integration:Integration",
    "aws:apigatewayv2/authorizer:Authorizer",
    "aws:apigatewayv2/deployment:Deployment",
    "aws:apigatewayv2/domainName:DomainName",
    "aws:apigatewayv2/apiMapping:ApiMapping",
    "aws:apigateway/resource:Resource",
    "aws:apigateway/method:Method",
    "aws:apigateway/methodResponse:MethodResponse",
    "aws:apigateway/methodSettings:MethodSettings",
    "aws:apigateway/integration:Integration",
    "aws:apigateway/integrationResponse:IntegrationResponse",
    "aws:apigateway/deployment:Deployment",
    "aws:apigateway/apiKey:ApiKey",
    "aws:apigateway/usagePlan:UsagePlan",
    "aws:apigateway/usagePlanKey:UsagePlanKey",
    "aws:apigateway/authorizer:Authorizer",
    "aws:apigateway/requestValidator:RequestValidator",
    "aws:apigateway/model:Model",
    "aws:apigateway/response:Response",
    "aws:apigateway/restApiPolicy:RestApiPolicy",
    "aws:apigateway/account:Account",
    "aws:apigateway/domainName:DomainName",
    "aws:apigateway/basePathMapping:BasePathMapping",
)
free(
    "VPC links of the second kind have no charge of their own",
    "aws:apigatewayv2/vpcLink:VpcLink",
)
free(
    "a link of the first kind has no charge of its own; the network balancer it needs has",
    "aws:apigateway/vpcLink:VpcLink",
)
free(
    "part of a queue, topic, key or secret, which is charged",
    "aws:sqs/queuePolicy:QueuePolicy",
    "aws:sqs/redrivePolicy:RedrivePolicy",
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:kms/alias:Alias",
    "aws:kms/keyPolicy:KeyPolicy",
    "aws:kms/grant:Grant",
    "aws:secretsmanager/secretVersion:SecretVersion",
    "aws:secretsmanager/secretPolicy:SecretPolicy",
    "aws:secretsmanager/secretRotation:SecretRotation",
)
free(
    "part of a log group or of a web access list, which is charged",
    "aws:cloudwatch/logStream:LogStream",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
    "aws:wafv2/webAclAssociation:WebAclAssociation",
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    "aws:wafv2/ipSet:IpSet",
    "aws:wafv2/regexPatternSet:RegexPatternSet",
)
free(
    "rules on AWS's own events are free",
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/eventTarget:EventTarget",
)
free(
    "part of a function or repository, which is charged",
    "aws:lambda/permission:Permission",
    "aws:lambda/alias:Alias",
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
    "aws:lambda/eventSourceMapping:EventSourceMapping",
    "aws:lambda/layerVersion:LayerVersion",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
)
free(
    "an HTTP namespace has no charge; what is registered in it has",
    "aws:servicediscovery/httpNamespace:HttpNamespace",
    "aws:servicediscovery/instance:Instance",
)
free("a public certificate is free", "aws:acm/certificateValidation:CertificateValidation")
