"""What a backup takes, what it skips, how it goes on after a failure, and what the check finds."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.costs.errors import InputError
from infra.emulator import REGION, Call, Interception, emulator
from infra.lifecycle.aws import Account
from infra.lifecycle.backup_manifest import Manifest
from infra.lifecycle.backup_objects import counted
from infra.lifecycle.backup_place import Bucket, Folder, Place, place_of
from infra.lifecycle.backup_read import check, choose, latest
from infra.lifecycle.errors import AccountError
from tests.infra.lifecycle.planted import client
from tests.infra.lifecycle.saved import ARCHIVE, RESULTS, Stack, archive_key, manifest, sha256, stack, taken, write

faults = Interception()


@pytest.fixture(scope="module")
def aws() -> Iterator[dict[str, str]]:
    with emulator(faults) as environment:
        yield environment


@pytest.fixture
def account(aws: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name, value in aws.items():
        monkeypatch.setenv(name, value)
    yield Account(REGION)
    faults.refuse = None
    for bucket in client("s3").list_buckets()["Buckets"]:
        for row in client("s3").list_object_versions(Bucket=bucket["Name"]).get("Versions", []):
            client("s3").delete_object(Bucket=bucket["Name"], Key=row["Key"], VersionId=row["VersionId"])
        client("s3").delete_bucket(Bucket=bucket["Name"])


@pytest.fixture
def own(account: Account) -> Stack:
    return stack(account)


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, account: Account, tmp_path: Path) -> Place:
    if request.param == "folder":
        return Folder(tmp_path / "place")
    client("s3").create_bucket(Bucket="elsewhere")
    return place_of("s3://elsewhere/some/prefix", account)


def finished(place: Place, own: Stack, folder: Path, made: str = "2026-11-28T120000Z") -> Manifest:
    """A backup whose only small file is a state."""
    taking, _ = taken(place, own, folder, manifest(made))
    head = manifest(made, objects=tuple(taking.taken))
    written = write(place, head, {"state.json": b"{}"})
    taking.end()
    return written


def test_archives_and_results_are_taken_with_what_they_say_of_themselves(
    place: Place, own: Stack, tmp_path: Path
) -> None:
    made = finished(place, own, tmp_path / "work")
    assert {row.key: row.sha256 for row in made.objects} == {
        archive_key(): sha256(ARCHIVE),
        **{key: sha256(body) for key, body in RESULTS.items()},
    }
    result = next(row for row in made.objects if row.key in RESULTS)
    assert (result.metadata, result.content_type) == ({"id": "x%20y"}, "application/jsonl")
    assert counted(made) == ["1 archive", "3 results"]
    assert latest(place, "breakeven", "saved") == made
    assert check(place).files == 5


def test_only_what_is_new_is_fetched(place: Place, own: Stack, tmp_path: Path) -> None:
    finished(place, own, tmp_path / "work")
    own.put("documents", "results/run/a.jsonl", b"read again")
    own.put("documents", "results/run/same.jsonl", RESULTS["results/run/b.jsonl"])
    taking, said = taken(place, own, tmp_path / "work", manifest("2026-11-29T120000Z"))
    assert said[0].endswith("5 objects in 2 buckets, 2 to fetch")
    # The other has a content that is there already.
    assert (taking.new, taking.new_bytes) == (1, len(b"read again"))


def test_uploads_are_taken_when_asked_for(own: Stack, tmp_path: Path) -> None:
    place = Folder(tmp_path / "place")
    taking, _ = taken(place, own, tmp_path / "work", manifest(uploads=True))
    assert "uploads/run/a" in {row.key for row in taking.taken}


def test_a_run_that_fails_is_gone_on_with(own: Stack, tmp_path: Path) -> None:
    place = Folder(tmp_path / "place")
    own.put("documents", "results/run/z.jsonl", b"the last one")
    for number in range(20):
        own.put("documents", f"results/run/{number:02}.jsonl", str(number).encode())
    denied = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    faults.refuse = lambda call: denied if call.action.startswith("GET ") and "z.jsonl" in call.action else None
    with pytest.raises(AccountError, match=r"results/run/z\.jsonl: no permission"):
        taken(place, own, tmp_path / "work")
    assert latest(place, "breakeven", "saved") is None
    read: list[Call] = []
    faults.refuse = lambda call: read.append(call)
    taking, _ = taken(place, own, tmp_path / "work")
    assert len(taking.taken) == 25
    fetched = [call for call in read if call.action.startswith("GET ") and "/run/" in call.action]
    assert 0 < len(fetched) < 24


def test_an_archive_that_is_not_what_its_name_says_is_told(own: Stack, tmp_path: Path) -> None:
    own.put("artifacts", archive_key(), b"another model")
    _, said = taken(Folder(tmp_path / "place"), own, tmp_path / "work")
    assert any(f"{archive_key()} is not what its name says" in line for line in said)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "bytes instead of"),
        (lambda path: path.write_bytes(path.read_bytes()[::-1] + b""), "is changed"),
    ],
    ids=["missing", "truncated", "changed"],
)
def test_what_is_damaged_is_found_and_named(harm: object, said: str, own: Stack, tmp_path: Path) -> None:
    place = Folder(tmp_path / "place")
    made = finished(place, own, tmp_path / "work")
    harm(place.path / made.objects[0].blob)  # type: ignore[operator]
    with pytest.raises(InputError, match=said) as caught:
        check(place)
    assert "1 of 5 files are damaged" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_manifest_that_is_cut_or_changed_is_refused(own: Stack, tmp_path: Path) -> None:
    place = Folder(tmp_path / "place")
    made = finished(place, own, tmp_path / "work")
    path = place.path / made.folder / "manifest.json"
    whole = path.read_bytes()
    for content in (whole[:-20], whole.replace(b"us-east-1", b"eu-west-1"), b""):
        path.write_bytes(content)
        with pytest.raises(InputError, match="it is not what its SHA-256 says"):
            check(place)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": 2}, "of another version"),
        ({"format": "tar"}, "of another version"),
        ({"objects": [{"key": "x"}]}, "it is no manifest"),
        ({"stack": "../../etc"}, "names files that no backup has"),
        ({"files": [{"name": "../x", "sha256": "0" * 64, "size": 1}]}, "names files that no backup has"),
        ({"files": [{"name": "x", "sha256": "../../x", "size": 1}]}, "names files that no backup has"),
        ({"files": [{"name": 7, "sha256": "0" * 64, "size": 1}]}, "it is no manifest"),
    ],
)
def test_a_foreign_manifest_is_refused(changes: dict[str, object], said: str) -> None:
    content = json.dumps({**json.loads(manifest().dumped()), **changes}).encode()
    with pytest.raises(InputError, match=said):
        Manifest.parse(content, sha256(content), "manifest.json")


def test_the_backup_that_is_meant_is_chosen_or_what_is_there_is_named(tmp_path: Path) -> None:
    place = Folder(tmp_path / "place")
    with pytest.raises(InputError, match="it holds no backup"):
        choose(place, "breakeven", "saved")
    assert not place.path.exists()
    old, new = (write(place, manifest(f"2026-11-{day}T120000Z"), {}) for day in (27, 28))
    assert choose(place, "breakeven", "") == new
    assert choose(place, "breakeven", "saved", old.made) == old
    with pytest.raises(InputError, match="no backup of stack other; it has those of saved"):
        choose(place, "breakeven", "other")
    with pytest.raises(InputError, match="--at 2020: no backup of saved at that time; there are 2026-11-27T120000Z"):
        choose(place, "breakeven", "saved", "2020")
    with pytest.raises(InputError, match="backups of breakeven/saved, none of another"):
        choose(place, "another", "saved")
    write(place, manifest(stack="second"), {})
    with pytest.raises(InputError, match="add --from STACK"):
        choose(place, "breakeven", "")


def test_a_place_that_cannot_be_written_is_one_line(account: Account, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(InputError, match="it is a file"):
        place_of(str(file), account)
    with pytest.raises(InputError, match="it names no bucket"):
        place_of("s3://", account)
    with pytest.raises(InputError, match="not a directory"), Folder(file / "below").scratch():
        pass
    (tmp_path / "new").write_text("x")
    with pytest.raises(AccountError, match="s3://nowhere/x: "):
        Bucket(account, "nowhere", "").put("x", tmp_path / "new")
