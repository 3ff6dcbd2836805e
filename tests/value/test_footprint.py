"""Energy, carbon and hours: arithmetic against published statements, and unknowns that stay unknown."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils import paths
from bigmodel_utils.facts import FactError
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import footprint, machines
from bigmodel_utils.value.refusals import ValueRefused

KNOWN = json.loads((paths.PROJECT / "tests" / "check_values.json").read_text(encoding="utf-8"))["carbon"]


def test_published_energy_and_carbon():
    llama = footprint.energy_kwh(1_022_362, 400, footprint.Energy(pue=1.1))
    assert llama / 1000 == pytest.approx(KNOWN["llama65b_MWh"], rel=1e-5)
    assert footprint.carbon_kg(llama, 385) / 1000 == pytest.approx(KNOWN["llama65b_t"], rel=1e-5)
    assert footprint.carbon_kg(433_196, 57) / 1000 == pytest.approx(KNOWN["bloom_t"], rel=1e-5)
    seven = footprint.carbon_kg(footprint.energy_kwh(184_320, 400, footprint.Energy()), 423.5)
    assert seven / 1000 == pytest.approx(KNOWN["llama2_7b_t"], rel=1e-4)
    gpt3 = footprint.energy_kwh(10_000 * 14.8 * 24, 330, footprint.Energy(pue=1.1))
    assert gpt3 / 1000 == pytest.approx(1289, abs=1)


def test_training_energy_takes_the_power_of_the_facts():
    gpu = machines.Machine("Acme/here/one", "USA", "H100-80GB-SXM", 1, 2.0, None, "test", date(2026, 11, 1))
    hours = Quantity(mid=100, low=80, high=125, unit="device-hours", origin="estimated", source="test")
    energy = footprint.training_energy(gpu, hours, footprint.Energy(utilisation=0.85))
    assert (energy.low, energy.mid, energy.high) == pytest.approx((47.6, 59.5, 74.375))
    cpu = machines.Machine("Acme/here/two", "USA", "cpu", 2, 0.1, None, "test", date(2026, 11, 1))
    with pytest.raises(ValueRefused, match="accelerators of known power"):
        footprint.training_energy(cpu, hours, footprint.Energy())


def test_the_grid_of_a_country():
    assert footprint.grid_intensity("CHN").mid == pytest.approx(525.34)
    with pytest.raises(FactError, match="CHN"):
        footprint.grid_intensity("CHM")


@given(st.floats(0, 1e9), st.floats(1, 1e4), st.floats(0, 1))
def test_reading_hours_are_conserved(items, speed, share):
    changed, kept = footprint.reading_hours(items, speed, share), footprint.reading_hours(items, speed, 1 - share)
    assert changed + kept == pytest.approx(items / speed, rel=1e-9)


def test_an_impossible_building_is_refused():
    with pytest.raises(ValueRefused, match="the nearest is 1"):
        footprint.energy_kwh(1, 100, footprint.Energy(pue=0.9))
    assert footprint.serving_energy_kwh(3.6e6, 1000, 400, 0.5, footprint.Energy()) == pytest.approx(2 * 0.4)
