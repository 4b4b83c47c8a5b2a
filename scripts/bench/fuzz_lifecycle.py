"""What a restore reads of a backup, and what a timeline reads of AWS: texts and JSON that others have written."""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from infra.lifecycle import backup_manifest as names
from infra.lifecycle.aws import Account
from infra.lifecycle.backup_manifest import File, Manifest, StoredObject
from infra.lifecycle.backup_place import Folder
from infra.lifecycle.backup_read import check, choose
from infra.lifecycle.restore_files import Opened, absent, differs_in_defaults, naming, settings_of, write
from infra.lifecycle.timeline import timeline
from infra.lifecycle.timeline_report import as_markdown, as_text, document
from infra.lifecycle.timeline_types import Period
from infra.naming import TRAINING_FOLDER, Names
from scripts.bench.fuzz_case import ROOT, Run, Target, Wrong
from scripts.bench.fuzz_mutators import DEPTH, SECRET, jsonwise, one_of, plainly, yamlwise

GROUP: Final = "readers"
PROJECT: Final = "breakeven"
STACK: Final = "saved"
REGION: Final = "us-east-1"
MADE: Final = "2026-11-28T120000Z"
NOW: Final = datetime(2026, 11, 28, 22, tzinfo=UTC)
ARCHIVE: Final = b"a model archive"
NAMES: Final = Names(project=PROJECT, stack=STACK, extra_tags={})
BUCKET: Final = "aws:s3/bucket:Bucket"
OBJECT: Final = "aws:s3/bucketObjectv2:BucketObjectv2"
SETTINGS: Final = f"config:\n  aws:region: {REGION}\n  breakeven:modelArchive: model_store/tiny.mar\n"


def targets() -> Iterator[Target]:
    """All of them."""
    manifest = one_of([_manifest(()).dumped()], plainly)
    yield Target(name="backup-manifest", group=GROUP, make=manifest, open=_manifests)
    yield Target(name="backup-state", group=GROUP, make=one_of([_state()], jsonwise), open=_states)
    yield Target(name="backup-settings", group=GROUP, make=one_of([SETTINGS.encode()], yamlwise), open=_settings)
    yield Target(name="timeline", group=GROUP, make=_answers, open=_timelines)
    yield Target(name="timeline-period", group=GROUP, make=_words, open=_periods)


def _manifest(files: tuple[File, ...]) -> Manifest:
    stored = StoredObject(
        part="artifacts",
        bucket="b",
        key="models/tiny/1.mar",
        version="v",
        sha256=_sha256(ARCHIVE),
        size=len(ARCHIVE),
        modified="2026-11-28T11:00:00+00:00",
        content_type="application/octet-stream",
        metadata={"id": "x%20y"},
    )
    return Manifest(
        project=PROJECT,
        stack=STACK,
        region=REGION,
        account="123456789012",
        made=MADE,
        resources=2,
        pending=("bucket",),
        uploads=False,
        versions={"pulumi": "3.259.0"},
        files=files,
        objects=(stored,),
    )


def _state() -> bytes:
    """An export with a secret among its inputs."""
    owner = f"urn:pulumi:{STACK}::{PROJECT}::"
    rows = [
        {"urn": f"{owner}{BUCKET}::artifacts", "type": BUCKET, "id": "b", "custom": True, "inputs": {"p": SECRET}},
        {"urn": f"{owner}{OBJECT}::archive", "type": OBJECT, "inputs": {"sourceHash": _sha256(ARCHIVE)}},
    ]
    return json.dumps({"version": 3, "deployment": {"resources": rows}}).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _saved(folder: Path, changed: Mapping[str, bytes]) -> tuple[Folder, Manifest]:
    """A backup that is whole, with some of its files as they were changed."""
    own = folder / "place" / PROJECT / STACK / MADE
    own.mkdir(parents=True, exist_ok=True)
    project = (ROOT / names.PROJECT_FILE).read_bytes()
    files = {names.STATE: _state(), names.PROJECT_FILE: project, f"Pulumi.{STACK}.yaml": SETTINGS.encode(), **changed}
    for name, body in files.items():
        (own / name).write_bytes(body)
    made = _manifest(tuple(File(name=n, sha256=_sha256(body), size=len(body)) for n, body in files.items()))
    blob = folder / "place" / made.objects[0].blob
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(ARCHIVE)
    _stated(own, made.dumped())
    return Folder(folder / "place"), made


