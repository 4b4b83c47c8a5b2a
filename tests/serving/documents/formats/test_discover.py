"""Every document below a folder is found once, in the same order, whatever else lies there."""

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.documents.discover import count, discover
from serving.documents.types import KINDS
from serving.errors import InputError


def place(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("some text")


def ids(folder: Path, types: tuple[str, ...] = KINDS) -> list[str]:
    return [source.id for source in discover(folder, types, lambda _: None)]


def test_documents_are_found_by_name_in_one_order_with_kind_and_size(tmp_path: Path) -> None:
    place(tmp_path, "b.txt", "a/z.PDF", "a/b/c.docx", "c.tar.gz")
    found = [(source.id, source.kind, source.size_bytes) for source in discover(tmp_path, KINDS, lambda _: None)]
    assert found == [("a/b/c.docx", "word", 9), ("a/z.PDF", "pdf", 9), ("b.txt", "txt", 9), ("c.tar.gz", "archive", 9)]


def test_only_the_asked_types_are_found_and_the_others_counted(tmp_path: Path) -> None:
    place(tmp_path, "a.txt", "b.pdf", "c.py", "d.py", "e", "~$f.docx", "._g.pdf")
    skipped = Counter[str]()
    found = list(discover(tmp_path, ("txt",), lambda what: skipped.update([what])))
    assert [source.id for source in found] == ["a.txt"]
    assert skipped == {".pdf": 1, ".py": 2, "no extension": 1, "temporary file": 2}
    assert count(tmp_path, ("txt", "pdf")) == 2


def test_links_lead_neither_in_circles_nor_out_of_the_folder(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    place(outside, "secret.txt")
    place(folder, "a/b.txt")
    (folder / "a" / "circle").symlink_to(folder)
    (folder / "out").symlink_to(outside)
    (folder / "secret.txt").symlink_to(outside / "secret.txt")
    (folder / "same.txt").symlink_to(folder / "a" / "b.txt")
    (folder / "self.txt").symlink_to(folder / "self.txt")
    skipped = Counter[str]()
    found = [source.id for source in discover(folder, KINDS, lambda what: skipped.update([what]))]
    assert found == ["a/b.txt", "same.txt", "self.txt"]
    assert skipped == {"link to a folder": 2, "link out of the folder": 1}


def test_a_folder_reached_by_a_link_is_read_like_any_other(tmp_path: Path) -> None:
    place(tmp_path / "real", "a.txt", "b/c.txt")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert ids(tmp_path / "link") == ["a.txt", "b/c.txt"]


@pytest.fixture
def deep_folder(tmp_path: Path) -> Iterator[Path]:
    """Removed by rm: Python's own removal, and with it pytest's, gives up on it."""
    home, folder = Path.cwd(), tmp_path / "deep"
    folder.mkdir()
    os.chdir(folder)
    for _ in range(1500):
        Path("d").mkdir()
        os.chdir("d")
    Path("a.txt").write_text("deep")
    os.chdir(home)
    yield folder
    subprocess.run(["/bin/rm", "-rf", str(folder)], check=True)


def test_trees_deeper_than_a_stack_are_walked(deep_folder: Path) -> None:
    assert ids(deep_folder) == ["d/" * 1500 + "a.txt"]


def test_names_that_are_not_utf8_have_printable_ids(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("x")
    (found,) = discover(tmp_path, KINDS, lambda _: None)
    assert found.id == r"caf\xe9.txt"
    assert found.path.read_text() == "x"


def test_names_come_one_by_one(tmp_path: Path) -> None:
    place(tmp_path, "a.txt", "b/c.txt")
    found = discover(tmp_path, KINDS, lambda _: None)
    assert next(found).id == "a.txt"
    (tmp_path / "b" / "d.txt").write_text("added while the first was read")
    assert [source.id for source in found] == ["b/c.txt", "b/d.txt"]


@pytest.mark.parametrize(
    ("types", "message"),
    [
        (("pfd",), 'document type "pfd": there is no such type; did you mean "pdf"? It covers .pdf'),
        (("docx",), 'document type "docx": there is no such type; did you mean "word"? It covers .docx, .docm'),
        (("qqq",), 'document type "qqq": there is no such type; use pdf, word, txt'),
        ((), "document types: none is named; use some of pdf"),
    ],
)
def test_a_wrong_type_is_told_with_the_near_one(types: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        discover(tmp_path, types, lambda _: None)
    assert str(error.value).startswith(message)


def test_a_folder_that_is_none_is_told_at_once(tmp_path: Path) -> None:
    place(tmp_path, "a.txt")
    with pytest.raises(InputError, match="there is no such folder"):
        discover(tmp_path / "nowhere", KINDS, lambda _: None)
    with pytest.raises(InputError, match="it is a file"):
        discover(tmp_path / "a.txt", KINDS, lambda _: None)
