"""What knowing more is worth before deciding: perfect and sample information, and the next labels.

All in USD of net present value; the choice is to enter (worth the NPV) or not (worth nothing).
Sources: Raiffa & Schlaifer 1961; Strong, Oakley & Brennan 2014 (partial information by regression); Hestness 2017.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bigmodel_utils.value import refusals, simulation

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.value.valuation import Valuation

GROUPS = 40  # of draws with like values of one input: their mean NPV is what one would expect on learning it
SIZES_NEEDED = 5
READER = "head"  # of the measured curves: a head on the home model's vectors
MULTIPLES = (0.25, 0.5, 1, 2, 4, 8)  # of the labels at hand; farther the curve is a guess


def unit_loss(distance: float) -> float:
    """Return the standard-normal linear loss: E max(0, Z - distance)."""
    from scipy.stats import norm

    return float(norm.pdf(distance) - distance * norm.sf(distance))


def perfect_information_normal(mean: float, sd: float) -> float:
    """Return the expected value of perfect information on a normal gain that is taken when its mean is positive."""
    refusals.not_negative(sd=sd)
    refusals.finite(mean=mean)
    return sd * unit_loss(abs(mean) / sd) if sd else 0.0


def sample_information_normal(mean: float, sd: float, n: int, noise_sd: float) -> float:
    """Return the expected value of `n` observations with noise: perfect information on what they would move."""
    refusals.above_zero(sd=sd)
    refusals.not_negative(n=n, noise_sd=noise_sd)
    return perfect_information_normal(mean, sd * float(np.sqrt(n / (n + noise_sd**2 / sd**2)))) if n else 0.0


def perfect_information(values: np.ndarray, probabilities: np.ndarray | None = None) -> float:
    """Return the expected value of knowing the outcome before choosing to enter; values: (n,) USD, equally likely by default."""
    refusals.finite(values=values)
    weights = np.full(len(values), 1 / len(values)) if probabilities is None else np.asarray(probabilities, dtype=float)
    refusals.share(probabilities=weights)
    if abs(weights.sum() - 1) > 1e-9:
        raise refusals.ValueRefused(f"probabilities that sum to {weights.sum():g}", "a sum of 1", "probabilities")
    return float(weights @ np.maximum(0, values) - max(0.0, weights @ values))


def by_input(npv: np.ndarray, draws: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return the value of perfect information on each input alone: columns assumption, usd, dearest first.

    npv and every draw: (n,). Draws are grouped by like values of the input; within a group, one would enter on its mean.
    """
    import pandas as pd

    worth = {name: _partial(npv, values) for name, values in draws.items() if np.ptp(values) > 0}
    table = pd.DataFrame({"assumption": list(worth), "usd": list(worth.values())})
    return table.sort_values("usd", ascending=False, kind="stable").reset_index(drop=True)


def _partial(npv: np.ndarray, values: np.ndarray) -> float:
    groups = np.array_split(npv[np.argsort(values, kind="stable")], min(GROUPS, max(1, len(npv) // 100)))
    means, sizes = np.array([group.mean() for group in groups]), np.array([len(group) for group in groups])
    return float(max(0.0, sizes @ np.maximum(0, means) / len(npv) - max(0.0, npv.mean())))


class LearningCurve(NamedTuple):
    """Error after n labels: floor + scale * n ** -power."""

    floor: float
    scale: float
    power: float

    def error(self, labels: float | np.ndarray) -> float | np.ndarray:
        return self.floor + self.scale * np.asarray(labels, dtype=float) ** -self.power


def learning_curve(labels: Sequence[int], errors: Sequence[float]) -> LearningCurve:
    """Return the curve fitted to error rates measured at five or more sizes; raises ValueRefused below, or when error rises."""
    from scipy.optimize import least_squares

    sizes, rates = np.asarray(labels, dtype=float), np.asarray(errors, dtype=float)
    refusals.above_zero(labels=sizes)
    refusals.share(errors=rates)
    if len(np.unique(sizes)) < SIZES_NEEDED:
        raise refusals.ValueRefused(f"{len(np.unique(sizes))} sizes", f"{SIZES_NEEDED} or more training sizes", "labels")
    if np.polyfit(np.log(sizes), rates, 1)[0] >= 0:
        raise refusals.ValueRefused("errors that do not fall with more labels", "a falling error", "errors")
    start = (rates.min() / 2, np.log(rates.max()), 0.3)

    def residuals(free: np.ndarray) -> np.ndarray:
        return free[0] + np.exp(free[1]) * sizes ** -free[2] - rates

    floor, scale, power = least_squares(residuals, start, bounds=((0, -20, 1e-3), (rates.min(), 5, 2)), x_scale=(0.1, 1, 0.3)).x
    return LearningCurve(float(floor), float(np.exp(scale)), float(power))


def best_labels(curve: LearningCurve, items: float, usd_per_error: float, label_usd: float) -> float:
    """Return the number of labels at which one more costs what it saves over `items` items."""
    refusals.above_zero(items=items, usd_per_error=usd_per_error, label_usd=label_usd)
    return (items * usd_per_error * curve.scale * curve.power / label_usd) ** (1 / (1 + curve.power))


def more_labels(worth: Valuation, curves: pd.DataFrame) -> pd.DataFrame:
    """Return more (labels), error_factor, usd, low, high (change of the NPV: mean, P10, P90), gain (chance to gain with them).

    The entrant's misses and false alarms shrink as the measured curve says (reader, size, error of `head_start`), the labels
    are paid for, and the same futures are valued again. Empty where errors do not fall, or were measured at too few sizes.
    """
    import pandas as pd

    columns = ["more", "error_factor", "usd", "low", "high", "gain"]
    points = curves[curves["reader"] == READER].groupby("size")["error"].mean()
    try:
        curve = learning_curve(list(points.index), list(points))
    except refusals.ValueRefused:
        return pd.DataFrame(columns=columns)
    now = int(np.median(worth.draws["labels_bought"]))
    rows = []
    for more in (round(now * multiple) for multiple in MULTIPLES):
        factor = float(curve.error(now + more) / curve.error(now))
        npv = simulation.npv(_with_labels(worth.draws, more, factor), worth.years)
        low, high = np.quantile(npv - worth.paths.npv, (0.1, 0.9))
        rows.append((more, factor, float(np.mean(npv - worth.paths.npv)), low, high, float(np.mean(npv > 0))))
    return pd.DataFrame(rows, columns=columns)


def _with_labels(draws: dict[str, np.ndarray], more: int, factor: float) -> dict[str, np.ndarray]:
    fewer = {"recall": 1 - (1 - draws["recall"]) * factor, "false_alarm_rate": draws["false_alarm_rate"] * factor}
    return {**draws, **fewer, "labels_bought": draws["labels_bought"] + more}
