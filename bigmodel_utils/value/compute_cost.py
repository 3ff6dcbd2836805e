"""What measured computing costs on a priced machine: per 1,000 items served, and per training run.

The ladder: rung 1 measured on the target machine's kind, rung 2 measured elsewhere and carried, rung 3 a
formula (`training_cost`, `serving_throughput`). Every figure names its rung and carries its interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.units import SECONDS_PER_HOUR, Quantity
from bigmodel_utils.value import device_scaling, machines, refusals
from bigmodel_utils.value.errors_to_money import serving_usd_per_thousand
from bigmodel_utils.value.machines import Machine

if TYPE_CHECKING:
    from bigmodel_utils.scenario import Scenario


def rate_on(machine: Machine, measured: Quantity, device: str, cores: int) -> Quantity:
    """Return items per second of the whole `machine`, from a rate measured on `device`.

    device: "cpu" (then `cores` of them were used) or a name of gpu_specs (one of them was used).
    CPU to CPU is carried per core with the spread that devices left out of the scaling law show: rung 2.
    Raises ValueRefused for a rate of zero, and for CPU to GPU or back: one says nothing reliable about the other.
    """
    refusals.above_zero(samples_per_second=measured.mid, cores=cores)
    if (device == "cpu") != (machine.device == "cpu"):
        allowed = f"a rate measured on {machine.device}, or a machine with {device}"
        raise refusals.ValueRefused(f"a rate measured on {device} for {machine.name}", allowed, "compute in the scenario")
    if device == "cpu":
        return _carried_per_core(machine, measured, cores)
    one = measured if device == machine.device else device_scaling.carried(measured, device, machine.device)
    whole = one.scaled(machine.devices, one.unit)
    return whole if one is not measured else whole.model_copy(update={"method": f"rung 1: measured on {device}"})


def _carried_per_core(machine: Machine, measured: Quantity, cores: int) -> Quantity:
    return measured.carried(
        machine.devices / cores,
        device_scaling.law().factor80,
        source=f"measured on {cores} CPU cores, carried to {machine.devices} vCPU of {machine.name}",
        method="rung 2: per core, 80 % interval",
    )


def serving_cost(machine: Machine, rate: Quantity, average_load: float) -> Quantity:
    """Return USD per 1,000 items served by `machine` at `rate` items/s and `average_load` (average over peak)."""
    refusals.share(average_load=average_load)
    refusals.above_zero(average_load=average_load, rate=rate.mid)
    price = machine.price()
    slow, mid, fast = (serving_usd_per_thousand(speed, price.mid, average_load) for speed in _ends(rate))
    source = f"{rate.source}; {price.source}"
    return Quantity.estimated(fast, mid, slow, "USD per 1,000", source=source, method=rate.method, as_of=price.as_of)


def _ends(rate: Quantity) -> tuple[float, float, float]:
    return rate.low or rate.mid, rate.mid, rate.high or rate.mid


def serving_on(scenario: Scenario, rate: Quantity, device: str, cores: int) -> Quantity:
    """Return USD per 1,000 items on the machine that the scenario rents, at its average load.

    rate: items/s as measured on `device` ("cpu" with `cores`, or the name that a GPU reports). Raises ValueRefused as `rate_on`.
    """
    key = "cpu" if device == "cpu" else machines.accelerator(device)
    machine = machines.rented(scenario.compute.cpu if key == "cpu" else scenario.compute.gpu, scenario)
    return serving_cost(machine, rate_on(machine, rate, key, cores), scenario.assumption("average_load").mid)


def training_cost(machine: Machine, seconds: Quantity, device: str, cores: int) -> Quantity:
    """Return USD of a training that was measured to take `seconds` on `device`, on the priced machine; see `rate_on`."""
    refusals.above_zero(train_seconds=seconds.mid)
    runs_per_second = Quantity(mid=1 / seconds.mid, unit="runs per second", origin="measured", source=seconds.source)
    rate = rate_on(machine, runs_per_second, device, cores)
    price = machine.price()
    slow, mid, fast = (price.mid / speed / SECONDS_PER_HOUR for speed in _ends(rate))
    source, method = f"{seconds.source}; {price.source}", rate.method or "rung 1: measured"
    return Quantity.estimated(fast, mid, slow, "USD", source=source, method=method, as_of=price.as_of)
