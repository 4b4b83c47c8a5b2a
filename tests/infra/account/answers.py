"""AWS on this machine: Price List, Cost Explorer and spot history answer with recorded shapes; requests are kept."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

SHAPES = Path(__file__).parent / "shapes"
PAGE = 3
"""Products on a page, few so that every answer has several."""
SPOT = """<?xml version="1.0" encoding="UTF-8"?>
<DescribeSpotPriceHistoryResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>
<spotPriceHistorySet>{rows}</spotPriceHistorySet><nextToken></nextToken></DescribeSpotPriceHistoryResponse>"""
SPOT_ROW = """<item><instanceType>{0}</instanceType><productDescription>Linux/UNIX</productDescription>
<spotPrice>{2}</spotPrice><timestamp>2026-11-22T10:00:00.000Z</timestamp><availabilityZone>{1}</availabilityZone></item>"""


def shape(name: str) -> Any:
    """A recorded answer, parsed."""
    return json.loads((SHAPES / f"{name}.json").read_text(encoding="utf-8"))


@dataclass
class Aws:
    """What it answers with, and the requests it saw. `faults` (status, code) come first, one each."""

    products: list[Any] = field(default_factory=lambda: shape("price_list"))
    by_service: list[Any] = field(default_factory=lambda: shape("by_service"))
    by_record: Any = field(default_factory=lambda: shape("by_record"))
    by_tag: Any = field(default_factory=lambda: shape("by_tag"))
    spot: list[tuple[str, str, str]] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def answer(self, target: str, body: str) -> tuple[int, str]:
        """Status and body of one answer."""
        action = target.split(".")[-1] or parse_qs(body)["Action"][0]
        asked = json.loads(body) if target else parse_qs(body)
        self.asked.append((action, asked))
        if self.faults:
            status, code = self.faults.pop(0)
            if not target:
                return (
                    status,
                    f"<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>",
                )
            return status, json.dumps({"__type": code, "message": "said no"})
        if action == "GetProducts":
            return 200, json.dumps(self._products(asked))
        if action == "GetCostAndUsage":
            return 200, json.dumps(self._costs(asked))
        return 200, SPOT.format(rows="".join(SPOT_ROW.format(*row) for row in self.spot))

    def _products(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        fitting = [p for p in self.products if isinstance(p, str) or _fits(p, asked)]
        start = int(asked.get("NextToken", "0"))
        page = fitting[start : start + PAGE]
        more = {"NextToken": str(start + PAGE)} if start + PAGE < len(fitting) else {}
        texts = [p if isinstance(p, str) else json.dumps(p) for p in page]
        return {"FormatVersion": "aws_v1", "PriceList": texts, **more}

    def _costs(self, asked: Mapping[str, Any]) -> Any:
        if asked["GroupBy"][0]["Type"] == "TAG":
            return self.by_tag
        if asked["GroupBy"][0]["Key"] == "RECORD_TYPE":
            return self.by_record
        return self.by_service[int(asked.get("NextPageToken", "page-1").removeprefix("page-")) - 1]


def _fits(product: Any, asked: Mapping[str, Any]) -> bool:
    attributes = {"productFamily": product["product"]["productFamily"], **product["product"]["attributes"]}
    return product["serviceCode"] == asked["ServiceCode"] and all(
        attributes.get(f["Field"]) == f["Value"] for f in asked["Filters"]
    )


@contextmanager
def served(aws: Aws) -> Iterator[str]:
    """The address at which it answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, text = aws.answer(self.headers.get("X-Amz-Target", ""), body)
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
