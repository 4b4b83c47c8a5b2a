"""AWS as moto plays it, in this process, with what the Pulumi program needs and moto lacks.

moto is pinned; every name that is changed is asserted to exist, so that an upgrade fails loudly.
"""

import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs

REGION = "us-east-1"
KEY_ID = SECRET = "test"  # noqa: S105 - worth nothing at AWS


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request: whose key signed it, for which service, and the action (or `PUT /path`)."""

    key: str
    service: str
    action: str


class Interception:
    """What happens to requests on their way; the default is nothing.

    `refuse(call)` may answer a body instead of moto, with status 403; `answered(call)` runs when moto has done the
    work and its caller does not know yet.
    """

    refuse: Callable[[Call], str | None] | None = None
    answered: Callable[[Call], None] | None = None


@contextmanager
def emulator(interception: Interception | None = None) -> Iterator[dict[str, str]]:
    """Start an emulator on a free port of 127.0.0.1; yields the environment that points AWS clients at it."""
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"  # read when moto.iam is imported
    _patch()
    server = _server(interception or Interception())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@cache
def _patch() -> None:
    """Change moto, once for the process."""
    from infra.emulator.patches import (
        apigateway,
        autoscaling,
        budgets,
        cloudwatch,
        ec2,
        functions,
        history,
        identity,
        logs,
        servicediscovery,
        storage,
    )
    from infra.emulator.patches import firewall as waf

    for module in (apigateway, autoscaling, budgets, ec2, waf, history, logs, servicediscovery, storage):
        module.apply()
    for module in (cloudwatch, functions, identity):
        module.apply()


def _server(interception: Interception) -> Any:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    class Quiet(MotoRequestHandler):
        def log(self, *_: Any) -> None:
            """Thousands of request lines would bury what a failing test says."""

    moto = DomainDispatcherApplication(create_backend_app)

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        call = _call(environ)
        refusal = interception.refuse(call) if interception.refuse else None
        if refusal is not None:
            start_response("403 Forbidden", [("Content-Type", "text/xml" if refusal.startswith("<") else "json")])
            return [refusal.encode()]
        answer = list(moto(environ, start_response))
        if interception.answered:
            interception.answered(call)
        return answer

    return make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)


def _call(environ: dict[str, Any]) -> Call:
    """What is asked, from the header of the JSON services, the form of the older ones, or the path of the rest."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split("/")
    target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    form = parse_qs(body.decode(errors="replace")) if b"Action=" in body else {}
    rest = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    key, service = (scope[0], scope[3]) if len(scope) > 3 else ("", "")
    return Call(key=key, service=service, action=target or form.get("Action", [rest])[0])
