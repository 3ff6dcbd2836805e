"""A small hierarchical regression: a level and slopes shared by all rows, and effects of groups, shrunk to zero.

y = level + size + peak + generation + sparse + encoder + family + noise, every effect Gaussian with its own scale,
noise by quality of the record. The scales have a weak prior (effects of about a quarter, give or take e) and are
fitted by marginal likelihood; effects are then best linear unbiased predictions (Henderson 1975; in the
notation of Gaussian processes: Rasmussen & Williams 2006, ch. 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

TIERS = ("A", "B", "C")  # quality of the record: explicit, rounded or partly derived, coarse
NEW_RECORD = 1  # a run still to come is compared with records of tier B
_PRIOR = np.log(0.25)
_GENERATION = 0.15  # chips of one vendor within 15 % of peak are one generation


class Features(NamedTuple):
    """What is known of rows, each (n,): logs of size and peak about the middle, groups, and 0/1 marks."""

    size: np.ndarray
    peak: np.ndarray
    vendor: np.ndarray
    sparse: np.ndarray
    encoder: np.ndarray
    family: np.ndarray

    def rows(self, chosen: np.ndarray) -> Features:
        return Features(*(column[chosen] for column in self))


def shared(a: Features, b: Features) -> np.ndarray:
    """Return how much each effect is shared by rows of `a` and `b`: (7, len(a), len(b))."""

    def product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return x[:, None] * y[None, :]

    def same(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x[:, None] == y[None, :]) & (x[:, None] != "")

    near = np.exp(-((a.peak[:, None] - b.peak[None, :]) ** 2) / (2 * _GENERATION**2))
    return np.stack(
        [
            np.ones((len(a.size), len(b.size))),
            product(a.size, b.size),
            product(a.peak, b.peak),
            near * same(a.vendor, b.vendor),
            product(a.sparse, b.sparse),
            product(a.encoder, b.encoder),
            same(a.family, b.family),
        ]
    )


@dataclass(frozen=True)
class Regression:
    """A fitted hierarchy. log_scales: of the 7 effects, then of the noise of the 3 tiers."""

    features: Features
    y: np.ndarray
    tier: np.ndarray
    log_scales: np.ndarray

    def predict(self, new: Features) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation of y for new rows, each (m,), records of tier B assumed."""
        weights = np.exp(2 * self.log_scales[: -len(TIERS)])[:, None, None]
        across, within = (weights * shared(new, self.features)).sum(0), (weights * shared(new, new)).sum(0)
        solved = np.linalg.solve(_covariance(self.log_scales, self.features, self.tier), across.T)
        mean = self.y.mean() + (self.y - self.y.mean()) @ solved
        record = np.exp(2 * self.log_scales[-len(TIERS) + NEW_RECORD])
        return mean, np.sqrt(np.diag(within - across @ solved) + record)


def fit(features: Features, y: np.ndarray, tier: np.ndarray, start: np.ndarray | None = None) -> Regression:
    """Return the regression of y (n,) with scales of greatest marginal likelihood; tier: index into TIERS, (n,)."""
    from scipy.optimize import minimize

    effects = shared(features, features)
    centred = y - y.mean()

    def loss(log_scales: np.ndarray) -> float:
        root = np.linalg.cholesky(_weighted(log_scales, effects, tier))
        standard = np.linalg.solve(root, centred)
        return 0.5 * standard @ standard + np.log(np.diag(root)).sum() + 0.5 * ((log_scales - _PRIOR) ** 2).sum()

    first = np.full(len(effects) + len(TIERS), _PRIOR) if start is None else start
    best = minimize(loss, first, method="L-BFGS-B", options={"maxiter": 60})
    return Regression(features, y, tier, best.x)


def _covariance(log_scales: np.ndarray, features: Features, tier: np.ndarray) -> np.ndarray:
    return _weighted(log_scales, shared(features, features), tier)


def _weighted(log_scales: np.ndarray, effects: np.ndarray, tier: np.ndarray) -> np.ndarray:
    weights, noise = np.exp(2 * log_scales[: -len(TIERS)]), np.exp(2 * log_scales[-len(TIERS) :])
    return np.tensordot(weights, effects, 1) + np.diag(noise[tier] + 1e-9)
