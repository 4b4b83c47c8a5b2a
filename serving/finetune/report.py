"""A fine-tuning's outcome for a terminal of 80 columns."""

import textwrap
from collections.abc import Iterator

from serving.finetune.card import figure, limits, others
from serving.finetune.outcome import Outcome, Verdict
from serving.finetune.scores import Scores
from serving.finetune.types import PARTS

WIDTH = 80
NAME = 22
CLASS = 14
MOST_COLUMNS = 3
SHOWN = 5


def text(outcome: Outcome) -> str:
    """Scores beside what they are compared with, classes, the curve, and what it means."""
    blocks = (_parts(outcome), _scores(outcome), _classes(outcome.scores), _curve(outcome), _verdict(outcome))
    return "\n\n".join("\n".join(lines) for block in blocks if (lines := list(block))) + "\n"


def _parts(outcome: Outcome) -> Iterator[str]:
    counts = {part: sum(outcome.counts[part].values()) for part in PARTS}
    said = ", ".join(f"{count:,} {part}" for part, count in counts.items())
    yield from _folded(f"{outcome.model} {outcome.parent}, {outcome.about['settings']['method']}: {said}")
    done = outcome.training
    yield from _folded(
        f"{done['seconds']:.0f} s, {done['epochs']:.3g} epochs; kept: step {done['best_step']} of {done['steps']}"
    )


def _scores(outcome: Outcome) -> Iterator[str]:
    yield f"On {outcome.scores.examples:,} test examples    macro F1 (95 %)         accuracy"
    yield _line("this version", outcome.scores)
    for side in others(outcome):
        yield _line(_short(side.name), side.scores)
    for side in others(outcome):
        above = f"{'above ' + _short(side.name):<{NAME + 6}}{figure(side.difference, sign=True)}"
        yield above + ("" if side.examples == outcome.scores.examples else f" on {side.examples:,}")
    if outcome.scores.calibration_error is not None:
        yield f"{'calibration error':<{NAME + 6}}{outcome.scores.calibration_error:.3f}"


def _short(name: str) -> str:
    return {"always the commonest label": "the commonest label"}.get(name, name)[: NAME - 1]


def _line(name: str, scores: Scores) -> str:
    return f"{name:<{NAME + 1}}{figure(scores.macro_f1):>23} {figure(scores.accuracy):>23}"


def _classes(scores: Scores) -> Iterator[str]:
    few = len(scores.labels) <= MOST_COLUMNS
    heads = "   found as" + "".join(f"{label[:9]:>10}" for label in scores.labels) if few else ""
    yield f"{'truth':<{CLASS}}{'F1':>6}{'precision':>10}{'recall':>7}{heads}"
    for one, row in zip(scores.classes, scores.confusion, strict=True):
        found = " " * 11 + "".join(f"{n:>10,}" for n in row) if few else ""
        yield f"{one.label[: CLASS - 1]:<{CLASS}}{one.f1:>6.2f}{one.precision:>10.2f}{one.recall:>7.2f}{found}"
    if not few:
        yield from _mistakes(scores)
    for name, (count, value) in scores.slices.items():
        yield f"{name[:50]:<52}{value:.3f} on {count:,}"


def _mistakes(scores: Scores) -> Iterator[str]:
    """The commonest ones, where the whole matrix is too wide; the card has it."""
    pairs = [
        (count, scores.labels[i], scores.labels[j])
        for i, row in enumerate(scores.confusion)
        for j, count in enumerate(row)
        if i != j and count
    ]
    for count, truth, found in sorted(pairs, key=lambda pair: -pair[0])[:SHOWN]:
        yield f"{truth} taken for {found}: {count:,}"


def _curve(outcome: Outcome) -> Iterator[str]:
    if outcome.curve:
        yield "Learning curve         macro F1 (95 %)"
        for point in outcome.curve:
            yield f"{point.examples:>12,} examples {figure(point.macro_f1)}"


def _verdict(outcome: Outcome) -> Iterator[str]:
    against = outcome.current.name if outcome.current else "always saying the commonest label"
    side = outcome.current or outcome.commonest
    yield from _folded(f"{outcome.verdict.capitalize()} than {against}: {figure(side.difference, sign=True)}.")
    if outcome.verdict is Verdict.UNPROVEN:
        yield from _folded("Label more test examples to know.")
    if not outcome.current:
        said = f"Version {outcome.parent} knows other labels and cannot be compared: callers will see new ones."
        yield from _folded(said)
    for line in limits(outcome)[1:]:
        yield from _folded(f"Limit: {line}")


def _folded(line: str) -> list[str]:
    return textwrap.wrap(line, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
