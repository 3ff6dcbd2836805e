"""The worth of knowing more: textbook values, bounds, and labels worth buying."""

import numpy as np
import pytest
from check_values import CHECK_VALUES as KNOWN
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils.value import information
from bigmodel_utils.value.refusals import ValueRefused


@pytest.mark.parametrize(("distance", "loss"), [(0, 0.39894), (0.5, 0.19780), (1, 0.083315), (2, 0.0084907)])
def test_unit_loss(distance, loss):
    assert information.unit_loss(distance) == pytest.approx(loss, rel=1e-4)


def test_normal_prior_with_linear_loss():
    assert information.perfect_information_normal(1, 2) == pytest.approx(KNOWN["evpi"], abs=1e-6)
    assert information.sample_information_normal(1, 2, n=36, noise_sd=6) == pytest.approx(KNOWN["evsi"], abs=1e-6)
    assert information.sample_information_normal(1, 2, n=0, noise_sd=6) == 0


def test_two_outcomes():
    assert information.perfect_information(np.array([100.0, -50.0]), np.array([0.4, 0.6])) == pytest.approx(30)
    with pytest.raises(ValueRefused, match="a sum of 1"):
        information.perfect_information(np.array([1.0, 2.0]), np.array([0.5, 0.6]))


def test_draws_agree_with_the_formula():
    npv = np.random.default_rng(0).normal(1, 2, 400_000)
    assert information.perfect_information(npv) == pytest.approx(KNOWN["evpi"], rel=0.01)


def test_one_input_of_two_is_worth_what_theory_says():
    """NPV = x + y with equal spread: learning x alone is worth the loss of its own spread."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(0, 1, 100_000), rng.normal(0, 1, 100_000)
    table = information.by_input(0.5 + x + y, {"x": x, "y": y, "fixed": np.ones(100_000), "noise": rng.normal(size=100_000)})
    worth = table.set_index("assumption")["usd"]
    assert worth["x"] == pytest.approx(information.perfect_information_normal(0.5, 1), rel=0.03)
    assert worth["noise"] < 0.02
    assert "fixed" not in worth
    assert worth.max() < information.perfect_information(0.5 + x + y)


def test_no_input_is_worth_more_than_all(valuation):
    table = information.by_input(valuation.paths.npv, valuation.draws)
    assert (table["usd"] >= 0).all()
    assert table["usd"].iloc[0] <= information.perfect_information(valuation.paths.npv)


@settings(max_examples=50)
@given(st.floats(-10, 10), st.floats(0.01, 10), st.integers(1, 500), st.floats(0.01, 20))
def test_a_sample_is_never_worth_more_than_perfect_information(mean, sd, n, noise):
    sample = information.sample_information_normal(mean, sd, n, noise)
    assert 0 <= sample <= information.perfect_information_normal(mean, sd) + 1e-9
    assert sample <= information.sample_information_normal(mean, sd, 2 * n, noise) + 1e-9


def test_labels_worth_buying():
    curve = information.LearningCurve(0.0, 0.9, 0.35)
    best = information.best_labels(curve, items=1e6, usd_per_error=2, label_usd=0.5)
    assert best == pytest.approx(KNOWN["n_labels"], rel=1e-5)
    assert curve.error(best) == pytest.approx(0.023587, abs=1e-6)
    assert 1e6 * 2 * curve.error(best) + 0.5 * best == pytest.approx(63_683.8, abs=0.1)
    near = [1e6 * 2 * curve.error(n) + 0.5 * n for n in (best * 0.97, best * 1.03)]
    assert min(near) > 63_683.8


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 0.08), st.floats(0.3, 2), st.floats(0.2, 0.6))
def test_a_curve_is_found_again(floor, scale, power):
    labels = np.array([100, 200, 400, 800, 1600, 3200, 6400])
    true = information.LearningCurve(floor, scale, power)
    if true.error(100) < 1:
        found = information.learning_curve(labels, true.error(labels))
        assert found.error(labels) == pytest.approx(true.error(labels), rel=0.02)


def test_too_few_sizes_or_rising_errors_are_refused():
    with pytest.raises(ValueRefused, match="5 or more"):
        information.learning_curve([100, 200, 400], [0.3, 0.2, 0.15])
    with pytest.raises(ValueRefused, match="a falling error"):
        information.learning_curve([100, 200, 400, 800, 1600], [0.1, 0.12, 0.13, 0.15, 0.2])
