"""A model behind an endpoint: requests that fill the server's batches, and failures told apart by whose they are."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from serving.client import Client, EndpointError
from serving.client.auth import from_environment
from serving.client.calls import ITEM_CODES, Instance
from serving.client.results import ItemFailure, Result
from serving.documents.chunk import Tokenizer
from serving.documents.models import At, Input, most_tokens
from serving.documents.plan import Plan
from serving.model import Model as Folder

# A request is one unit of the server's queue, and batch_size of them go through the network together. With so many
# tokens in each, 16 requests are a batch of the size that a core is fastest with, some two seconds of it; gateways wait
# 30 for an answer. Larger requests would be answered later, not faster.
TOKENS_PER_REQUEST: Final = 256
TEXTS_PER_REQUEST: Final = 64  # the most that servers take
# One batch is predicted while the next one waits: what is beyond that only waits longer.
BATCHES_IN_FLIGHT: Final = 2
OK, BROKEN = 200, 500
# The server could not predict just this input. Any other status, or none, says nothing of the input.
ITEM_FAULTS: Final = ITEM_CODES | {BROKEN}


class Remote:
    """Predictions by an endpoint.

    All workers of a run together keep two of the server's batches in flight. An endpoint that does not answer after
    the client's own attempts ends the run; an input that it cannot predict is an ItemFailure.
    """

    def __init__(self, model: Folder, tokenizer: Tokenizer | None, plan: Plan, workers: int) -> None:
        self.name, self.version, self.task = model.name, model.version, model.task
        self.script = str(model.settings.get("script", ""))
        self.tokenizer, self.most_tokens = tokenizer, most_tokens(model, tokenizer)
        self.concurrency = max(1, -(-BATCHES_IN_FLIGHT * model.serving.batch_size // workers))
        self._client = Client(
            plan.endpoint,
            model.name,
            auth=from_environment(plan.endpoint_auth),
            concurrency=self.concurrency,
            texts_per_request=TEXTS_PER_REQUEST,
        )

    def predict(self, inputs: Sequence[Input], lengths: Sequence[int], at: At) -> list[Result]:
        """See Model.predict. A request that fails as a whole is sent again in single inputs: one can spoil it."""
        answers: dict[int, Result] = {}
        requests = list(_requests(inputs, lengths))
        self._send(requests, inputs, answers, at)
        spoiled = [one for one in requests if len(one) > 1 and all(_code(answers[place]) != OK for place in one)]
        self._send([[place] for one in spoiled for place in one], inputs, answers, at)
        broken = [one for one in answers.values() if isinstance(one, ItemFailure) and one.code == BROKEN]
        if len(broken) == len(inputs) > 1:
            raise self._down(broken[0])
        return [answers[place] for place in range(len(inputs))]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, requests: list[list[int]], inputs: Sequence[Input], answers: dict[int, Result], at: At) -> None:
        if requests:
            at(requests[0][0])
        pool = ThreadPoolExecutor(self.concurrency, thread_name_prefix="breakeven-predict")
        try:
            for places, results in zip(requests, pool.map(lambda one: self._call(one, inputs), requests), strict=True):
                at(places[0])
                for place, result in zip(places, results, strict=True):
                    if isinstance(result, ItemFailure) and result.code not in ITEM_FAULTS:
                        raise self._down(result)
                    answers[place] = result
        finally:
            pool.shutdown(cancel_futures=True)

    def _call(self, places: Sequence[int], inputs: Sequence[Input]) -> list[Result]:
        request: list[Instance] = [inputs[place] for place in places]
        return self._client.predict(request, failures="return")

    def _down(self, answer: ItemFailure) -> EndpointError:
        status = f"it answers {answer.code}: " if answer.code else ""
        action = "see the server's log, then go on with --resume"
        return EndpointError(self._client.url, f"{status}{answer.message.rstrip('.')}", action, status=answer.code)


def _requests(inputs: Sequence[Input], lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts that share a request, of nearly one length; a picture is alone."""
    request: list[int] = []
    tokens = 0
    for place in sorted(range(len(inputs)), key=lengths.__getitem__):
        full = len(request) == TEXTS_PER_REQUEST or tokens + lengths[place] > TOKENS_PER_REQUEST
        if request and (full or isinstance(inputs[place], bytes)):
            yield request
            request, tokens = [], 0
        request.append(place)
        tokens += lengths[place]
    if request:
        yield request


def _code(result: Result) -> int:
    return result.code if isinstance(result, ItemFailure) else OK
