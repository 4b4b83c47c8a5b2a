"""Which model on which instances: of every option of `infra.choose` the cheapest that spot cannot end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.choose import Answer, Base, Found, Goal, cheapest, image_settings, nothing
from infra.costs.capacity import ModelCapacity
from infra.costs.errors import InputError, PriceError
from infra.costs.prices import COMPLETE, PriceBook
from infra.init.answers import Answers
from infra.init.line import Line
from infra.init.rules import rule_lines, ways_out
from infra.init.workload import workload_for
from infra.record import REGION, config_of
from infra.settings import MODELS


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The option that is taken, among all that were priced; `priced_in` is the region whose prices decided."""

    answer: Answer
    found: Found
    priced_in: str
    models: tuple[str, ...]
    plain: Mapping[str, object]

    @property
    def values(self) -> Mapping[str, object]:
        """The chosen settings without namespace, those of the image among them."""
        return {**self.plain, **self.found.option.settings}


def choose(answers: Answers, *, project: Path, book: PriceBook, folder: Path = MODELS) -> Chosen:
    """The cheapest option of the models that holds the latency, and never has spot instances alone.

    Where the region's prices are not all there, those of the region that has them all decide. A model that somebody
    named is taken even where it is not known what its requests take. Raises InputError where nothing is left.
    """
    models, named = answers.models, bool(answers.model)
    answered: list[Answer] = []
    for region in dict.fromkeys((answers.region, COMPLETE)):
        tried = [_tried(answers, name, region, project, book, folder) for name in models]
        answered = [answer for answer, _ in tried]
        rows = [(answer, plain, found) for answer, plain in tried if (found := _steady(answer, named=named))]
        if rows:
            answer, plain, found = min(rows, key=lambda row: row[2].monthly.expected)
            return Chosen(answer=answer, found=found, priced_in=region, models=tuple(models), plain=plain)
        if not any(row.code == PriceError.exit_code for answer in answered for row in answer.ruled_out):
            break
    raise _refusal(answers, answered)


def usual_lines(answers: Answers) -> Iterator[Line]:
    """Settings that are not chosen among options: the objective, the data rules, what a first stack does without."""
    yield Line(key="latencyObjectiveMs", value=int(answers.latency_ms), why=answers.why("latency_ms"))
    yield from rule_lines(answers.data_rules, answers.region)
    yield Line(key="alarms", value="few", why="enough for a first stack; all watches more, and each alarm is billed")
    yield Line(key="dashboard", value=False, why="a first stack does without; true shows load, latency and errors")


def _tried(
    answers: Answers, model: str, region: str, project: Path, book: PriceBook, folder: Path
) -> tuple[Answer, Mapping[str, object]]:
    """Every option of one model at a region's prices, and the settings that all of them share."""
    capacity = ModelCapacity.read(folder / model / "capacity.toml")
    first = capacity.figures[0].instance_type
    plain = {"model": model, "instanceTypes": [first], **image_settings(first)}
    # Where the data may be is no question of prices, and those of another region may decide.
    usual = {line.key: line.value for line in usual_lines(answers) if line.key != "allowedRegions"}
    config = config_of("init", {**usual, **plain, REGION: region}, project)
    workload = workload_for(answers, capacity.unit)
    base = Base.of(config, workload, model=model, region=region, book=book, models=folder)
    goal = Goal(latency_ms=answers.latency_ms, entries=("http",), egresses=ways_out(answers.data_rules))
    return cheapest(base, goal), plain


def _steady(answer: Answer, *, named: bool) -> Found | None:
    """The best option whose smallest group is bought on demand: a lone spot instance can be taken away at any time."""
    for found in answer.found:
        bought = found.option.purchase
        late = found.latency == "not known" and not named
        if not late and (bought.on_demand_percent == 100 or bought.base >= found.option.minimum):
            return found
    return None


def _refusal(answers: Answers, answered: Sequence[Answer]) -> InputError:
    """Why nothing is left; of several models the first that can say more than that its latency is not known."""
    thing = f"task {answers.task} within {answers.latency_ms} ms"
    reasons = sorted((bool(answer.found), nothing(answer)) for answer in answered)
    reason, _, action = reasons[0][1].rpartition("; ")
    return InputError(thing, reason, action)
