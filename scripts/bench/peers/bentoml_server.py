"""BentoML: an adaptive batching service behind a plain ASGI route, so that it takes the same bytes as the others."""

import bentoml
import loaded
from fastapi import FastAPI, Request, Response

app = FastAPI()


@bentoml.service(workers=loaded.WORKERS, traffic={"timeout": 60, "max_concurrency": 256})
class Predictions:
    """The batching half."""

    def __init__(self) -> None:
        self.found = loaded.load()

    @bentoml.api(batchable=True, max_batch_size=loaded.BATCH, max_latency_ms=60_000)
    def predict(self, bodies: list[bytes]) -> list[bytes]:
        return loaded.predict(self.found, bodies)


@bentoml.service(workers=1, traffic={"timeout": 60, "max_concurrency": 256})
@bentoml.asgi_app(app, path="/")
class Entry:
    """The half that listens."""

    predictions = bentoml.depends(Predictions)

    @app.post(loaded.PATH)
    async def post(self, request: Request) -> Response:
        (answer,) = await self.predictions.to_async.predict([await request.body()])
        return Response(answer, media_type="application/json")
