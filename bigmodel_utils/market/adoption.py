"""Adoption over time: the Bass model in closed form, for numbers and for draws. Source: Bass 1969, Management Science 15(5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bigmodel_utils.market import MarketError

if TYPE_CHECKING:
    import pandas as pd


def adopted_share(years: NDArray[np.float64], p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return F(t) = (1 - e^-(p+q)t) / (1 + (q/p) e^-(p+q)t): who has adopted of all who will. Unchecked; see `cumulative`."""
    decay = np.exp(-(p + q) * years)
    return (1 - decay) / (1 + q / p * decay)


def cumulative(years: ArrayLike, p: ArrayLike, q: ArrayLike) -> NDArray[np.float64]:
    """Return the share F(t) of all who will ever adopt that has adopted after `years`; arguments broadcast.

    p (innovation) lies above 0 and q (imitation) is at least 0, per year.
    Raises MarketError outside those bounds.
    """
    t, p, q = np.asarray(years, float), np.asarray(p, float), np.asarray(q, float)
    _refuse_speeds(p, q)
    if not np.all(t >= 0):
        raise MarketError(f"years from {np.min(t):g}", "years of at least 0", "the call of adoption.cumulative")
    return adopted_share(t, p, q)


def _refuse_speeds(p: NDArray[np.float64], q: NDArray[np.float64]) -> None:
    if not (np.all((p > 0) & np.isfinite(p)) and np.all((q >= 0) & np.isfinite(q))):
        raise MarketError(
            f"p from {np.min(p):g} to {np.max(p):g}, q from {np.min(q):g} to {np.max(q):g}",
            "p above 0, q of at least 0, both finite",
            "adoption_p and adoption_q in the scenario's assumptions",
        )


def curve(years: int, p: ArrayLike, q: ArrayLike, potential: ArrayLike = 1.0) -> NDArray[np.float64]:
    """Return adopters so far at the end of year 1 … `years`.

    Shape (years,) for single numbers and (draws, years) for arrays of draws; in units of `potential`,
    the number who will ever adopt.
    """
    p, q, potential = (np.asarray(value, float)[..., None] for value in (p, q, potential))
    if not np.all((potential >= 0) & np.isfinite(potential)):
        raise MarketError(f"a potential of {np.min(potential):g}", "a finite number of zero or more", "the number of customers")
    return potential * cumulative(np.arange(1, years + 1), p, q)


def new_adopters(years: int, p: ArrayLike, q: ArrayLike, potential: ArrayLike = 1.0) -> NDArray[np.float64]:
    """Return those who adopt within year 1 … `years`: potential x (F(t) - F(t-1)). Shapes as in `curve`."""
    so_far = curve(years, p, q, potential)
    return np.diff(so_far, axis=-1, prepend=0.0)


def peak(p: ArrayLike, q: ArrayLike, potential: ArrayLike = 1.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (year of fastest adoption, adopters per year at that moment).

    ln(q/p)/(p+q) and m(p+q)^2/(4q) when q > p; otherwise adoption is fastest at the start, with m p a year.
    """
    p, q, m = (np.asarray(value, float) for value in (p, q, potential))
    _refuse_speeds(p, q)
    late = q > p
    divisor = np.where(late, q, 1.0)
    year = np.where(late, np.log(divisor / np.where(late, p, 1.0)) / (p + q), 0.0)
    return year, np.where(late, m * (p + q) ** 2 / (4 * divisor), m * p)


def fan(years: int, p: ArrayLike, q: ArrayLike, potential: ArrayLike) -> pd.DataFrame:
    """Return year, low, mid, high: P10, P50 and P90 of the adopters so far over the draws."""
    return band(curve(years, np.atleast_1d(p), np.atleast_1d(q), np.atleast_1d(potential)))


def band(paths: NDArray[np.float64]) -> pd.DataFrame:
    """Return year, low, mid, high: P10, P50 and P90 of paths, shape (draws, years)."""
    import pandas as pd

    low, mid, high = np.quantile(paths, [0.1, 0.5, 0.9], axis=0)
    return pd.DataFrame({"year": np.arange(1, paths.shape[-1] + 1), "low": low, "mid": mid, "high": high})
