"""One customer's money: worked examples, and the retention curve of Fader & Hardie."""

import numpy as np
import pytest
from check_values import CHECK_VALUES
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils.value import unit_economics as unit
from bigmodel_utils.value.refusals import ValueRefused

KNOWN = CHECK_VALUES["sbg_regular"]
REGULAR = [1, 0.631, 0.468, 0.382, 0.326, 0.289, 0.262, 0.241]


def test_the_worked_customer():
    assert unit.lifetime_value(100, 0.8, 0.05) == pytest.approx(1600)
    assert unit.lifetime_value(100, 0.8, 0.05, discount=0.01) == pytest.approx(1346.67, abs=0.01)
    assert unit.months_to_recover(500, 100, 0.8) == pytest.approx(6.25)
    assert unit.months_to_recover(500, 100, -0.1) is None
    assert unit.gross_margin(2.00, 0.35) == pytest.approx(0.825)


def test_the_regular_customers_of_fader_and_hardie():
    kept = unit.fit_retention(REGULAR)
    assert kept.alpha == pytest.approx(KNOWN["alpha"], rel=1e-3)
    assert kept.beta == pytest.approx(KNOWN["beta"], rel=1e-3)
    assert kept.survival(12) == pytest.approx(KNOWN["S12"], rel=1e-3)
    assert kept.discounted_lifetime(0.10) == pytest.approx(3.695, abs=2e-3)


@given(st.floats(0.2, 5), st.floats(0.2, 5))
def test_retention_is_a_falling_curve_of_rising_rates(alpha, beta):
    kept = unit.Retention(alpha, beta)
    survival, rates = kept.survival(np.arange(0, 30)), kept.rate(np.arange(1, 30))
    assert survival[0] == pytest.approx(1)
    assert (np.diff(survival) < 0).all()
    assert (np.diff(rates) > 0).all()
    assert np.cumprod(rates) == pytest.approx(survival[1:])


@given(st.floats(1, 1e4), st.floats(0.05, 1), st.floats(0.01, 0.9), st.floats(0, 0.5))
def test_a_loyal_customer_is_worth_more(revenue, margin, churn, discount):
    value = unit.lifetime_value(revenue, margin, churn, discount)
    assert value >= revenue * margin
    assert unit.lifetime_value(revenue, margin, min(1, churn * 1.1), discount) <= value


def test_the_impossible_is_refused():
    with pytest.raises(ValueRefused, match="churn or discount above 0"):
        unit.lifetime_value(100, 0.8, 0)
    with pytest.raises(ValueRefused, match="the nearest is 1"):
        unit.lifetime_value(100, 0.8, 1.2)
    with pytest.raises(ValueRefused, match="three or more falling"):
        unit.fit_retention([1, 0.5, 0.6])
