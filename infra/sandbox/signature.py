"""Whether a call is signed by the sandbox's own key: SigV4 as API Gateway checks it, but for what IAM permits."""

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from infra.emulator import KEY_ID, SECRET

SERVICE: Final = "execute-api"
SCHEME: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, ?"
    r"SignedHeaders=(?P<headers>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
VALID_SECONDS: Final = 300


def wrong(method: str, target: str, headers: Mapping[str, str], body: bytes, region: str) -> str:
    """Why a signature does not hold, empty where it does; header names are lower case, `target` is path and query."""
    said = SCHEME.fullmatch(headers.get("authorization", ""))
    if said is None:
        return "Missing Authentication Token"
    if said["key"] != KEY_ID:
        return "The security token included in the request is invalid"
    if (said["region"], said["service"]) != (region, SERVICE):
        return f"Credential should be scoped to {region}/{SERVICE}"
    stamp = headers.get("x-amz-date", "")
    if not _is_fresh(stamp):
        return "Signature expired"
    names = said["headers"].split(";")
    if not {"host", "x-amz-date"} <= {*names} <= {*headers}:
        return "The signature leaves out host or x-amz-date, or signs a header that was not sent"
    signed = {name: headers[name] for name in names}
    expected = _signature(method, target, signed, body, stamp, region)
    return "" if hmac.compare_digest(expected, said["signature"]) else "The request signature does not match"


def _is_fresh(stamp: str) -> bool:
    try:
        at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs((datetime.now(UTC) - at).total_seconds()) <= VALID_SECONDS


def _signature(method: str, target: str, signed: Mapping[str, str], body: bytes, stamp: str, region: str) -> str:
    from botocore.auth import SigV4Auth  # type: ignore[import-untyped]
    from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
    from botocore.credentials import Credentials  # type: ignore[import-untyped]

    request = AWSRequest(method=method, url=f"http://{signed['host']}{target}", data=body, headers=dict(signed))
    request.context["timestamp"] = stamp
    signer = SigV4Auth(Credentials(KEY_ID, SECRET), SERVICE, region)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return str(signer.signature(text, request))
