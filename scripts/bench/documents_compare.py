"""Whether a run lost or repeated documents, and how two results of one folder differ."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from scripts.bench.documents_runs import Row, by_id, read_rows


@dataclass(frozen=True, kw_only=True)
class Account:
    """What became of the documents that had to be read."""

    documents: int
    lost: Sequence[str]
    twice: Sequence[str]
    unknown: Sequence[str]
    failed: Sequence[str]

    @classmethod
    def of(cls, wanted: Sequence[str], results: Path) -> Self:
        """Ids that had to be there against those that are."""
        seen, failed = Counter[str](), []
        for row in read_rows(results):
            seen[row["id"]] += 1
            if row["status"] != "ok":
                failed.append(row["id"])
        known = set(wanted)
        return cls(
            documents=len(wanted), lost=[one for one in wanted if one not in seen],
            twice=[one for one, count in seen.items() if count > 1], unknown=[one for one in seen if one not in known],
            failed=failed,
        )  # fmt: skip

    @property
    def is_whole(self) -> bool:
        """Every document once, none besides."""
        return not (self.lost or self.twice or self.unknown)

    def __str__(self) -> str:
        counts = f"{len(self.lost)} lost, {len(self.twice)} twice, {len(self.unknown)} unknown"
        return f"{self.documents} documents: {counts}, {len(self.failed)} failed"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Two results of one folder."""

    one_sided: int  # ids that only one of them has
    other_status: int
    other_label: int
    other_text: int
    furthest: float  # largest difference of a probability, of documents, pages and passages
    furthest_id: str = ""

    @classmethod
    def between(cls, first: Path, second: Path) -> Self:
        """Compared id by id."""
        one, two = by_id(first), by_id(second)
        pairs = [(one[key], two[key]) for key in one if key in two]
        far = max(((_distance(a, b), a["id"]) for a, b in pairs), default=(0.0, ""))
        return cls(
            one_sided=len(one.keys() ^ two.keys()), furthest=far[0], furthest_id=far[1],
            other_status=sum(a["status"] != b["status"] or a.get("reason") != b.get("reason") for a, b in pairs),
            other_label=sum(a.get("label") != b.get("label") for a, b in pairs),
            other_text=sum(a.get("text") != b.get("text") for a, b in pairs),
        )  # fmt: skip

    def holds(self, most: float = 1e-4) -> bool:
        """The same documents, labels and text, scores no further apart than `most`."""
        counts = (self.one_sided, self.other_status, self.other_label, self.other_text)
        return not any(counts) and self.furthest <= most

    def __str__(self) -> str:
        return (
            f"{self.one_sided} documents on one side only, other status {self.other_status}, other label "
            f"{self.other_label}, other text {self.other_text}, "
            f"scores up to {self.furthest:.1e} apart"
        )


def _distance(one: Row, two: Row) -> float:
    """The largest difference of scores; infinite where one has more pages or passages."""
    furthest = _apart(one.get("scores", {}), two.get("scores", {}))
    for part in ("page_results", "passages"):
        a, b = one.get(part, []), two.get(part, [])
        if len(a) != len(b):
            return float("inf")
        for x, y in zip(a, b, strict=True):
            furthest = max(
                furthest, _apart(x.get("scores") or {"": x.get("score")}, y.get("scores") or {"": y.get("score")})
            )
    return furthest


def _apart(one: Mapping[str, float | None], two: Mapping[str, float | None]) -> float:
    if one.keys() != two.keys():
        return float("inf")
    return max((abs((one[key] or 0.0) - (two[key] or 0.0)) for key in one), default=0.0)
