import numpy as np
import pytest

from bigmodel_utils import scenario
from bigmodel_utils.market import MarketError, estimate, history

SMALL = {"decision.draws": 4000}


@pytest.fixture(scope="module")
def found():
    return estimate.estimate(scenario.load("reviews_us_to_cn", SMALL))


def test_three_measures_by_three_methods_in_order(found):
    table = found.table.set_index(["method", "measure"])["mid"]
    assert len(table) == 9
    for method in ("top_down", "bottom_up", "pooled"):
        assert table[method, "tam"] > table[method, "sam"] > table[method, "som"]


def test_pooled_lies_between_the_two_counts(found):
    table = found.table.set_index(["method", "measure"])["mid"]
    for measure in ("tam", "sam", "som"):
        low, high = sorted([table["top_down", measure], table["bottom_up", measure]])
        assert low <= table["pooled", measure] <= high


def test_adoption_and_figures_tell_the_same(found):
    last = found.adoption.iloc[-1]
    figure = found.figures["merchants_final_year"]
    assert (figure.low, figure.mid, figure.high) == (last["low"], last["mid"], last["high"])
    assert found.adoption["mid"].is_monotonic_increasing
    assert "{" not in found.finding.read()


def test_a_larger_share_is_a_larger_market():
    more = scenario.load(
        "reviews_us_to_cn", SMALL | {"assumptions.long_run_share.mid": 0.099, "assumptions.long_run_share.high": 0.2}
    )
    less = scenario.load("reviews_us_to_cn", SMALL)
    som = [estimate.estimate(each).figures["som_usd_year"].mid for each in (more, less)]
    assert som[0] > som[1]


def test_the_same_seed_gives_the_same_market(found):
    again = estimate.estimate(scenario.load("reviews_us_to_cn", SMALL))
    assert np.array_equal(again.table["mid"], found.table["mid"])


def test_an_impossible_share_is_refused_by_its_name():
    wrong = scenario.load("reviews_us_to_cn", SMALL | {"assumptions.reachable_share.high": 40.0})
    with pytest.raises(MarketError, match="reachable_share"):
        estimate.estimate(wrong)


def test_our_fit_finds_the_published_market_of_air_conditioners():
    ours, published = history.air_conditioner_market()
    assert ours == pytest.approx(published, rel=0.001)


def test_forecasts_of_durables_beat_the_last_year():
    table = history.forecasts_of_durables().set_index("method")["median_factor"]
    assert table["prior and last year"] < table["same as last year"] < table["least squares"]
