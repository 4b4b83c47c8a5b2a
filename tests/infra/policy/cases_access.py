"""Cases of the rules on who may do what, and all cases together."""

import json
from typing import Any

from infra.costs.stack import SECRET_KEY, SECRET_SIGNATURE
from tests.infra.costs.stacks import Row, row
from tests.infra.policy.cases import ACL_LOG, HTTP_STAGE, KEY, PARAMETER, REST_STAGE, SECRET, case, policy
from tests.infra.policy.cases import CASES as OTHER_CASES

US, THEM = "123456789012", "210987654321"
# What says whose account the stack is in.
OURS = {**row("aws:sns/topic:Topic", "ours"), "id": f"arn:aws:sns:us-east-1:{US}:ours"}
QUEUE = row("aws:sqs/queue:Queue", "q")
TOPIC = row("aws:sns/topic:Topic", "t")
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
OBJECTS = "arn:aws:s3:::b/*"
MARKED = {SECRET_KEY: SECRET_SIGNATURE, "ciphertext": "x"}


def document(effect: str = "Allow", **statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, **statement}]})


def equals(**values: str) -> Row:
    """A condition; `aws_SourceAccount` is the key `aws:SourceAccount`."""
    return {"StringEquals": {key.replace("_", ":", 1): value for key, value in values.items()}}


def bucket_policy(**statement: Any) -> Row:
    return row("aws:s3/bucketPolicy:BucketPolicy", "p", policy=document(**{"Resource": OBJECTS, **statement}))


def trust(service: str, **more: Any) -> Row:
    statement = {"Action": "sts:AssumeRole", "Principal": {"Service": service}, **more}
    return row("aws:iam/role:Role", "r", assumeRolePolicy=document(**statement))


def endpoint(**statement: Any) -> Row:
    return row(ENDPOINT, "e", policy=document(Principal="*", **statement))


def closed(token: str, key: str, thing: Row, transport: str) -> tuple[Row, Row]:
    condition = {"Bool": {"aws:SecureTransport": transport}}
    denied = document("Deny", Principal="*", Action="x:*", Resource="*", Condition=condition)
    return thing, row(token, "p", policy=denied, **{key: thing["id"]})


def limits(path: str, **settings: int | bool) -> tuple[Row, Row]:
    named = {"restApi": "a", "stageName": "s"}
    limited = row("aws:apigateway/methodSettings:MethodSettings", "m", methodPath=path, settings=settings, **named)
    return row(REST_STAGE, "s", **named), limited


def access_log(field: str) -> Row:
    return row(HTTP_STAGE, "s", accessLogSettings={"destinationArn": "a", "format": json.dumps({"field": field})})


def redacted(*headers: str) -> Row:
    return row(ACL_LOG, "l", redactedFields=[{"singleHeader": {"name": header}} for header in headers])


