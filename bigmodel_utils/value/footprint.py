"""Energy, carbon and hours of human work: stated, not judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.units import HOURS_PER_MONTH, MONTHS_PER_YEAR, SECONDS_PER_HOUR, Quantity
from bigmodel_utils.value import device_scaling, refusals, venture
from bigmodel_utils.value.machines import Machine

if TYPE_CHECKING:
    from bigmodel_utils.value.valuation import Valuation

WATT_PER_KILOWATT = 1000.0


class Energy(NamedTuple):
    """How computing time becomes energy: share of rated power drawn, and building over computing (PUE)."""

    utilisation: float = 1.0
    pue: float = 1.0


def energy_kwh(device_hours: float, watt: float, use: Energy) -> float:
    """Return kWh of `device_hours` at `watt` rated power."""
    refusals.not_negative(device_hours=device_hours, watt=watt, utilisation=use.utilisation)
    if use.pue < 1:
        raise refusals.ValueRefused(f"pue {use.pue:g}", "1 or more; the nearest is 1", "pue")
    return device_hours * watt / WATT_PER_KILOWATT * use.utilisation * use.pue


def carbon_kg(kwh: float, grams_per_kwh: float) -> float:
    """Return kg CO2e of energy from a grid of that intensity."""
    refusals.not_negative(kwh=kwh, grams_per_kwh=grams_per_kwh)
    return kwh * grams_per_kwh / 1000


def grid_intensity(country: str) -> Quantity:
    """Return grams CO2e per kWh of a country (ISO 3166-1 alpha-3); raises FactError with the nearest code, ValueRefused when unknown."""
    row = facts.row("countries", iso3=country)
    grams = row["grid_carbon_intensity_gco2e_kwh"]
    if not grams >= 0:
        raise refusals.ValueRefused(f"grid intensity of {country}", "a country with a known grid", "data/facts/countries.csv")
    return Quantity(mid=grams, unit="gCO2e per kWh", origin="assumed", source=row["source"], as_of=row["as_of"])


def training_energy(machine: Machine, device_hours: Quantity, use: Energy) -> Quantity:
    """Return kWh of a training on accelerators of `machine`; the interval is that of the hours.

    Raises ValueRefused for CPU machines: the facts hold no power of a vCPU, and an unknown is not zero.
    """
    if machine.device == "cpu":
        raise refusals.ValueRefused(
            f"power of {machine.name}", "a machine with accelerators of known power", "data/facts/gpu_specs.csv"
        )
    watt = device_scaling.device(machine.device)["tdp_w"]
    return device_hours.scaled(energy_kwh(1.0, watt, use), "kWh")


def serving_energy_kwh(items: float, samples_per_second: float, watt: float, average_load: float, use: Energy) -> float:
    """Return kWh of serving `items` items on a machine that draws its power also while it waits."""
    refusals.above_zero(samples_per_second=samples_per_second, average_load=average_load)
    return energy_kwh(items / (samples_per_second * average_load) / SECONDS_PER_HOUR, watt, use)


def of_venture(worth: Valuation) -> dict[str, Quantity]:
    """Return energy and carbon of serving in the plan's last year, those of adapting once, and the hours of reading that change hands.

    P10, P50, P90 over the draws and the range of the machine's power: vCPUs as `vcpu_watts` of the facts, accelerators at rated power.
    """
    x, watt = worth.draws, _machine_watt(worth.machine)
    items = 1000 * 12 * venture.thousands_month(x, worth.years * MONTHS_PER_YEAR)
    speed = x["samples_per_second"]
    busy = items / (speed * x["average_load"]) / SECONDS_PER_HOUR
    rented = np.maximum(busy, 12 * HOURS_PER_MONTH)  # one machine is always on
    grid = grid_intensity(worth.machine.country)
    training = x["training_usd"] / x["machine_usd_hour"]
    serving, adapting = _range(rented, watt), WATT_PER_KILOWATT * _range(training, watt)
    by_power, by_grid = str(watt["source"]), f"{watt['source']}; {grid.source}"
    found = {
        "serving_kwh": _quantity(serving, "kWh", by_power),
        "serving_kg": _quantity(serving * grid.mid / 1000, "kg CO2e", by_grid),
        "training_wh": _quantity(adapting, "Wh", by_power),
        "training_g": _quantity(adapting * grid.mid / 1000, "g CO2e", by_grid),
    }
    hours = np.quantile(items / x["reviews_read_per_hour"], (0.1, 0.5, 0.9))
    return found | {"reading_hours": _quantity(hours, "hours", "the scenario's reviews and reading speed")}


def _machine_watt(machine: Machine) -> dict[str, float | str]:
    """Watts of the whole machine, low, mid and high, and where they are from."""
    if machine.device == "cpu":
        given = facts.as_range("vcpu_watts")
        return {end: given[end] * machine.devices for end in ("low", "mid", "high")} | {"source": given["source"]}
    rated = device_scaling.device(machine.device)["tdp_w"] * machine.devices
    return dict.fromkeys(("low", "mid", "high"), rated) | {"source": "rated power in data/facts/gpu_specs.csv"}


def _range(hours: np.ndarray, watt: dict[str, float | str]) -> np.ndarray:
    """kWh at the low, middle and high end of both hours and watts, (3,)."""
    ends = np.quantile(hours, (0.1, 0.5, 0.9))
    return np.array([energy_kwh(h, watt[end], Energy()) for h, end in zip(ends, ("low", "mid", "high"), strict=True)])


def _quantity(values: np.ndarray, unit: str, source: str) -> Quantity:
    low, mid, high = (float(value) for value in values)
    return Quantity(
        mid=mid, low=low, high=high, unit=unit, origin="estimated", source=source, method="P10, P50, P90 over draws"
    )


def reading_hours(items: float, read_per_hour: float, share_still_read: float = 0.0) -> float:
    """Return the hours of human reading that a model changes when people go on reading `share_still_read` of the items."""
    refusals.not_negative(items=items)
    refusals.above_zero(read_per_hour=read_per_hour)
    refusals.share(share_still_read=share_still_read)
    return items * (1 - share_still_read) / read_per_hour
