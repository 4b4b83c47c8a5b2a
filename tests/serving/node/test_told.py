"""What others tell a node may be anything: it is understood, or taken for nothing."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from serving.errors import InputError
from serving.node.documents_queue import Message, Upload
from serving.node.metadata import Metadata, MetadataError
from serving.node.settings import NodeSettings


@contextmanager
def serving(answer: str) -> Iterator[str]:
    """A server that says the same to everybody."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            self.request.sendall(answer.encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def body(bucket: object = "b", key: object = "uploads/a+b.pdf") -> str:
    event = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": bucket}, "object": {"key": key}}}
    return json.dumps({"Records": [event]})


@pytest.mark.parametrize(
    ("text", "upload"),
    [
        (body(), Upload(bucket="b", key="uploads/a b.pdf")),
        (body(bucket={"a": 1}), None),
        (body(bucket=""), None),
        (body(key=""), None),
        (body(key=None), None),
        ("[" * 100_000, None),
        ("9" * 6_000, None),
    ],
)
def test_a_message_tells_of_one_object_or_of_none(text: str, upload: Upload | None) -> None:
    message = Message(handle="h", body=text, receives=1)
    assert message.upload() == upload
    assert not message.is_test


@pytest.mark.parametrize("value", ["9" * 6_000, "²", "١٢", "-1", "1e3", "0x10"])
def test_a_number_of_the_environment_has_a_few_plain_digits(value: str) -> None:
    with pytest.raises(InputError, match=r"BREAKEVEN_WORKERS: .* cannot be used"):
        NodeSettings.read({"BREAKEVEN_MODEL": "minilm", "BREAKEVEN_WORKERS": value})


@pytest.mark.parametrize("token", ["a\nb", "\u20ac"])
def test_a_metadata_service_with_a_token_that_no_header_can_hold_is_one_line(token: str) -> None:
    with serving(f"HTTP/1.0 200 OK\r\n\r\nhush{token}") as address, pytest.raises(MetadataError) as told:
        Metadata(address).spot_notice()
    assert "hush" not in str(told.value)


def test_a_metadata_service_that_promises_more_than_it_says_is_heard_all_the_same() -> None:
    with serving(f"HTTP/1.1 200 OK\r\nContent-Length: {'9' * 40}\r\n\r\nsoon") as address:
        assert Metadata(address).spot_notice() == "an unknown time"
