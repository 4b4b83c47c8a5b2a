"""FastAPI with a small dynamic batcher: what one writes in an afternoon."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import loaded
import uvicorn
from fastapi import FastAPI, Request, Response

queue: "asyncio.Queue[tuple[bytes, asyncio.Future[bytes]]]" = asyncio.Queue()


async def batches(found: Any) -> None:
    loop, thread = asyncio.get_running_loop(), ThreadPoolExecutor(1)
    while True:
        batch = [await queue.get()]
        end = loop.time() + loaded.DELAY_SECONDS
        while len(batch) < loaded.BATCH and (not queue.empty() or loop.time() < end):
            try:
                batch.append(await asyncio.wait_for(queue.get(), max(0.0, end - loop.time())))
            except TimeoutError:
                break
        answers = await loop.run_in_executor(thread, loaded.predict, found, [body for body, _ in batch])
        for (_, done), answer in zip(batch, answers, strict=True):
            done.set_result(answer)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    task = asyncio.create_task(batches(loaded.load()))
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)


@app.post(loaded.PATH)
async def predict(request: Request) -> Response:
    done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    queue.put_nowait((await request.body(), done))
    return Response(await done, media_type="application/json")


if __name__ == "__main__":
    uvicorn.run("fastapi_server:app", port=loaded.PORT, workers=loaded.WORKERS, log_level="warning", access_log=False)
