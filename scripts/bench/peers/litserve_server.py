"""LitServe with its own batching."""

from typing import Annotated, Any

import litserve
import loaded
from fastapi import Body, Response


class Images(litserve.LitAPI):
    """Bytes in, JSON out."""

    def setup(self, device: str) -> None:
        self.found = loaded.load()

    # With any other annotation it parses the body as JSON or as a form.
    def decode_request(self, request: Annotated[bytes, Body()]) -> bytes:
        return request

    def batch(self, inputs: list[bytes]) -> list[bytes]:
        return inputs

    def unbatch(self, output: list[bytes]) -> list[bytes]:
        return output

    def predict(self, inputs: Any) -> Any:
        return loaded.predict(self.found, inputs)

    def encode_response(self, output: bytes) -> Response:
        return Response(output, media_type="application/json")


if __name__ == "__main__":
    api = Images(max_batch_size=loaded.BATCH, batch_timeout=loaded.DELAY_SECONDS, api_path=loaded.PATH)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=loaded.WORKERS)
    server.run(port=loaded.PORT, num_api_servers=1, log_level="warning", generate_client_file=False)
