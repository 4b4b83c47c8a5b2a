"""The quantity behind each usage key of our resources, as a formula of the workload."""

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from infra.costs.items import Cases, Quantity, add, fixed
from infra.costs.pricers.network import LOAD_BALANCERS, NAT_GATEWAY
from infra.costs.pricers.observability import LOG_GROUP
from infra.costs.stack import Inputs, Resource

if TYPE_CHECKING:
    from infra.costs.traffic import StackTraffic

KB_IN_A_GB: Final = 1_000_000
BYTES_IN_A_GB: Final = 1_000_000_000
MINUTES_IN_A_MONTH: Final = 730 * 60
PROBE_OWN_SECONDS: Final = Fraction(1, 2)
"""Assumed: a function that starts cold now and then, reads its key and signs."""
DAYS_IN_A_MONTH: Final = Fraction(73, 2) * 10 / 12
CALLS_A_DOCUMENT: Final = 3
"""Send, receive and delete of one message."""
OBJECTS_A_DOCUMENT: Final = 2
"""The upload and its result: each is put once and got once."""
POLLS_A_MONTH: Final = 730 * 180
"""A worker that waits 20 s in each receive call asks 180 times an hour."""
BUCKET: Final = "aws:s3/bucket:Bucket"
EVENT_RULE: Final = "aws:cloudwatch/eventRule:EventRule"
FUNCTION: Final = "aws:lambda/function:Function"
BUCKET_LOGGING: Final = "aws:s3/bucketLogging:BucketLogging"
BUCKET_LIFECYCLE: Final = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
FOREVER_DAYS: Final = 365
"""A log group without retention keeps everything; a year of it is counted."""

# A rule's docstring is the formula `breakeven explain` shows; it names workload keys as section.key.
Rule = Callable[["StackTraffic", Resource], Quantity]


