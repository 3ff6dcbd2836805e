import numpy as np
import pytest
from scipy.stats import norm

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import compare, intervals

SETTINGS = Evaluation(resamples=20_000)


def _answers(won: int, lost: int, both: int, neither: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    first = np.repeat([1, 0, 1, 0], [won, lost, both, neither])
    second = np.repeat([0, 1, 1, 0], [won, lost, both, neither])
    truth = np.ones(len(first), dtype=int)
    return {"b": np.eye(2)[first], "a": np.eye(2)[second]}, truth


def test_wilson_at_known_values():
    assert intervals.wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert intervals.wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_mcnemar_at_known_values():
    assert compare.mcnemar(0, 0) == 1.0
    assert compare.mcnemar(5, 0) == pytest.approx(2 * 0.5**5)
    assert compare.mcnemar(12, 12) == pytest.approx(1.0)
    assert compare.mcnemar(3, 17) == compare.mcnemar(17, 3)


def test_a_clear_gain_is_real():
    answers, truth = _answers(won=200, lost=80, both=1900, neither=220)
    (found,) = compare.compare(answers, truth, [("b", "a")], SETTINGS, seed=7)
    assert found.difference.mid == pytest.approx(120 / 2400)
    assert (found.only_first, found.only_second, found.difference.n) == (200, 80, 2400)
    assert found.is_real
    assert found.p_value < 1e-10
    error = np.sqrt(280 - 120**2 / 2400) / 2400
    assert found.difference.low == pytest.approx(0.05 - norm.ppf(0.975) * error, abs=5e-4)
    assert found.difference.high == pytest.approx(0.05 + norm.ppf(0.975) * error, abs=5e-4)


def test_a_tie_is_not_shown():
    answers, truth = _answers(won=51, lost=49, both=800, neither=100)
    (found,) = compare.compare(answers, truth, [("b", "a")], SETTINGS, seed=7)
    assert not found.is_real
    assert found.p_value > 0.5


def test_equal_answers_differ_by_nothing():
    answers, truth = _answers(won=0, lost=0, both=10, neither=5)
    (found,) = compare.compare(answers, truth, [("b", "a")], SETTINGS, seed=7)
    assert (found.difference.low, found.difference.mid, found.difference.high, found.p_value) == (0, 0, 0, 1)


def test_the_bootstrap_covers_the_mean():
    """Of 100 samples from a known distribution about 95 intervals hold the true mean."""
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(100):
        sample = rng.normal(3, 1, 60)
        found = intervals.bootstrap(lambda rows, s=sample: s[rows].mean(), 60, "score", 400, seed)
        covered += found.low <= 3 <= found.high
    assert 88 <= covered <= 99


def test_comparisons_as_a_table():
    answers, truth = _answers(30, 10, 50, 10)
    table = compare.as_table(compare.compare(answers, truth, [("b", "a"), ("a", "b")], SETTINGS, seed=7))
    assert table["difference"].tolist() == [0.2, -0.2]
    assert table["only_first"].tolist() == [30, 10]
