"""The model card of a new version: data, scores, limits, licence (after Mitchell et al., 2019), all from the run."""

from collections.abc import Iterator, Sequence

from serving.finetune.outcome import Beside, Outcome
from serving.finetune.scores import Measured, Scores
from serving.finetune.types import PARTS, TEST, Level
from serving.model import Model

FEW = 100
UNSURE = 0.1


def card(outcome: Outcome, made: Model) -> str:
    """Markdown."""
    blocks = (_head(outcome, made), _data(outcome), _scores(outcome), *_rest(outcome, made))
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _rest(outcome: Outcome, made: Model) -> tuple[Iterator[str], ...]:
    return _training(outcome), _limits(outcome), _licence(made)


def figure(found: Measured, *, sign: bool = False) -> str:
    """A figure and its interval."""
    form = "+.3f" if sign else ".3f"
    return f"{found.value:{form}} ({found.low:{form}} to {found.high:{form}})"


def others(outcome: Outcome) -> tuple[Beside, ...]:
    """What the new version was compared with."""
    return tuple(side for side in (outcome.current, outcome.commonest, outcome.api) if side)


def _head(outcome: Outcome, made: Model) -> Iterator[str]:
    against = outcome.current.name if outcome.current else "always saying the commonest label"
    yield f"# {outcome.model}, fine-tuned"
    yield ""
    yield f"{made.summary}"
    yield ""
    yield f"Made from version {outcome.parent}; labels: {', '.join(outcome.labels)}. It is **{outcome.verdict}** than"
    yield f"{against}: macro F1 {figure((outcome.current or outcome.commonest).difference, sign=True)}."
    if not outcome.current:
        yield f"Version {outcome.parent} knows other labels and cannot be compared: callers will see new ones."


def _data(outcome: Outcome) -> Iterator[str]:
    yield "## Data"
    yield ""
    yield f"{outcome.about['data']}; licence of the data: {outcome.about['data_licence']}."
    yield ""
    yield f"| part | {' | '.join(outcome.labels)} | all |"
    yield "|---" * (len(outcome.labels) + 2) + "|"
    for part in PARTS:
        counts = outcome.counts[part]
        row = " | ".join(str(counts.get(label, 0)) for label in outcome.labels)
        yield f"| {part} | {row} | {sum(counts.values())} |"
    yield ""
    for finding in outcome.findings:
        yield f"- {finding.kind} ({finding.level.value}, rows: {len(finding.rows)}): {finding.reason}"
    if not outcome.findings:
        yield "The checks found nothing."


def _scores(outcome: Outcome) -> Iterator[str]:
    yield "## Scores"
    yield ""
    yield f"On the test part ({outcome.scores.examples} examples), which neither training nor stopping saw;"
    yield "intervals of 95 %, by 2,000 resamples."
    yield ""
    yield "| | macro F1 | accuracy | calibration error | ours is above it by |"
    yield "|---|---|---|---|---|"
    yield f"| this version | {_row(outcome.scores)} | |"
    for side in others(outcome):
        name = side.name if side.examples == outcome.scores.examples else f"{side.name}, {side.examples} examples"
        yield f"| {name} | {_row(side.scores)} | {figure(side.difference, sign=True)} |"
    yield ""
    yield from confusion_rows(outcome.scores)
    yield ""
    yield "| class | examples | precision | recall | F1 |"
    yield "|---|---|---|---|---|"
    for one in outcome.scores.classes:
        yield f"| {one.label} | {one.examples} | {one.precision:.3f} | {one.recall:.3f} | {one.f1:.3f} |"
    if outcome.scores.slices:
        yield ""
        yield "| slice | examples | macro F1 |"
        yield "|---|---|---|"
        for name, (count, value) in outcome.scores.slices.items():
            yield f"| {name} | {count} | {value:.3f} |"
    if outcome.scores.bins:
        yield ""
        yield "| score said | right | examples |"
        yield "|---|---|---|"
        for row in outcome.scores.bins:
            yield f"| {row.said:.2f} | {row.right:.2f} | {row.count} |"
    if outcome.curve:
        yield ""
        yield "| examples to learn from | macro F1 |"
        yield "|---|---|"
        for point in outcome.curve:
            yield f"| {point.examples} | {figure(point.macro_f1)} |"


def confusion_rows(scores: Scores) -> Iterator[str]:
    """The confusion matrix, rows the truth."""
    yield f"| truth, found as | {' | '.join(scores.labels)} |"
    yield "|---" * (len(scores.labels) + 1) + "|"
    for label, row in zip(scores.labels, scores.confusion, strict=True):
        yield f"| {label} | {' | '.join(str(n) for n in row)} |"


def _training(outcome: Outcome) -> Iterator[str]:
    done = outcome.training
    yield "## Training"
    yield ""
    settings = ", ".join(f"{key} {value}" for key, value in outcome.about["settings"].items())
    yield f"{done['steps']} steps, {done['epochs']:.3g} epochs, {done['seconds']:.0f} s; the weights are those of step"
    yield f"{done['best_step']}, the best on the validation part (macro F1 {done['validation_macro_f1']:.3f})."
    yield ""
    yield f"Settings: {settings}."
    yield f"Packages: {', '.join(f'{name} {version}' for name, version in outcome.about['packages'].items())}."


def _limits(outcome: Outcome) -> Iterator[str]:
    yield "## Limits"
    yield ""
    yield from (f"- {line}" for line in limits(outcome))


def limits(outcome: Outcome) -> Sequence[str]:
    """What the scores do not show, from the figures themselves."""
    found = ["scores hold for data like the test part's; other sources, times and languages were not tried"]
    few = [one for one in outcome.scores.classes if one.examples < FEW]
    if few:
        least = min(one.examples for one in few)
        found.append(f"judged by fewer than {FEW} examples ({least} at the least): {', '.join(o.label for o in few)}")
    weakest = min(outcome.scores.classes, key=lambda one: one.f1)
    found.append(f"weakest class: {weakest.label}, F1 {weakest.f1:.2f}")
    for name, (count, value) in outcome.scores.slices.items():
        if value < outcome.scores.macro_f1.low:
            found.append(f"weaker on {name}: macro F1 {value:.3f} on {count} examples")
    error = outcome.scores.calibration_error
    if error is not None and error > UNSURE:
        found.append(f"its scores are no probabilities: on average {error:.2f} away from the share that is right")
    for finding in outcome.findings:
        if finding.level is Level.WARNING:
            rows = f", {len(finding.rows)} rows" if finding.rows else ""
            found.append(f"{finding.kind}: {finding.reason}{rows}")
    if not outcome.counts[TEST]:
        found.append("there was no test part")
    return found


def _licence(made: Model) -> Iterator[str]:
    yield "## Licence"
    yield ""
    yield f"{made.licence}."


def _row(scores: Scores) -> str:
    error = "" if scores.calibration_error is None else f"{scores.calibration_error:.3f}"
    return f"{figure(scores.macro_f1)} | {figure(scores.accuracy)} | {error}"
