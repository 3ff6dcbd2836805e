"""Errors to money: Elkan's and Chow's worked examples, and what must hold of any prices."""

import numpy as np
import pytest
from check_values import CHECK_VALUES as KNOWN
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils.value import errors_to_money as money
from bigmodel_utils.value import threshold
from bigmodel_utils.value.refusals import ValueRefused

shares = st.floats(0, 1)
usd = st.floats(0, 1e4)
MODEL, PEOPLE = money.Process(0.90, 0.03, 0.002), money.Process(0.94, 0.02, 0.50)


def test_the_worked_example_of_a_model_against_people():
    model = money.process_usd(MODEL, 1e6, 0.05, 50, 5)
    people = money.process_usd(PEOPLE, 1e6, 0.05, 50, 5)
    assert model == pytest.approx(394_500)
    assert people == pytest.approx(745_000)
    assert people - model == pytest.approx(350_500)


def test_break_even_against_people():
    assert money.break_even_items(60_000, 0.62, 0.167) == pytest.approx(132_450, rel=1e-5)
    assert money.break_even_items(12_000, 2.00, 0.35) * 1000 == pytest.approx(7_272_727, rel=1e-6)


def test_no_volume_pays_when_an_item_saves_nothing():
    with pytest.raises(ValueRefused, match=r"new below 0\.5"):
        money.break_even_items(1000, 0.5, 0.6)


def test_elkan_threshold():
    assert threshold.cost_optimal(50, 5) == pytest.approx(KNOWN["elkan"], abs=1e-7)
    assert threshold.cost_optimal(5, 1) == pytest.approx(1 / 6)


def test_chow_review_band():
    assert threshold.review_band(50, 5, 2) == pytest.approx((0.04, 0.60))
    assert threshold.review_band(50, 5, 0.5) == pytest.approx((0.01, 0.90))
    assert threshold.review_band(50, 5, 4.6) is None  # dearer than 50 * 5 / 55


def _expected(p, density, cost):
    return np.trapezoid(cost(p) * density, p)


@pytest.mark.parametrize(("review_usd", "cost", "share"), [(2, *KNOWN["beta28_band"]), (0.5, 0.4994, 0.9966)])
def test_the_band_on_a_beta_2_8_population(review_usd, cost, share):
    from scipy.stats import beta

    p = np.linspace(0, 1, 200_001)
    low, high = threshold.review_band(50, 5, review_usd)
    automatic = np.minimum(p * 50, (1 - p) * 5)
    asked = (p > low) & (p < high)
    density = beta(2, 8).pdf(p)
    assert _expected(p, density, lambda _: np.where(asked, review_usd, automatic)) == pytest.approx(cost, rel=1e-3)
    assert _expected(p, density, lambda _: asked.astype(float)) == pytest.approx(share, rel=1e-3)
    assert _expected(p, density, lambda _: automatic) == pytest.approx(KNOWN["beta28_auto"], rel=1e-3)


@given(shares, shares, shares, usd, usd)
def test_costs_are_never_negative_and_scale_with_prices(share, recall, alarms, missed, needless):
    cost = money.errors_usd_per_thousand(share, recall, alarms, missed, needless)
    assert cost >= 0
    assert money.errors_usd_per_thousand(share, recall, alarms, 3 * missed, 3 * needless) == pytest.approx(3 * cost)


@given(shares, shares, shares, shares, usd, usd)
def test_a_better_model_never_costs_more(share, recall, better, alarms, missed, needless):
    low, high = sorted((recall, better))
    dear = money.errors_usd_per_thousand(share, low, alarms, missed, needless)
    assert money.errors_usd_per_thousand(share, high, alarms, missed, needless) <= dear + 1e-9
    assert money.errors_usd_per_thousand(share, low, min(1.0, alarms / 2), missed, needless) <= dear + 1e-9


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_a_changed_share_and_back_is_no_change(probability, measured, live):
    there = threshold.at_share(probability, measured, live)
    assert threshold.at_share(there, live, measured) == pytest.approx(probability, rel=1e-9)


def test_the_cheapest_threshold_of_calibrated_scores_is_elkans():
    rng = np.random.default_rng(1)
    probability = rng.beta(2, 2, 200_000)
    is_event = rng.random(200_000) < probability
    curve = threshold.cost_by_threshold(probability, is_event, live_share=0.1, missed_usd=1.5, needless_usd=0.05)
    cheapest = curve.loc[curve["usd_per_thousand"].idxmin(), "threshold"]
    assert cheapest == pytest.approx(threshold.cost_optimal_at_share(1.5, 0.05, 0.1, float(is_event.mean())), abs=0.02)


def test_the_ends_of_the_curve_are_doing_nothing_and_acting_always():
    curve = threshold.cost_by_threshold(np.array([0.2, 0.8, 0.8, 0.4]), np.array([0, 1, 0, 1]), 0.1, 2.0, 0.5)
    assert list(curve["recall"]) == [0, 0.5, 1, 1]
    assert list(curve["false_alarm_rate"]) == [0, 0.5, 0.5, 1]
    assert curve["usd_per_thousand"].iloc[0] == pytest.approx(1000 * 0.1 * 2.0)
    assert curve["usd_per_thousand"].iloc[-1] == pytest.approx(1000 * 0.9 * 0.5)


@pytest.mark.parametrize(
    ("process", "share", "missed", "hint"),
    [
        (money.Process(1.2, 0.1, 0.0), 0.1, 1.0, "the nearest is 1"),
        (MODEL, -0.1, 1.0, "the nearest is 0"),
        (MODEL, 0.1, -1.0, "the nearest is 0"),
        (money.Process(0.9, 0.1, -0.5), 0.1, 1.0, "the nearest is 0"),
        (money.Process(0.9, 0.1, float("nan")), 0.1, 1.0, "an unknown is never zero"),
    ],
)
def test_impossible_inputs_are_refused_with_the_nearest_value(process, share, missed, hint):
    with pytest.raises(ValueRefused, match=hint):
        money.process_usd(process, 1000, share, missed, 0.05)


def test_one_class_is_refused():
    with pytest.raises(ValueRefused, match="events and other items"):
        threshold.cost_by_threshold(np.array([0.5, 0.7]), np.array([1, 1]), 0.1, 1.0, 0.1)
