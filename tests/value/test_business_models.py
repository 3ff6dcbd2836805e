"""Ways to be paid: one engine, the same draws, and what each changes."""

import numpy as np
import pytest

from bigmodel_utils.value import business_models, simulation, uncertainty, venture


def test_pay_per_use_is_the_venture_itself(valuation):
    table = business_models.compare(valuation.draws, valuation.years).set_index("model")
    assert set(table.index) == set(business_models.TITLES)
    assert table.loc["usage", "npv_mid"] == pytest.approx(np.median(valuation.paths.npv))
    assert (table["npv_low"] <= table["npv_mid"]).all()
    assert (table["npv_mid"] <= table["npv_high"]).all()
    assert (np.diff(table["npv_mid"]) <= 0).all()


def test_a_flat_fee_earns_the_same_whatever_the_volume(valuation):
    x = business_models.inputs(valuation.draws, {business_models.FLAT_FEE: 1.0})
    fee = venture.price_usd_per_thousand(x) * x["reviews_per_merchant_month"] / 1000
    middle = np.median(valuation.draws["reviews_per_merchant_month"]) / 1000
    paid = x["value_capture"] < 0.98  # beyond, the fee would eat the whole saving
    assert paid.mean() > 0.6
    assert fee[paid] == pytest.approx((venture.price_usd_per_thousand(valuation.draws) * middle)[paid])
    assert (fee <= venture.saving_usd_per_thousand(x).clip(0) * x["reviews_per_merchant_month"] / 1000).all()


def test_a_flat_fee_narrows_the_outcome(valuation):
    flat = simulation.npv(business_models.inputs(valuation.draws, {business_models.FLAT_FEE: 1.0}), valuation.years)
    spread = np.subtract(*np.percentile(valuation.paths.npv, (90, 10)))
    assert np.subtract(*np.percentile(flat, (90, 10))) < spread


def test_shares_stay_shares(valuation):
    for factors in business_models.models().values():
        x = business_models.inputs(valuation.draws, factors)
        assert all((x[name] < 1).all() for name in ("eligible_share", "merchant_churn_year", "long_run_share"))


def test_one_customers_money(valuation):
    x = uncertainty.medians(valuation.marginals)
    one = business_models.customer(x)
    assert one["revenue_month"] == pytest.approx(venture.price_usd_per_thousand(x) * x["reviews_per_merchant_month"] / 1000)
    assert 0.9 < one["gross_margin"] < 1
    assert one["months_to_recover"] == pytest.approx(x["merchant_acquisition_usd"] / one["revenue_month"] / one["gross_margin"])
    poor = business_models.customer({**x, "recall": 0.0, "false_alarm_rate": 1.0, "missed_complaint_usd": 50.0})
    assert poor["revenue_month"] == 0
    assert np.isnan(poor["gross_margin"])
