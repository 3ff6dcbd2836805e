"""One customer's money: lifetime value, what winning one may cost, and how long they stay.

Constant churn overstates early and understates late loss; the shifted beta-geometric (Fader & Hardie 2007) lets
customers differ in how likely they are to leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bigmodel_utils.value import refusals
from bigmodel_utils.value.errors_to_money import Value

FOREVER = 5000  # periods after which what is left of a discounted lifetime is dust


def gross_margin(price: float, cost_of_serving: float) -> float:
    """Return the share of the price that is left after serving; negative when serving costs more."""
    refusals.above_zero(price=price)
    refusals.not_negative(cost_of_serving=cost_of_serving)
    return 1 - cost_of_serving / price


def lifetime_value(revenue: Value, margin: Value, churn: Value, discount: Value = 0.0) -> Value:
    """Return the value of a customer whose first payment is due now; churn and discount are per period.

    Undiscounted: revenue * margin / churn. Numbers, or draws of one shape. Raises ValueRefused when neither churn nor
    discount ends the sum.
    """
    refusals.share(churn=churn)
    refusals.not_negative(revenue=revenue, discount=discount)
    refusals.finite(margin=margin)
    kept = (1 - churn) / (1 + discount)
    if np.any(kept >= 1):
        raise refusals.ValueRefused("churn 0 without discount", "churn or discount above 0", "churn")
    return revenue * margin / (1 - kept)


def months_to_recover(acquisition_usd: float, revenue_month: float, margin: float) -> float | None:
    """Return the months until a customer has paid back the cost of winning them; None when never."""
    refusals.not_negative(acquisition_usd=acquisition_usd, revenue_month=revenue_month)
    refusals.finite(margin=margin)
    earned = revenue_month * margin
    return acquisition_usd / earned if earned > 0 else None


class Retention(NamedTuple):
    """Customers leave each period with a chance that differs between them: Beta(alpha, beta)."""

    alpha: float
    beta: float

    def survival(self, periods: np.ndarray | int) -> np.ndarray:
        """Return the share of customers still there after `periods` (0 or more)."""
        from scipy.special import betaln

        return np.exp(betaln(self.alpha, self.beta + np.asarray(periods, dtype=float)) - betaln(self.alpha, self.beta))

    def rate(self, period: np.ndarray | int) -> np.ndarray:
        """Return the share of those left who stay through `period` (1 or more): it rises as the fickle leave."""
        period = np.asarray(period, dtype=float)
        return (self.beta + period - 1) / (self.alpha + self.beta + period - 1)

    def discounted_lifetime(self, discount: float) -> float:
        """Return the expected number of paid periods, the first now, each discounted at `discount` per period."""
        refusals.above_zero(discount=discount)
        periods = np.arange(FOREVER)
        return float((self.survival(periods) * (1 + discount) ** -periods).sum())


def fit_retention(remaining: Sequence[float]) -> Retention:
    """Return the retention most likely to leave `remaining` customers after 0, 1, 2, … periods (shares or counts).

    Raises ValueRefused for fewer than three numbers, or numbers that rise.
    """
    from scipy.optimize import minimize

    left = np.asarray(remaining, dtype=float)
    refusals.not_negative(remaining=left)
    if len(left) < 3 or (np.diff(left) > 0).any() or left[0] == 0:
        raise refusals.ValueRefused(
            "customers who return, or fewer than 3 counts", "three or more falling numbers", "remaining"
        )
    lost, stayed = -np.diff(left), left[-1]

    def minus_log_likelihood(logs: np.ndarray) -> float:
        survival = Retention(*np.exp(logs)).survival(np.arange(len(left)))
        leaving = np.maximum(-np.diff(survival), 1e-300)
        return float(-(lost @ np.log(leaving) + stayed * np.log(max(survival[-1], 1e-300))) / left[0])

    best = minimize(
        minus_log_likelihood, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 4000}
    )
    return Retention(*(float(value) for value in np.exp(best.x)))
