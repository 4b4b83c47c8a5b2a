"""Who calls: what the server is sent, checked as the server would."""

import threading

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from serving.client import ApiKey, Bearer, Client, EndpointError, IamAuth, Retry
from serving.errors import InputError
from tests.serving.client.endpoint import Asked, Told, endpoint, scripted

QUICK = Retry(attempts=3, base_seconds=0.01)


def token(value: str) -> Bearer:
    return Bearer(token=value)


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> Credentials:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    return Credentials("AKIDEXAMPLE", "secret", "session")


def signature(asked: Asked, url: str, credentials: Credentials, region: str) -> str:
    """The signature that belongs to a request as it arrived, over the headers it says are signed."""
    signed = asked.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    headers = {name: asked.headers[name] for name in signed}
    request = AWSRequest("POST", url, headers=headers, data=asked.body)
    request.context["timestamp"] = asked.headers["x-amz-date"]
    signer = SigV4Auth(credentials, "execute-api", region)
    return str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))


def test_a_signature_is_the_one_of_what_arrived(credentials: Credentials) -> None:
    with endpoint() as server, Client(server.url, "m", auth=IamAuth(region="eu-west-1")) as client:
        client.predict(["gr\u00fc\u00dfe", b"\x89PNG\x00"])
    assert len(server.asked) == 2
    for asked in server.asked:
        sent = asked.headers["authorization"]
        assert "/eu-west-1/execute-api/aws4_request" in sent
        assert asked.headers["x-amz-security-token"] == "session"
        assert {"host", "content-type", "x-amz-date"} <= set(
            sent.partition("SignedHeaders=")[2].split(",")[0].split(";")
        )
        assert sent.endswith(f"Signature={signature(asked, f'{server.url}{asked.path}', credentials, 'eu-west-1')}")


def test_the_region_is_read_from_the_host_of_an_api(credentials: Credentials) -> None:
    url = "https://abc123.execute-api.ap-south-1.amazonaws.com/predictions/m"
    assert "/ap-south-1/execute-api/" in IamAuth().headers(url, b"", "text/plain")["Authorization"]
    with pytest.raises(InputError, match="region: not given"):
        IamAuth().headers("https://models.example/predictions/m", b"", "text/plain")


def test_no_credentials_and_an_unknown_profile_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with endpoint() as server:
        for auth in (IamAuth(region="us-east-1"), IamAuth(region="us-east-1", profile="none-such")):
            with Client(server.url, "m", auth=auth) as client, pytest.raises(InputError, match="AWS credentials: "):
                client.predict("x")
    assert server.asked == []


def test_an_api_key_and_a_token_are_sent() -> None:
    with endpoint() as server:
        for auth in (ApiKey(key="k" * 20), token("abc")):
            with Client(server.url, "m", auth=auth) as client:
                client.predict("x")
    assert server.asked[0].headers["x-api-key"] == "k" * 20
    assert server.asked[1].headers["authorization"] == "Bearer abc"


def test_a_token_is_asked_for_before_each_attempt_and_never_by_two_at_a_time() -> None:
    inside, crowded, given = threading.Semaphore(1), [], []

    def fresh() -> str:
        if not inside.acquire(blocking=False):
            crowded.append(True)
        given.append(f"token-{len(given)}")
        inside.release()
        return given[-1]

    with (
        endpoint(scripted(Told(503))) as server,
        Client(server.url, "m", auth=Bearer(token=fresh), retry=QUICK, texts_per_request=1) as client,
    ):
        client.predict([f"{i}" for i in range(20)])
    sent = {one.headers["authorization"] for one in server.asked}
    assert len(sent) == len(server.asked) == len(given) == 21
    assert not crowded


def test_a_refused_token_is_not_tried_again() -> None:
    with (
        endpoint(lambda _: Told(401)) as server,
        Client(server.url, "m", auth=token("old")) as client,
        pytest.raises(EndpointError, match="check the credentials"),
    ):
        client.predict("x")
    assert len(server.asked) == 1


@pytest.mark.parametrize("auth", [ApiKey(key="k"), token("t"), IamAuth(region="us-east-1")])
def test_credentials_cross_no_network_in_plain(auth: ApiKey | Bearer | IamAuth) -> None:
    with pytest.raises(InputError, match="credentials would be sent without TLS"):
        Client("http://models.example/predictions/m", auth=auth)


@pytest.mark.parametrize("wrong", ["", "a b", "a\r\nX-Other: 1", "t\u00f6ken"])
def test_a_key_that_is_no_header_is_refused_and_not_shown(wrong: str) -> None:
    with endpoint() as server:
        for auth in (ApiKey(key=wrong), Bearer(token=wrong)):
            with Client(server.url, "m", auth=auth) as client, pytest.raises(InputError) as caught:
                client.predict("x")
            assert not wrong or wrong not in str(caught.value)
    assert server.asked == []


def test_secrets_are_not_in_a_representation() -> None:
    assert "hush" not in repr((ApiKey(key="hush"), token("hush")))
