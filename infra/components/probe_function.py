"""The probe's own code: one prediction, asked for as a caller would. It fails by raising, which CloudWatch counts.

It runs on AWS Lambda with what its Python runtime has (boto3, botocore, urllib3), and imports nothing of this project.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CONTENT_TYPE = "application/octet-stream"
# Above the 30 seconds that the entry itself waits, so that its answer is seen.
CALL_SECONDS = 35


class ProbeError(Exception):
    """The endpoint did not answer with a prediction; the message says what came instead."""


def handler(event: Any, context: Any) -> dict[str, Any]:
    """What Lambda calls: sends the sample once; returns status and size, raises ProbeError."""
    url = os.environ["ENDPOINT"]
    body = Path(__file__).with_name("sample").read_bytes()
    return call(url, body, proof(os.environ["AUTH"], url, body))


def call(url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """One prediction; raises ProbeError for no connection, another status than 200, or an empty answer."""
    import urllib3

    try:
        with urllib3.PoolManager(retries=False, timeout=CALL_SECONDS) as pool:
            found = pool.request("POST", url, body=body, headers={"Content-Type": CONTENT_TYPE, **headers})
    except urllib3.exceptions.HTTPError as error:
        raise ProbeError(f"no answer ({type(error).__name__})") from None
    if found.status != 200:
        said = " ".join(found.data[:200].decode("utf-8", "replace").split())
        raise ProbeError(f"status {found.status} {said}".rstrip())
    if not found.data.strip():
        raise ProbeError("status 200 without a prediction")
    return {"status": found.status, "bytes": len(found.data)}


def proof(auth: str, url: str, body: bytes) -> Mapping[str, str]:
    """Headers that prove who calls: the signature of the function's role, or the stack's API key.

    The key is read in each run, so that it stands neither in the function's settings nor in a log, and may change.
    """
    if auth == "api-key":
        import boto3  # type: ignore[import-untyped]

        found = boto3.client("apigateway").get_api_key(apiKey=os.environ["API_KEY_ID"], includeValue=True)
        return {"x-api-key": str(found["value"])}
    from botocore.auth import SigV4Auth  # type: ignore[import-untyped]
    from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
    from botocore.session import Session  # type: ignore[import-untyped]

    own = {"Content-Type": CONTENT_TYPE, "Host": urlsplit(url).netloc}
    request = AWSRequest(method="POST", url=url, data=body, headers=own)
    credentials = Session().get_credentials()
    if credentials is None:
        raise ProbeError("no credentials to sign the call with")
    SigV4Auth(credentials.get_frozen_credentials(), "execute-api", os.environ["AWS_REGION"]).add_auth(request)
    return {name: value for name, value in request.headers.items() if name not in own}
