"""How far adoption forecasts were off: classic series cut short, the next three years forecast and compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bigmodel_utils.market.adoption import new_adopters
from bigmodel_utils.market.diffusion import Prior, fit_least_squares, fit_with_prior, forecast
from bigmodel_utils.messages import Message

if TYPE_CHECKING:
    import pandas as pd

HORIZON = 3
_DRAWS = 400
_FIRST_CUT, _LAST_CUT = 3, 8

Forecaster = Callable[[NDArray[np.float64], Prior], NDArray[np.float64]]


def same_as_last_year(seen: NDArray[np.float64], belief: Prior) -> NDArray[np.float64]:
    """Return draws of the forecast that nothing changes: the last year, repeated."""
    return np.full((1, HORIZON), seen[-1])


def plain_least_squares(seen: NDArray[np.float64], belief: Prior) -> NDArray[np.float64]:
    """Return the path of a Bass curve fitted without a prior."""
    fit = fit_least_squares(seen) if len(seen) >= 4 else None
    if fit is None:
        return np.full((1, HORIZON), np.nan)
    return new_adopters(len(seen) + HORIZON, fit.p, fit.q, fit.m)[None, len(seen) :]


def with_prior(seen: NDArray[np.float64], belief: Prior) -> NDArray[np.float64]:
    """Return the path of a Bass curve fitted with the prior."""
    fit = fit_with_prior(seen, belief)
    return new_adopters(len(seen) + HORIZON, fit.p, fit.q, fit.m)[None, len(seen) :]


def combined(seen: NDArray[np.float64], belief: Prior) -> NDArray[np.float64]:
    """Return draws of the forecast this package makes: prior, curve and last year combined."""
    return forecast(seen, fit_with_prior(seen, belief), HORIZON, _DRAWS, np.random.default_rng(len(seen)))


METHODS: dict[str, Forecaster] = {
    Message("same as last year").text: same_as_last_year,
    Message("least squares").text: plain_least_squares,
    Message("prior").text: with_prior,
    Message("prior and last year").text: combined,
}


def back_test(series: Mapping[str, NDArray[np.float64]], belief: Prior, market_error: float = 1.0) -> pd.DataFrame:
    """Return one row per series, cut, method and year ahead: forecast, actual, ratio, and whether its 80 % band held.

    Each series is cut after three to eight years where three more are known. The prior's market is the one that
    least squares finds in the whole series, times `market_error`: 0.7 believes 30 % too little, 1.5 half too much.
    """
    import pandas as pd

    rows = []
    for name, sales in series.items():
        market = fit_least_squares(sales).m * market_error
        informed = Prior((*belief.mean[:2], float(np.log(market))), belief.sd, belief.noise)
        for cut in range(_FIRST_CUT, min(_LAST_CUT, len(sales) - HORIZON) + 1):
            for method, forecaster in METHODS.items():
                draws = forecaster(sales[:cut], informed)
                rows += _scored(name, cut, method, draws, sales[cut : cut + HORIZON])
    return pd.DataFrame(rows)


def _scored(name: str, cut: int, method: str, draws: NDArray, actual: NDArray) -> list[dict]:
    low, mid, high = np.quantile(draws, [0.1, 0.5, 0.9], axis=0)
    return [
        {
            "series": name,
            "cut": cut,
            "method": method,
            "ahead": h + 1,
            "forecast": mid[h],
            "actual": actual[h],
            "ratio": mid[h] / actual[h],
            "held": bool(low[h] <= actual[h] <= high[h]),
        }
        for h in range(HORIZON)
    ]


def summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Return per method: cuts, median and 90 % factor of error, and the share of outcomes inside the 80 % band.

    The factor of one cut is exp(mean |ln ratio|) over its three years; 1.3 means three tenths too high or too low.
    The band's share is empty for methods without one.
    """
    import pandas as pd

    known = scores.dropna(subset="ratio").assign(error=lambda rows: np.abs(np.log(rows["ratio"])))
    rows = []
    for method, part in known.groupby("method", sort=False):
        by_cut = part.groupby(["series", "cut"])["error"].mean()
        rows.append(
            {
                "method": method,
                "cuts": len(by_cut),
                "median_factor": float(np.exp(by_cut.median())),
                "p90_factor": float(np.exp(by_cut.quantile(0.9))),
                "band_held": float(part["held"].mean()) if method == "prior and last year" else None,
            }
        )
    return pd.DataFrame(rows)
