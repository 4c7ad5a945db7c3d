"""Metrics of performance against scikit-learn, and their standard errors against simulation."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from detectors.metrics import (
    accuracy,
    compute,
    guess_positive,
    guess_task,
    hanley_mcneil,
    log_loss,
    mid_ranks,
    rmse,
    roc_auc,
)

rows = st.lists(
    # few distinct scores, so that ties are the rule
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.1000001, 0.25, 0.5, 0.9, 1.0])),
    min_size=2,
    max_size=60,
)


def text(values):
    return np.array([str(v) for v in values], dtype=np.str_)


@given(rows)
def test_auc_equals_scikit_learns_with_ties(sample):
    truth, scores = np.array([t for t, _ in sample]), np.array([s for _, s in sample])
    assume(truth.any() and not truth.all())
    ours = roc_auc(truth, scores)
    assert ours.value == pytest.approx(sklearn.roc_auc_score(truth, scores), abs=1e-12)
    assert ours.standard_error > 0
    assert ours.n == len(sample)


@given(rows)
def test_log_loss_equals_scikit_learns(sample):
    truth, scores = np.array([t for t, _ in sample]), np.array([s for _, s in sample])
    expected = sklearn.log_loss(truth, scores, labels=[False, True])
    assert log_loss(truth, scores).value == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=50))
def test_errors_of_a_regression_equal_scikit_learns(pairs):
    truth, guess = np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
    found = compute("regression", text(truth), text(guess), np.full(len(truth), np.nan))
    assert found["mae"].value == pytest.approx(sklearn.mean_absolute_error(truth, guess), rel=1e-9)
    expected = sklearn.root_mean_squared_error(truth, guess)
    assert found["rmse"].value == pytest.approx(expected, rel=1e-9)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=40), st.integers(0, 2**32 - 1))
def test_accuracy_equals_scikit_learns(labels, seed):
    said = np.random.default_rng(seed).choice(list("abc"), len(labels))
    found = compute("multiclass", text(labels), text(said), np.full(len(labels), np.nan))
    assert found["accuracy"].value == pytest.approx(sklearn.accuracy_score(labels, said))


def test_mid_ranks_share_the_places_of_equal_values():
    assert mid_ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]


@pytest.mark.parametrize("ratio", [1.0, 3.0, 8.0])
def test_hanley_mcneil_is_exact_for_exponential_scores(ratio):
    """Their approximation is the exact spread of the area when both classes are exponential."""
    rng = np.random.default_rng(5)
    truth = np.arange(70) < 30
    scores = rng.exponential(np.where(truth, ratio, 1.0), (4000, 70))
    areas = [roc_auc(truth, row).value for row in scores]
    assert np.mean(areas) == pytest.approx(ratio / (1 + ratio), abs=0.005)
    assert hanley_mcneil(ratio / (1 + ratio), 30, 40) == pytest.approx(np.std(areas), rel=0.05)


def spread(measure, n=2000):
    """Return the mean stated standard error and the true spread of a metric."""
    found = [measure(np.random.default_rng(seed)) for seed in range(n)]
    return np.mean([m.standard_error for m in found]), np.std([m.value for m in found])


@pytest.mark.parametrize(
    "measure",
    [
        lambda rng: roc_auc(np.arange(90) < 30, rng.normal(0, 1, 90) + (np.arange(90) < 30)),
        lambda rng: log_loss(rng.random(80) < 0.3, rng.uniform(0.1, 0.6, 80)),
        lambda rng: accuracy(rng.random(100) < 0.8),
        lambda rng: rmse(rng.normal(0, 2, 100)),
    ],
    ids=["auc", "log loss", "accuracy", "rmse"],
)
def test_standard_errors_are_the_spread_over_samples(measure):
    stated, true = spread(measure)
    assert stated == pytest.approx(true, rel=0.08)


def test_perfect_answers_of_few_rows_are_not_certain():
    truth = np.arange(10) < 4
    assert roc_auc(truth, truth.astype(float)).standard_error > 0.01
    assert accuracy(np.ones(10, bool)).standard_error > 0.05


def test_one_class_has_no_auc_and_scores_beyond_one_no_log_loss():
    nothing = np.full(3, np.nan)
    ones = compute("binary", text([1, 1, 1]), text([1, 1, 0]), np.array([0.2, 0.9, 0.4]))
    assert set(ones) == {"accuracy", "log_loss"}
    margins = compute("binary", text([1, 0, 1]), text([1, 0, 0]), np.array([2.0, -3.0, 0.4]))
    assert set(margins) == {"accuracy", "roc_auc"}
    assert set(compute("binary", text([1, 0, 1]), text([1, 0, 0]), nothing)) == {"accuracy"}
    assert compute("regression", text(["x", "y", "z"]), text([1, 2, 3]), nothing) == {}
    assert compute("binary", text([]), text([]), np.empty(0)) == {}


def test_a_regression_without_predictions_is_measured_on_its_scores():
    found = compute("regression", text([1, 2]), np.array(["", ""]), np.array([1.5, 2.5]))
    assert found["mae"].value == 0.5


def test_numbers_that_are_written_differently_agree():
    found = compute("binary", text([1, 0, 1]), np.array(["1.0", "0.0", "0.0"]), np.full(3, np.nan))
    assert found["accuracy"].value == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("labels", "predictions", "task"),
    [
        ([0, 1, 1], [0, 1, 0], "binary"),
        (["late", "on_time"], ["late", "late"], "binary"),
        (["a", "b", "c"], ["a", "a", "b"], "multiclass"),
        ([0, 1, 2, 3], [0, 1, 2, 2], "multiclass"),
        ([12.5, 3.0], [11.0, 4.0], "regression"),
        (list(range(30)), list(range(30)), "regression"),
        ([0, 1], [0.2, 0.7], "regression"),
        ([1, 1], ["", ""], "binary"),
    ],
)
def test_the_task_is_guessed_from_labels_and_predictions(labels, predictions, task):
    assert guess_task(text(labels), text(predictions)) == task


@pytest.mark.parametrize(
    ("labels", "predictions", "scores", "positive"),
    [
        (["late", "on_time"], ["late", "on_time"], [0.8, 0.1], "late"),
        (["late", "on_time"], ["late", "on_time"], [0.2, 0.7], "on_time"),
        (["no", "yes"], ["", ""], [0.4, 0.2], "yes"),
        (["0", "1"], ["", ""], [0.4, 0.2], "1"),
        (["a", "b"], ["a", "a"], [0.4, 0.2], "b"),
        (["0", "0"], ["0", "0"], [0.4, 0.2], None),
        (["a", "b"], ["c", "c"], [0.4, 0.2], None),
    ],
)
def test_the_positive_label_is_the_one_that_high_scores_predict(
    labels, predictions, scores, positive
):
    assert guess_positive(text(labels), text(predictions), np.array(scores)) == positive


def test_a_given_positive_label_turns_the_auc_round():
    labels, scores = text(["a", "a", "b"]), np.array([0.9, 0.8, 0.1])
    nothing = np.array(["", "", ""])
    up = compute("binary", labels, nothing, scores, positive="a")["roc_auc"].value
    down = compute("binary", labels, nothing, scores, positive="b")["roc_auc"].value
    assert (up, down) == (1.0, 0.0)
