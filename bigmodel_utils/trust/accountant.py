"""How much privacy noisy trainings spend, counted twice: by Opacus, and by the formula of the sampled Gaussian.

The own count follows Mironov, Talwar and Zhang 2019 (section 3.3): at integer orders a the Renyi divergence of one step is
log(sum_k C(a,k) (1-q)^(a-k) q^k exp(k(k-1)/(2 s^2))) / (a-1). Between integers (a-1) times it is convex, so a straight line
bounds it from above (Wang, Balle and Kasiviswanathan 2019). Into epsilon by Canonne, Kamath and Steinke 2020, proposition 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from bigmodel_utils.trust import TrustError

_LARGEST = 256
ORDERS = np.unique(np.concatenate([np.arange(1.05, 16, 0.05), np.arange(16, _LARGEST + 1)]))


class Mechanism(NamedTuple):
    """`steps` sums of clipped gradients, each row drawn with `sample_rate`, noise of `noise_multiplier` clip norms."""

    noise_multiplier: float
    sample_rate: float
    steps: int


def budget(epsilon: float, delta: float, rows: int) -> tuple[float, float]:
    """Return (epsilon, delta) when they protect anyone; raises TrustError for epsilon <= 0 or delta outside (0, 1/rows]."""
    if not (np.isfinite(epsilon) and epsilon > 0):
        raise TrustError(f"epsilon {epsilon:g}", "above 0; 1 is strict, 8 is common, more protects little", "trust.epsilons")
    if not 0 < delta <= 1 / rows:
        allowed = f"above 0 and at most 1/{rows} = {1 / rows:.2g}: a larger one allows giving a whole row away"
        raise TrustError(f"delta {delta:g} with {rows} rows", allowed, "trust.delta in the scenario")
    return epsilon, delta


def epsilon(mechanisms: Sequence[Mechanism], delta: float) -> float:
    """Return the epsilon that all `mechanisms` together spend on one data set at `delta`, by our own count."""
    for one in mechanisms:
        if not (one.noise_multiplier >= 0 and 0 < one.sample_rate <= 1 and one.steps >= 0):
            raise TrustError(str(one), "noise and steps of zero or more, a sample rate above 0 and at most 1", "the training")
    if not 0 < delta < 1:
        raise TrustError(f"delta {delta:g}", "between 0 and 1", "trust.delta in the scenario")
    if not mechanisms:
        return 0.0
    curve = sum(one.steps * _curve(one.noise_multiplier, one.sample_rate) for one in mechanisms)
    bound = curve + np.log1p(-1 / ORDERS) - (np.log(delta) + np.log(ORDERS)) / (ORDERS - 1)
    return max(0.0, float(bound.min()))


@cache
def _curve(noise_multiplier: float, sample_rate: float) -> np.ndarray:
    """Return the Renyi divergence of one step at every order of ORDERS."""
    if noise_multiplier == 0:
        return np.full(len(ORDERS), np.inf)
    if sample_rate == 1:
        return ORDERS / (2 * noise_multiplier**2)
    moments = _log_moments(noise_multiplier, sample_rate)
    return np.interp(ORDERS, np.arange(1, _LARGEST + 1), moments) / (ORDERS - 1)


def _log_moments(noise_multiplier: float, sample_rate: float) -> np.ndarray:
    """Return (a-1) times the divergence at the integer orders a from 1 on; zero at 1."""
    from scipy.special import logsumexp

    order, k = np.arange(1, _LARGEST + 1)[:, None], np.arange(_LARGEST + 1)
    terms = (order - k) * np.log1p(-sample_rate) + k * np.log(sample_rate) + k * (k - 1) / (2 * noise_multiplier**2)
    return np.append(0.0, logsumexp(_log_ways() + np.where(k <= order, terms, 0.0), axis=1)[1:])


@cache
def _log_ways() -> np.ndarray:
    """Return the logarithm of "order choose k", minus infinity where k exceeds the order."""
    from scipy.special import gammaln

    order, k = np.arange(1, _LARGEST + 1)[:, None], np.arange(_LARGEST + 1)
    rest = np.maximum(order - k, 0)
    return np.where(k <= order, gammaln(order + 1) - gammaln(k + 1) - gammaln(rest + 1), -np.inf)


def library_epsilon(mechanisms: Sequence[Mechanism], delta: float) -> float:
    """Return what Opacus' Renyi accountant says of the same mechanisms."""
    from opacus.accountants import RDPAccountant

    accountant = RDPAccountant()
    accountant.history = [tuple(one) for one in mechanisms]
    return float(accountant.get_epsilon(delta))


@cache
def noise_for(epsilon_wanted: float, delta: float, sample_rate: float, steps: int) -> Mechanism:
    """Return the mechanism with the least noise that spends at most `epsilon_wanted` at `delta`, by our own count.

    Raises TrustError for an epsilon that no noise up to a thousand clip norms reaches.
    """
    low, high = 1e-2, 1e3
    if epsilon([Mechanism(high, sample_rate, steps)], delta) > epsilon_wanted:
        raise TrustError(f"epsilon {epsilon_wanted:g} in {steps} steps", "a larger epsilon or fewer steps", "trust.epsilons")
    for _ in range(40):
        middle = float(np.sqrt(low * high))
        spent = epsilon([Mechanism(middle, sample_rate, steps)], delta)
        low, high = (low, middle) if spent <= epsilon_wanted else (middle, high)
    return Mechanism(high, sample_rate, steps)


def most_advantage(epsilon_spent: float, delta: float) -> float:
    """Return the largest membership advantage that (epsilon, delta) allows anyone (Humphries et al. 2023, theorem 3.1)."""
    return float(np.tanh(epsilon_spent / 2) + 2 * delta / (np.exp(min(epsilon_spent, 700)) + 1))
