"""What a restore writes on this machine, what it puts back into buckets, and what it refuses to begin."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.costs.errors import InputError
from infra.emulator import REGION, emulator
from infra.lifecycle.aws import Account
from infra.lifecycle.backup_manifest import Manifest, StoredObject
from infra.lifecycle.backup_place import Folder
from infra.lifecycle.errors import AccountError
from infra.lifecycle.restore import plan
from infra.lifecycle.restore_files import Opened, Settings, absent, naming, project_name, settings_of, write
from infra.lifecycle.restore_objects import Returned, put_back
from infra.record import ROOT
from tests.infra.lifecycle import saved
from tests.infra.lifecycle.planted import client, tags
from tests.infra.lifecycle.saved import ARCHIVE, OBJECT, OWNER, RESULTS, Stack, archive_key, sha256

PROJECT = (ROOT / "Pulumi.yaml").read_text(encoding="utf-8")
GROUP = "aws:cloudwatch/logGroup:LogGroup"
ROWS: tuple[dict[str, Any], ...] = (
    {"urn": f"{OWNER}{OBJECT}::archive", "type": OBJECT, "custom": True, "inputs": {"sourceHash": sha256(ARCHIVE)}},
    {"urn": f"{OWNER}{GROUP}::node", "type": GROUP, "custom": True, "id": "/breakeven/saved/node"},
)


@pytest.fixture(scope="module")
def aws() -> Iterator[dict[str, str]]:
    with emulator() as environment:
        yield environment


@pytest.fixture
def account(aws: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Account:
    for name, value in aws.items():
        monkeypatch.setenv(name, value)
    return Account(REGION)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    found = tmp_path / "project"
    found.mkdir()
    (found / "Pulumi.yaml").write_text(PROJECT)
    return found


def stored(key: str = "", body: bytes = ARCHIVE, part: str = "artifacts", age_days: int = 0) -> StoredObject:
    return StoredObject(
        part=part,
        bucket="gone",
        key=key or archive_key(),
        version="1",
        sha256=sha256(body),
        size=len(body),
        modified=(datetime.now(UTC) - timedelta(days=age_days)).isoformat(),
        content_type="application/jsonl",
        metadata={"id": "x%20y"},
    )


def opened(
    tmp_path: Path,
    path: str = "model_store/tiny.mar",
    rows: tuple[dict[str, Any], ...] = ROWS,
    objects: tuple[StoredObject, ...] | None = None,
    **changes: Any,
) -> Opened:
    """A backup whose settings name an archive at this path."""
    place = Folder(tmp_path / "place")
    head = saved.manifest(objects=(stored(),) if objects is None else objects, **changes)
    files = saved.files({"modelArchive": path, "minSize": 1}, rows, PROJECT)
    made = saved.write(place, head, files)
    blob = place.path / stored().blob
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(ARCHIVE)
    folder = tmp_path / "opened"
    folder.mkdir(exist_ok=True)
    return Opened.open(place, made, folder)


def restored(found: Opened, project: Path, target: str = "saved", region: str = "") -> Settings:
    settings = settings_of(project, target, found, region, keep=False)
    write(found, project, settings, absent(found, project, settings))
    return settings


def config(project: Path, stack: str = "saved") -> dict[str, Any]:
    text = (project / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    values: dict[str, Any] = yaml.safe_load(text)["config"]
    return values


def test_lost_settings_and_archives_come_back_and_a_second_time_nothing_is_to_do(tmp_path: Path, project: Path) -> None:
    found = opened(tmp_path)
    restored(found, project)
    path = Path(config(project)["breakeven:modelArchive"])
    assert (path.parent, path.read_bytes()) == ((project / "model_store").resolve(), ARCHIVE)
    again = settings_of(project, "saved", found, "", keep=False)
    assert not again.written
    assert absent(found, project, again) == ()


@pytest.mark.parametrize("path", ["../../outside.mar", "/tmp/outside-of-the-project.mar", "setup.py"])  # noqa: S108
def test_no_path_of_a_backup_is_followed(path: str, tmp_path: Path, project: Path) -> None:
    before = set(tmp_path.rglob("*"))
    restored(opened(tmp_path, path), project)
    made = {p for p in set(tmp_path.rglob("*")) - before if p.is_file() and p.is_relative_to(project)}
    assert {p.relative_to(project).as_posix() for p in made} == {
        "Pulumi.saved.yaml",
        f"model_store/{sha256(ARCHIVE)[:12]}.mar",
    }
    assert not (ROOT / path).exists()


def test_an_archive_that_is_here_as_it_was_stays_and_another_one_is_not_overwritten(
    tmp_path: Path, project: Path
) -> None:
    own = tmp_path / "own.mar"
    own.write_bytes(ARCHIVE)
    found = opened(tmp_path, str(own))
    settings = settings_of(project, "saved", found, "", keep=False)
    assert absent(found, project, settings) == ()
    own.write_bytes(b"built again")
    (missing,) = absent(found, project, settings)
    write(found, project, settings, (missing,))
    assert own.read_bytes() == b"built again"
    assert missing.path.read_bytes() == ARCHIVE


def test_an_archive_that_the_backup_lacks_is_one_line(tmp_path: Path, project: Path) -> None:
    found = opened(tmp_path, objects=())
    with pytest.raises(InputError, match=r"modelArchive: .* is not here as it was deployed, and the backup lacks it"):
        restored(found, project)


def test_a_stack_file_that_says_something_else_is_not_overwritten(tmp_path: Path, project: Path) -> None:
    found = opened(tmp_path)
    file = project / "Pulumi.saved.yaml"
    file.write_text("config:\n  aws:region: us-east-1\n  breakeven:minSize: 2\n")
    with pytest.raises(InputError, match=r"Pulumi\.saved\.yaml: it differs from the backup in breakeven:minSize; "):
        settings_of(project, "saved", found, "", keep=False)
    assert not settings_of(project, "saved", found, "", keep=True).written


def test_a_move_changes_the_region_and_tells_what_still_names_the_old_one(tmp_path: Path, project: Path) -> None:
    found = opened(tmp_path)
    settings = restored(found, project, "moved", "eu-west-1")
    assert config(project, "moved")["aws:region"] == "eu-west-1"
    assert naming(settings.file, "us-east-1") == ()
    settings.file.write_text(settings.file.read_text() + "  breakeven:jwtIssuer: https://us-east-1.example.com\n")
    assert naming(settings.file, "us-east-1") == ("breakeven:jwtIssuer: https://us-east-1.example.com",)
    with pytest.raises(InputError, match="it says eu-west-1, not eu-west-2"):
        settings_of(project, "moved", found, "eu-west-2", keep=False)
    with pytest.raises(InputError, match="give the stack there another name"):
        settings_of(project, "saved", found, "eu-west-1", keep=False)


def test_a_state_of_another_stack_or_none_at_all_is_refused(tmp_path: Path) -> None:
    foreign = {**ROWS[1], "urn": "urn:pulumi:saved::another::x::y"}
    with pytest.raises(InputError, match="its state holds another/saved, not breakeven/saved"):
        opened(tmp_path, rows=(foreign,))
    head = saved.manifest("2026-11-29T120000Z")
    files = {**saved.files({}, (), PROJECT), "state.json": b"[]"}
    place = Folder(tmp_path / "place")
    with pytest.raises(InputError, match=r"state\.json: it is no export of a state"):
        Opened.open(place, saved.write(place, head, files), tmp_path)


def test_a_project_without_a_name_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("runtime: python\n")
    with pytest.raises(InputError, match="it names no project"):
        project_name(tmp_path)


def returned(own: Stack, tmp_path: Path, rows: tuple[StoredObject, ...], uploads: bool = False) -> Returned:
    place = Folder(tmp_path / "place")
    for row, body in zip(rows, (ARCHIVE, *RESULTS.values()), strict=False):
        blob = place.path / row.blob
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(body)
    made: Manifest = saved.manifest(objects=rows)
    return put_back(own.account, own.deployed, place, made, keep_days=30, uploads=uploads)


def test_objects_come_back_and_a_second_time_all_are_there(account: Account, tmp_path: Path) -> None:
    own = saved.empty_stack(account, "objects")
    rows = (stored(), *(stored(key, body, "documents") for key, body in RESULTS.items()))
    first = returned(own, tmp_path, rows)
    assert own.holds() == {archive_key(): ARCHIVE, **RESULTS}
    assert set(first.put) == {row.key for row in rows}
    second = returned(own, tmp_path, rows)
    assert (second.put, set(second.there)) == ((), set(first.put))
    head = client("s3").head_object(Bucket=own.bucket("documents"), Key=next(iter(RESULTS)))
    assert (head["Metadata"], head["ContentType"]) == ({"id": "x%20y"}, "application/jsonl")


def test_newer_results_stay_and_a_broken_archive_is_replaced(account: Account, tmp_path: Path) -> None:
    own = saved.empty_stack(account, "newer")
    key = next(iter(RESULTS))
    own.put("documents", key, b"read again")
    own.put("artifacts", archive_key(), b"broken")
    found = returned(own, tmp_path, (stored(), stored(key, RESULTS[key], "documents")))
    assert (found.put, found.other) == ((archive_key(),), (key,))
    assert own.holds() == {archive_key(): ARCHIVE, key: b"read again"}


def test_expired_results_homeless_ones_and_uploads_are_left_out_and_counted(account: Account, tmp_path: Path) -> None:
    own = saved.empty_stack(account, "left")
    rows = (stored(), stored("results/run/old.jsonl", RESULTS["results/run/a.jsonl"], "documents", age_days=31))
    assert returned(own, tmp_path, rows).expired == ("results/run/old.jsonl",)
    upload = (stored("uploads/run/a", ARCHIVE, "documents"),)
    assert returned(own, tmp_path, upload).put == ()
    assert returned(own, tmp_path, upload, uploads=True).put == ("uploads/run/a",)
    bare = Stack(account, type(own.deployed)(stack="left", rows=own.deployed.rows[:1], pending=(), document={}))
    assert returned(bare, tmp_path, upload, uploads=True).homeless == ("uploads/run/a",)


def test_what_exists_decides_between_import_and_a_new_stack(account: Account, tmp_path: Path, project: Path) -> None:
    found = opened(tmp_path)
    settings = settings_of(project, "saved", found, "", keep=False)
    assert plan(found, "saved", account, settings, (), 0).state == "new"
    assert plan(found, "saved", account, settings, (), 3).state == "stays"
    own = {row["Key"]: row["Value"] for row in tags("saved")}
    client("logs").create_log_group(logGroupName="/breakeven/saved/node", tags=own)
    client("logs").create_log_group(logGroupName="/breakeven/saved/newer", tags=own)
    made = plan(found, "saved", account, settings, (), 0)
    assert (made.state, made.found, made.unknown) == (
        "imported",
        ("/breakeven/saved/node",),
        ("/breakeven/saved/newer",),
    )
    other = opened(tmp_path, account="999999999999", made="2026-11-29T120000Z")
    with pytest.raises(AccountError, match="the backup is of 999999999999"):
        plan(other, "saved", account, settings, (), 0)
