"""What a node is told: the BREAKEVEN_ values of its environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from serving.errors import InputError

PREFIX = "BREAKEVEN_"
WHERE = "/etc/breakeven/node.env"
MODELS = "/opt/breakeven/models"
STATE = "/var/lib/breakeven"
# The variable that every AWS SDK reads, too.
METADATA_VARIABLE = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
METADATA_ENDPOINT = "http://169.254.169.254"


@dataclass(frozen=True, kw_only=True)
class NodeSettings:
    """One node. What is empty does not exist: without a group no hooks, a service no registry, a queue no documents.

    `archive` is a path or `s3://bucket/key`; `archive_sha256` is 64 hex digits, or empty when `<archive>.sha256` lies
    beside the archive. `start_seconds` bounds the wait for the first prediction, `drain_seconds` the wait for the last.
    """

    model: str
    archive: str
    archive_sha256: str = ""
    backend: str = "torchserve"
    device: str = "cpu"
    host: str = "0.0.0.0"  # noqa: S104 - the security group decides who reaches it
    port: int = 8080
    workers: int | None = None
    threads: int | None = None
    state: Path = Path(STATE)
    start_seconds: int = 600
    drain_seconds: int = 60
    region: str = ""
    group: str = ""
    launch_hook: str = ""
    terminate_hook: str = ""
    registry_service: str = ""
    queue_url: str = ""
    dead_letter_url: str = ""
    document_bucket: str = ""
    log_group: str = ""
    metric_namespace: str = ""
    metadata_endpoint: str = METADATA_ENDPOINT

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", self.model):
            raise _wrong("MODEL", repr(self.model), "a name of letters, digits, '_', '.' and '-'")
        if self.archive_sha256 and not re.fullmatch(r"[0-9a-f]{64}", self.archive_sha256):
            raise _wrong("ARCHIVE_SHA256", repr(self.archive_sha256), "64 hex digits, or leave it out")
        if not 0 < self.port < 65536:
            raise _wrong("PORT", str(self.port), "a port of 1 to 65535")
        if self.queue_url and not self.document_bucket:
            raise _wrong("DOCUMENT_BUCKET", "no bucket", "the bucket of the queue's documents, or leave QUEUE_URL out")

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> "NodeSettings":
        """From the environment; raises InputError that names the key."""
        values = _Values(os.environ if environment is None else environment)
        model = values.text("MODEL")
        return cls(
            model=model,
            archive=values.text("ARCHIVE", f"{MODELS}/{model}.mar"),
            archive_sha256=values.text("ARCHIVE_SHA256", ""),
            backend=values.text("BACKEND", cls.backend),
            device=values.text("DEVICE", cls.device),
            host=values.text("HOST", cls.host),
            port=values.number("PORT", cls.port),
            workers=values.number("WORKERS", 0) or None,
            threads=values.number("THREADS", 0) or None,
            # systemd sets the second one from StateDirectory.
            state=Path(values.text("STATE", "") or values.plain("STATE_DIRECTORY", STATE)),
            start_seconds=values.number("START_SECONDS", cls.start_seconds),
            drain_seconds=values.number("DRAIN_SECONDS", cls.drain_seconds),
            region=values.text("REGION", ""),
            group=values.text("GROUP", ""),
            launch_hook=values.text("LAUNCH_HOOK", ""),
            terminate_hook=values.text("TERMINATE_HOOK", ""),
            registry_service=values.text("REGISTRY_SERVICE", ""),
            queue_url=values.text("QUEUE_URL", ""),
            dead_letter_url=values.text("DEAD_LETTER_URL", ""),
            document_bucket=values.text("DOCUMENT_BUCKET", ""),
            log_group=values.text("LOG_GROUP", ""),
            metric_namespace=values.text("METRIC_NAMESPACE", ""),
            metadata_endpoint=values.plain(METADATA_VARIABLE, METADATA_ENDPOINT).rstrip("/"),
        )

    def environment(self) -> dict[str, str]:
        """The variables from which another process of this node reads the same settings."""
        values = {f"{PREFIX}{item.name.upper()}": getattr(self, item.name) for item in fields(self)}
        values[METADATA_VARIABLE] = self.metadata_endpoint
        return {name: str(value) for name, value in values.items() if value is not None}

    @property
    def on_instance(self) -> bool:
        """Whether this is an instance of a group, with metadata, or a developer's machine."""
        return bool(self.group)


@dataclass(frozen=True)
class _Values:
    environment: Mapping[str, str]

    def plain(self, name: str, default: str) -> str:
        return self.environment.get(name, "").strip() or default

    def text(self, key: str, default: str | None = None) -> str:
        found = self.environment.get(PREFIX + key, "").strip()
        if not found and default is None:
            raise InputError(PREFIX + key, "it is not set", f"set it in {WHERE}")
        return found or default or ""

    def number(self, key: str, default: int) -> int:
        found = self.text(key, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", found):
            raise _wrong(key, repr(found[:40]), "a whole number, 0 or more")
        return int(found)


def _wrong(key: str, value: str, allowed: str) -> InputError:
    return InputError(PREFIX + key, f"{value} cannot be used", f"give it {allowed} in {WHERE}")
