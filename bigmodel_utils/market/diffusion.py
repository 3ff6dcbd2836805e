"""Bass curves fitted to yearly adopters: least squares after the peak, priors before it, and a forecast with its fan.

Before its peak a series says next to nothing about how large the market is, and plain least squares is off by
multiples (measured in `backtest`). The prior holds p, q and the number of customers to what is known elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bigmodel_utils.market import MarketError
from bigmodel_utils.market.adoption import new_adopters
from bigmodel_utils.market.size import log_sd

_STARTS = [(0.003, 0.3), (0.003, 0.7), (0.03, 0.3), (0.03, 0.7)]
_STEEPEST = np.log(5.0)


@dataclass(frozen=True)
class Prior:
    """What is believed of (p, q, m) before any sales: mean and standard deviation of their logarithms, and the noise.

    `noise` is the standard deviation of ln(observed / curve) from one year to the next.
    """

    mean: tuple[float, float, float]
    sd: tuple[float, float, float]
    noise: float


@dataclass(frozen=True)
class Fit:
    """A fitted curve: innovation `p` and imitation `q` per year, `m` adopters in all.

    `log_covariance` is that of (ln p, ln q, ln m) around the best fit, `noise` the spread of ln(observed / curve).
    """

    p: float
    q: float
    m: float
    log_covariance: NDArray[np.float64]
    noise: float

    def draws(self, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return draws of (p, q, m), shape (3, count), from the normal approximation on the log scale."""
        mode = np.log([self.p, self.q, self.m])
        return np.exp(rng.multivariate_normal(mode, self.log_covariance, size=count)).T


def prior(p: dict[str, Any], q: dict[str, Any], market: dict[str, Any], noise: float) -> Prior:
    """Return a Prior from three ranges with low, mid, high (10, 50, 90 % points), as `facts.as_range` gives them.

    `market` is the number of customers in all, for example the serviceable market counted from the bottom up.
    Raises MarketError unless 0 < low <= mid <= high with low < high.
    """
    ranges = {"p": p, "q": q, "market": market}
    for name, given in ranges.items():
        if not 0 < given["low"] <= given["mid"] <= given["high"] or given["low"] == given["high"]:
            shown = f"{given['low']:g}, {given['mid']:g}, {given['high']:g}"
            raise MarketError(f"{name}: {shown}", "0 < low <= mid <= high, low below high", "the range behind the prior")
    return Prior(
        mean=tuple(float(np.log(given["mid"])) for given in ranges.values()),
        sd=tuple(float(log_sd(given["low"], given["high"])) for given in ranges.values()),
        noise=noise,
    )


def fit_least_squares(adopters: ArrayLike) -> Fit:
    """Return the Bass curve closest to yearly adopters. Source: Srinivasan & Mason 1986, Marketing Science 5(2).

    Only for series past their peak. Raises MarketError for fewer than four years or a year below zero.
    """
    from scipy.optimize import least_squares

    sales = _checked(adopters, shortest=4)

    def gap(log_parameters: NDArray[np.float64]) -> NDArray[np.float64]:
        return new_adopters(len(sales), *np.exp(log_parameters)) - sales

    lowest = [np.log(1e-6), np.log(1e-4), np.log(sales.sum() / 2)]
    highest = [0.0, _STEEPEST, np.log(sales.sum() * 1e4)]
    starts = [np.log([p, q, 1.5 * sales.sum()]) for p, q in _STARTS]
    best = min((least_squares(gap, start, bounds=(lowest, highest)) for start in starts), key=lambda found: found.cost)
    variance = 2 * best.cost / max(len(sales) - 3, 1)
    covariance = variance * np.linalg.pinv(best.jac.T @ best.jac)
    p, q, m = np.exp(best.x)
    curve = new_adopters(len(sales), p, q, m)
    sold = sales > 0  # a year without sales has no logarithm
    noise = float(np.std(np.log(sales[sold] / curve[sold])))
    return Fit(float(p), float(q), float(m), covariance, noise)


def fit_with_prior(adopters: ArrayLike, belief: Prior) -> Fit:
    """Return the most probable Bass curve given yearly adopters (all above zero) and a Prior.

    Errors are proportional: ln(observed / curve) has standard deviation `belief.noise`.
    Raises MarketError for an empty series or a year without adopters.
    """
    from scipy.optimize import least_squares

    sales = _checked(adopters, shortest=1)
    if sales.min() <= 0:
        raise MarketError(f"a year with {sales.min():g} adopters", "adopters above zero in each year", "the adoption series")
    mean, sd = np.array(belief.mean), np.array(belief.sd)

    def gap(log_parameters: NDArray[np.float64]) -> NDArray[np.float64]:
        curve = new_adopters(len(sales), *np.exp(log_parameters))
        return np.concatenate([np.log(sales / curve) / belief.noise, (log_parameters - mean) / sd])

    found = least_squares(gap, mean, bounds=(mean - 6 * sd, mean + 6 * sd))
    covariance = np.linalg.inv(found.jac.T @ found.jac)
    p, q, m = np.exp(found.x)
    return Fit(float(p), float(q), float(m), covariance, belief.noise)


def forecast(adopters: ArrayLike, fit: Fit, horizon: int, draws: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return draws of new adopters in each of the next `horizon` years, shape (draws, horizon).

    The curve is pulled towards the last observed year with weight 1/(h+1) on the log scale, h years ahead: a combined
    forecast, which loses less when the believed market is wrong (Bates & Granger 1969; measured in `backtest`).
    """
    sales = _checked(adopters, shortest=1)
    if not (sales[-1] > 0 and horizon >= 1 and draws >= 1):
        given = f"{sales[-1]:g} adopters in the last year, {horizon} years, {draws} draws"
        raise MarketError(given, "each above zero", "the call of diffusion.forecast")
    p, q, m = fit.draws(draws, rng)
    path = new_adopters(len(sales) + horizon, p, q, m)[:, len(sales) :]
    ahead = np.arange(1, horizon + 1)
    pull = 1 / (ahead + 1)
    noise = rng.normal(0.0, fit.noise, size=path.shape)
    return np.exp((1 - pull) * np.log(path) + pull * np.log(sales[-1]) + noise)


def _checked(adopters: ArrayLike, shortest: int) -> NDArray[np.float64]:
    sales = np.asarray(adopters, float)
    if sales.ndim != 1 or len(sales) < shortest or not np.all(np.isfinite(sales)) or np.any(sales < 0) or not sales.any():
        raise MarketError(
            f"a series of {sales.size} values{', some missing or negative, or all zero' if sales.size >= shortest else ''}",
            f"at least {shortest} yearly numbers of zero or more, not all zero",
            "the adoption series",
        )
    return sales
