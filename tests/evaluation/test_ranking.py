import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import metrics, ranking

SETTINGS = Evaluation(resamples=300)


def _scored(n: int, seed: int, digits: int = 9) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    is_event = rng.random(n) < 0.4
    return np.round(1 / (1 + np.exp(-rng.normal(is_event * 1.5, 1))), digits), is_event


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_areas_equal_scikit_learn_also_with_ties(seed, digits):
    probability, is_event = _scored(120, seed, digits)
    row = ranking.areas({"b": probability}, is_event, is_event.mean(), Evaluation(resamples=100), 1).iloc[0]
    assert row["roc_area"] == pytest.approx(roc_auc_score(is_event, probability))
    assert row["average_precision"] == pytest.approx(average_precision_score(is_event, probability))
    assert row["roc_low"] <= row["roc_area"] <= row["roc_high"]


def test_precision_is_carried_to_live_traffic():
    """As rows repeated until events hold the live share."""
    probability, is_event = _scored(400, 3)
    events, others = np.flatnonzero(is_event), np.flatnonzero(~is_event)
    live = np.concatenate([np.repeat(events, len(others)), np.repeat(others, 9 * len(events))])
    row = ranking.areas({"b": probability}, is_event, 0.1, SETTINGS, 1).iloc[0]
    assert row["average_precision"] == pytest.approx(average_precision_score(is_event[live], probability[live]))
    assert row["roc_area"] == pytest.approx(roc_auc_score(is_event[live], probability[live]))


def test_the_curve_agrees_with_the_counts():
    probability, is_event = _scored(90, 4, digits=2)
    for row in ranking.curve(probability, is_event, is_event.mean()).itertuples():
        counts = metrics.confusion(probability, is_event, row.threshold)
        assert row.recall == pytest.approx(counts.recall().mid)
        assert row.false_alarm_rate == pytest.approx(counts.false_alarm_rate().mid)
        assert row.precision == pytest.approx(counts.true_positive / (counts.true_positive + counts.false_positive))


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    """Normal scores one apart: the area is the normal distribution at 1 / sqrt 2, 0.7602."""
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        is_event = np.arange(200) % 2 == 0
        row = ranking.areas({"b": rng.normal(is_event, 1)}, is_event, 0.5, Evaluation(resamples=200), seed).iloc[0]
        held += row["roc_low"] <= 0.76025 <= row["roc_high"]
    assert 51 <= held <= 60


def test_models_are_drawn_on_the_same_rows():
    probability, is_event = _scored(150, 5)
    table = ranking.areas({"a": probability, "b": probability**3}, is_event, 0.2, SETTINGS, 1).drop(columns="model")
    assert table.iloc[0].tolist() == table.iloc[1].tolist()
