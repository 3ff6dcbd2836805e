"""A rate measured on one device, carried to another: small encoders follow a mean of peak speed and power.

rate(B) = rate(A) * (peak_B / peak_A)^w * (power_B / power_A)^(1 - w). The weight is fitted from the encoder
rows of `inference_bench`; its error is taken over every ordered pair with the target device left out of the fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.errors import nearest
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import refusals

if TYPE_CHECKING:
    import pandas as pd

ENCODER = "BERT-Large"
_WEIGHTS = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Law:
    """The fitted weight of peak speed, and its error on devices it has not seen, as factors."""

    peak_weight: float
    median_factor: float
    factor80: float  # covers 80 % of pairs
    devices: int

    def ratio(self, source: str, target: str) -> float:
        """Return rate on `target` over rate on `source`, names of gpu_specs."""
        a, b = device(source), device(target)
        peak, power = b["int8_dense_tops"] / a["int8_dense_tops"], b["tdp_w"] / a["tdp_w"]
        return float(peak**self.peak_weight * power ** (1 - self.peak_weight))


def device(name: str) -> dict[str, float]:
    """Return the row of gpu_specs; raises ValueRefused with the nearest name, or where peak or power is not known."""
    specs = facts.load("gpu_specs").set_index("gpu")
    if name not in specs.index:
        raise refusals.ValueRefused(f"device '{name}'", nearest(name, specs.index), "data/facts/gpu_specs.csv")
    row = specs.loc[name]
    if not (row["int8_dense_tops"] > 0 and row["tdp_w"] > 0):
        raise refusals.ValueRefused(
            f"device '{name}' without 8-bit peak or power", "a device with both", "data/facts/gpu_specs.csv"
        )
    return row.to_dict()


@cache
def law() -> Law:
    """Return the law fitted on every device, with its leave-one-device-out error."""
    rates = benchmark_rates()
    errors = left_out_errors(rates)
    return Law(_fit(rates), float(np.exp(np.median(errors))), float(np.exp(np.quantile(errors, 0.8))), len(rates))


def benchmark_rates() -> pd.DataFrame:
    """Return one row per device: peak, power, rate (samples/s per device, offline), logs of all three."""
    bench = facts.load("inference_bench")
    specs = facts.load("gpu_specs").set_index("gpu")
    rows = bench[(bench["model"] == ENCODER) & bench["scenario"].isin(["offline", "server"]) & bench["gpu"].isin(specs.index)]
    rows = rows[rows["system_wall_power_w_avg"].isna()]  # runs with a power meter are power-capped
    logs = np.log(rows["samples_per_s"] / rows["gpu_count"]).groupby([rows["gpu"], rows["scenario"]]).mean().unstack()
    rate = logs["offline"].fillna(logs["server"] - (logs["server"] - logs["offline"]).median())
    table = specs.loc[rate.index, ["int8_dense_tops", "tdp_w"]].dropna()
    return np.log(table).assign(rate=rate)


def left_out_errors(rates: pd.DataFrame) -> np.ndarray:
    """Return |ln(predicted / actual)| of every ordered pair, the target left out of the fit."""
    errors = []
    for target in rates.index:
        rest = rates.drop(target)
        unexplained = _unexplained(rates, _fit(rest))
        errors.append(np.abs(unexplained[target] - unexplained[rest.index]))
    return np.concatenate(errors)


def _unexplained(rates: pd.DataFrame, weight: float) -> pd.Series:
    return rates["rate"] - weight * rates["int8_dense_tops"] - (1 - weight) * rates["tdp_w"]


def _fit(rates: pd.DataFrame) -> float:
    """Return the weight with the least sum of root errors over pairs: one odd device must not bend the law."""

    by_power, by_peak = (_unexplained(rates, weight).to_numpy() for weight in (0.0, 1.0))

    def loss(weight: float) -> float:
        unexplained = weight * by_peak + (1 - weight) * by_power
        return float(np.sqrt(np.abs(unexplained[:, None] - unexplained)).sum())

    return float(min(_WEIGHTS, key=loss))


def carried(rate: Quantity, source: str, target: str) -> Quantity:
    """Return a rate measured on `source` as expected on `target` (80 % interval); see `Law`."""
    ratio, factor = law().ratio(source, target), law().factor80
    return rate.carried(
        ratio,
        factor,
        source=f"measured on {source}, carried to {target}",
        method="rung 2: peak and power, 80 % interval of devices left out",
    )
