"""Whom to sell to first: merchants by size, and what a customer of each size is worth against what winning one costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bigmodel_utils import facts
from bigmodel_utils.market import MarketError
from bigmodel_utils.messages import Message
from bigmodel_utils.value import investment, unit_economics, venture

if TYPE_CHECKING:
    import pandas as pd

SEGMENTS = (
    (Message("smallest half"), 0.0, 0.5),
    (Message("upper middle"), 0.5, 0.9),
    (Message("largest tenth"), 0.9, 1.0),
)  # by quantiles of size


def volume_share(low: float, high: float, log_sd: ArrayLike) -> NDArray[np.float64]:
    """Return the share of all reviews that lies with merchants between two quantiles of size, sizes being lognormal.

    Phi(z_high - s) - Phi(z_low - s), with s = `log_sd` > 0 (the Lorenz curve of the lognormal).
    Raises MarketError unless 0 <= low < high <= 1.
    """
    from scipy.special import ndtr, ndtri

    s = np.asarray(log_sd, float)
    if not (0 <= low < high <= 1 and np.all(s > 0)):
        given = f"quantiles {low:g} to {high:g}, log_sd {np.min(s):g}"
        raise MarketError(given, "0 <= low < high <= 1, log_sd above 0", "the segments, or merchant_volume_log_sd")
    return ndtr(ndtri(high) - s) - ndtr(ndtri(low) - s)


def thousand_a_month(draws: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return what a customer with 1,000 reviews a month is worth today, USD, in each of the draws of `venture.INPUTS`."""
    margin = venture.price_usd_per_thousand(draws) - venture.serving_usd_thousand(draws)
    churn, discount = -investment.monthly(-draws["merchant_churn_year"]), investment.monthly(draws["discount_rate"])
    return unit_economics.lifetime_value(1.0, margin, churn, discount)


def segments(draws: Mapping[str, NDArray[np.float64]], log_sd: ArrayLike) -> pd.DataFrame:
    """Return one row per segment: merchants (share), reviews (share), reviews_month, value, cost (USD per customer),
    value_to_cost and worth_it, the chance that a customer is worth more than winning one costs.

    Medians over the draws of `venture.INPUTS`; the draws' reviews per month are the mean over all merchants.
    """
    import pandas as pd

    each, rows = thousand_a_month(draws), []
    for title, low, high in SEGMENTS:
        merchants, reviews = high - low, volume_share(low, high, log_sd)
        volume = draws["reviews_per_merchant_month"] * reviews / merchants
        worth = volume / 1000 * each
        ratio = worth / draws["merchant_acquisition_usd"]
        rows.append(
            {
                "segment": title.text,
                "merchants": merchants,
                "reviews": float(np.median(reviews)),
                "reviews_month": float(np.median(volume)),
                "value": float(np.median(worth)),
                "cost": float(np.median(draws["merchant_acquisition_usd"])),
                "value_to_cost": float(np.median(ratio)),
                "worth_it": float(np.mean(ratio > 1)),
            }
        )
    return pd.DataFrame(rows)


def of_venture(draws: Mapping[str, NDArray[np.float64]]) -> pd.DataFrame:
    """Return `segments` for merchants as unequal as `merchant_volume_log_sd` of the facts says."""
    return segments(draws, facts.as_range("merchant_volume_log_sd")["mid"])


def smallest_worth_winning(draws: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return, per draw, the reviews a month at which a customer's worth equals the cost of winning one.

    Infinite where a review earns nothing.
    """
    each = thousand_a_month(draws) / 1000
    return np.where(each > 0, draws["merchant_acquisition_usd"] / np.where(each > 0, each, 1.0), np.inf)


def finding(draws: Mapping[str, NDArray[np.float64]]) -> Message:
    """Return the sentence that says from what size on a customer pays for the effort of winning it."""
    low, mid, high = np.quantile(smallest_worth_winning(draws), [0.1, 0.5, 0.9], method="nearest")
    if not np.isfinite(mid):
        return Message("In most cases no customer is worth winning at this price: serving costs more than the price brings.")
    if not np.isfinite(high):
        return Message(
            "A customer is worth winning from about {mid:integer} {items} a month; in one case of ten or more, none is.",
            mid=mid,
        )
    return Message(
        "A customer is worth winning from about {mid:integer} {items} a month; 8 in 10 futures: {low:integer} "
        "to {high:integer}.",
        low=low,
        mid=mid,
        high=high,
    )