def delivery(key: str) -> Row:
    service = {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    return bucket_policy(Principal=service, Action="s3:PutObject", Resource=f"arn:aws:s3:::b/lb/{key}/*")


S3 = {"Service": "s3.amazonaws.com"}
QUEUE_POLICY, TOPIC_POLICY = "aws:sqs/queuePolicy:QueuePolicy", "aws:sns/topicPolicy:TopicPolicy"
METRICS = {"Action": "cloudwatch:PutMetricData", "Resource": "*"}
READ = {"Action": "s3:GetObject", "Resource": OBJECTS}
PASS = {"Action": "iam:PassRole", "Resource": f"arn:aws:iam::{US}:role/node"}
ALL_OURS = {"Action": "*", "Resource": "*", "Condition": equals(aws_PrincipalAccount=US)}
PACKAGES = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::packages/*"}

ACCESS = [
    case("CKV_AWS_63", policy(Action="s3:Get*", Resource=OBJECTS), policy(**READ)),
    case("CKV_AWS_63", policy(NotAction="iam:*", Resource="*"), policy(Action=["s3:GetObject"], Resource=OBJECTS)),
    case("W12", policy(**METRICS), policy(**METRICS, Condition=equals(cloudwatch_namespace="n"))),
    case("W12", policy(**{**READ, "Resource": "arn:aws:s3:::*"}), policy(**READ)),
    case(
        "W12",
        policy(**METRICS, Condition={"StringNotEquals": {"cloudwatch:namespace": "n"}}),
        policy(**METRICS, Condition=equals(cloudwatch_namespace="n")),
    ),
    case("W15", policy(NotAction="iam:*", Resource=OBJECTS), policy(**READ)),
    case("W15", policy(Action="s3:GetObject", NotResource=OBJECTS), policy(**READ)),
    case("F38", policy(**PASS), policy(**PASS, Condition=equals(iam_PassedToService="ec2.amazonaws.com"))),
    case(
        "F38",
        policy(**{**PASS, "Action": "iam:Pass*"}),
        policy(**PASS, Condition=equals(iam_PassedToService="ec2.amazonaws.com")),
    ),
    case("resource_account", policy(**READ), policy(**READ, Condition=equals(aws_ResourceAccount=US))),
    case(
        "resource_account",
        (OURS, policy(**READ, Condition=equals(aws_ResourceAccount=THEM))),
        (OURS, policy(**READ, Condition=equals(aws_ResourceAccount=US))),
    ),
    case(
        "resource_account",
        (OURS, policy(Action="sts:AssumeRole", Resource=f"arn:aws:iam::{THEM}:role/admin")),
        (OURS, policy(Action="sts:AssumeRole", Resource=f"arn:aws:iam::{US}:role/mine")),
    ),
    case(
        "resource_account",
        policy(**READ, Condition={"StringEqualsIfExists": {"aws:ResourceAccount": US}}),
        policy(Action="apigateway:GET", Resource="arn:aws:apigateway:us-east-1::/apikeys/k"),
    ),
    case(
        "managed_policy_read",
        row(ATTACHMENT, "a", policyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"),
        row(ATTACHMENT, "a", policyArn="arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"),
    ),
    case(
        "managed_policy_read",
        row(ATTACHMENT, "a", policyArn=f"arn:aws:iam::{US}:policy/p"),
        (
            row(ATTACHMENT, "a", policyArn=f"arn:aws:iam::{US}:policy/p"),
            {**row("aws:iam/policy:Policy", "p"), "id": f"arn:aws:iam::{US}:policy/p"},
        ),
    ),
    case(
        "CKV_AWS_70",
        bucket_policy(Principal="*", Action="s3:GetObject"),
        bucket_policy(Principal="*", Action="s3:GetObject", Condition=equals(aws_PrincipalAccount=US)),
    ),
    case(
        "CKV_AWS_70",
        bucket_policy(NotPrincipal={"AWS": THEM}, Action="s3:GetObject"),
        bucket_policy(Principal={"AWS": US}, Action="s3:GetObject"),
    ),
    case(
        "resource_policy_own_account",
        (OURS, bucket_policy(Principal={"AWS": f"arn:aws:iam::{THEM}:root"}, Action="s3:GetObject")),
        (OURS, bucket_policy(Principal={"AWS": f"arn:aws:iam::{US}:root"}, Action="s3:GetObject")),
    ),
    case(
        "CKV_AWS_72",
        bucket_policy(Principal={"AWS": US}, Action="s3:*"),
        row(KEY, "k", policy=document(Principal={"AWS": f"arn:aws:iam::{US}:root"}, Action="kms:*", Resource="*")),
    ),
    case(
        "CKV_AWS_72",
        row(KEY, "k", policy=document(Principal={"AWS": f"arn:aws:iam::{US}:user/u"}, Action="kms:*", Resource="*")),
        row(KEY, "k", policy=document(Principal={"AWS": f"arn:aws:iam::{US}:user/u"}, Action="kms:Encrypt")),
    ),
    case(
        "iam_role_cross_service_confused_deputy_prevention",
        bucket_policy(Principal=S3, Action="s3:PutObject"),
        bucket_policy(Principal=S3, Action="s3:PutObject", Condition=equals(aws_SourceAccount=US)),
    ),
    case(
        "iam_role_cross_service_confused_deputy_prevention",
        (OURS, bucket_policy(Principal=S3, Action="s3:PutObject", Condition=equals(aws_SourceAccount=THEM))),
        (OURS, bucket_policy(Principal=S3, Action="s3:PutObject", Condition=equals(aws_SourceAccount=US))),
    ),
    case(
        "iam_role_cross_service_confused_deputy_prevention",
        # The ARN of a bucket names no account.
        bucket_policy(Principal=S3, Action="s3:PutObject", Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}}),
        bucket_policy(
            Principal=S3,
            Action="s3:PutObject",
            Condition={"ArnLike": {"aws:SourceArn": f"arn:aws:sns:us-east-1:{US}:t"}},
        ),
    ),
    case(
        "iam_role_cross_service_confused_deputy_prevention",
        (OURS, delivery(f"AWSLogs/{THEM}")),
        (OURS, delivery(f"AWSLogs/{US}")),
    ),
    case(
        "iam_role_cross_service_confused_deputy_prevention",
        trust("vpc-flow-logs.amazonaws.com"),
        trust("ec2.amazonaws.com"),
    ),
    case(
        "vpc_endpoint_connections_trust_boundaries",
        row(ENDPOINT, "e"),
        endpoint(**ALL_OURS),
    ),
    case(
        "vpc_endpoint_connections_trust_boundaries",
        endpoint(Action="s3:GetObject", Resource="arn:aws:s3:::*"),
        endpoint(**PACKAGES),
    ),
    case(
        "secure_transport_policy",
        closed(QUEUE_POLICY, "queueUrl", QUEUE, "true"),
        closed(QUEUE_POLICY, "queueUrl", QUEUE, "false"),
    ),
    case("secure_transport_policy", TOPIC, closed(TOPIC_POLICY, "arn", TOPIC, "false")),
    case(
        "state_no_plain_secrets",
        row("aws:apigateway/apiKey:ApiKey", "k", value="correct-horse-battery"),
        row("aws:apigateway/apiKey:ApiKey", "k"),
    ),
    case(
        "state_no_plain_secrets",
        row("aws:secretsmanager/secretVersion:SecretVersion", "v", secretId=SECRET, secretString="x"),
        row("aws:secretsmanager/secretVersion:SecretVersion", "v", secretId=SECRET, secretString=MARKED),
    ),
    case(
        "state_no_plain_secrets",
        row(PARAMETER, "p", type="SecureString", value="x"),
        row(PARAMETER, "p", type="String", value="x"),
    ),
    case(
        "lambda_no_plain_secrets",
        row("aws:lambda/function:Function", "f", environment={"variables": {"API_TOKEN": "correct-horse"}}),
        row("aws:lambda/function:Function", "f", environment={"variables": {"API_KEY_ID": "k", "URL": "https://x"}}),
    ),
    case("log_no_credentials", access_log("$context.identity.apiKey"), access_log("$context.identity.sourceIp")),
    case("log_no_credentials", redacted("authorization"), redacted("authorization", "X-Api-Key")),
    case("log_no_credentials", limits("*/*", dataTraceEnabled=True)[1:], limits("*/*", throttlingRateLimit=1)[1:]),
    case(
        "apigateway_stage_throttled",
        row(HTTP_STAGE, "s"),
        row(HTTP_STAGE, "s", defaultRouteSettings={"throttlingRateLimit": 50}),
    ),
    case(
        "apigateway_stage_throttled",
        limits("*/*", throttlingRateLimit=-1),
        limits("*/*", throttlingRateLimit=50),
    ),
]
CASES = [*OTHER_CASES, *ACCESS]
