"""The venture on many draws at once: block by block, so that a block stays in the processor's cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bigmodel_utils.units import MONTHS_PER_YEAR
from bigmodel_utils.value import investment, venture

BLOCK = 8192  # draws: about forty arrays of 64 kB are at work at a time


@dataclass(frozen=True)
class Paths:
    """What came of each draw. npv: (draws,); cumulative: (months + 1, draws), undiscounted, float32, USD."""

    npv: np.ndarray
    cumulative: np.ndarray

    @cached_property
    def irr(self) -> np.ndarray:
        """The internal rate of return of each draw, yearly."""
        cash = np.diff(self.cumulative, axis=0, prepend=np.float32(0))
        parts = [investment.irr_of_draws(cash[:, part].astype(float)) for part in _blocks(len(self.npv))]
        return investment.yearly(np.concatenate(parts))

    @property
    def lowest(self) -> np.ndarray:
        """The deepest cumulative cash of each draw (zero or less), USD."""
        return np.minimum(0, self.cumulative.min(axis=0))

    @property
    def payback(self) -> np.ndarray:
        """The first month from which each draw stays at or above zero; months + 1 where it never does."""
        months = len(self.cumulative)
        from_end = np.argmax(self.cumulative[::-1] < 0, axis=0)
        return np.where((self.cumulative < 0).any(axis=0), months - from_end, 0)


def run(x: Mapping[str, np.ndarray], years: int) -> Paths:
    """Return the paths of all draws; x: `venture.INPUTS` by name, each (draws,)."""
    venture.complete(x)
    months = years * MONTHS_PER_YEAR
    count = len(x["discount_rate"])
    npv = np.empty(count)
    cumulative = np.empty((months + 1, count), dtype=np.float32)
    for part in _blocks(count):
        cash = np.stack(_cash(x, part, months))
        npv[part] = venture.net_present_value(cash, x["discount_rate"][part])
        cumulative[:, part] = np.cumsum(cash, axis=0)
    return Paths(npv, cumulative)


def npv(x: Mapping[str, np.ndarray], years: int) -> np.ndarray:
    """Return the net present value of each draw only, (draws,), USD: the fast path for sensitivity."""
    count = len(x["discount_rate"])
    values = np.empty(count)
    for part in _blocks(count):
        values[part] = venture.net_present_value(_cash(x, part, years * MONTHS_PER_YEAR), x["discount_rate"][part])
    return values


def _blocks(count: int) -> list[slice]:
    return [slice(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK)]


def _cash(x: Mapping[str, np.ndarray], part: slice, months: int) -> list[np.ndarray]:
    return venture.monthly_cash({name: x[name][part] for name in venture.INPUTS}, months)
