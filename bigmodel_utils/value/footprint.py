"""Energy and carbon of computing, and the hours of human work beside them: stated, not judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.units import HOURS_PER_MONTH, MONTHS_PER_YEAR, SECONDS_PER_HOUR, Quantity
from bigmodel_utils.value import device_scaling, refusals, venture
from bigmodel_utils.value.errors_to_money import Value
from bigmodel_utils.value.machines import Machine

if TYPE_CHECKING:
    from bigmodel_utils.value.valuation import Valuation

WATT_PER_KILOWATT = 1000.0


def energy_kwh(device_hours: Value, watt: Value, utilisation: float = 1.0, pue: float = 1.0) -> Value:
    """Return kWh of `device_hours` at `watt` rated power: `utilisation` of it drawn, `pue` building over computing."""
    refusals.not_negative(device_hours=device_hours, watt=watt, utilisation=utilisation)
    if not pue >= 1:
        raise refusals.ValueRefused(f"pue {pue:g}", "1 or more; the nearest is 1", "pue")
    return device_hours * watt / WATT_PER_KILOWATT * utilisation * pue


def carbon_kg(kwh: Value, grams_per_kwh: float) -> Value:
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


def of_venture(worth: Valuation) -> dict[str, Quantity]:
    """Return energy and carbon of serving in the plan's last year, those of adapting once, and the hours of reading that change hands.

    P10, P50, P90 over the draws and the range of the machine's power: vCPUs as `vcpu_watts` of the facts, accelerators at rated power.
    """
    x, (watts, by_power) = worth.draws, _machine_watts(worth.machine)
    items = 1000 * MONTHS_PER_YEAR * venture.thousands_month(x, worth.years * MONTHS_PER_YEAR)
    busy = items / (x["samples_per_second"] * x["average_load"]) / SECONDS_PER_HOUR
    rented = np.maximum(busy, MONTHS_PER_YEAR * HOURS_PER_MONTH)  # one machine is always on
    grid = grid_intensity(worth.machine.country)
    serving = energy_kwh(_ends(rented), watts)
    training = energy_kwh(_ends(x["training_usd"] / x["machine_usd_hour"]), watts)
    by_grid, by_reading = f"{by_power}; {grid.source}", "the scenario's reviews and reading speed"
    return {
        "serving_kwh": _quantity(serving, "kWh", by_power),
        "serving_kg": _quantity(carbon_kg(serving, grid.mid), "kg CO2e", by_grid),
        "training_wh": _quantity(1000 * training, "Wh", by_power),
        "training_g": _quantity(1000 * carbon_kg(training, grid.mid), "g CO2e", by_grid),
        "reading_hours": _quantity(_ends(items / x["reviews_read_per_hour"]), "hours", by_reading),
    }


def _machine_watts(machine: Machine) -> tuple[np.ndarray, str]:
    """Return watts of the whole machine, low, mid and high, (3,), and where they are from."""
    if machine.device == "cpu":
        given = facts.as_range("vcpu_watts")
        return machine.devices * np.array([given["low"], given["mid"], given["high"]]), given["source"]
    rated = device_scaling.device(machine.device)["tdp_w"] * machine.devices
    return np.full(3, rated), "rated power in data/facts/gpu_specs.csv"


def _ends(draws: np.ndarray) -> np.ndarray:
    return np.quantile(draws, (0.1, 0.5, 0.9))


def _quantity(ends: np.ndarray, unit: str, source: str) -> Quantity:
    return Quantity.estimated(*ends, unit, source=source, method="P10, P50, P90 over draws")