def _stated(folder: Path, content: bytes) -> None:
    """A manifest whose digest is right: else it would be refused unread."""
    (folder / names.MANIFEST).write_bytes(content)
    (folder / names.DIGEST).write_text(f"{_sha256(content)}  {names.MANIFEST}\n", encoding="utf-8")


@contextmanager
def _manifests(folder: Path) -> Iterator[Run]:
    place, made = _saved(folder, {})

    def run(data: bytes) -> str:
        _stated(place.path / made.folder, data)
        return f"{choose(place, PROJECT, '')}{check(place)}"

    yield run


@contextmanager
def _states(folder: Path) -> Iterator[Run]:
    yield lambda data: _restored(folder, {names.STATE: data})


@contextmanager
def _settings(folder: Path) -> Iterator[Run]:
    yield lambda data: _restored(folder, {f"Pulumi.{STACK}.yaml": data})


def _restored(folder: Path, changed: Mapping[str, bytes]) -> str:
    """The files that a restore puts into a project, and what it says of them; in another region, under another name."""
    project, opened_in = folder / "project", folder / "opened"
    for one in (project, opened_in):
        one.mkdir(exist_ok=True)
    target = f"{STACK}-eu"
    (project / f"Pulumi.{target}.yaml").unlink(missing_ok=True)
    (project / names.PROJECT_FILE).write_bytes((ROOT / names.PROJECT_FILE).read_bytes())
    opened = Opened.open(*_saved(folder, changed), opened_in)
    settings = settings_of(project, target, opened, "eu-west-1", keep=False)
    missing = absent(opened, project, settings)
    write(opened, project, settings, missing)
    outside = [path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0] not in OWN]
    if outside:
        raise Wrong("a restore wrote outside the project")
    shown = [row.setting for row in missing]
    return f"{shown}{differs_in_defaults(opened, project)}{naming(settings.file, REGION)}"


OWN: Final = ("place", "project", "opened")
TOLD: Final = {
    "history": {"newState": {"stateValue": "ALARM", "stateReason": "Threshold"}, "oldState": {"stateValue": "OK"}},
    "summary": "Alarm updated from OK to ALARM",
    "action": f"arn:aws:sns:{REGION}:123456789012:{NAMES.physical('alarms')}",
    "label": "errors",
    "description": "Terminating EC2 instance: i-1",
    "status": "Failed",
    "message": "no capacity",
    "cause": "At 2026-11-28T21:03:12Z an instance was taken out of service in response to an EC2 health check",
    "transition": "User initiated (2026-11-28 21:03:12 GMT)",
    "state": "terminated",
    "code": "Server.SpotInstanceTermination",
    "tag": "aws:autoscaling:groupName",
    "stream": "i-1",
    "line": "EC2 takes this spot instance back at 21:05: leaving",
    "access": {"requestId": "r", "status": "503"},
    "job": "/out/1/status.json",
    "word": {"ended": "interrupted", "exit_code": 3, "seconds": 60, "result_sha256": "", "reason": "spot"},
}


class Answers(Account):
    """Answers with rows as AWS shapes them; the texts in them are those of the case, and what it lacks is absent."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        super().__init__(REGION)
        # A line of a log always has a text.
        self._told = {"line": "", "access": ""} | {
            key: one if isinstance(one, str) else json.dumps(one) for key, one in told.items()
        }

    def client(self, service: str) -> Any:
        """Only S3's is asked for."""
        return self

    def get_object(self, **asked: Any) -> Mapping[str, Any]:
        """The last word of a training."""
        return {"Body": io.BytesIO(self._told.get("word", "").encode("utf-8", "replace"))}

    def pages(self, service: str, call: str, key: str, **arguments: Any) -> Iterator[Any]:
        """The one row or two that there are of each kind."""
        if call == "describe_alarms" and arguments["AlarmTypes"] != ["MetricAlarm"]:
            return
        yield from (self._row(shape) for shape in ROWS.get(call, ()))

    def _row(self, shape: Any) -> Any:
        """A row with every `$name` as the case has it; without what the case lacks."""
        if isinstance(shape, dict):
            found = {key: self._row(one) for key, one in shape.items()}
            return {key: one for key, one in found.items() if one is not None}
        if isinstance(shape, list):
            return [self._row(one) for one in shape]
        if not isinstance(shape, str) or "$" not in shape:
            return shape
        head, _, name = shape.partition("$")
        # Where AWS always says something, that is `head`.
        return f"{head}{self._told[name]}" if name in self._told else head or None


