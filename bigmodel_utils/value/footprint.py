"""Energy, carbon and hours of human work: stated, not judged."""

from __future__ import annotations

from typing import NamedTuple

from bigmodel_utils import facts
from bigmodel_utils.units import SECONDS_PER_HOUR, Quantity
from bigmodel_utils.value import device_scaling, refusals
from bigmodel_utils.value.machines import Machine

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


def reading_hours(items: float, read_per_hour: float, share_still_read: float = 0.0) -> float:
    """Return the hours of human reading that a model changes when people go on reading `share_still_read` of the items."""
    refusals.not_negative(items=items)
    refusals.above_zero(read_per_hour=read_per_hour)
    refusals.share(share_still_read=share_still_read)
    return items * (1 - share_still_read) / read_per_hour
