"""What moves the value: one input at a time, and how far each must move to change the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.value import simulation, uncertainty
from bigmodel_utils.value.uncertainty import Marginal

if TYPE_CHECKING:
    import pandas as pd


def tornado(marginals: Mapping[str, Marginal], years: int) -> pd.DataFrame:
    """Return the NPV with each uncertain input at its P10 and P90, all others at P50, widest swing first.

    Columns: assumption, low_value, high_value, npv_at_low, npv_at_high (USD), unit.
    """
    import pandas as pd

    uncertain = [m for m in marginals.values() if m.shape != "constant"]
    x = {name: np.full(2 * len(uncertain), value) for name, value in uncertainty.medians(marginals).items()}
    for place, marginal in enumerate(uncertain):
        x[marginal.name][2 * place : 2 * place + 2] = marginal.p10, marginal.p90
    at_low, at_high = simulation.npv(x, years).reshape(-1, 2).T
    table = pd.DataFrame(
        {
            "assumption": [m.name for m in uncertain],
            "low_value": [m.p10 for m in uncertain],
            "high_value": [m.p90 for m in uncertain],
            "npv_at_low": at_low,
            "npv_at_high": at_high,
            "unit": [m.unit for m in uncertain],
        }
    )
    order = (table["npv_at_high"] - table["npv_at_low"]).abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def centre(marginal: Marginal) -> float:
    """Return the number that stands for the range: its `mid` as given, or the median of a posterior."""
    return marginal.parameters[1] if len(marginal.parameters) == 3 else marginal.p50


def moved(marginal: Marginal, values: np.ndarray, step: float) -> np.ndarray:
    """Return draws of `marginal` with the whole range moved by `step`: in log-odds for shares, else in logs.

    So a share stays between 0 and 1, and a price stays positive.
    """
    if is_share(marginal):
        inside = np.clip(values, 1e-9, 1 - 1e-9)
        return 1 / (1 + (1 - inside) / inside * np.exp(-step))
    return values * np.exp(step)


def is_share(marginal: Marginal) -> bool:
    """Whether the number cannot leave [0, 1]: its unit says share."""
    return marginal.unit.startswith("share")
