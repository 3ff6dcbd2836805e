"""The default business month by month: what must hold of any inputs, and of the money in it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils.value import simulation, uncertainty, venture
from bigmodel_utils.value.refusals import ValueRefused


@pytest.fixture(scope="module")
def middle(valuation):
    return uncertainty.medians(valuation.marginals)


def value(x, months=60):
    return venture.net_present_value(venture.monthly_cash(x, months), x["discount_rate"])


CHANGES = st.floats(1.01, 3)


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("entry_usd", -1),
        ("team_usd_month", -1),
        ("label_usd", -1),
        ("training_usd", -1),
        ("merchant_acquisition_usd", -1),
        ("machine_usd_hour", -1),
        ("missed_complaint_usd", 0),
        ("samples_per_second", 1),
        ("reviewer_wage_usd_hour", 1),
        ("value_capture", 1),
        ("reviews_per_merchant_month", 1),
    ],
)
@settings(max_examples=15, deadline=None)
@given(factor=CHANGES)
def test_value_moves_the_way_a_price_must(middle, name, sign, factor):
    moved = value({**middle, name: middle[name] * factor}) - value(middle)
    if sign:
        assert sign * moved >= -1e-6


@settings(max_examples=15, deadline=None)
@given(st.floats(0, 0.5), st.floats(0, 0.5))
def test_more_churn_never_pays(middle, one, other):
    low, high = sorted((one, other))
    assert value({**middle, "merchant_churn_year": high}) <= value({**middle, "merchant_churn_year": low}) + 1e-6


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_the_price_is_never_negative_nor_above_the_saving(middle, recall, alarms):
    x = {**middle, "recall": recall, "false_alarm_rate": alarms}
    price, saving = venture.price_usd_per_thousand(x), venture.saving_usd_per_thousand(x)
    assert 0 <= price <= max(0, saving)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.1, 10))
def test_money_in_another_currency_is_the_same_money(middle, rate):
    """Every price times a rate: the value times that rate."""
    prices = [name for name in venture.INPUTS if name.endswith(("_usd", "_usd_hour", "_usd_month"))]
    assert len(prices) == 9
    exchanged = {**middle, **{name: middle[name] * rate for name in prices}}
    assert value(exchanged) == pytest.approx(value(middle) * rate, rel=1e-9)


def test_tax_is_never_more_than_the_rate_of_the_highest_profit(middle):
    x = {**middle, "value_capture": 0.9, "team_usd_month": 1000.0}
    taxed, untaxed = venture.monthly_cash(x, 60), venture.monthly_cash({**x, "tax_rate": 0.0}, 60)
    profit = np.cumsum(untaxed)
    assert profit.max() > 0
    assert sum(untaxed) - sum(taxed) == pytest.approx(x["tax_rate"] * max(0, profit.max()))


def test_no_tax_before_the_losses_are_made_up(middle):
    taxed, untaxed = venture.monthly_cash(middle, 60), venture.monthly_cash({**middle, "tax_rate": 0.0}, 60)
    below = np.cumsum(untaxed) <= 0
    assert np.array(taxed)[below] == pytest.approx(np.array(untaxed)[below])


def test_merchants_are_conserved(middle):
    """Without churn, revenue of the last month is that of all who have joined."""
    x = {**middle, "merchant_churn_year": 0.0, "tax_rate": 0.0, "merchant_acquisition_usd": 0.0, "team_usd_month": 0.0}
    merchants = venture.won_merchants(x) * venture.adopted_share(5.0, x["adoption_p"], x["adoption_q"])
    thousands = merchants * x["reviews_per_merchant_month"] / 1000
    expected = venture.operating_usd_month(
        x, thousands, 0.0, venture.price_usd_per_thousand(x), venture.serving_usd_thousand(x)
    )
    assert venture.monthly_cash(x, 60)[-1] == pytest.approx(expected)


def test_the_closed_form_of_adoption():
    assert venture.adopted_share(5, 0.03, 0.38) == pytest.approx(0.3312, abs=1e-4)
    assert venture.adopted_share(10, 0.03, 0.38) == pytest.approx(0.8128, abs=1e-4)
    assert venture.adopted_share(0, 0.03, 0.38) == 0


def test_present_value_agrees_with_numpy_financial(middle):
    from bigmodel_utils.value import investment

    cash = venture.monthly_cash(middle, 60)
    monthly = (1 + middle["discount_rate"]) ** (1 / 12) - 1
    assert investment.npv(monthly, cash) == pytest.approx(value(middle), rel=1e-9)


def test_blocks_change_nothing(valuation):
    few = {name: draws[:50] for name, draws in valuation.draws.items()}
    tiled = {name: np.tile(draws, 400) for name, draws in few.items()}
    whole = simulation.run(tiled, 5)
    assert whole.npv == pytest.approx(np.tile(simulation.run(few, 5).npv, 400))
    assert simulation.npv(few, 5) == pytest.approx(whole.npv[:50])


def test_payback_and_lowest_cash_of_a_path():
    cumulative = np.array([[-5, -5, 1], [-9, -6, 2], [1, -7, 3], [2, -8, 4]], dtype=np.float32)
    paths = simulation.Paths(np.zeros(3), np.zeros(3), cumulative)
    assert list(paths.payback) == [2, 4, 0]
    assert list(paths.lowest) == [-9, -8, 0]


def test_a_missing_input_is_named_with_the_nearest(valuation):
    x = {("entry_usdd" if name == "entry_usd" else name): draws for name, draws in valuation.draws.items()}
    with pytest.raises(ValueRefused, match="did you mean 'entry_usdd'"):
        simulation.run(x, 5)
