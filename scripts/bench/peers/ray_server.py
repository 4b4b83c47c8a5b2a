"""Ray Serve: one replica per worker, its own batching."""

import time
from typing import Any

import loaded
import ray
from ray import serve
from starlette.requests import Request
from starlette.responses import Response


@serve.deployment(num_replicas=loaded.WORKERS, ray_actor_options={"num_cpus": 1}, max_ongoing_requests=64)
class Images:
    """Bytes in, JSON out."""

    def __init__(self) -> None:
        self.found = loaded.load()

    @serve.batch(max_batch_size=loaded.BATCH, batch_wait_timeout_s=loaded.DELAY_SECONDS)
    async def predict(self, bodies: list[bytes]) -> list[bytes]:
        return loaded.predict(self.found, bodies)

    async def __call__(self, request: Request) -> Response:
        body: Any = await request.body()
        return Response(await self.predict(body), media_type="application/json")


if __name__ == "__main__":
    ray.init(num_cpus=loaded.WORKERS, include_dashboard=False, logging_level="warning", log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": loaded.PORT, "access_log": False})
    serve.run(Images.bind(), route_prefix=loaded.PATH)
    while True:
        time.sleep(1)
