import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils.market import MarketError, adoption, size

amount = st.floats(0.01, 1e9)
share = st.floats(0.001, 1.0)


def test_textbook_case_from_firms_to_won_revenue():
    found = size.market_size(120_000, 0.30, 1, 6_000, 0.4, 0.12, adoption.cumulative(5, 0.03, 0.38))
    assert found.tam == pytest.approx(216e6)
    assert found.sam == pytest.approx(86.4e6)
    assert found.som == pytest.approx(3.434e6, rel=1e-3)


@given(amount, share, amount, st.floats(0, 1e6), share, share)
def test_each_step_takes_a_share_of_the_one_before(customers, eligible, units, price, reach, won):
    found = size.market_size(customers, eligible, units, price, reach, won)
    assert found.som <= found.sam <= found.tam
    assert size.market_size(2 * customers, eligible, units, price, reach, won).som == pytest.approx(2 * found.som)


def test_draws_stay_aligned():
    price = np.array([1.0, 2.0, 3.0])
    bottom_up = size.market_size(10, 0.5, 12, price)
    top_down = size.market_size(1000, 0.06, 1, price)
    assert np.ptp(top_down.tam / bottom_up.tam) == pytest.approx(0)


@pytest.mark.parametrize(
    ("name", "value"), [("eligible_share", 1.2), ("price", -1.0), ("customers", math.nan), ("customers", math.inf)]
)
def test_an_impossible_share_or_amount_is_refused_by_name(name, value):
    inputs = {"customers": 10, "eligible_share": 0.5, "units_per_year": 1, "price": 1} | {name: value}
    with pytest.raises(MarketError, match=name):
        size.market_size(**inputs)


def test_pooling_weighs_by_precision():
    around = np.exp(np.array([-1.0, 0.0, 1.0]))
    assert size.pool([100 * around, 400 * around])[1] == pytest.approx(200)
    wide_and_narrow = math.exp((math.log(100) / 0.1**2 + math.log(400) / 0.5**2) / (1 / 0.1**2 + 1 / 0.5**2))
    assert size.pool([100 * around**0.1, 400 * around**0.5])[1] == pytest.approx(wide_and_narrow)


def test_pooled_draws_are_narrower_than_either_and_lie_between():
    rng = np.random.default_rng(1)
    first, second = rng.lognormal(2, 0.4, 50_000), rng.lognormal(2.5, 0.8, 50_000)
    pooled = size.pool([first, second])
    assert np.std(np.log(pooled)) == pytest.approx(1 / math.sqrt(1 / 0.4**2 + 1 / 0.8**2), rel=0.02)
    assert np.median(first) < np.median(pooled) < np.median(second)


def test_pooling_needs_a_spread_of_each():
    with pytest.raises(MarketError, match="without spread"):
        size.pool([100.0, np.array([300.0, 400.0])])


@pytest.mark.parametrize(("top", "agree"), [(50, True), (200, True), (49, False), (201, False)])
def test_disagreement_beyond_a_factor_of_two_is_said(top, agree):
    ratio, sentence = size.reconcile(top, 100)
    assert ratio == pytest.approx(top / 100)
    assert ("disagree" in sentence.read()) is not agree


def test_table_has_a_row_per_measure_and_method():
    draws = size.market_size(np.linspace(1, 2, 101), 0.5, 1, 10, 0.5, 0.1)
    frame = size.table({"bottom_up": draws, "pooled": size.pool_sizes(draws, draws)})
    assert len(frame) == 6
    assert (frame["low"] <= frame["mid"]).all()
    assert (frame["mid"] <= frame["high"]).all()


def test_log_sd_of_a_lognormal_range():
    assert size.log_sd(math.exp(-1.2815515655446004 * 0.3), math.exp(1.2815515655446004 * 0.3)) == pytest.approx(0.3)


def test_counts_of_nothing_are_neither_pooled_nor_compared():
    with pytest.raises(MarketError, match="zero or less"):
        size.pool([np.array([0.0, 1.0]), np.array([1.0, 2.0])])
    with pytest.raises(MarketError, match="medians 1 and 0"):
        size.reconcile(1.0, 0.0)
