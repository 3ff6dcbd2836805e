"""Market size: TAM, SAM and SOM from the top down and from the bottom up, and what to do when they disagree.

Every argument may be one number or an array of joint draws; draws stay aligned, so that a price drawn once is
the same price in both estimates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bigmodel_utils.market import MarketError
from bigmodel_utils.messages import Message
from bigmodel_utils.value.uncertainty import Z80

if TYPE_CHECKING:
    import pandas as pd

AGREE = (0.5, 2.0)


@dataclass(frozen=True)
class Size:
    """Money a year: `tam` if all bought, `sam` within reach, `som` that this venture wins. USD per year."""

    tam: ArrayLike
    sam: ArrayLike
    som: ArrayLike


def market_size(
    customers: ArrayLike,
    eligible_share: ArrayLike,
    units_per_year: ArrayLike,
    price: ArrayLike,
    reachable_share: ArrayLike = 1.0,
    won_share: ArrayLike = 1.0,
    adopted_share: ArrayLike = 1.0,
) -> Size:
    """Return the size of a market: customers x eligible x units a year x price, then what is reached and won.

    From the bottom up, `customers` are counted buyers; from the top down, they are the whole trade (parcels, tests,
    calls a year) with one unit each. `won_share` is the share in the long run, `adopted_share` how much of it has
    adopted by then (see `adoption.curve`). Raises MarketError for a share outside [0, 1] or a negative amount.
    """
    amounts = {"customers": customers, "units_per_year": units_per_year, "price": price}
    shares = {
        "eligible_share": eligible_share,
        "reachable_share": reachable_share,
        "won_share": won_share,
        "adopted_share": adopted_share,
    }
    whole = {name: _within(name, value, math.inf) for name, value in amounts.items()}
    part = {name: _within(name, value, 1.0) for name, value in shares.items()}
    tam = whole["customers"] * part["eligible_share"] * whole["units_per_year"] * whole["price"]
    sam = tam * part["reachable_share"]
    return Size(tam, sam, sam * part["won_share"] * part["adopted_share"])


def log_sd(low: ArrayLike, high: ArrayLike) -> NDArray[np.float64]:
    """Return the standard deviation of ln x when low and high are its 10 % and 90 % points (both above zero)."""
    return np.log(np.asarray(high, float) / np.asarray(low, float)) / (2 * Z80)


def pool(estimates: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """Return one estimate from several: exp(sum(ln x / s^2) / sum(1 / s^2)), s being the spread of ln x in its draws.

    Draws are pooled one by one, so what the estimates share (a common price) stays shared. Raises MarketError for an
    estimate that is a single number, or not above zero.
    """
    if any(not np.all(np.asarray(estimate, float) > 0) for estimate in estimates):
        raise MarketError("an estimate of zero or less", "estimates above zero", "the assumptions behind the smaller estimate")
    logs = [np.log(np.asarray(estimate, float)) for estimate in estimates]
    spreads = [float(np.std(log)) for log in logs]
    if not min(spreads) > 0:
        raise MarketError("an estimate without spread", "draws that differ, of each estimate", "the call of size.pool")
    weights = [1 / s**2 for s in spreads]
    return np.exp(sum(w * log for w, log in zip(weights, logs, strict=True)) / sum(weights))


def reconcile(top_down: ArrayLike, bottom_up: ArrayLike) -> tuple[float, Message]:
    """Return (ratio of medians top-down over bottom-up, the sentence that says whether it lies within [0.5, 2]).

    Raises MarketError unless both medians lie above zero.
    """
    if not (np.median(top_down) > 0 and np.median(bottom_up) > 0):
        given = f"medians {np.median(top_down):g} and {np.median(bottom_up):g}"
        raise MarketError(given, "both above zero", "the assumptions of both counts")
    ratio = float(np.median(top_down) / np.median(bottom_up))
    if AGREE[0] <= ratio <= AGREE[1]:
        return ratio, Message("The two counts agree: top-down is {ratio:number2} times bottom-up.", ratio=ratio)
    return ratio, Message(
        "The two counts disagree: top-down is {ratio:number2} times bottom-up. Find out why before relying on either.",
        ratio=ratio,
    )


def table(sizes: Mapping[str, Size]) -> pd.DataFrame:
    """Return measure, method, low, mid, high (P10, P50, P90; USD per year) of each named Size."""
    import pandas as pd

    rows = []
    for method, size in sizes.items():
        for measure in ("tam", "sam", "som"):
            low, mid, high = np.quantile(np.atleast_1d(getattr(size, measure)), [0.1, 0.5, 0.9])
            rows.append({"measure": measure, "method": method, "low": low, "mid": mid, "high": high})
    return pd.DataFrame(rows)


def pool_sizes(first: Size, second: Size) -> Size:
    """Return the two estimates pooled measure by measure; both must hold draws."""
    return Size(*(pool([getattr(first, name), getattr(second, name)]) for name in ("tam", "sam", "som")))


def _within(name: str, value: ArrayLike, top: float) -> NDArray[np.float64]:
    numbers = np.asarray(value, dtype=float)
    fine = np.isfinite(numbers) & (numbers >= 0) & (numbers <= top)
    if not np.all(fine):
        wrong = numbers[~fine].flat[0]
        allowed = "a share between 0 and 1" if top == 1 else "a finite number of zero or more"
        raise MarketError(f"{name} = {wrong:g}", allowed, f"'{name}' in the scenario's assumptions")
    return numbers
