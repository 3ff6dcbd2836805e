"""What a reader can do next: buy labels, wait, serve or buy answers; and what running takes of the world."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bigmodel_utils.report import value_tables
from bigmodel_utils.report.markup import plain
from bigmodel_utils.value import api_prices, footprint, information, options, simulation, uncertainty, venture

SIZES = [50, 100, 200, 400, 800, 1600]


def curves(errors):
    return pd.DataFrame({"reader": "head", "size": SIZES, "error": errors})


FALLING = curves([0.1 + 0.8 * size**-0.4 for size in SIZES])


def test_more_labels_are_worth_what_fewer_errors_earn_less_their_price(valuation):
    table = information.more_labels(valuation, FALLING)
    assert table["error_factor"].is_monotonic_decreasing
    assert (table["error_factor"] < 1).all()
    row = table.iloc[2]
    x = dict(valuation.draws)
    x["recall"] = 1 - (1 - x["recall"]) * row["error_factor"]
    x["false_alarm_rate"] = x["false_alarm_rate"] * row["error_factor"]
    x["labels_bought"] = x["labels_bought"] + row["more"]
    change = simulation.npv(x, valuation.years) - valuation.paths.npv
    assert row["usd"] == pytest.approx(change.mean())
    assert (table["low"] <= table["high"]).all()


def test_a_curve_that_does_not_fall_prices_nothing_and_the_page_says_so(valuation):
    flat = information.more_labels(valuation, curves([0.2, 0.21, 0.22, 0.23, 0.24, 0.25]))
    assert flat.empty
    assert "cannot be priced" in plain(value_tables.labels(flat).finding, "en")
    assert information.more_labels(valuation, FALLING.head(3)).empty


def test_labels_dearer_than_their_use_are_not_bought(valuation):
    table = information.more_labels(valuation, FALLING).assign(usd=-1.0)
    shown = value_tables.labels(table)
    assert plain(shown.finding, "en") == "No number of further labels is worth its price"
    assert shown.best is None


def test_waiting_is_worth_more_the_more_it_teaches_and_nothing_but_time_without_news():
    npv = np.random.default_rng(1).normal(10.0, 100.0, 4000)
    table = options.waiting(npv, np.full(4000, 0.1), years=1)
    assert table["wait"].is_monotonic_increasing
    assert table["wait"].iloc[0] == pytest.approx(npv.mean() / 1.1)
    assert table["wait"].iloc[-1] == pytest.approx(np.maximum(0, npv).mean() / 1.1)
    assert (table["now"] == max(0.0, npv.mean())).all()


@pytest.mark.parametrize(
    ("mean", "words"),
    [(10.0, "pays only if it clears up"), (-50.0, "is worth nothing on average"), (1e4, "worth less than entering now")],
)
def test_the_sentence_on_waiting_is_true_of_the_table(mean, words):
    npv = np.random.default_rng(1).normal(mean, 100.0, 4000)
    assert words in plain(value_tables.waiting(options.waiting(npv, np.full(4000, 0.1), 1)).finding, "en")


def test_own_serving_is_cheaper_from_the_volume_that_it_says(valuation):
    table = api_prices.against_apis(valuation)
    rate, load = (float(np.median(valuation.draws[name])) for name in ("samples_per_second", "average_load"))
    assert len(table) >= 3
    for row in table.dropna(subset="break_even").itertuples():
        own = api_prices.own_usd_month(valuation.machine, row.break_even, rate, load)
        assert own == pytest.approx(row.break_even * row.usd_per_thousand, rel=1e-6)
    assert plain(value_tables.own_or_api(table).finding, "en").endswith(f"{len(table)} interfaces")
    crowded = {**valuation.draws, "online_merchants": 1e6 * valuation.draws["online_merchants"]}
    filled = api_prices.against_apis(replace(valuation, draws=crowded))["own_usd_per_thousand"]
    assert filled.to_numpy() == pytest.approx(1000 * valuation.machine.price().mid / (3600 * rate * load))


def test_the_volume_of_the_last_month_is_that_of_the_cash_flow(valuation):
    x = uncertainty.medians(valuation.marginals)
    served = venture.thousands_month(x, 60)
    cheap = {**x, "payment_days": 0.0, "tax_rate": 0.0, "withholding_rate": 0.0}
    dearer = {**cheap, "merchant_acquisition_usd": 0.0, "value_capture": x["value_capture"] * 2}
    base = {**cheap, "merchant_acquisition_usd": 0.0}
    gained = venture.monthly_cash(dearer, 60)[-1] - venture.monthly_cash(base, 60)[-1]
    assert gained == pytest.approx(served * venture.price_usd_per_thousand(x) * x["currency_year"] ** 5)


def test_energy_is_hours_times_watts_and_carbon_follows_the_grid(valuation):
    found = footprint.of_venture(valuation)
    grid = footprint.grid_intensity(valuation.machine.country).mid
    assert found["serving_kg"].mid == pytest.approx(found["serving_kwh"].mid * grid / 1000)
    assert found["training_g"].mid == pytest.approx(found["training_wh"].mid * grid / 1000)
    year = 8760 * 2.4 * valuation.machine.devices / 1000  # one machine that is always on, at the middle of vcpu_watts
    assert found["serving_kwh"].mid >= year * 0.999
    assert all(q.low <= q.mid <= q.high for q in found.values())
    items = 12_000 * np.median(venture.thousands_month(valuation.draws, 60) / valuation.draws["reviews_read_per_hour"])
    assert found["reading_hours"].mid == pytest.approx(items)


def test_the_doubt_table_names_the_widest_input_first(valuation):
    from bigmodel_utils.value import sensitivity

    shares = sensitivity.sobol(valuation.marginals, valuation.years, size=64)
    shown = value_tables.variance(shares)
    assert shown.rows[0]["total"] == pytest.approx(shares["total"].max())
    assert all(row["first"] >= 0 for row in shown.rows)
