import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.metrics import brier_score_loss, f1_score, precision_recall_fscore_support

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import metrics

SETTINGS = Evaluation(resamples=200)


def _binary(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    event = rng.random(n)
    truth = (rng.random(n) < event).astype(int)
    return np.column_stack([1 - event, event]), truth


def test_macro_f1_equals_scikit_learn():
    rng = np.random.default_rng(0)
    truth, predicted = rng.integers(0, 4, 500), rng.integers(0, 3, 500)
    found = metrics.macro_f1(predicted, truth, 4, Evaluation(), 0)
    assert found.mid == pytest.approx(f1_score(truth, predicted, average="macro", zero_division=0))
    rows = rng.integers(0, 500, (600, 500))
    drawn = [f1_score(truth[pick], predicted[pick], average="macro", zero_division=0) for pick in rows]
    np.testing.assert_allclose([found.low, found.high], np.quantile(drawn, [0.025, 0.975]), atol=0.006)


def test_brier_is_twice_scikit_learns_for_two_labels():
    probabilities, truth = _binary(300, 1)
    assert metrics.brier(probabilities, truth) == pytest.approx(2 * brier_score_loss(truth, probabilities[:, 1]))


def test_calibration_error_of_two_known_bins():
    """50 rows at confidence .9 with accuracy .8, 50 at .6 with .7: the gap is .1 in each."""
    top = np.repeat([0.9, 0.6], 50)
    truth = np.concatenate([np.repeat([0, 1], [40, 10]), np.repeat([0, 1], [35, 15])])
    probabilities = np.column_stack([top, 1 - top])
    assert metrics.expected_calibration_error(probabilities, truth, bins=2) == pytest.approx(0.1)
    assert metrics.reliability(probabilities, truth, bins=2)["accuracy"].tolist() == [0.7, 0.8]


def test_temperature_is_found_again_and_keeps_the_answers():
    rng = np.random.default_rng(2)
    calibrated = rng.normal(0, 2, (20_000, 3))
    truth = (softmax(calibrated, axis=1).cumsum(axis=1) > rng.random((20_000, 1))).argmax(axis=1)
    found = metrics.temperature(calibrated * 2.5, truth)
    assert found == pytest.approx(2.5, rel=0.05)
    hot = softmax(calibrated * 2.5, axis=1)
    np.testing.assert_allclose(metrics.softened(hot, found), softmax(calibrated * 2.5 / found, axis=1), atol=1e-9)
    assert metrics.expected_calibration_error(metrics.softened(hot, found), truth) < 0.02


def test_error_rates_agree_with_the_counts_at_every_threshold():
    probabilities, truth = _binary(80, 3)
    for row in metrics.error_rates(probabilities[:, 1], truth).itertuples():
        counts = metrics.confusion(probabilities[:, 1], truth, row.threshold)
        assert row.miss_rate == pytest.approx(counts.false_negative / truth.sum())
        assert row.false_alarm_rate == pytest.approx(counts.false_positive / (80 - truth.sum()))


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 1000), st.floats(0.01, 0.6), st.floats(0.1, 10), st.floats(0.01, 5))
def test_no_threshold_is_cheaper_than_the_cheapest(seed, share, missed, needless):
    probabilities, truth = _binary(60, seed)
    event = probabilities[:, 1]

    def cost(threshold: float) -> float:
        k = metrics.confusion(event, truth, threshold)
        return share * missed * k.false_negative / truth.sum() + (1 - share) * needless * k.false_positive / (60 - truth.sum())

    chosen = metrics.cheapest_threshold(event, truth, share, missed, needless)
    assert cost(chosen) <= min(cost(t) for t in np.linspace(0, 1.001, 300)) + 1e-9


def test_calibrated_probabilities_want_the_textbook_threshold():
    """Elkan (2001): flag when p >= c_needless / (c_needless + c_missed)."""
    probabilities, truth = _binary(200_000, 4)
    assert metrics.cheapest_threshold(probabilities[:, 1], truth, truth.mean(), 10.0, 1.0) == pytest.approx(1 / 11, abs=0.02)


def test_recall_and_false_alarms_are_measured_shares():
    counts = metrics.Confusion(true_positive=90, false_negative=10, false_positive=20, true_negative=180)
    assert (counts.recall().mid, counts.recall().n) == (0.9, 100)
    assert counts.false_alarm_rate().mid == 0.1
    assert counts.recall().low < 0.9 < counts.recall().high
    assert counts.recall().origin == "measured"


def test_the_score_table_has_a_row_per_model():
    probabilities, truth = _binary(200, 5)
    table = metrics.score_table({"b": probabilities, "floor": np.tile([1.0, 0.0], (200, 1))}, truth, "target", SETTINGS, seed=7)
    assert table["model"].tolist() == ["b", "floor"]
    assert table["accuracy"].tolist() == [(probabilities.argmax(axis=1) == truth).mean(), 1 - truth.mean()]
    assert (table["low"] <= table["accuracy"]).all()
    assert (table["accuracy"] <= table["high"]).all()
    assert table["macro_f1"].iloc[1] < 0.5
    assert (table["n"] == 200).all()


def test_scores_per_label_equal_scikit_learn():
    rng = np.random.default_rng(6)
    truth, probabilities = rng.integers(0, 3, 300), rng.dirichlet([1, 1, 1], 300)
    found = metrics.by_label(probabilities, truth, ["x", "y", "z"])
    precision, recall, f1, n = precision_recall_fscore_support(truth, probabilities.argmax(axis=1))
    for name, expected in (("precision", precision), ("recall", recall), ("f1", f1), ("n", n)):
        np.testing.assert_allclose(found[name], expected)
    assert (found["recall_low"] < found["recall"]).all()
    never = metrics.by_label(np.tile([1.0, 0.0], (10, 1)), np.repeat([0, 1], 5), ["x", "y"])
    assert np.isnan(never["precision"][1])
    assert never["f1"].tolist() == pytest.approx([2 / 3, 0])
