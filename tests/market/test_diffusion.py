import numpy as np
import pytest
from check_values import CHECK_VALUES as CHECKS

from bigmodel_utils import facts
from bigmodel_utils.market import MarketError, adoption, diffusion


@pytest.fixture(scope="module")
def belief():
    return diffusion.prior(
        facts.as_range("bass_prior_innovation"),
        facts.as_range("bass_prior_imitation"),
        {"low": 68, "mid": 100, "high": 147},
        noise=0.2,
    )


@pytest.mark.parametrize("case", ["bass_rac_nls", "bass_dryers_nls"])
def test_least_squares_reproduces_the_published_fits(case):
    expected = CHECKS[case]
    fit = diffusion.fit_least_squares(expected["sales"])
    for name in ("p", "q", "m"):
        assert getattr(fit, name) == pytest.approx(expected[name], rel=expected["rtol"])


def test_least_squares_finds_the_curve_that_made_the_series():
    fit = diffusion.fit_least_squares(adoption.new_adopters(15, 0.012, 0.45, 800.0))
    assert (fit.p, fit.q, fit.m) == pytest.approx((0.012, 0.45, 800.0), rel=1e-4)


def test_a_short_series_stays_near_the_prior_and_a_long_one_leaves_it(belief):
    truth = adoption.new_adopters(16, 0.03, 0.55, 160.0)
    short, long = (diffusion.fit_with_prior(truth[:years], belief) for years in (1, 16))
    assert abs(np.log(short.m / 100)) < abs(np.log(long.m / 100))
    assert long.m == pytest.approx(160, rel=0.03)


def test_more_history_narrows_the_draws(belief):
    truth = adoption.new_adopters(12, 0.015, 0.38, 100.0)
    rng = np.random.default_rng(0)
    spread = [np.std(np.log(diffusion.fit_with_prior(truth[:n], belief).draws(4000, rng)[2])) for n in (2, 12)]
    assert spread[1] < spread[0] < 0.35


def test_noise_of_the_facts_is_what_the_series_show():
    table = facts.load("adoption_series")
    durables = table[table["unit"] == "thousand units"]
    noises = [diffusion.fit_least_squares(part["adopters"]).noise for _, part in durables.groupby("series")]
    given = facts.as_range("bass_noise")
    assert [given["low"], given["mid"], given["high"]] == pytest.approx(sorted(noises), abs=0.006)


def test_forecast_starts_near_the_last_year_and_widens(belief):
    sales = adoption.new_adopters(6, 0.015, 0.38, 100.0)
    fit = diffusion.fit_with_prior(sales, belief)
    paths = diffusion.forecast(sales, fit, 3, 4000, np.random.default_rng(2))
    low, high = np.quantile(paths, [0.1, 0.9], axis=0)
    assert paths.shape == (4000, 3)
    assert np.all(np.diff(high / low) > 0)
    assert low[0] < sales[-1] < high[0]


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda belief: diffusion.fit_least_squares([1, 2, 3]), "at least 4"),
        (lambda belief: diffusion.fit_least_squares([1, 2, 3, -4]), "negative"),
        (lambda belief: diffusion.fit_least_squares([0, 0, 0, 0]), "all zero"),
        (lambda belief: diffusion.fit_with_prior([], belief), "at least 1"),
        (lambda belief: diffusion.fit_with_prior([3, 0, 4], belief), "above zero"),
        (lambda belief: diffusion.prior(*[{"low": 2, "mid": 1, "high": 3}] * 3, 0.2), "low <= mid"),
    ],
)
def test_what_cannot_be_fitted_is_refused(call, word, belief):
    with pytest.raises(MarketError, match=word):
        call(belief)
