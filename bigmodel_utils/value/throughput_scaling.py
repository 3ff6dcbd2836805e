"""Training speed that was measured: its hours, and how it is carried to another accelerator.

rate(B) = rate(A) * peak(B) / peak(A) * u(B) / u(A), per chip, with the utilisation u of the same models on both. A faster
chip is used less fully: to carry utilisation unchanged from A100 to H100 overstates the speed by about half.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.errors import nearest
from bigmodel_utils.units import SECONDS_PER_HOUR, Quantity
from bigmodel_utils.value import hardware, refusals, training_runs


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
    known, specs = utilisations(), facts.load("gpu_specs").set_index("gpu")[training_runs.SIXTEEN_BIT]
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


def measured_hours(run: dict[str, object]) -> Quantity:
    """Return the chip-hours of a plan whose `tokens_per_s_per_gpu` was measured: tokens over rate, over goodput.

    Rung 1 on the target, rung 2 where it was `measured_on` another accelerator. Raises ValueRefused as `carried`, and
    for a rate that is beyond the chip.
    """
    speed, method = training_runs.positive(run, "tokens_per_s_per_gpu"), "rung 1: measured on the target"
    rate = Quantity(mid=speed, unit="tokens/s per chip", origin="measured", source="measured tokens/s", method=method)
    given = (run.get(column) for column in ("measured_on", "hardware"))
    measured_on, target = (hardware.named(name) or str(name or "") for name in given)
    _refuse_beyond_peak(run, speed, measured_on or target)
    if measured_on and measured_on != target:
        rate = carried(rate, measured_on, target)
    goodput, hours = facts.as_range("training_goodput"), training_runs.positive(run, "tokens_b") * 1e9 / SECONDS_PER_HOUR
    ends = (rate.high or speed, "high"), (rate.mid, "mid"), (rate.low or speed, "low")
    source, method = f"{rate.source}; goodput: {goodput['source']}", f"{rate.method}, divided by goodput"
    return Quantity.estimated(*(hours / r / goodput[end] for r, end in ends), "chip-hours", source=source, method=method)


def _refuse_beyond_peak(run: dict[str, object], speed: float, gpu: str) -> None:
    """Refuse a measured rate (tokens/s per chip) that needs more FLOP/s than `gpu` has at 8 bit, where both are known."""
    known = facts.load("gpu_specs").set_index("gpu")[[training_runs.SIXTEEN_BIT, "fp8_dense_tflops"]].max(axis=1)
    needed = training_runs.flop_per_parameter_token(run) * training_runs.active_parameters_b(run) * 1e9 * speed
    if gpu in known.index and needed > known[gpu] * 1e12:
        fastest = f"at most {known[gpu] * 1e12 * speed / needed:.3g}, all that {gpu} could compute"
        raise refusals.ValueRefused(f"{speed:g} tokens/s per chip", fastest, "tokens_per_s_per_gpu")
