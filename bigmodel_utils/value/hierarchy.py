"""A small hierarchical regression: a level and slopes shared by all rows, and effects of groups, shrunk to zero.

y = level + slopes * x + effects of groups + noise, every effect Gaussian with its own scale, noise by quality of
the record. The scales have a weak prior (effects of about a quarter, give or take a factor e) and are fitted by
marginal likelihood; effects are then best linear unbiased predictions (Henderson 1975; in the notation of
Gaussian processes: Rasmussen & Williams 2006, ch. 2). Noise has long tails, so that a few odd records do not bend
the rest: Student's t with the four degrees of freedom of Lange, Little & Taylor (1989, JASA 84), fitted by weighting
every row in turn by how well it is explained.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

_PRIOR = np.log(0.25)
_FREEDOM = 4  # degrees of freedom of the noise
_ROUNDS = 6  # of fitting scales and weighing rows; by then no weight moves by more than 0.03


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
    """A fitted hierarchy. log_scales: of every effect, then of the noise of every tier. weights (n,): below 1 for odd rows."""

    design: Design
    y: np.ndarray
    tier: np.ndarray
    log_scales: np.ndarray
    weights: np.ndarray

    def predict(self, new: Design, tier: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation of y for new rows, each (m,), as records of `tier` would show them."""
        weights = np.exp(2 * self.log_scales[: self._effects])
        across, within = (np.einsum("e,eij", weights, new.shared(other)) for other in (self.design, new))
        solved = self._inverse @ across.T
        mean = self.y.mean() + (self.y - self.y.mean()) @ solved
        noise = np.exp(2 * self.log_scales[self._effects + tier])
        return mean, np.sqrt(np.maximum(np.diag(within - across @ solved), 0) + noise)

    def leave_one_out(self, tier: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return (predicted - actual) and its standard deviation as a record of `tier`, of each row left out in turn, each (n,).

        The scales are kept. In closed form (Rasmussen & Williams 2006, eq. 5.12).
        """
        precision, noise = np.diag(self._inverse), np.exp(2 * self.log_scales[self._effects :])
        variance = np.maximum(1 / precision - noise[self.tier] / self.weights, 0) + noise[tier]
        return -(self._inverse @ (self.y - self.y.mean())) / precision, np.sqrt(variance)

    def without(self, out: np.ndarray) -> Regression:
        """Return the same scales and weights on the rows that the booleans `out` (n,) leave: where a fit of them may start."""
        return replace(self, design=self.design.rows(~out), y=self.y[~out], tier=self.tier[~out], weights=self.weights[~out])

    @property
    def _effects(self) -> int:
        return 1 + len(self.design.slopes) + len(self.design.groups)

    @cached_property
    def _inverse(self) -> np.ndarray:
        return np.linalg.inv(_covariance(self.log_scales, self.design.shared(self.design), self.tier, self.weights))

    @cached_property
    def odd(self) -> np.ndarray:
        """Return the weights (n,) that Student's t gives to rows explained as well as these (Lange et al. 1989, eq. 3)."""
        noise = np.exp(2 * self.log_scales[self._effects :])[self.tier]
        own = noise / self.weights
        residual = own * (self._inverse @ (self.y - self.y.mean()))
        unsure = own - own**2 * np.diag(self._inverse)  # variance of what the effects explain
        return (_FREEDOM + 1) / (_FREEDOM + (residual**2 + unsure) / noise)


def fit(
    design: Design, y: np.ndarray, tier: np.ndarray, tiers: int, start: Regression | None = None, rounds: int = _ROUNDS
) -> Regression:
    """Return the regression of y (n,) with scales of greatest marginal likelihood; tier: (n,), below `tiers`.

    `start`: a regression of the same rows, whose scales and weights are near; two `rounds` are then enough.
    One round without a start leaves the noise Gaussian.
    """
    from threadpoolctl import threadpool_limits

    if start is None:
        scales = np.full(1 + len(design.slopes) + len(design.groups) + tiers, _PRIOR)
        start = Regression(design, y, tier, scales, np.ones(len(y)))
    fitted = replace(start, design=design, y=y)
    effects = design.shared(design)
    with threadpool_limits(1):  # matrices this small are slower on two threads, and far slower on a busy machine
        for turn in range(rounds):
            weighed = replace(fitted, weights=fitted.odd) if turn else fitted
            fitted = replace(weighed, log_scales=_scales(weighed, effects))
    return fitted


def _scales(fitted: Regression, effects: np.ndarray) -> np.ndarray:
    """Return the log scales that explain the rows best, the weights of `fitted` given."""
    from scipy.optimize import minimize

    tier, weights, centred = fitted.tier, fitted.weights, fitted.y - fitted.y.mean()
    tiers = len(fitted.log_scales) - len(effects)

    def loss_and_slope(log_scales: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus the log of likelihood times prior, and its gradient (Rasmussen & Williams 2006, eq. 5.9)."""
        covariance = _covariance(log_scales, effects, tier, weights)
        inverse = np.linalg.inv(covariance)
        solved = inverse @ centred
        surplus = inverse - np.outer(solved, solved)
        value = 0.5 * centred @ solved + 0.5 * np.linalg.slogdet(covariance)[1] + 0.5 * ((log_scales - _PRIOR) ** 2).sum()
        of_effects = np.tensordot(effects, surplus, 2)
        of_noise = np.bincount(tier, weights=np.diag(surplus) / weights, minlength=tiers)
        return value, np.exp(2 * log_scales) * np.concatenate([of_effects, of_noise]) + log_scales - _PRIOR

    return minimize(loss_and_slope, fitted.log_scales, jac=True, method="L-BFGS-B", options={"maxiter": 60}).x


def deviations_covering(share: float, error: np.ndarray, deviation: np.ndarray) -> float:
    """Return how many predicted deviations hold `share` of errors on rows left out (split conformal, finite-sample).

    Source: Vovk et al. 2005; normalised scores as in Lei et al. 2018.
    """
    scores = np.sort(np.abs(error) / deviation)
    return float(scores[min(len(scores), int(np.ceil(share * (len(scores) + 1)))) - 1])


def factors(error: pd.Series) -> dict[str, float]:
    """Return runs, median_factor, p90_factor (of exp|error|) and bias of errors ln(predicted / actual)."""
    size = np.abs(error)
    return {
        "runs": len(error),
        "median_factor": float(np.exp(size.median())),
        "p90_factor": float(np.exp(size.quantile(0.9))),
        "bias": float(np.exp(error.median())),
    }


def _covariance(log_scales: np.ndarray, effects: np.ndarray, tier: np.ndarray, weights: np.ndarray) -> np.ndarray:
    shared, noise = np.exp(2 * log_scales[: len(effects)]), np.exp(2 * log_scales[len(effects) :])
    return np.tensordot(shared, effects, 1) + np.diag(noise[tier] / weights + 1e-9)