MOMENT: Final = NOW - timedelta(minutes=50)
STAMP: Final = int(MOMENT.timestamp() * 1000)
TAGS: Final = [{"Key": "x$tag", "Value": "v"}]
ROWS: Final[Mapping[str, list[dict[str, Any]]]] = {
    "describe_alarms": [
        {
            "AlarmName": f"{NAMES.physical()}-$label",
            "AlarmActions": ["arn:$action"],
            "StateValue": "OK",
            "StateUpdatedTimestamp": MOMENT,
        }
    ],
    "describe_alarm_history": [
        {
            "AlarmName": f"{NAMES.physical()}-$label",
            "Timestamp": MOMENT,
            "HistoryData": "$history",
            "HistorySummary": "$summary",
        }
    ],
    "describe_scaling_activities": [
        {
            "StartTime": MOMENT,
            "EndTime": MOMENT + timedelta(minutes=1),
            "StatusCode": "Successful$status",
            "Cause": "$cause",
            "Description": "$description",
            "StatusMessage": "$message",
        }
    ],
    "describe_auto_scaling_groups": [{"AutoScalingGroupName": NAMES.group()}],
    "describe_instance_refreshes": [{"Status": "Failed$status", "StatusReason": "$message", "EndTime": MOMENT}],
    "describe_instances": [
        {
            "Instances": [
                {
                    "InstanceId": "i-1",
                    "LaunchTime": MOMENT,
                    "Tags": TAGS,
                    "State": {"Name": state},
                    "StateTransitionReason": "$transition",
                    "StateReason": {"Code": "$code", "Message": "$message"},
                }
            ]
        }
        for state in ("terminated", "running$state")
    ],
    "filter_log_events": [
        {"timestamp": STAMP, "message": "$line", "logStreamName": "node$stream"},
        {"timestamp": STAMP + 1, "message": "$access", "logStreamName": "entry"},
    ],
    "list_buckets": [{"Name": NAMES.bucket_prefix("artifacts")}],
    "list_objects_v2": [{"Key": f"{TRAINING_FOLDER}x$job", "LastModified": MOMENT}],
}


def _answers(random: Random) -> bytes:
    """What AWS tells, changed; now and then a text is JSON too deep to be read."""
    told = {**TOLD, random.choice(list(TOLD)): "[" * DEPTH} if not random.randrange(20) else TOLD
    return plainly(random, json.dumps(told).encode()) if random.randrange(50) else json.dumps(told).encode()


@contextmanager
def _timelines(folder: Path) -> Iterator[Run]:
    period = Period(since=NOW - timedelta(hours=2), until=NOW, now=NOW)

    def run(data: bytes) -> str:
        try:
            told = json.loads(data)
        except (ValueError, RecursionError):
            return ""
        found = timeline(Answers(told if isinstance(told, dict) else {}), NAMES, period)
        shown = as_text(found)
        if not all(line.isprintable() for line in shown.splitlines()):
            raise Wrong("a control character reaches the terminal")
        return f"{shown}{as_markdown(found)}{json.dumps(document(found))}"

    yield run


def _words(random: Random) -> bytes:
    """Two words of the command line."""
    words = (
        "2h",
        "now",
        "90m",
        "2026-11-28T21:00",
        "2026-11-28",
        "0s",
        "-1h",
        "999999d",
        "9" * 400,
        "1e3h",
        "\u0661\u0662h",
        "",
    )
    odd = ("\x1b[2J", "0001-01-01T00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-13-45", "a\nb", "\ud800", "24:00")
    return json.dumps([random.choice((*words, *odd)) + random.choice(("", "", "", "m", " ")) for _ in "ab"]).encode()


@contextmanager
def _periods(folder: Path) -> Iterator[Run]:
    def run(data: bytes) -> str:
        since, until = json.loads(data)
        return str(Period.of(since, until, NOW).milliseconds)

    yield run
