"""Training speed measured on one accelerator, carried to another whose utilisation was measured on the same models.

rate(B) = rate(A) * peak(B) / peak(A) * u(B) / u(A), per chip. A faster chip is used less fully: to carry utilisation
unchanged from A100 to H100 overstates the speed by about half.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.errors import nearest
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import refusals


@cache
def utilisations() -> dict[str, dict[str, float]]:
    """Return ln utilisation by accelerator and model: the middle of the 16-bit rows of `training_throughput`."""
    rows = facts.load("training_throughput").query("precision == 'bf16'")
    middle = np.log(rows["mfu_pct"]).groupby([rows["gpu"], rows["model"]]).median()
    return {gpu: middle[gpu].to_dict() for gpu in middle.index.get_level_values(0).unique()}


def carried(rate: Quantity, source: str, target: str) -> Quantity:
    """Return `rate` (tokens/s per chip, measured on `source`) as expected on `target`, 80 % interval over models.

    Raises ValueRefused, with the nearest that can, for accelerators that were not measured on the same models.
    """
    known, specs = utilisations(), facts.load("gpu_specs").set_index("gpu")["bf16_fp16_dense_tflops"]
    for gpu in (source, target):
        if gpu not in known:
            raise refusals.ValueRefused(
                f"training speed carried by {gpu}", nearest(gpu, known), "data/facts/training_throughput.csv"
            )
    both = sorted(known[source].keys() & known[target].keys())
    ratios = np.array([known[target][model] - known[source][model] for model in both])
    middle, factor = float(np.median(ratios)), float(np.exp(np.quantile(np.abs(ratios - np.median(ratios)), 0.8)))
    ratio = float(specs[target] / specs[source] * np.exp(middle))
    return rate.carried(
        ratio,
        factor,
        source=f"measured on {source}; utilisation of {len(both)} models on both in data/facts/training_throughput.csv",
        method="rung 2: measured elsewhere and carried",
    )
