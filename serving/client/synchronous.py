"""The client for code without an event loop: the asynchronous one, on a loop in a thread of its own."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Generator, Mapping
from types import TracebackType
from typing import Any, Literal, Self, TypeVar, overload

from serving.client.asynchronous import AsyncClient, Failures
from serving.client.auth import Auth
from serving.client.calls import Instance, Instances
from serving.client.results import Generation, Piece, Prediction, Result
from serving.client.retry import Retry, Timeouts

T = TypeVar("T")


class Client:
    """Predictions of one model, from one endpoint; see AsyncClient. Use it in a `with`, or close it.

    It works where a loop runs already (a notebook), and several threads may share it.
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
        self._client = AsyncClient(
            url,
            model,
            auth=auth,
            timeouts=timeouts,
            retry=retry,
            concurrency=concurrency,
            texts_per_request=texts_per_request,
            redact=redact,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="breakeven-client", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where predictions are posted to."""
        return self._client.url

    @property
    def redacted(self) -> Mapping[str, int]:
        """How much personal data of each kind was taken out so far; see AsyncClient."""
        return self._client.redacted

    @overload
    def predict(self, instances: Instance, *, failures: Literal["raise"] = ...) -> Prediction: ...
    @overload
    def predict(self, instances: Instance, *, failures: Literal["return"]) -> Result: ...
    @overload
    def predict(self, instances: Instances, *, failures: Literal["raise"] = ...) -> list[Prediction]: ...
    @overload
    def predict(self, instances: Instances, *, failures: Literal["return"]) -> list[Result]: ...

    def predict(
        self, instances: Instance | Instances, *, failures: Failures = "raise"
    ) -> Prediction | Result | list[Prediction] | list[Result]:
        """Predict one instance, or several in their order; see AsyncClient.predict."""
        if failures == "return":
            return self._run(self._client.predict(instances, failures="return"))
        return self._run(self._client.predict(instances))

    def stream(
        self, prompt: str, *, max_new_tokens: int | None = None, temperature: float | None = None
    ) -> Generator[Piece | Generation, None, None]:
        """Generate text and yield its pieces as they come, at the end the whole; see AsyncClient.stream."""
        stream = self._client.stream(prompt, max_new_tokens=max_new_tokens, temperature=temperature)
        try:
            while (found := self._run(_next(stream))) is not None:
                yield found
        finally:
            self._run(stream.aclose())

    def close(self) -> None:
        """Close the connections and end the thread; a second time does nothing."""
        if self._loop.is_closed():
            return
        self._run(self._client.close())
        self._run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:  # an interrupt of the caller ends the requests, too
            future.cancel()
            raise


async def _next(stream: AsyncGenerator[T, None]) -> T | None:
    return await anext(stream, None)