def _requests(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """volume.per_month / request.units"""
    return Cases.same(traffic.requests)


def _sent_out(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """requests (volume.per_month / request.units) x request.kb_out, in GB"""
    return Cases.same(traffic.requests * Fraction(traffic.workload.request.kb_out) / KB_IN_A_GB)


def _through_balancer(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """requests (volume.per_month / request.units) x (request.kb_in + request.kb_out), in GB"""
    request = traffic.workload.request
    return Cases.same(traffic.requests * Fraction(request.kb_in + request.kb_out) / KB_IN_A_GB)


def _new_connections(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """requests (volume.per_month / request.units) / request.per_connection, a second on average"""
    return Cases.same(traffic.per_second(1 / Fraction(traffic.workload.request.per_connection)))


def _active_connections(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """requests (volume.per_month / request.units) a second x request.seconds"""
    return Cases.same(traffic.per_second(Fraction(traffic.workload.request.seconds)))


def _to_internet(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """(requests x serving.kb_to_internet_per_request + instances x serving.gb_to_internet_per_instance) / gateways"""
    serving = traffic.workload.serving
    with_requests = Cases.same(traffic.requests * Fraction(serving.kb_to_internet_per_request) / KB_IN_A_GB)
    each = Fraction(serving.gb_to_internet_per_instance)
    total = add(with_requests, traffic.instances_of_all.map(lambda c: c * each))
    same = [r for r in traffic.stack.of_type(resource.type) if r.component == resource.component]
    if resource.type != NAT_GATEWAY:
        same = [r for r in same if r.inputs.text("vpcEndpointType") == "Interface"]
    return total.map(lambda c: c / max(len(same), 1))


def _log_ingest(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """requests x operations.log_bytes_per_request; flow log: operations.flow_log_bytes_per_request; training: none"""
    if resource.component == "Training":
        return fixed(0)
    operations = traffic.workload.operations
    if resource.component == "Probe":
        each = Fraction(operations.log_bytes_per_request) / BYTES_IN_A_GB
        return _probe_calls(traffic, resource).map(lambda c: c * each)
    flow = resource.component == "Network"
    return Cases.same(traffic.gb(operations.flow_log_bytes_per_request if flow else operations.log_bytes_per_request))


def _log_store(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """what is written x the group's retention, uncompressed"""
    days = resource.inputs.number("retentionInDays", FOREVER_DAYS) or FOREVER_DAYS
    return _log_ingest(traffic, resource).map(lambda c: c * Fraction(days) / DAYS_IN_A_MONTH)


def _access_log_gb(traffic: "StackTraffic", bucket: Resource) -> Quantity:
    """What a load balancer writes for each request until it expires; S3's own log of a few reads is next to nothing."""
    logged = any(row.inputs.object("accessLogs").flag("enabled") for row in traffic.stack.of_type(*LOAD_BALANCERS))
    if not logged:
        return fixed(0)
    rules = [
        row
        for found in traffic.stack.owners(bucket, "bucket", BUCKET_LIFECYCLE)
        for row in found.inputs.objects("rules")
    ]
    days = max((_kept_days(row) for row in rules), default=Decimal(0)) or FOREVER_DAYS
    written = Cases.same(traffic.gb(traffic.workload.operations.log_bytes_per_request))
    return written.map(lambda c: c * Fraction(days) / DAYS_IN_A_MONTH)


def _kept_days(rule: Inputs) -> Decimal:
    """Days until a lifecycle rule has deleted an object: what expires stays on as an old version. 0: never."""
    days = rule.object("expiration").number("days", 0)
    return days + rule.object("noncurrentVersionExpiration").number("noncurrentDays", 0) if days else Decimal(0)


def _bucket_gb(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """serving.bundle_gb; documents.per_month x .kb_each x documents.days_kept; operations.log_bytes_per_request"""
    if traffic.stack.owners(resource, "targetBucket", BUCKET_LOGGING):
        return _access_log_gb(traffic, resource)
    if resource.component == "Intake":
        documents = traffic.workload.documents
        kept = Fraction(documents.days_kept) / DAYS_IN_A_MONTH
        return fixed(Fraction(traffic.documents * documents.kb_each) / KB_IN_A_GB * kept)
    return fixed(traffic.workload.serving.bundle_gb)


def _bucket_writes(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """operations.bucket_writes, and 2 (upload, result) x documents.per_month where they come in"""
    documents = traffic.documents * OBJECTS_A_DOCUMENT if resource.component == "Intake" else Decimal(0)
    return fixed(traffic.workload.operations.bucket_writes + documents)


def _bucket_reads(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """operations.bucket_reads, and 2 (upload, result) x documents.per_month where they come in"""
    documents = traffic.documents * OBJECTS_A_DOCUMENT if resource.component == "Intake" else Decimal(0)
    return fixed(traffic.workload.operations.bucket_reads + documents)


def _queue_requests(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """3 calls for each of documents.per_month, and a 20 s poll of every instance all month"""
    if not resource.inputs.has("redrivePolicy"):
        return fixed(0)  # a dead-letter queue: nothing in it while all goes well
    polls = traffic.instances_of_all.map(lambda c: c * POLLS_A_MONTH)
    return add(polls, fixed(traffic.documents * CALLS_A_DOCUMENT))


def _probe_calls(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """the minutes of a month (730 hours) / the minutes between two runs of the probe's rule"""
    for rule in traffic.stack.of_type(EVENT_RULE):
        every = re.fullmatch(r"rate\((\d+) minutes?\)", rule.inputs.text("scheduleExpression"))
        if every and rule.component == resource.component:
            return fixed(Fraction(MINUTES_IN_A_MONTH, int(every[1])))
    return fixed(0)


def _probe_milliseconds(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """request.seconds, and half a second for the start and the signature, in ms"""
    return fixed((Fraction(traffic.workload.request.seconds) + PROBE_OWN_SECONDS) * 1_000)


def _operations(name: str) -> Rule:
    def rule(traffic: "StackTraffic", resource: Resource) -> Quantity:
        amount: Decimal = getattr(traffic.workload.operations, name)
        return fixed(amount)

    rule.__doc__ = f"operations.{name}"
    return rule


def _nothing(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """nothing while all goes well"""
    return fixed(0)


def _discovery_calls(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """volume.per_month / request.units x operations.discovery_calls_per_request"""
    return Cases.same(traffic.requests * Fraction(traffic.workload.operations.discovery_calls_per_request))


def _registered(traffic: "StackTraffic", resource: Resource) -> Quantity:
    """the instances of the group, on average"""
    return traffic.instances_of_all


RULES: Final[dict[tuple[str, str], Rule]] = {
    ("aws:apigatewayv2/api:Api", "monthly_requests"): _requests,
    ("aws:apigatewayv2/api:Api", "outbound_internet_gb"): _sent_out,
    ("aws:apigateway/restApi:RestApi", "monthly_requests"): _requests,
    ("aws:apigateway/restApi:RestApi", "outbound_internet_gb"): _sent_out,
    ("aws:wafv2/webAcl:WebAcl", "monthly_requests"): _requests,
    (LOAD_BALANCERS[0], "new_connections_per_second"): _new_connections,
    (LOAD_BALANCERS[0], "active_connections_per_minute"): _active_connections,
    (LOAD_BALANCERS[0], "monthly_data_processed_gb"): _through_balancer,
    (NAT_GATEWAY, "monthly_data_processed_gb"): _to_internet,
    ("aws:ec2/vpcEndpoint:VpcEndpoint", "monthly_data_processed_gb"): _to_internet,
    (LOG_GROUP, "monthly_data_ingested_gb"): _log_ingest,
    (LOG_GROUP, "storage_gb"): _log_store,
    (LOG_GROUP, "monthly_data_scanned_gb"): _nothing,
    (BUCKET, "storage_gb"): _bucket_gb,
    (BUCKET, "monthly_tier_1_requests"): _bucket_writes,
    (BUCKET, "monthly_tier_2_requests"): _bucket_reads,
    (BUCKET, "monthly_select_data_scanned_gb"): _nothing,
    (BUCKET, "monthly_select_data_returned_gb"): _nothing,
    (FUNCTION, "monthly_requests"): _probe_calls,
    (FUNCTION, "request_duration_ms"): _probe_milliseconds,
    ("aws:kms/key:Key", "monthly_requests"): _operations("kms_requests"),
    ("aws:secretsmanager/secret:Secret", "monthly_requests"): _operations("secret_reads"),
    ("aws:sns/topic:Topic", "monthly_requests"): _operations("notifications"),
    ("aws:sqs/queue:Queue", "monthly_requests"): _queue_requests,
    ("aws:servicediscovery/service:Service", "instances"): _registered,
    ("aws:servicediscovery/service:Service", "monthly_requests"): _discovery_calls,
}
