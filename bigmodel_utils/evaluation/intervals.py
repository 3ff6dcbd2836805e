"""How sure a measured share or score is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bigmodel_utils.errors import BigModelError
from bigmodel_utils.units import Quantity

SOURCE = "this run, held-out rows"


class MeasureError(BigModelError):
    """Too few rows, or numbers that are none: no honest measure can be made of them."""


def refuse_unfit(rows: np.ndarray, least: int = 1, name: str = "the rows measured") -> None:
    """Raise MeasureError for fewer than `least` rows, or a value that is missing or infinite; rows: (n, …)."""
    if len(rows) < least:
        raise MeasureError(f"{len(rows)} rows", f"at least {least}", name)
    if not np.isfinite(rows).all():
        raise MeasureError("a value that is missing or infinite", "finite numbers", name)


def wilson(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval of a share of `n` independent trials (Wilson 1927); raises MeasureError for n < 1."""
    from scipy.stats import binomtest

    if not 0 <= successes <= n or n < 1:
        raise MeasureError(f"{successes} of {n} rows", "one row or more, and no more hits than rows", "the rows measured")
    interval = binomtest(int(successes), int(n)).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def share(successes: int, n: int, confidence: float = 0.95, source: str = SOURCE) -> Quantity:
    """Return a measured share with its Wilson interval, unit `share`."""
    low, high = wilson(successes, n, confidence)
    mid = successes / n
    return Quantity(
        mid=mid, low=min(low, mid), high=max(high, mid), unit="share", origin="measured", source=source, n=n,
        method=f"Wilson interval, {confidence:.0%}",
    )  # fmt: skip


def resamples(n: int, count: int, seed: int) -> np.ndarray:
    """Return `count` draws with replacement of n row numbers, shape (count, n)."""
    return np.random.default_rng(seed).integers(0, n, size=(count, n), dtype=np.int32)


def bootstrap(
    statistic: Callable[[np.ndarray], float], n: int, unit: str, count: int, seed: int, confidence: float = 0.95
) -> Quantity:
    """Return `statistic(all rows)` with its percentile bootstrap interval over resampled row numbers (Efron 1979)."""
    draws = np.array([statistic(rows) for rows in resamples(n, count, seed)])
    mid = float(statistic(np.arange(n)))
    low, high = np.nanquantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Quantity(
        mid=mid, low=min(float(low), mid), high=max(float(high), mid), unit=unit, origin="measured", source=SOURCE, n=n,
        method=f"bootstrap of rows, {count} draws, {confidence:.0%}",
    )  # fmt: skip
