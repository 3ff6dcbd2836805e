"""Options: Hull's values, the lattice against the closed form, and what a choice is worth."""

import numpy as np
import pytest
from check_values import CHECK_VALUES as KNOWN
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils.value import options
from bigmodel_utils.value.refusals import ValueRefused


def test_black_scholes_of_hull():
    hull = (42, 40, 0.10, 0.20, 0.5)
    assert (options.black_scholes(*hull), options.black_scholes(*hull, "put")) == pytest.approx(KNOWN["bs_hull"], abs=1e-5)
    assert options.black_scholes(100, 100, 0.05, 0.2, 1) == pytest.approx(10.4506, abs=1e-4)
    assert options.black_scholes(100, 100, 0.05, 0.2, 1, "put") == pytest.approx(5.5735, abs=1e-4)


def test_one_binomial_step_of_hull():
    chance = options.up_probability(1.1, 0.9, 0.12, 0.25)
    assert chance == pytest.approx(KNOWN["crr_hull"][0], abs=1e-6)
    assert np.exp(-0.12 * 0.25) * chance * 1 == pytest.approx(KNOWN["crr_hull"][1], abs=1e-6)


def test_the_lattice_comes_to_the_closed_form():
    assert options.binomial(42, 40, 0.10, 0.20, 0.5, steps=2000) == pytest.approx(KNOWN["bs_hull"][0], rel=1e-3)


def test_the_right_to_abandon():
    assert options.binomial(100, 80, 0.05, 0.40, 2, "put", early=True, steps=2000) == pytest.approx(8.815, abs=0.01)


@settings(max_examples=30, deadline=None)
@given(st.floats(20, 200), st.floats(0, 0.15), st.floats(0.1, 0.8), st.floats(0.1, 4))
def test_early_use_never_costs_and_parity_holds(value, rate, volatility, years):
    call, put = (options.black_scholes(value, 100, rate, volatility, years, kind) for kind in ("call", "put"))
    assert call - put == pytest.approx(value - 100 * np.exp(-rate * years), abs=1e-8)
    late, early = (options.binomial(value, 100, rate, volatility, years, "put", early, 60) for early in (False, True))
    assert early >= late - 1e-9
    assert early >= 100 - value - 1e-9


TREE = options.Choice(
    {
        "enter": options.Chance([(0.4, 100.0), (0.6, -50.0)]),
        "pilot": options.Chance([(0.4, options.Choice({"enter": 90.0, "stop": -5.0}, delay=1)), (0.6, -5.0)]),
        "stop": 0.0,
    }
)


def test_a_tree_is_decided_from_its_leaves():
    pilot = 0.4 * 90 / 1.1 + 0.6 * -5
    assert options.tree_value(TREE, 0.10) == pytest.approx(pilot)


def test_chances_that_do_not_sum_to_one_are_refused():
    with pytest.raises(ValueRefused, match="a sum of 1"):
        options.tree_value(options.Chance([(0.5, 1.0), (0.6, 2.0)]), 0.1)
    with pytest.raises(ValueRefused, match="down < growth"):
        options.up_probability(1.01, 0.9, 0.12, 1)


@settings(max_examples=30, deadline=None)
@given(st.floats(-100, 100), st.floats(1, 100), st.floats(0, 1), st.floats(0, 0.3))
def test_waiting_without_news_or_for_nothing_is_worth_no_more(mean, spread, news, rate):
    npv = np.random.default_rng(3).normal(mean, spread, 500)
    blind, informed = (options.wait_or_enter(npv, share, rate, 1.0) for share in (0.0, news))
    assert blind["wait"] <= blind["now"] + 1e-9
    assert informed["wait"] >= blind["wait"] - 1e-9
    assert informed["now"] == blind["now"]
