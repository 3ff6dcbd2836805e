"""A small hierarchical regression: a level and slopes shared by all rows, and effects of groups, shrunk to zero.

y = level + slopes * x + effects of groups + noise, every effect Gaussian with its own scale, noise by quality of
the record. The scales have a weak prior (effects of about a quarter, give or take a factor e) and are fitted by
marginal likelihood; effects are then best linear unbiased predictions (Henderson 1975; in the notation of
Gaussian processes: Rasmussen & Williams 2006, ch. 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

_PRIOR = np.log(0.25)


class Design(NamedTuple):
    """What is known of n rows. slopes: (k, n) numbers near zero at the middle; groups: (m, n) names, "" where unknown."""

    slopes: np.ndarray
    groups: np.ndarray

    def rows(self, chosen: np.ndarray) -> Design:
        return Design(self.slopes[:, chosen], self.groups[:, chosen])

    def shared(self, other: Design) -> np.ndarray:
        """Return how much each effect is shared by rows of both: (1 + k + m, n, other n)."""
        slopes = self.slopes[:, :, None] * other.slopes[:, None, :]
        same = (self.groups[:, :, None] == other.groups[:, None, :]) & (self.groups[:, :, None] != "")
        return np.concatenate([np.ones((1, *slopes.shape[1:])), slopes, same.astype(float)])


@dataclass(frozen=True)
class Regression:
    """A fitted hierarchy. log_scales: of every effect, then of the noise of every tier."""

    design: Design
    y: np.ndarray
    tier: np.ndarray
    log_scales: np.ndarray

    def predict(self, new: Design, tier: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation of y for new rows, each (m,), as records of `tier` would show them."""
        weights = np.exp(2 * self.log_scales[: self._effects])
        across = np.tensordot(weights, new.shared(self.design), 1)
        within = np.tensordot(weights, new.shared(new), 1)
        solved = self._inverse @ across.T
        mean = self.y.mean() + (self.y - self.y.mean()) @ solved
        noise = np.exp(2 * self.log_scales[self._effects + tier])
        return mean, np.sqrt(np.maximum(np.diag(within - across @ solved), 0) + noise)

    def leave_one_out(self, tier: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return (predicted - actual) and its standard deviation as a record of `tier`, of each row left out in turn, each (n,).

        The scales are kept. In closed form (Rasmussen & Williams 2006, eq. 5.12).
        """
        precision, noise = np.diag(self._inverse), np.exp(2 * self.log_scales[self._effects :])
        variance = np.maximum(1 / precision - noise[self.tier], 0) + noise[tier]
        return -(self._inverse @ (self.y - self.y.mean())) / precision, np.sqrt(variance)

    @property
    def _effects(self) -> int:
        return 1 + len(self.design.slopes) + len(self.design.groups)

    @cached_property
    def _inverse(self) -> np.ndarray:
        return np.linalg.inv(_covariance(self.log_scales, self.design.shared(self.design), self.tier))


def fit(design: Design, y: np.ndarray, tier: np.ndarray, tiers: int, start: np.ndarray | None = None) -> Regression:
    """Return the regression of y (n,) with scales of greatest marginal likelihood; tier: (n,), below `tiers`."""
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    effects = design.shared(design)
    centred = y - y.mean()

    def loss_and_slope(log_scales: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus the log of likelihood times prior, and its gradient (Rasmussen & Williams 2006, eq. 5.9)."""
        covariance = _covariance(log_scales, effects, tier)
        inverse = np.linalg.inv(covariance)
        solved = inverse @ centred
        surplus = inverse - np.outer(solved, solved)
        value = 0.5 * centred @ solved + 0.5 * np.linalg.slogdet(covariance)[1] + 0.5 * ((log_scales - _PRIOR) ** 2).sum()
        of_effects = np.tensordot(effects, surplus, 2)
        of_noise = np.bincount(tier, weights=np.diag(surplus), minlength=tiers)
        return value, np.exp(2 * log_scales) * np.concatenate([of_effects, of_noise]) + log_scales - _PRIOR

    first = np.full(len(effects) + tiers, _PRIOR) if start is None else start
    with threadpool_limits(1):  # matrices this small are slower on two threads, and far slower on a busy machine
        best = minimize(loss_and_slope, first, jac=True, method="L-BFGS-B", options={"maxiter": 60})
    return Regression(design, y, tier, best.x)


def deviations_covering(share: float, error: np.ndarray, deviation: np.ndarray) -> float:
    """Return how many predicted deviations hold `share` of errors on rows left out (split conformal, finite-sample).

    Source: Vovk et al. 2005; normalised scores as in Lei et al. 2018.
    """
    scores = np.sort(np.abs(error) / deviation)
    return float(scores[min(len(scores), int(np.ceil(share * (len(scores) + 1)))) - 1])


def _covariance(log_scales: np.ndarray, effects: np.ndarray, tier: np.ndarray) -> np.ndarray:
    weights, noise = np.exp(2 * log_scales[: len(effects)]), np.exp(2 * log_scales[len(effects) :])
    return np.tensordot(weights, effects, 1) + np.diag(noise[tier] + 1e-9)
