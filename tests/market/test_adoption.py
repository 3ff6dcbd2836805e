import numpy as np
import pytest
from check_values import CHECK_VALUES as CHECKS
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils.market import MarketError, adoption

rate_p, rate_q = st.floats(1e-4, 0.3), st.floats(0, 1.5)

# Bass 1969, table: p, q, m in millions, year of the peak, sales at the peak
BASS_1969 = {
    "room air conditioners": (0.010399, 0.41861, 16.895, 8.613, 1.857),
    "black and white television": (0.027877, 0.25105, 96.717, 7.880, 7.493),
    "refrigerators": (0.0026167, 0.21566, 40.001, 20.21, 2.209),
    "power lawnmowers": (0.0091837, 0.33790, 44.751, 10.39, 3.989),
    "steam irons": (0.028632, 0.32791, 55.696, 6.839, 5.398),
}


@pytest.mark.parametrize("product", BASS_1969)
def test_peak_as_bass_published_it(product):
    p, q, m, year, sales = BASS_1969[product]
    found_year, found_sales = adoption.peak(p, q, m)
    assert found_year == pytest.approx(year, rel=1e-3)
    assert found_sales == pytest.approx(sales, rel=1e-3)


def test_check_values_of_room_air_conditioners():
    case = CHECKS["bass_rac_1969"]
    year, sales = adoption.peak(case["p"], case["q"], case["m"])
    assert (year, sales) == (pytest.approx(case["t_star"], rel=1e-5), pytest.approx(case["peak"], rel=1e-5))


def test_average_product_of_the_meta_analysis():
    year, _ = adoption.peak(0.03, 0.38)
    assert year == pytest.approx(6.193, abs=5e-4)
    assert adoption.cumulative([year, 5, 10], 0.03, 0.38) == pytest.approx([0.4605, 0.3312, 0.8128], abs=5e-5)


@given(rate_p, rate_q)
def test_adoption_rises_from_nothing_to_all(p, q):
    shares = adoption.cumulative(np.linspace(0, 60, 200), p, q)
    assert shares[0] == 0
    assert np.all(np.diff(shares) >= -1e-12)
    assert np.all(shares <= 1)
    assert adoption.cumulative(1e7, p, q) == pytest.approx(1)


@given(rate_p, rate_q)
def test_the_curve_obeys_its_differential_equation(p, q):
    t, step = 3.0, 1e-5
    before, at, after = adoption.cumulative([t - step, t, t + step], p, q)
    assert (after - before) / (2 * step) == pytest.approx((p + q * at) * (1 - at), rel=1e-4, abs=1e-9)


@given(rate_p, rate_q, st.floats(1, 1e7), st.integers(1, 30))
def test_new_adopters_add_up_to_the_curve(p, q, potential, years):
    assert adoption.new_adopters(years, p, q, potential).sum() == pytest.approx(adoption.curve(years, p, q, potential)[-1])


def test_draws_give_a_path_each():
    p, q, m = np.array([0.02, 0.03]), np.array([0.3, 0.4]), np.array([100.0, 200.0])
    paths = adoption.curve(5, p, q, m)
    assert paths.shape == (2, 5)
    assert paths[1] == pytest.approx(adoption.curve(5, 0.03, 0.4, 200.0))


def test_without_imitation_the_start_is_the_peak():
    year, sales = adoption.peak(0.1, 0.05, 1000)
    assert (year, sales) == (0, pytest.approx(100))


def test_fan_is_ordered_by_year_and_by_chance():
    rng = np.random.default_rng(3)
    fan = adoption.fan(5, rng.uniform(0.01, 0.05, 500), rng.uniform(0.25, 0.5, 500), rng.uniform(50, 150, 500))
    assert list(fan["year"]) == [1, 2, 3, 4, 5]
    assert (fan["low"] < fan["mid"]).all()
    assert (fan["mid"] < fan["high"]).all()
    assert fan["mid"].is_monotonic_increasing


@pytest.mark.parametrize(("p", "q"), [(0.0, 0.3), (-0.01, 0.3), (0.03, -0.1)])
def test_impossible_coefficients_are_refused(p, q):
    with pytest.raises(MarketError, match="adoption_p"):
        adoption.cumulative(1, p, q)
