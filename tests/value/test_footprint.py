"""Energy and carbon: arithmetic against published statements, and unknowns that stay unknown."""

import pytest
from check_values import CHECK_VALUES

from bigmodel_utils.facts import FactError
from bigmodel_utils.value import footprint
from bigmodel_utils.value.refusals import ValueRefused

KNOWN = CHECK_VALUES["carbon"]


def test_published_energy_and_carbon():
    llama = footprint.energy_kwh(1_022_362, 400, pue=1.1)
    assert llama / 1000 == pytest.approx(KNOWN["llama65b_MWh"], rel=1e-5)
    assert footprint.carbon_kg(llama, 385) / 1000 == pytest.approx(KNOWN["llama65b_t"], rel=1e-5)
    assert footprint.carbon_kg(433_196, 57) / 1000 == pytest.approx(KNOWN["bloom_t"], rel=1e-5)
    seven = footprint.carbon_kg(footprint.energy_kwh(184_320, 400), 423.5)
    assert seven / 1000 == pytest.approx(KNOWN["llama2_7b_t"], rel=1e-4)
    gpt3 = footprint.energy_kwh(10_000 * 14.8 * 24, 330, pue=1.1)
    assert gpt3 / 1000 == pytest.approx(1289, abs=1)


def test_the_grid_of_a_country():
    assert footprint.grid_intensity("CHN").mid == pytest.approx(525.34)
    with pytest.raises(FactError, match="CHN"):
        footprint.grid_intensity("CHM")


def test_an_impossible_building_is_refused():
    with pytest.raises(ValueRefused, match="the nearest is 1"):
        footprint.energy_kwh(1, 100, pue=0.9)
