"""Epsilon counted by us, by Opacus, and where a closed form is exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from bigmodel_utils.trust import TrustError, accountant
from bigmodel_utils.trust.accountant import Mechanism

noise = st.floats(0.7, 8.0)
rates = st.sampled_from([0.01, 0.1, 0.25, 0.5])
steps = st.integers(1, 300)


def exact_gaussian(sigma: float, delta: float) -> float:
    """Epsilon of one unsampled Gaussian sum of noise `sigma`, exactly (Balle and Wang 2018, theorem 8)."""

    def delta_at(eps: float) -> float:
        return float(norm.cdf(0.5 / sigma - eps * sigma) - np.exp(eps) * norm.cdf(-0.5 / sigma - eps * sigma))

    low, high = 0.0, 200.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if delta_at(middle) > delta else (low, middle)
    return high


@pytest.mark.filterwarnings("ignore:Optimal order")
@settings(max_examples=8)
@given(noise, rates, steps)
def test_agrees_with_the_library(sigma: float, rate: float, count: int) -> None:
    one = [Mechanism(sigma, rate, count)]
    ours, library = accountant.epsilon(one, 1e-5), accountant.library_epsilon(one, 1e-5)
    if library > 1:  # below, Opacus asks only for orders up to 63, and counts more than need be
        assert ours >= library * 0.9
    if library <= 8:  # beyond, orders between 1 and 2 decide, where a straight line counts more than need be
        assert ours <= library * 1.1 + 0.02


@settings(max_examples=30)
@given(noise, st.integers(1, 100))
def test_is_never_below_the_exact_value_without_sampling(sigma: float, count: int) -> None:
    ours = accountant.epsilon([Mechanism(sigma, 1.0, count)], 1e-5)
    exact = exact_gaussian(sigma / np.sqrt(count), 1e-5)
    assert exact <= ours * 1.0001
    assert ours <= exact * 1.35 + 0.05


@settings(max_examples=30)
@given(noise, rates, steps)
def test_more_steps_rows_or_less_noise_spend_more(sigma: float, rate: float, count: int) -> None:
    base = accountant.epsilon([Mechanism(sigma, rate, count)], 1e-5)
    assert accountant.epsilon([Mechanism(sigma, rate, 2 * count)], 1e-5) >= base
    assert accountant.epsilon([Mechanism(sigma * 1.5, rate, count)], 1e-5) <= base
    assert accountant.epsilon([Mechanism(sigma, rate / 2, count)], 1e-5) <= base + 1e-9


def test_trainings_add_up_to_less_than_their_sum_and_more_than_one() -> None:
    one = Mechanism(2.0, 0.25, 100)
    alone = accountant.epsilon([one], 1e-5)
    assert alone < accountant.epsilon([one, one], 1e-5) < 2 * alone
    assert accountant.epsilon([], 1e-5) == 0
    assert accountant.epsilon([Mechanism(0.0, 0.25, 1)], 1e-5) == np.inf


@pytest.mark.parametrize("wanted", [0.5, 1.0, 8.0])
def test_noise_meets_the_budget_and_wastes_little(wanted: float) -> None:
    found = accountant.noise_for(wanted, 1e-5, 0.25, 50)
    assert 0.999 * wanted <= accountant.epsilon([found], 1e-5) <= wanted


@pytest.mark.parametrize(
    ("epsilon", "delta"), [(0.0, 1e-5), (-1.0, 1e-5), (float("nan"), 1e-5), (1.0, 0.02), (1.0, 0.0), (1.0, float("nan"))]
)
def test_a_budget_that_protects_nobody_is_refused(epsilon: float, delta: float) -> None:
    with pytest.raises(TrustError) as refused:
        accountant.budget(epsilon, delta, rows=100)
    assert all((refused.value.given, refused.value.allowed, refused.value.mend))


@pytest.mark.parametrize(
    ("given", "delta"),
    [((1.0, 0.1, 5), 0.0), ((1.0, 0.1, 5), 1.5), ((1.0, 0.0, 5), 1e-5), ((1.0, 1.5, 5), 1e-5), ((-1.0, 0.1, 5), 1e-5),
     ((float("nan"), 0.1, 5), 1e-5), ((1.0, 0.1, -5), 1e-5)],
)  # fmt: skip
def test_a_training_that_cannot_be_is_not_counted(given: tuple[float, float, int], delta: float) -> None:
    with pytest.raises(TrustError):
        accountant.epsilon([Mechanism(*given)], delta)


def test_an_epsilon_out_of_reach_is_refused() -> None:
    with pytest.raises(TrustError, match="larger epsilon"):
        accountant.noise_for(1e-4, 1e-9, 1.0, 10_000)


def test_the_most_any_attack_can_gain() -> None:
    assert accountant.most_advantage(0.0, 0.0) == 0
    assert accountant.most_advantage(np.log(3), 0.0) == pytest.approx(0.5)
    assert accountant.most_advantage(np.inf, 1e-5) == pytest.approx(1.0)
