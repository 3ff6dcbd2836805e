"""Is one model better than another on the same rows? A paired answer, not two numbers side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import intervals
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Comparison:
    """`difference` is accuracy of the first minus the second; `only_first` rows only the first has right."""

    first: str
    second: str
    difference: Quantity
    p_value: float
    only_first: int
    only_second: int

    @property
    def is_real(self) -> bool:
        """Whether the interval of the difference excludes zero."""
        return not self.difference.low <= 0 <= self.difference.high


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value that both models err equally often (McNemar 1947, binomial)."""
    from scipy.stats import binomtest

    n = only_first + only_second
    if min(only_first, only_second) < 0:
        raise intervals.MeasureError(f"{only_first} and {only_second} rows", "counts of zero or more", "the rows compared")
    return float(binomtest(only_first, n, 0.5).pvalue) if n else 1.0


def paired(first: str, second: str, right: Mapping[str, np.ndarray], settings: Evaluation, seed: int) -> Comparison:
    """Compare two models by which rows each has right (booleans over the same rows).

    The interval is a bootstrap of rows; resampling paired rows only needs counts of the three outcomes.
    """
    intervals.refuse_unfit(right[first])
    gap = right[first].astype(int) - right[second].astype(int)
    won, lost, n = int((gap > 0).sum()), int((gap < 0).sum()), len(gap)
    draws = np.random.default_rng(seed).multinomial(n, [won / n, lost / n, 1 - (won + lost) / n], size=settings.resamples)
    tail = (1 - settings.confidence) / 2
    low, high = np.quantile((draws[:, 0] - draws[:, 1]) / n, [tail, 1 - tail])
    mid = (won - lost) / n
    difference = Quantity(
        mid=mid, low=min(float(low), mid), high=max(float(high), mid), unit="share", origin="measured", source=intervals.SOURCE,
        n=n, method=f"paired bootstrap of rows, {settings.resamples} draws, {settings.confidence:.0%}",
    )  # fmt: skip
    return Comparison(first, second, difference, mcnemar(won, lost), won, lost)


def compare(
    answers: Mapping[str, np.ndarray],
    truth: np.ndarray,
    pairs: Sequence[tuple[str, str]],
    settings: Evaluation,
    seed: int,
) -> list[Comparison]:
    """Return a Comparison for each pair of model names in `answers` (probabilities over the same rows)."""
    right = {name: probabilities.argmax(axis=1) == truth for name, probabilities in answers.items()}
    return [paired(first, second, right, settings, seed) for first, second in pairs]


def as_table(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Return first, second, difference, low, high, p_value, only_first, only_second, n: a row per comparison."""
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "first": c.first,
                "second": c.second,
                "difference": c.difference.mid,
                "low": c.difference.low,
                "high": c.difference.high,
                "p_value": c.p_value,
                "only_first": c.only_first,
                "only_second": c.only_second,
                "n": c.difference.n,
            }
            for c in comparisons
        ]
    )
