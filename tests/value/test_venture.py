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
        ("rules_usd", -1),
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
    assert len(prices) == 10
    exchanged = {**middle, **{name: middle[name] * rate for name in prices}}
    assert value(exchanged) == pytest.approx(value(middle) * rate, rel=1e-9)


UNTAXED = {"tax_rate": 0.0, "withholding_rate": 0.0}


def test_tax_is_never_more_than_the_rates_of_the_highest_profit(middle):
    x = {**middle, "value_capture": 0.9, "team_usd_month": 1000.0, "payment_days": 0.0}
    taxed, untaxed = venture.monthly_cash(x, 60), venture.monthly_cash({**x, **UNTAXED}, 60)
    profit = np.cumsum(untaxed)
    assert profit.max() > 0
    home = (1 - x["tax_rate"]) * (1 - x["withholding_rate"])  # what is left once it is taxed there and taken home
    assert sum(untaxed) - sum(taxed) == pytest.approx((1 - home) * max(0, profit.max()))


def test_no_tax_before_the_losses_are_made_up(middle):
    x = {**middle, "payment_days": 0.0}
    taxed, untaxed = venture.monthly_cash(x, 60), venture.monthly_cash({**x, **UNTAXED}, 60)
    below = np.cumsum(untaxed) <= 0
    assert np.array(taxed)[below] == pytest.approx(np.array(untaxed)[below])


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 180), st.floats(0, 180))
def test_customers_who_pay_later_cost_time_but_no_money(middle, one, other):
    """The sum of all cash is the same; what comes later is worth less, and the lowest point is deeper."""
    rich = {**middle, "value_capture": 0.9}
    early, late = (np.array(venture.monthly_cash({**rich, "payment_days": days}, 60)) for days in sorted((one, other)))
    assert early.sum() == pytest.approx(late.sum(), rel=1e-9)
    assert np.cumsum(late).min() <= np.cumsum(early).min() + 1e-6
    assert venture.net_present_value(list(late), 0.1) <= venture.net_present_value(list(early), 0.1) + 1e-6


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 24), st.floats(0, 24))
def test_rules_that_take_longer_never_pay(middle, one, other):
    rich = {**middle, "value_capture": 0.9}
    soon, late = (value({**rich, "rules_delay_months": months}) for months in sorted((one, other)))
    assert late <= soon + 1e-6


def test_nobody_joins_before_the_rules_are_met(middle):
    p, q = middle["adoption_p"], middle["adoption_q"]
    assert [venture.open_share(month, 6, p, q) for month in range(7)] == [0] * 7
    assert venture.open_share(18, 6, p, q) == pytest.approx(venture.adopted_share(1.0, p, q))


def test_a_currency_that_gains_helps_a_venture_that_earns_in_it(middle):
    rich = {**middle, "value_capture": 0.9, "team_usd_month": 1000.0}
    weak, same, strong = (value({**rich, "currency_year": worth}) for worth in (0.9, 1.0, 1.1))
    assert weak < same < strong


def test_machines_are_paid_in_dollars_whatever_the_currency(middle):
    x = {**middle, "team_usd_month": 0.0, "merchant_acquisition_usd": 0.0, "value_capture": 0.0, "payment_days": 0.0}
    weak, strong = (venture.monthly_cash({**x, "currency_year": worth}, 60) for worth in (0.8, 1.2))
    assert weak == pytest.approx(strong)


def test_merchants_are_conserved(middle):
    """Without churn, revenue of the last month is that of all who have joined."""
    free = ("merchant_churn_year", "merchant_acquisition_usd", "team_usd_month", "payment_days", "rules_delay_months")
    x = {**middle, **UNTAXED, **dict.fromkeys(free, 0.0)}
    merchants = venture.won_merchants(x) * venture.adopted_share(5.0, x["adoption_p"], x["adoption_q"])
    thousands = merchants * x["reviews_per_merchant_month"] / 1000
    price, serving = venture.price_usd_per_thousand(x), venture.serving_usd_thousand(x)
    expected = venture.operating_usd_month(x, thousands, 0.0, price, serving, x["currency_year"] ** 5)
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
    paths = simulation.Paths(np.zeros(3), cumulative)
    assert list(paths.payback) == [2, 4, 0]
    assert list(paths.lowest) == [-9, -8, 0]


def test_a_missing_input_is_named_with_the_nearest(valuation):
    x = {("entry_usdd" if name == "entry_usd" else name): draws for name, draws in valuation.draws.items()}
    with pytest.raises(ValueRefused, match="did you mean 'entry_usdd'"):
        simulation.run(x, 5)
