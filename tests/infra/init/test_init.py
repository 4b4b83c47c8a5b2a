"""What five answers make: files that everything else accepts, for every task, kind of region and rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from shutil import copy

import pytest
import yaml

from infra.costs.capacity import ModelCapacity
from infra.costs.compare import compare
from infra.costs.errors import InputError, PriceError
from infra.costs.estimate import Estimate, estimate
from infra.costs.prices import COMPLETE, PriceBook
from infra.costs.workload import Workload
from infra.init import (
    RULES,
    TASKS,
    Answers,
    choose,
    declared,
    parsed,
    questions,
    read_back,
    stack_document,
    workload_document,
    workload_path,
    write,
)
from infra.policy.check import check
from infra.policy.exemptions import read_exemptions
from infra.record import ROOT, Recording, record
from infra.settings import MODELS

UNPRICED_REGION = "eu-south-2"
KNOWN_TASKS = ("image-labels", "sentiment", "text-embedding")
CASES = [
    (task, region, rules)
    for task in KNOWN_TASKS
    for region, rules in (
        (COMPLETE, "none"),
        (COMPLETE, "us"),
        (COMPLETE, "personal"),
        ("eu-west-1", "eu,personal"),
        (UNPRICED_REGION, "region"),
    )
]


@dataclass(frozen=True, kw_only=True)
class Made:
    """A stack of its own project, as it was written, and what its program asks for."""

    answers: Answers
    texts: Mapping[Path, str]
    recording: Recording
    workload: Workload

    @property
    def priced(self) -> Estimate:
        model = self.recording.settings.model.model
        capacity = ModelCapacity.read(MODELS / model / "capacity.toml")
        return estimate(self.recording.as_stack(), workload=self.workload, capacity=capacity)


def answers(folder: Path, given: Mapping[str, str], model: str = "") -> Answers:
    """The given answers, and the defaults of the others, as somebody would type them."""
    texts = {question.key: question.default for question in questions(folder)} | dict(given)
    return Answers.of({key: parsed(key, text, key) for key, text in texts.items()}, frozenset(given), model)


def texts_of(folder: Path, said: Answers, stack: str = "mine") -> dict[Path, str]:
    chosen, (project, rows) = choose(said, project=folder, book=PriceBook()), declared(folder)
    return {
        folder / f"Pulumi.{stack}.yaml": stack_document(said, chosen, stack, project, rows),
        workload_path(folder, stack): workload_document(said, chosen, stack),
    }


def make(folder: Path, given: Mapping[str, str], model: str = "") -> Made:
    said = answers(folder, given, model)
    texts = texts_of(folder, said)
    write(texts, force=False, check=lambda drafts: read_back("mine", folder, drafts))
    workload = Workload.read(folder / "workload.toml")
    return Made(answers=said, texts=texts, recording=record("mine", folder), workload=workload)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    copy(ROOT / "Pulumi.yaml", tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    task, region, rules = request.param
    folder = tmp_path_factory.mktemp("project")
    copy(ROOT / "Pulumi.yaml", folder)
    return make(folder, {"task": task, "region": region, "data_rules": rules, "volume": "3_000_000"})


@pytest.mark.parametrize(
    "made", CASES, indirect=True, ids=lambda case: "-".join(case) if isinstance(case, tuple) else ""
)
class TestEveryAnswer:
    def test_the_stack_is_what_was_answered(self, made: Made) -> None:
        said, settings = made.answers, made.recording.settings
        assert made.recording.region == said.region
        assert made.workload.volume.per_month == 3_000_000
        assert settings.observability.latency_objective_ms == said.latency_ms
        assert settings.guardrails.allowed_regions in ((), said.allowed_regions)
        if said.data_rules:
            assert said.region in settings.guardrails.allowed_regions

    def test_data_about_persons_is_kept_shortly_and_off_the_internet(self, made: Made) -> None:
        settings = made.recording.settings
        kept = (settings.observability.log_retention_days, settings.intake.intake_retention_days)
        if "personal" in made.answers.data_rules:
            assert max(kept) == made.workload.documents.days_kept == 7
            assert (settings.network.egress, settings.gateway.access_logs) == ("endpoints", False)
        else:
            assert min(kept) > 7

    def test_no_mandatory_rule_is_violated(self, made: Made) -> None:
        assert check(made.recording.as_stack(), read_exemptions()).mandatory == ()

    def test_it_is_priced_and_compared_and_nothing_that_lacks_a_price_counts_as_zero(self, made: Made) -> None:
        priced = made.priced
        assert {row.exit_code for row in priced.unpriced} <= {PriceError.exit_code}
        assert bool(priced.unpriced) is (made.answers.region != COMPLETE)
        assert compare(priced).offers
        budget = made.recording.settings.guardrails.budget_usd
        if priced.unpriced:
            assert budget == 0
        else:
            assert 0 <= budget - priced.monthly("high") < 10

    def test_the_group_never_rests_on_spot_instances_alone(self, made: Made) -> None:
        fleet = made.recording.settings.fleet
        assert fleet.on_demand_percent_above_base == 100 or fleet.on_demand_base >= fleet.min_size

    def test_every_line_has_its_meaning_and_its_reason_above_it(self, made: Made) -> None:
        for text in made.texts.values():
            lines = [line.strip() for line in text.splitlines()]
            assert max(map(len, lines)) <= 100
            values = [at for at, line in enumerate(lines) if line and line[0] not in "#[" and line != "config:"]
            for after, at in zip([0, *values], values, strict=False):
                above = [line for line in lines[after + 1 : at] if line.startswith("#")]
                (why,) = (n for n, line in enumerate(above) if line.startswith("# Why: "))
                assert why >= 1, f"{lines[at]} is not explained"


def test_the_same_answers_make_the_same_files(project: Path) -> None:
    given = {"task": "sentiment", "data_rules": "us"}
    assert texts_of(project, answers(project, given)) == texts_of(project, answers(project, given))


def test_a_reason_tells_an_answer_from_a_default(project: Path) -> None:
    settings, workload = texts_of(project, answers(project, {"task": "sentiment", "volume": "5000"})).values()
    assert "# Why: your answer.\nper_month = 5_000" in workload
    assert "# Why: the default: nothing was answered.\n  breakeven:latencyObjectiveMs: 1000" in settings


def test_more_volume_makes_a_larger_group(project: Path) -> None:
    sizes = []
    for volume in ("1_000_000", "500_000_000"):
        text = next(iter(texts_of(project, answers(project, {"task": "sentiment", "volume": volume})).values()))
        sizes.append(yaml.safe_load(text)["config"]["breakeven:maxSize"])
    assert sizes[0] < sizes[1]


def test_a_named_model_is_taken_though_its_latency_is_not_known(project: Path) -> None:
    text = next(iter(texts_of(project, answers(project, {"latency_ms": "50"}, "resnet50")).values()))
    assert yaml.safe_load(text)["config"]["breakeven:model"] == "resnet50"
    assert "whether it holds 50 ms is not known" in " ".join(text.replace("# ", "").split())


def test_prices_of_another_region_decide_only_where_the_file_says_so(project: Path) -> None:
    for region in (COMPLETE, UNPRICED_REGION):
        text = next(iter(texts_of(project, answers(project, {"task": "sentiment", "region": region})).values()))
        assert (f"those of {COMPLETE}" in text) is (region != COMPLETE)


def test_a_task_is_offered_only_with_what_an_instance_answers(project: Path) -> None:
    """A language model's rate was measured by nobody: it is not made up."""
    assert set(TASKS) - set(KNOWN_TASKS) == {"text-generation"}
    with pytest.raises(InputError, match=r"task text-generation: .*breakeven measure smollm2_135m_instruct"):
        answers(project, {"task": "text-generation"})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"task": "imagelabels"}, "'imagelabels' is unknown, did you mean 'image-labels'?"),
        ({"volume": "0"}, "volume: 0 is out of range"),
        ({"volume": "many"}, "volume: 'many' is not a number"),
        ({"latency_ms": "0.5"}, "give whole milliseconds from 1 to 29,000"),
        ({"latency_ms": "20"}, "20 is out of reach: the quickest known for image-labels is 132 ms"),
        ({"region": "us-esat-1"}, "no region of AWS, did you mean 'us-east-1'?"),
        ({"data_rules": "ue"}, "'ue' is unknown, did you mean 'eu'?"),
        ({"data_rules": "eu,us"}, "eu and us name different places"),
        ({"data_rules": "eu", "region": "eu-west-2"}, "eu does not allow eu-west-2"),
    ],
)
def test_an_answer_that_cannot_be_is_told_in_one_line(project: Path, given: dict[str, str], told: str) -> None:
    with pytest.raises(InputError) as error:
        answers(project, given)
    assert told in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_too_much_for_one_group_is_told(project: Path) -> None:
    with pytest.raises(InputError, match=r"1,000 are the most in a group"):
        choose(answers(project, {"volume": "1e13"}), project=project, book=PriceBook())


