import pytest

from bigmodel_utils import facts
from bigmodel_utils.market import backtest, diffusion


@pytest.fixture(scope="module")
def scores():
    table = facts.load("adoption_series")
    durables = table[table["unit"] == "thousand units"]
    series = {name: part["adopters"].to_numpy(float) for name, part in durables.groupby("series", sort=False)}
    names = ("bass_prior_innovation", "bass_prior_imitation", "bass_prior_market")
    belief = diffusion.prior(*map(facts.as_range, names), facts.as_range("bass_noise")["mid"])
    return {error: backtest.summary(backtest.back_test(series, belief, error)).set_index("method") for error in (0.7, 1.0, 1.5)}


@pytest.mark.parametrize("market_error", [0.7, 1.0, 1.5])
def test_three_years_out_within_three_tenths_and_never_worse_than_last_year(scores, market_error):
    ours, naive = (scores[market_error].loc[name] for name in ("prior and last year", "same as last year"))
    assert ours["median_factor"] <= 1.3
    assert ours["median_factor"] <= naive["median_factor"]
    assert ours["p90_factor"] <= naive["p90_factor"]


def test_every_method_but_least_squares_answers_all_cuts(scores):
    cuts = scores[1.0]["cuts"]
    assert cuts["prior and last year"] == cuts["same as last year"] == 15
    assert cuts["least squares"] == 12


def test_plain_least_squares_before_the_peak_is_the_trap_it_is_said_to_be(scores):
    assert scores[1.0].loc["least squares", "median_factor"] > 2


def test_the_band_holds_about_as_often_as_it_says(scores):
    assert 0.7 <= scores[1.0].loc["prior and last year", "band_held"] <= 0.95
