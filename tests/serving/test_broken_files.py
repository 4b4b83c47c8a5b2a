"""Model files, records and archives that are damaged: one line each, whatever the damage."""

import json
import zipfile
from pathlib import Path

import pytest

from serving import digest, model, packed, version_record, versions
from serving.errors import InputError, IntegrityError, ServingError

DEEP = "x = " + "[" * 3_000 + "]" * 3_000
DIGITS = f"x = {'9' * 6_000}"


@pytest.mark.parametrize("text", [DEEP, DIGITS, "x = 2026-13-45"])
def test_toml_that_the_parser_chokes_on_is_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "model.toml").write_text(text)
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "versions.toml").write_text(text)
    for read in (model.Model.read, version_record.read):
        with pytest.raises(InputError) as told:
            read(tmp_path)
        assert str(told.value).isprintable()


@pytest.mark.parametrize("text", ["[" * 100_000, '{"macro_f1": {"value": [], "low": 0, "high": 1}}', "{", "[1]"])
def test_scores_that_say_nothing_are_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "scores.json").write_text(text)
    one = versions.Version(number="1.1", folder=tmp_path, made=None, parent="", current=False, sha256="", note="")
    assert versions.macro_f1(one) is None


def test_a_digest_of_bytes_that_are_no_text_is_another_digest(tmp_path: Path) -> None:
    (tmp_path / "a.mar").write_bytes(b"a")
    (tmp_path / "a.mar.sha256").write_bytes(b"\xff\xfe  a.mar\n")
    assert digest.noted(tmp_path / "a.mar") not in (None, digest.sha256_of(tmp_path / "a.mar"))


@pytest.mark.parametrize(
    "about",
    ["[]", '"a"', "{}", '{"sample": "absent.txt"}', '{"sample": null}', "[" * 100_000, "9" * 6_000, "{"],
)
def test_an_archive_that_says_nothing_of_itself_has_no_sample(about: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mar"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("model.json", about)
    with pytest.raises(IntegrityError, match="not a whole model archive"):
        packed.sample(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_with_any_byte_wrong_is_whole_or_refused(method: int, tmp_path: Path) -> None:
    path, words = tmp_path / "a.mar", "a good day " * 4
    with zipfile.ZipFile(path, "w", method) as made:
        made.writestr("model.json", json.dumps({"sample": "s.txt"}))
        made.writestr("s.txt", words)
    good, refused = path.read_bytes(), 0
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 0x41]) + good[at + 1 :])
        try:
            assert packed.sample(path) == ("s.txt", words.encode())
            packed.unpack(path, tmp_path / "into")
        except ServingError:
            refused += 1
    assert refused > len(good) / 4
