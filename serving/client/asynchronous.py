"""The client itself: bounded concurrency, deadlines and retries. The synchronous one is this one in a thread."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Self, overload

from serving.client import calls, streams
from serving.client.address import endpoint, is_local
from serving.client.auth import Auth, check_private
from serving.client.errors import EndpointError, EndpointTimeoutError, PredictionError
from serving.client.results import Generation, ItemFailure, Piece, Prediction, Result
from serving.client.retry import RETRIED, Retry, Timeouts
from serving.errors import InputError

if TYPE_CHECKING:
    import httpx2

    from serving.redact_instances import Redactions

Failures = Literal["raise", "return"]
PROOFS: Final = ("Authorization", "x-api-key", "X-Amz-Security-Token")
SHORTEST_SECRET: Final = 8  # a shorter one would be found in any answer


class AsyncClient:
    """Predictions of one model, from one endpoint.

    `url` is a server's (with `model`) or a stack's whole endpoint. At most `concurrency` requests are under way at
    a time, over all calls of `predict`; up to `texts_per_request` neighbouring texts share one.
    With `redact` personal data is taken out of texts before they are sent (serving/redact.py), `redacted` counts it,
    and what is no text is refused.
    Raises InputError for arguments that cannot be used.
    """

    def __init__(
        self,
        url: str,
        model: str = "",
        *,
        auth: Auth | None = None,
        timeouts: Timeouts | None = None,
        retry: Retry | None = None,
        concurrency: int = 8,
        texts_per_request: int = 8,
        redact: bool = False,
    ) -> None:
        self.url = endpoint(url, model)
        check_private(self.url, auth)
        for name, value, most in (("concurrency", concurrency, 1024), ("texts_per_request", texts_per_request, 64)):
            if not 1 <= value <= most:
                raise InputError(name, f"{value} is out of range", f"give 1 to {most}")
        self._auth, self._texts = auth, texts_per_request
        self._timeouts, self._retry = timeouts or Timeouts(), retry or Retry()
        self._gate, self._concurrency = asyncio.Semaphore(concurrency), concurrency
        self._redactions = _redactions() if redact else None
        self._http = _http(self.url, self._timeouts, concurrency)

    @property
    def redacted(self) -> Mapping[str, int]:
        """How much of each kind was taken out so far; nothing without `redact`."""
        return dict(sorted(self._redactions.counts.items())) if self._redactions else {}

    @overload
    async def predict(self, instances: calls.Instance, *, failures: Literal["raise"] = ...) -> Prediction: ...
    @overload
    async def predict(self, instances: calls.Instance, *, failures: Literal["return"]) -> Result: ...
    @overload
    async def predict(self, instances: calls.Instances, *, failures: Literal["raise"] = ...) -> list[Prediction]: ...
    @overload
    async def predict(self, instances: calls.Instances, *, failures: Literal["return"]) -> list[Result]: ...

    async def predict(
        self, instances: calls.Instance | calls.Instances, *, failures: Failures = "raise"
    ) -> Prediction | Result | list[Prediction] | list[Result]:
        """Predict one instance, or several in their order: texts as str, images as bytes or Path.

        With failures="return" an instance without a prediction is an ItemFailure in its place; else the first one
        raises PredictionError (the instance is at fault) or EndpointError. An endpoint that is not there or refuses
        the caller raises EndpointError in any case. Raises InputError before anything is sent.
        """
        if isinstance(instances, (str, bytes, Path)):
            return (await self._predict([instances], failures))[0]
        return await self._predict(list(instances), failures)

    async def stream(
        self, prompt: str, *, max_new_tokens: int | None = None, temperature: float | None = None
    ) -> AsyncGenerator[Piece | Generation, None]:
        """Generate text and yield its pieces as they come, and at the end the whole as a Generation.

        Tried again like `predict` until the first piece; from then on an error is raised. Between two pieces there may
        be `attempt_seconds`. Close it (`aclose`) to leave before its end. Raises what `predict` does.
        """
        calls.check([prompt])
        if self._redactions:
            prompt = await asyncio.to_thread(self._redactions.text, prompt)
        body = streams.content(prompt, max_new_tokens=max_new_tokens, temperature=temperature)
        story, deadline = streams.Story(self.url), self._deadline()
        async with self._gate:
            response = await self._response(body, calls.JSON, deadline, streamed=True)
            async with aclosing(response):
                if response.status_code != 200:
                    said = calls.message(response.status_code, _content(response))
                    raise PredictionError(ItemFailure(index=0, code=response.status_code, message=said))
                if not response.headers.get("Content-Type", "").startswith(streams.EVENTS):
                    raise story.wrong("it does not stream")
                lines = response.aiter_lines()
                while (line := await self._line(lines, deadline)) is not None:
                    if (found := story.hear(line)) is not None:
                        yield found
                if not story.ended:
                    raise story.wrong("its stream broke off")

    async def _line(self, lines: AsyncIterator[str], deadline: float) -> str | None:
        try:
            async with self._limited(deadline):
                return await anext(lines, None)
        except _Lost as lost:
            raise lost.error from lost.__cause__

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _predict(self, instances: list[calls.Instance], failures: Failures) -> list[Result]:
        calls.check(instances)
        if self._redactions:
            instances = [*await asyncio.to_thread(self._redactions.instances, instances)]
        found: list[Result | None] = [None] * len(instances)
        todo = calls.calls(instances, self._texts)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._concurrency, len(instances))):
                    group.create_task(self._work(todo, found, failures))
        except BaseExceptionGroup as several:
            first = several.exceptions[0]
            raise first from first.__cause__
        return [one for one in found if one is not None]

    async def _work(self, todo: Iterator[calls.Call], found: list[Result | None], failures: Failures) -> None:
        for call in todo:
            try:
                rows = await self._call(call)
            except EndpointError as error:
                if failures == "raise" or error.status in calls.WRONG_ENDPOINT or _not_there(error):
                    raise
                rows = call.failed(error.status, error.reason)
            for row in rows:
                if failures == "raise" and isinstance(row, ItemFailure):
                    raise PredictionError(row)
            found[call.first : call.first + len(rows)] = rows

    async def _call(self, call: calls.Call) -> list[Result]:
        """One request with its attempts. A waiting retry keeps its place: a busy server is not pressed further."""
        async with self._gate:
            body, kind = await asyncio.to_thread(call.content)
            response = await self._response(body, kind, self._deadline())
        if response.status_code == 200:
            return calls.results(call, self.url, _content(response))
        return call.failed(response.status_code, calls.message(response.status_code, _content(response)))

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._timeouts.total_seconds

    async def _response(self, body: bytes, kind: str, deadline: float, *, streamed: bool = False) -> "httpx2.Response":
        """An answer that is good, or refuses the instance; of a stream its head alone is read."""
        for attempt in range(1, self._retry.attempts + 1):
            try:
                response = await self._attempt(body, kind, deadline, streamed=streamed)
            except _Lost as lost:
                wrong, after = lost.error, ""
            else:
                status = response.status_code
                if status == 200 or status in calls.ITEM_CODES:
                    return response
                wrong, after = self._wrong(response), response.headers.get("Retry-After", "")
                if status not in RETRIED:
                    raise wrong
            wait = self._retry.wait_seconds(attempt, after)
            # A wait that ends after the deadline is not begun.
            if attempt == self._retry.attempts or asyncio.get_running_loop().time() + wait >= deadline:
                raise wrong
            await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(self, body: bytes, kind: str, deadline: float, *, streamed: bool) -> "httpx2.Response":
        async with self._limited(deadline):
            proof = await asyncio.to_thread(self._auth.headers, self.url, body, kind) if self._auth else {}
            asked = self._http.build_request("POST", self.url, content=body, headers={"Content-Type": kind, **proof})
            response = await self._http.send(asked, stream=streamed)
            if streamed and response.status_code != 200:
                await response.aread()
                await response.aclose()
            return response

    @asynccontextmanager
    async def _limited(self, deadline: float) -> AsyncIterator[None]:
        """Within the time of an attempt; raises _Lost for what is worth another one, else EndpointError."""
        import httpx2

        limit = min(self._timeouts.attempt_seconds, deadline - asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(limit):
                yield
        except httpx2.ConnectTimeout as error:
            seconds = self._timeouts.connect_seconds
            raise _Lost(self._none(f"no connection within {seconds:g} seconds")) from error
        except httpx2.ConnectError as error:
            raise _Lost(self._none(f"no connection ({str(error) or type(error).__name__})")) from error
        except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
            # Among them connections that the server had closed while they were idle.
            reason = f"the connection broke ({str(error) or type(error).__name__})"
            raise _Lost(EndpointError(self.url, reason, "try again, or see the server's log")) from error
        except TimeoutError as error:
            # Not tried again: who is slow already would get more to do.
            raise EndpointTimeoutError(
                self.url, f"no answer within {limit:.3g} seconds", "allow more time, or send less at a time"
            ) from error
        except httpx2.HTTPError as error:
            raise self._none(f"the call failed ({str(error) or type(error).__name__})") from error

    def _none(self, reason: str) -> "_NotThereError":
        return _NotThereError(self.url, reason, "check the address, and that the server runs")

    def _wrong(self, response: "httpx2.Response") -> EndpointError:
        status = response.status_code
        reason = f"it answers {status}: {calls.message(status, _content(response)).rstrip('.')}"
        if status in (401, 403):
            action = "check the credentials and the permission to call it"
        elif status in calls.WRONG_ENDPOINT:
            action = "check the URL and the model's name"
        else:
            action = "try again later, or see the server's log"
        return EndpointError(self.url, reason, action, status=status)


class _NotThereError(EndpointError):
    """Nobody answers at the address."""


class _Lost(Exception):  # noqa: N818 (never leaves this module)
    """An attempt without an answer, worth another one."""

    def __init__(self, error: EndpointError) -> None:
        self.error = error
        super().__init__(str(error))


def _content(response: "httpx2.Response") -> bytes:
    """The body, without the credentials that went out: what an endpoint says ends in messages and logs."""
    body = response.content
    for name in PROOFS:
        secret = response.request.headers.get(name, "").removeprefix("Bearer ").encode()
        if len(secret) >= SHORTEST_SECRET:
            body = body.replace(secret, b"[secret]")
    return body


def _redactions() -> "Redactions":
    from serving.redact_instances import Redactions

    return Redactions()


def _not_there(error: EndpointError) -> bool:
    return isinstance(error, _NotThereError)


def _http(url: str, timeouts: Timeouts, connections: int) -> "httpx2.AsyncClient":
    try:
        import httpx2
    except ImportError as error:
        raise InputError("httpx2", "it is not installed", "pip install 'breakeven[client]'") from error
    return httpx2.AsyncClient(
        # Connecting alone is limited here: a limit per read would not bound an answer that drips.
        timeout=httpx2.Timeout(None, connect=timeouts.connect_seconds),
        limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
        headers={"User-Agent": "breakeven-client", "Accept": "application/json"},
        trust_env=not is_local(url),  # a proxy of the environment cannot reach this machine's own servers
    )
