import numpy as np
import pytest

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import label_free


def _market(n: int, sharpness: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated answers whose confidence grows with `sharpness`."""
    rng = np.random.default_rng(seed)
    event = 1 / (1 + np.exp(-sharpness * rng.normal(size=n)))
    return np.column_stack([1 - event, event]), (rng.random(n) < event).astype(int)


def test_the_guess_at_home_is_the_truth():
    home, truth = _market(4000, 3, 0)
    right = (home.argmax(axis=1) == truth).mean()
    assert label_free.thresholded_confidence(home, truth, home) == pytest.approx(right, abs=1e-3)
    assert label_free.difference_of_confidence(home, truth, home) == pytest.approx(right)


def test_a_calibrated_model_in_a_harder_market_is_seen_through():
    home, truth = _market(20_000, 4, 1)
    abroad, abroad_truth = _market(20_000, 1.5, 2)
    table = label_free.estimates(home, truth, abroad, abroad_truth, Evaluation(resamples=100), 7).set_index("method")
    assert table["truth"].iloc[0] < (home.argmax(axis=1) == truth).mean() - 0.05
    assert abs(table.loc["average confidence", "error"]) < 0.01
    assert abs(table.loc["difference of confidence", "error"]) < 0.01
    assert (table["low"] < table["guess"]).all()
    assert (table["guess"] < table["high"]).all()
    assert (table["error"] == table["guess"] - table["truth"]).all()


def test_a_perfect_home_model_sets_no_bar():
    home = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert label_free.thresholded_confidence(home, np.array([0, 1]), home) == 1
