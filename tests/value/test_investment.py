"""Investment figures against published examples, and the traps that libraries are silent about."""

import numpy as np
import pytest
from check_values import CHECK_VALUES as KNOWN
from hypothesis import assume, given
from hypothesis import strategies as st

from bigmodel_utils.value import investment
from bigmodel_utils.value.refusals import ValueRefused

FLOW = [-100, 39, 59, 55, 20]
flows = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=24)


def test_published_examples():
    assert investment.npv(0.08, [-40_000, 5_000, 8_000, 12_000, 30_000]) == pytest.approx(KNOWN["npv"], abs=1e-5)
    assert investment.internal_rates(FLOW) == pytest.approx((KNOWN["irr"],), abs=1e-6)
    assert investment.modified_rate(FLOW, 0.10, 0.12) == pytest.approx(KNOWN["mirr"], abs=1e-6)


def test_payback_plain_and_discounted():
    flow = [-1000, 300, 400, 500, 200]
    assert investment.payback(flow) == pytest.approx(2.600)
    assert investment.payback(flow, 0.10) == pytest.approx(3.154, abs=1e-3)
    assert investment.npv(0.10, flow) == pytest.approx(115.566, abs=1e-3)
    assert investment.internal_rates(flow) == pytest.approx((0.153221,), abs=1e-6)


def test_two_rates_of_return_are_both_shown():
    assert investment.internal_rates([-100, 230, -132]) == pytest.approx(KNOWN["two_irr"], abs=1e-7)
    assert investment.npv(0.15, [-100, 230, -132]) == pytest.approx(0.189, abs=1e-3)


@pytest.mark.parametrize("flow", [[100, 50, 20], [-5, -1, 0]])
def test_a_flow_without_change_of_sign_has_no_rate(flow):
    with pytest.raises(ValueRefused, match="money out and money back"):
        investment.internal_rates(flow)
    with pytest.raises(ValueRefused, match="money out and money back"):
        investment.modified_rate(flow, 0.1, 0.1)


def test_gaps_are_refused():
    with pytest.raises(ValueRefused, match="finite numbers"):
        investment.npv(0.1, [-100, float("nan"), 50])
    with pytest.raises(ValueRefused, match=r"the nearest is -0\.99"):
        investment.npv(-1.5, FLOW)


def test_runway_of_a_constant_and_of_a_growing_company():
    assert investment.runway(500_000, [-40_000] * 24) == 13  # 12.5 months
    months = np.arange(40)
    growing = 10_000 * 1.1**months - 50_000
    assert investment.runway(500_000, growing) is None
    assert 500_000 + investment.lowest_cash(growing) == pytest.approx(55_447, abs=1)
    assert int(np.argmax(growing >= 0)) == 17
    assert investment.runway(400_000, growing) is not None


def test_a_funding_round_buys_months():
    burn = [-40_000] * 36
    assert investment.runway(500_000, burn, {10: 200_000}) == 18  # 700,000 at 40,000
    assert investment.runway(500_000, burn, {14: 900_000}) == 13  # it comes too late
    with pytest.raises(ValueRefused, match="1 to 36"):
        investment.runway(500_000, burn, {40: 1.0})


@given(flows, st.floats(-0.5, 2))
def test_present_value_is_linear(flow, rate):
    assert investment.npv(rate, [2 * cash for cash in flow]) == pytest.approx(
        2 * investment.npv(rate, flow), rel=1e-9, abs=1e-6
    )


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=24), st.floats(0, 1), st.floats(0, 1))
def test_income_is_worth_less_at_a_higher_rate(flow, one, other):
    low, high = sorted((one, other))
    assert investment.npv(high, flow) <= investment.npv(low, flow) + 1e-6


@given(st.floats(1, 1e6), st.lists(st.floats(0, 1e6), min_size=2, max_size=12))
def test_the_value_at_an_internal_rate_is_zero(out, income):
    assume(sum(income) > 1)
    flow = [-out, *income]
    for rate in investment.internal_rates(flow):
        if -0.9 < rate < 10:
            assert investment.npv(rate, flow) == pytest.approx(0, abs=1e-4 * (out + sum(income)))


@given(flows)
def test_payback_comes_only_when_the_money_does(flow):
    if sum(flow) < -1e-6:
        assert investment.payback(flow) is None
    assert investment.lowest_cash(flow) <= 0


def test_rates_of_draws_agree_with_the_single_rate():
    flows = np.array([[-100, 39, 59, 55, 20], [-100, 10, 10, 10, 10], [-100, -1, 0, 0, 0]]).T.astype(float)
    rates = investment.irr_of_draws(flows)
    assert rates[0] == pytest.approx(KNOWN["irr"], abs=1e-6)
    assert rates[1] == pytest.approx(investment.internal_rates(flows[:, 1])[0], abs=1e-8)
    assert rates[2] == -1
    assert investment.yearly(0.01) == pytest.approx(0.12682503, abs=1e-8)
    assert investment.monthly(0.12682503) == pytest.approx(0.01, abs=1e-8)
