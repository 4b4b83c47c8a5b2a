"""TorchServe 0.12 behind the seam: a secure configuration, its Java process, its metrics."""

import importlib.util
import json
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from serving.backends.base import ProcessBackend
from serving.backends.java import java
from serving.backends.process import get
from serving.backends.types import MOST_BODY_BYTES, Launch, Metrics, worker_environment
from serving.errors import ServingError
from serving.packed import unpack

PAUSE_SECONDS: Final = 0.1
LOGGING: Final = Path(__file__).with_name("torchserve_log4j2.xml")
METRICS: Final = Path(__file__).with_name("torchserve_metrics.yaml")
TOTAL: Final = "ts_inference_requests_total"
SERIES: Final = re.compile(r"^(\w+)(?:\{(.*)\})? ([\d.eE+-]+)$", re.MULTILINE)
# On a small machine the front end must leave the cores to the workers: one collector thread, and the quick compiler
# alone. The thorough one costs more than it gains for minutes (docs/serving.md).
VM: Final = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")


class TorchServe(ProcessBackend):
    """A TorchServe of one model."""

    def __init__(self, launch: Launch) -> None:
        super().__init__(launch)
        self._seen: Mapping[str, float] = {}

    def start(self) -> None:
        """Write the configuration and spawn Java; raises ServingError when Java or TorchServe is missing."""
        launch = self._launch
        launch.work.mkdir(parents=True, exist_ok=True)
        store = launch.work / "store"
        # It takes a folder as it takes an archive, and need not copy it again for each start.
        unpack(launch.archive, store / self._about["name"])
        (launch.work / "config.properties").write_text(self._properties(store), encoding="utf-8")
        (launch.work / "tmp").mkdir(exist_ok=True)
        # Bodies reach the handler as they came: it says itself what is wrong with them.
        environment = {**worker_environment(launch), "TS_DECODE_INPUT_REQUEST": "false"}
        self._server.start(self._command(), environment, launch.work)

    def metrics(self) -> Metrics:
        """From TorchServe's own series and the model's description."""
        now = self._series()
        queue, latency = (
            self._mean(now, "ts_queue_latency_microseconds"),
            self._mean(now, "ts_inference_latency_microseconds"),
        )
        self._seen = now
        status = self._described()
        return Metrics(
            # Not Requests2XX and its kind: those count /ping and the questions asked here, too.
            requests=int(now.get(TOTAL, 0.0)),
            errors=int(now.get("Requests5XX", 0.0)),
            in_flight=_in_flight(status),
            queue_ms=queue,
            latency_ms=latency,
            workers=sum(w["status"] == "READY" for w in status.get("workers", ())),
        )

    def drain(self, seconds: float) -> int:
        """Wait until the queue is empty and the workers rest."""
        end = time.monotonic() + seconds
        quiet = 0
        while time.monotonic() < end and self.alive():
            busy = _in_flight(self._described()) or self._working()
            quiet = 0 if busy else quiet + 1
            if quiet >= 3:
                return 0
            time.sleep(PAUSE_SECONDS)
        return _in_flight(self._described()) if self.alive() else 0

    def _command(self) -> list[str]:
        home = _home()
        work = self._launch.work
        return [
            java(), *VM,
            f"-Dmodel_server_home={home}",
            f"-Dlog4j.configurationFile=file://{LOGGING}",
            f"-Djava.io.tmpdir={work / 'tmp'}",
            "-cp", f"{home}/ts/frontend/*", "org.pytorch.serve.ModelServer",
            "--python", sys.executable, "-f", str(work / "config.properties"), "-s", str(work / "store"), "-ncs",
        ]  # fmt: skip

    def _properties(self, store: Path) -> str:
        """The inference port is all that others may reach; models come from this folder and nowhere else."""
        launch, name, version = self._launch, self._about["name"], self._about["version"]
        port = launch.port
        values = {
            "inference_address": f"http://{launch.host}:{port}",
            "management_address": self._address(1),
            "metrics_address": self._address(2),
            "grpc_inference_address": "127.0.0.1",
            "grpc_inference_port": port + 3,
            "grpc_management_address": "127.0.0.1",
            "grpc_management_port": port + 4,
            "initial_worker_port": port + 5,
            "disable_token_authorization": "true",
            "enable_model_api": "false",
            "enable_envvars_config": "false",
            "allowed_urls": f"file://{store}/.*",
            "install_py_dep_per_model": "false",
            "model_store": store,
            "load_models": name,
            "models": json.dumps({name: {version: self._model()}}),
            "max_request_size": MOST_BODY_BYTES,
            "max_response_size": MOST_BODY_BYTES,
            "number_of_netty_threads": 1,
            "netty_client_threads": 1,
            "job_queue_size": launch.serving()["queue_size"],
            "metrics_config": METRICS,
            "metrics_mode": "prometheus",
            "disable_system_metrics": "true",
            "async_logging": "true",
            "number_of_gpu": 0 if launch.device == "cpu" else launch.worker_count,
        }
        return "".join(f"{key}={value}\n" for key, value in values.items())

    def _model(self) -> dict[str, Any]:
        serving, workers = self._launch.serving(), self._launch.worker_count
        return {
            "defaultVersion": True,
            "marName": self._about["name"],
            "minWorkers": workers,
            "maxWorkers": workers,
            "batchSize": serving["batch_size"],
            "maxBatchDelay": serving["max_batch_delay_ms"],
            "responseTimeout": serving["response_timeout_seconds"],
            "startupTimeout": serving["startup_timeout_seconds"],
        }

    def _series(self) -> Mapping[str, float]:
        body = get(f"{self._address(2)}/metrics") or b""
        found: dict[str, float] = {}
        for name, _, value in SERIES.findall(body.decode("utf-8", "replace")):
            found[name] = found.get(name, 0.0) + float(value)
        return found

    def _mean(self, now: Mapping[str, float], name: str) -> float | None:
        """TorchServe's latencies are counters of microseconds; divided by the requests they are means."""
        requests = now.get(TOTAL, 0.0) - self._seen.get(TOTAL, 0.0)
        return (now.get(name, 0.0) - self._seen.get(name, 0.0)) / requests / 1000 if requests > 0 else None

    def _described(self) -> Mapping[str, Any]:
        body = get(f"{self._address(1)}/models/{self._about['name']}")
        rows: list[Mapping[str, Any]] = json.loads(body) if body else []
        return rows[0] if rows else {}

    def _working(self) -> bool:
        """Whether a worker is at a batch: it then uses its core."""
        import psutil

        workers = [psutil.Process(w["pid"]) for w in self._described().get("workers", ()) if w.get("pid", -1) > 0]
        before = [_cpu_seconds(w) for w in workers]
        time.sleep(PAUSE_SECONDS)
        return any(_cpu_seconds(w) - b > PAUSE_SECONDS / 5 for w, b in zip(workers, before, strict=True))


def _in_flight(status: Mapping[str, Any]) -> int:
    return int(status.get("jobQueueStatus", {}).get("pendingRequests", 0))


def _cpu_seconds(process: Any) -> float:
    import psutil

    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _home() -> Path:
    found = importlib.util.find_spec("ts")
    if found is None or not found.origin:
        raise ServingError("torchserve", "it is not installed", "pip install breakeven[serve]")
    return Path(found.origin).parents[1]
