"""Straight lines: what the best one can reach, known in closed form, beside what training reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

POINTS = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [-1.0, -1.0]])
LABELS = np.array([1.0, 1.0, 0.0, 0.0])


@dataclass(frozen=True)
class Fit:
    """A trained line beside the best line. Weights end with the bias; losses are mean squared errors."""

    history: pd.DataFrame  # step, loss
    weights: np.ndarray
    best_weights: np.ndarray
    best_loss: float

    @property
    def final_loss(self) -> float:
        return float(self.history["loss"].iloc[-1])


@dataclass(frozen=True)
class NoiseFloor:
    """Where the mean squared error of a least-squares line falls when the noise has variance one.

    mean, spread: of the training error; low, high: hold 99.8 % of data sets; chance: that it falls to `claimed` or below.
    """

    mean: float
    spread: float
    low: float
    high: float
    claimed: float
    chance: float


def least_squares(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the weights (bias last) with the least mean squared error, and that error."""
    design = np.column_stack([x, np.ones(len(x))])
    weights = np.linalg.lstsq(design, y, rcond=None)[0]
    return weights, float(np.mean((design @ weights - y) ** 2))


def fit(x: np.ndarray, y: np.ndarray, steps: int, rate: float) -> Fit:
    """Return one linear unit trained with Adam on all rows at once; x: (rows, features), y: (rows,)."""
    import pandas as pd
    import torch

    design = torch.tensor(np.column_stack([x, np.ones(len(x))]))
    wanted = torch.tensor(y, dtype=torch.float64)
    weights = torch.zeros(design.shape[1], dtype=torch.float64, requires_grad=True)
    optimiser, losses = torch.optim.Adam([weights], lr=rate), []
    for _ in range(steps):
        optimiser.zero_grad()
        loss = (design @ weights - wanted).square().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    history = pd.DataFrame({"step": range(steps), "loss": losses})
    return Fit(history, weights.detach().numpy(), *least_squares(x, y))


def noisy_line(seed: int, n: int = 100, steps: int = 2000) -> Fit:
    """Return the text's example, y = 2x + noise of variance one, `n` rows, Adam 0.01."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    return fit(x[:, None], 2 * x + rng.standard_normal(n), steps, 0.01)


def noise_floor(claimed: float, n: int = 100) -> NoiseFloor:
    """Return where the training error of `n` rows can lie: n times it is chi-squared with n - 2 degrees of freedom."""
    from scipy.stats import chi2

    free = n - 2
    low, high = chi2.ppf([0.001, 0.999], free) / n
    return NoiseFloor(
        free / n, float(np.sqrt(2 * free)) / n, float(low), float(high), claimed, float(chi2.cdf(claimed * n, free))
    )


def prices(table: pd.DataFrame, features: list[str], price: str, steps: int = 3000) -> Fit:
    """Return a price explained by `features` of a table, each brought to mean zero and deviation one first."""
    x = table[features].to_numpy(dtype=float)
    return fit((x - x.mean(axis=0)) / x.std(axis=0), table[price].to_numpy(dtype=float), steps, 0.01)


def four_points(steps: int = 3000) -> Fit:
    """Return one linear unit on four points with targets 1, 1, 0, 0."""
    return fit(POINTS, LABELS, steps, 0.01)


def accuracy(found: Fit, at: float = 0.5) -> float:
    """Return the share of the four points that lie on their own side of the line where the best unit answers `at`."""
    answers = np.column_stack([POINTS, np.ones(len(POINTS))]) @ found.best_weights
    return float(np.mean((answers > at) == (at < LABELS)))


def separable(points: np.ndarray = POINTS, labels: np.ndarray = LABELS) -> bool:
    """Return whether any line divides the labels: is there w, b with (2y - 1)(w x + b) >= 1 for every point."""
    from scipy.optimize import linprog

    side = (2 * labels - 1)[:, None] * np.column_stack([points, np.ones(len(points))])
    found = linprog(np.zeros(side.shape[1]), A_ub=-side, b_ub=-np.ones(len(side)), bounds=(None, None))
    return bool(found.success)


def simulated_floor(seed: int, n: int = 100, sets: int = 4000) -> float:
    """Return the mean training error of least squares over many data sets y = 2x + noise: the floor without its formula."""
    rng = np.random.default_rng(seed)
    x, noise = rng.standard_normal((sets, n)), rng.standard_normal((sets, n))
    x -= x.mean(axis=1, keepdims=True)
    noise -= noise.mean(axis=1, keepdims=True)
    slope = (x * noise).sum(axis=1, keepdims=True) / (x * x).sum(axis=1, keepdims=True)
    return float(np.mean((noise - slope * x) ** 2))


def explained(found: Fit, y: np.ndarray) -> float:
    """Return the share of the variance of `y` that the trained line explains."""
    return 1 - found.final_loss / float(np.var(y))
