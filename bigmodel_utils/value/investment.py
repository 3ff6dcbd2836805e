"""Is the money well spent: present value, rates of return, payback, runway.

Cash flows are sequences whose first entry is today and undiscounted; rates are per period of the sequence.
Discounting is numpy-financial's; what it leaves silent (several rates of return, none at all) is refused or flagged here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bigmodel_utils.units import MONTHS_PER_YEAR
from bigmodel_utils.value import refusals


def npv(rate: float, cash: Sequence[float]) -> float:
    """Return the present value of `cash` at `rate` per period (above -1)."""
    import numpy_financial

    refusals.discountable(rate=rate)
    return float(numpy_financial.npv(rate, _numbers(cash)))


def sign_changes(cash: Sequence[float]) -> int:
    """Return how often the cash flow changes sign: an upper bound of its rates of return (Descartes)."""
    signs = np.sign(_numbers(cash))
    signs = signs[signs != 0]
    return int((signs[1:] != signs[:-1]).sum())


def internal_rates(cash: Sequence[float]) -> tuple[float, ...]:
    """Return all internal rates of return above -1, lowest first: of several, none may be quoted alone.

    Raises ValueRefused when `cash` never changes sign.
    """
    numbers = _numbers(cash)
    if sign_changes(numbers) == 0:
        raise refusals.ValueRefused(
            "a cash flow without change of sign", "money out and money back; look at the present value", "cash"
        )
    sizable = np.where(np.abs(numbers) < 1e-12 * np.abs(numbers).max(), 0, numbers)  # dust would put a root at infinity
    factors = np.roots(np.trim_zeros(sizable)[::-1])  # of 1 / (1 + rate)
    real = factors[np.abs(factors.imag) < 1e-7 * np.maximum(np.abs(factors), 1)].real
    return tuple(np.unique(np.round(1 / real[real > 1e-9] - 1, 9)).tolist())


def modified_rate(cash: Sequence[float], finance_rate: float, reinvest_rate: float) -> float:
    """Return the modified internal rate of return: one number however often the sign changes."""
    import numpy_financial

    refusals.discountable(finance_rate=finance_rate, reinvest_rate=reinvest_rate)
    if sign_changes(cash) == 0:
        raise refusals.ValueRefused("a cash flow without change of sign", "money out and money back", "cash")
    return float(numpy_financial.mirr(_numbers(cash), finance_rate, reinvest_rate))


def payback(cash: Sequence[float], rate: float = 0.0) -> float | None:
    """Return periods until the cash, discounted at `rate`, is back for good (interpolated); None when never."""
    refusals.discountable(rate=rate)
    numbers = _numbers(cash)
    total = np.cumsum(numbers * (1 + rate) ** -np.arange(len(numbers)))
    if total[-1] < 0:
        return None
    below = np.flatnonzero(total < 0)
    if below.size == 0:
        return 0.0
    last = int(below[-1])
    return float(last + total[last] / (total[last] - total[last + 1]))


def lowest_cash(cash: Sequence[float]) -> float:
    """Return the deepest point of cumulative cash: the money that must be at hand (zero or less)."""
    return float(min(0.0, np.cumsum(_numbers(cash)).min()))


def runway(opening_usd: float, cash: Sequence[float], rounds: Mapping[int, float] | None = None) -> int | None:
    """Return the first period at whose end money has run out, counted from 1; None when it lasts.

    rounds: money raised, by the period at whose start it arrives (1 is the first).
    """
    refusals.not_negative(opening_usd=opening_usd)
    raised = np.zeros(len(cash))
    for period, usd in (rounds or {}).items():
        if not 1 <= period <= len(cash):
            raise refusals.ValueRefused(f"a round in period {period}", f"1 to {len(cash)}", "rounds")
        refusals.not_negative(round_usd=usd)
        raised[period - 1] += usd
    out = np.flatnonzero(opening_usd + np.cumsum(_numbers(cash) + raised) < 0)
    return int(out[0]) + 1 if out.size else None


def yearly(monthly_rate: np.ndarray | float) -> np.ndarray | float:
    """Return the yearly rate that compounds from a monthly one."""
    return (1 + monthly_rate) ** MONTHS_PER_YEAR - 1


def monthly(yearly_rate: np.ndarray | float) -> np.ndarray | float:
    """Return the monthly rate that compounds to a yearly one; a loss, as of customers, is a negative rate."""
    return (1 + yearly_rate) ** (1 / MONTHS_PER_YEAR) - 1


def irr_of_draws(cash: np.ndarray, steps: int = 48) -> np.ndarray:
    """Return the internal rate per period of each draw, -1 where no money comes back; cash: (periods, draws).

    For flows that are first negative, then positive (one sign change), by bisection; refuse nothing, so that
    the draws keep their order. The discount factor is searched in (0, 2): rates above -50 % a period.
    """
    low, high = np.zeros(cash.shape[1]), np.full(cash.shape[1], 2.0)
    for _ in range(steps):
        factor = (low + high) / 2
        value = np.zeros_like(factor)
        for period in cash[::-1]:
            value = value * factor + period
        gains = value > 0
        high, low = np.where(gains, factor, high), np.where(gains, low, factor)
    return np.where((cash[1:] > 0).any(axis=0), 1 / np.maximum(high, 1e-12) - 1, -1.0)


def _numbers(cash: Sequence[float]) -> np.ndarray:
    numbers = np.asarray(cash, dtype=float)
    if numbers.ndim != 1 or len(numbers) < 2 or not np.isfinite(numbers).all():
        raise refusals.ValueRefused("a cash flow with gaps, or of one period", "two or more finite numbers", "cash")
    return numbers
