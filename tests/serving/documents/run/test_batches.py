"""What a worker is given next."""

from pathlib import Path

from serving.documents.engines.batches import Batches
from serving.documents.types import Source


def source(name: str, kind: str = "txt", size: int = 100) -> Source:
    return Source(id=name, path=Path(name), kind=kind, size_bytes=size)


def test_batches_grow_where_documents_are_quick_and_shrink_where_they_are_slow() -> None:
    batches = Batches(source(str(number)) for number in range(1_000))
    first = len(batches.take())
    for seconds, smaller, larger in ((0.001, 31, 33), (5.0, 0, 2)):
        for _ in range(60):
            batches.settled(source("x"), seconds)
        assert smaller < len(batches.take()) < larger
    assert 10 < first <= 32


def test_large_files_do_not_pile_up() -> None:
    batches = Batches(source(str(number), size=20 * 1024**2) for number in range(9))
    assert len(batches.take()) == 2


def test_a_suspect_is_alone_once() -> None:
    batches = Batches(iter([source("a"), source("b")]))
    assert [one.id for one in batches.take()] == ["a", "b"]
    assert batches.try_alone(source("a"))
    batches.give_back([source("b")])
    assert [[one.id for one in batches.take()] for _ in range(3)] == [["a"], ["b"], []]
    assert not batches.try_alone(source("a"))
