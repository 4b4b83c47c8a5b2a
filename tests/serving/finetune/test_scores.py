"""Scores agree with a known library and with what can be counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from serving.finetune.outcome import Verdict, verdict
from serving.finetune.scores import Measured, difference, macro_f1, scored

LABELS = ("a", "b", "c")


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40))
def test_macro_f1_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    truth, found = (np.array(column) for column in zip(*pairs, strict=True))
    got = macro_f1(truth, found, [0, 1, 2])
    assert got == pytest.approx(f1_score(truth, found, labels=[0, 1, 2], average="macro", zero_division=0))


def test_all_figures_of_a_small_table() -> None:
    truth = np.array([0, 0, 0, 1, 1, 2])
    found = np.array([0, 0, 1, 1, -1, 2])
    sure = np.array([0.95, 0.85, 0.95, 0.55, 0.55, 0.95])
    got = scored(truth, found, LABELS, sure)
    assert got.confusion == ((2, 1, 0), (0, 1, 0), (0, 0, 1))
    assert got.accuracy.value == pytest.approx(accuracy_score(truth, found))
    a, b, c = got.classes
    assert (a.examples, a.precision, a.recall) == (3, 1.0, pytest.approx(2 / 3))
    assert (b.examples, b.precision, b.recall) == (2, 0.5, 0.5)
    assert (c.precision, c.recall, c.f1) == (1.0, 1.0, 1.0)
    # 2 of 3 right at 0.95, 1 of 1 at 0.85, 1 of 2 at 0.55.
    assert [(row.count, row.right) for row in got.bins] == [(2, 0.5), (1, 1.0), (3, pytest.approx(2 / 3))]
    assert got.calibration_error == pytest.approx(2 / 6 * 0.05 + 1 / 6 * 0.15 + 3 / 6 * (0.95 - 2 / 3))


def test_the_interval_narrows_with_the_examples_and_holds_the_value() -> None:
    made = np.random.default_rng(1)
    widths = []
    for count in (100, 10_000):
        truth = made.integers(0, 3, count)
        found = np.where(made.random(count) < 0.8, truth, (truth + 1) % 3)
        got = scored(truth, found, LABELS).macro_f1
        assert got.low < got.value < got.high
        widths.append(got.high - got.low)
    assert widths[1] < widths[0] / 5


def test_a_difference_is_paired_and_of_equals_none() -> None:
    made = np.random.default_rng(2)
    truth = made.integers(0, 3, 400)
    worse = np.where(made.random(400) < 0.7, truth, (truth + 1) % 3)
    better = np.where(made.random(400) < 0.3, truth, worse)
    assert difference(truth, worse, worse, 3) == Measured(value=0.0, low=0.0, high=0.0)
    found = difference(truth, better, worse, 3)
    assert 0 < found.low < found.value
    back = difference(truth, worse, better, 3)
    assert (back.value, back.low, back.high) == pytest.approx((-found.value, -found.high, -found.low))


@pytest.mark.parametrize(
    ("value", "low", "said"),
    [
        (0.02, 0.01, Verdict.BETTER),
        (0.02, -0.01, Verdict.UNPROVEN),
        (0.0, 0.0, Verdict.WORSE),
        (-0.1, -0.2, Verdict.WORSE),
    ],
)
def test_better_is_only_what_chance_does_not_give(value: float, low: float, said: Verdict) -> None:
    assert verdict(Measured(value=value, low=low, high=value + 0.1)) is said


def test_a_slice_of_too_few_examples_says_nothing() -> None:
    truth = np.zeros(100, np.int64)
    truth[50:] = 1
    slices = {"first": np.arange(100) < 60, "few": np.arange(100) < 5}
    got = scored(truth, truth, ("a", "b"), slices=slices)
    assert dict(got.slices) == {"first": (60, 1.0)}
