"""Who reaches what in every stack, and that the answer changes as soon as one thing is opened."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.costs.readers import stack_from_rows
from infra.costs.stack import UNKNOWN_VALUE, Unreadable
from infra.policy.reach import INTERNET, OTHER_ACCOUNTS, Way, beyond, reach
from infra.policy.reach_report import breaches
from infra.record import Recording
from tests.infra.stack_variants import VARIANTS as BUILT
from tests.infra.stack_variants import committed, trial

Row = dict[str, Any]
Rows = list[Row]
THEM = "210987654321"
VARIANTS = {
    **BUILT,
    "tokens": lambda: trial(auth="jwt", jwtIssuer="https://id.example.com", jwtAudience=["callers"]),
    "REST": lambda: trial(entry="rest", auth="api-key", waf=True, accessLogs=True),
}
BEFORE_THE_NODE = {"group balancer", "group link"}


@pytest.fixture(params=VARIANTS)
def recording(request: pytest.FixtureRequest) -> Recording:
    return VARIANTS[request.param]()


def ways_of(rows: Rows) -> tuple[Way, ...]:
    return reach(stack_from_rows(rows, "test", "test", "us-east-1"))


def flaws(ways: tuple[Way, ...]) -> set[str]:
    """What must not be: strangers inside, other accounts, services on behalf of anybody, other ways to an instance."""
    found = {f"stranger: {place}" for place in beyond(ways, INTERNET, asked=False)}
    found |= {f"entry: {way.target}" for way in ways if way.source == INTERNET and not way.target.startswith("API ")}
    found |= {"other accounts" for way in ways if OTHER_ACCOUNTS in (way.source, way.target)}
    found |= {f"deputy: {way.source}" for way in ways if way.source.endswith(".amazonaws.com") and not way.asks}
    into = {way.source for way in ways if way.target == "group node"}
    return found | {f"into a node: {source}" for source in into - BEFORE_THE_NODE}


def test_strangers_reach_nothing_and_no_role_another_account(recording: Recording) -> None:
    assert flaws(reach(recording.as_stack())) == set()


def test_callers_reach_the_instances_through_the_api_alone(recording: Recording) -> None:
    ways = reach(recording.as_stack())
    assert {way.target for way in ways if way.source == INTERNET} == {"API api"}
    assert "group node" in beyond(ways, INTERNET, asked=True)
    assert "group node" not in beyond([way for way in ways if way.source != INTERNET], INTERNET, asked=True)


def test_nothing_reaches_a_training_instance() -> None:
    ways = reach(trial(training=True).as_stack())
    assert {way.source for way in ways if way.target == "group training"} == set()
    assert "role training" in beyond(ways, "group training", asked=True)


def test_everything_a_role_reaches_is_of_the_stack_or_bounded(recording: Recording) -> None:
    for way in reach(recording.as_stack()):
        if way.source.startswith("role "):
            assert not way.target.startswith("arn:"), way
            assert way.target != "this account" or way.needs != "-", way


def test_nothing_leaves_the_vpc_but_through_endpoints_where_the_egress_says_so() -> None:
    ways = reach(trial(training=True, egress="endpoints", intake=True).as_stack())
    assert INTERNET not in {way.target for way in ways}
    led = {(way.source, way.target) for way in ways if way.source.startswith("endpoint ")}
    assert {("endpoint s3", "s3 of this account"), ("endpoint kms", "kms of this account")} <= led
    assert {target for source, target in led if source == "endpoint s3"} == {
        "s3 of this account",
        "al2023-repos-eu-west-1-de612dc2/*",
    }


def one(rows: Rows, token: str, name: str) -> Row:
    (found,) = [row for row in rows if row["type"] == f"aws:{token}" and row["urn"].endswith(f"::{name}")]
    inputs: Row = found["inputs"]
    return inputs


def id_of(rows: Rows, token: str, name: str) -> str:
    (found,) = [row for row in rows if row["type"] == f"aws:{token}" and row["urn"].endswith(f"::{name}")]
    return str(found["id"])


def added(token: str, **inputs: Any) -> Row:
    urn = f"urn:pulumi:test::test::aws:{token}::opened"
    return {"urn": urn, "type": f"aws:{token}", "custom": True, "id": "opened", "inputs": inputs}


def edit(rows: Rows, token: str, name: str, change: Callable[[Rows], object], key: str = "policy") -> None:
    """Change the statements of a policy."""
    inputs = one(rows, token, name)
    document = json.loads(inputs[key])
    change(document["Statement"])
    inputs[key] = json.dumps(document)


ROLE_POLICY, GROUP, ROLE = "iam/rolePolicy:RolePolicy", "ec2/securityGroup:SecurityGroup", "iam/role:Role"
ROUTE = "apigatewayv2/route:Route"


def open_port(rows: Rows, group: str, port: int) -> None:
    span = {"ipProtocol": "tcp", "fromPort": port, "toPort": port, "cidrIpv4": "0.0.0.0/0"}
    kind = "vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    rows.append(added(kind, securityGroupId=id_of(rows, GROUP, group), **span))


def open_node(rows: Rows) -> None:
    open_port(rows, "node", 8080)


def drop_authoriser(rows: Rows) -> None:
    one(rows, ROUTE, "predict")["authorizationType"] = "NONE"


def drop_key(rows: Rows) -> None:
    one(rows, "apigateway/method:Method", "predict")["apiKeyRequired"] = False


def publish_documents(rows: Rows) -> None:
    opened = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    edit(rows, "s3/bucketPolicy:BucketPolicy", "documents-policy", lambda found: found.append(opened))


def forget_the_account(rows: Rows) -> None:
    edit(rows, ROLE_POLICY, "node-work", lambda found: [row.pop("Condition", None) for row in found])


def read_every_bucket(rows: Rows) -> None:
    wide = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::*"]}
    edit(rows, ROLE_POLICY, "node-work", lambda found: found.append(wide))


def trust_another_account(rows: Rows) -> None:
    them = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{THEM}:root"}, "Action": "sts:AssumeRole"}
    edit(rows, ROLE, "node", lambda found: found.append(them), "assumeRolePolicy")


def take_on_their_role(rows: Rows) -> None:
    theirs = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::{THEM}:role/theirs"}
    edit(rows, ROLE_POLICY, "node-work", lambda found: found.append(theirs))


def attach_a_managed_policy(rows: Rows) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    kind = "iam/rolePolicyAttachment:RolePolicyAttachment"
    rows.append(added(kind, role=id_of(rows, ROLE, "node"), policyArn=arn))


def make_nodes_public(rows: Rows) -> None:
    """An address, a route, and an open port: each alone lets nobody in."""
    open_node(rows)
    one(rows, "ec2/launchTemplate:LaunchTemplate", "node")["networkInterfaces"][0]["associatePublicIpAddress"] = "true"
    route = one(rows, "ec2/route:Route", "private-0-internet")
    del route["natGatewayId"]
    route["gatewayId"] = "igw"


def open_the_endpoint(rows: Rows) -> None:
    del one(rows, "ec2/vpcEndpoint:VpcEndpoint", "s3")["policy"]


def let_s3_act_for_anybody(rows: Rows) -> None:
    edit(rows, "sqs/queuePolicy:QueuePolicy", "documents-policy", lambda found: found[0].pop("Condition"))


def publish_the_balancer(rows: Rows) -> None:
    open_port(rows, "balancer", 80)
    balancer = one(rows, "lb/loadBalancer:LoadBalancer", "balancer")
    balancer |= {"internal": False, "subnets": [id_of(rows, "ec2/subnet:Subnet", "public-0")]}


def give_the_key_away(rows: Rows) -> None:
    edit(rows, "kms/key:Key", "key", lambda found: found[0].update(Principal="*"))


def give_a_function_an_address(rows: Rows) -> None:
    rows.append(added("lambda/functionUrl:FunctionUrl", functionName="f", authorizationType="NONE"))


MUTATIONS: list[tuple[str, Callable[[Rows], None], set[str]]] = [
    ("small", open_node, {"stranger: group node", "stranger: role node", "entry: group node"}),
    ("prod", open_node, {"into a node: addresses inside 0.0.0.0/0"}),
    ("small", drop_authoriser, {"stranger: API api", "stranger: group link", "stranger: group node"}),
    ("prod", drop_key, {"stranger: API api", "stranger: group balancer", "stranger: group node"}),
    ("prod", publish_documents, {"stranger: bucket documents"}),
    ("prod", forget_the_account, {"other accounts"}),
    ("prod", read_every_bucket, {"other accounts"}),
    ("prod", trust_another_account, {"other accounts"}),
    ("prod", take_on_their_role, {"other accounts"}),
    ("prod", attach_a_managed_policy, {"other accounts"}),
    ("prod", make_nodes_public, {"stranger: group node", "entry: group node"}),
    ("prod", open_the_endpoint, {"other accounts"}),
    ("prod", let_s3_act_for_anybody, {"deputy: s3.amazonaws.com"}),
    ("dev", publish_the_balancer, {"stranger: group balancer", "stranger: group node"}),
    ("prod", give_the_key_away, {"stranger: key key"}),
    ("prod", give_a_function_an_address, {"stranger: opened"}),
]


@pytest.mark.parametrize(("stack", "mutation", "wanted"), MUTATIONS, ids=lambda value: getattr(value, "__name__", None))
def test_a_stack_that_is_opened_is_found_out(stack: str, mutation: Callable[[Rows], None], wanted: set[str]) -> None:
    rows = copy.deepcopy(list(committed(stack).resources))
    assert flaws(ways_of(rows)) == set()
    mutation(rows)
    assert wanted <= flaws(ways_of(rows))


@pytest.mark.parametrize("mutation", [drop_key, open_the_endpoint, trust_another_account, publish_documents])
def test_breaches_are_what_the_verb_ends_with_a_code_for(mutation: Callable[[Rows], None]) -> None:
    rows = copy.deepcopy(list(committed("prod").resources))
    assert breaches(ways_of(rows)) == ()
    mutation(rows)
    assert breaches(ways_of(rows))


def test_a_rule_on_one_side_alone_is_no_way() -> None:
    rows = [row for row in committed("prod").resources if not row["urn"].endswith("::link-to-balancer")]
    assert "group node" not in beyond(ways_of(rows), INTERNET, asked=True)


def test_a_policy_that_is_not_known_yet_is_said_to_be_and_not_passed_over() -> None:
    rows = copy.deepcopy(list(committed("small").resources))
    one(rows, ROLE_POLICY, "node-work")["policy"] = UNKNOWN_VALUE
    with pytest.raises(Unreadable, match="policy"):
        ways_of(rows)