@pytest.mark.parametrize("rules", sorted(RULES))
def test_the_default_region_is_one_that_the_rules_allow(project: Path, rules: str) -> None:
    known = parsed("data_rules", rules, "data_rules")
    (region,) = (question.default for question in questions(project, known) if question.key == "region")
    assert answers(project, {"data_rules": rules, "region": region}).region == region


def test_defaults_are_values_that_are_allowed(project: Path) -> None:
    said = answers(project, {})
    assert (said.volume, said.data_rules, said.given) == (Decimal(2_000_000), (), frozenset())


def test_a_second_file_that_cannot_be_placed_leaves_the_first_as_it_was(tmp_path: Path) -> None:
    kept, new, blocked = (tmp_path / name for name in ("kept", "new", "blocked"))
    kept.write_text("before", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        # Somebody makes a folder of that name at the last moment.
        write(dict.fromkeys((kept, new, blocked), "after"), force=True, check=lambda _: blocked.mkdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blocked", "kept"]
    assert kept.read_text(encoding="utf-8") == "before"


def test_files_that_do_not_read_back_are_not_written(project: Path) -> None:
    texts = texts_of(project, answers(project, {"task": "sentiment"}))
    settings, workload = texts
    broken = {settings: texts[settings].replace("minSize: 1", "minSize: 9"), workload: texts[workload]}
    with pytest.raises(InputError, match="9 is above maxSize"):
        write(broken, force=False, check=lambda drafts: read_back("mine", project, drafts))
    assert [path.name for path in project.iterdir()] == ["Pulumi.yaml"]
