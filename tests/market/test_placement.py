import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils import facts
from bigmodel_utils.market import MarketError, placement

TWO = pd.DataFrame(
    {
        "site": ["home", "away"],
        "country_iso3": ["AAA", "BBB"],
        "usd_per_hour": [2.5, 1.2],
        "kg_per_hour": [0.1, 0.5],
        "rtt_ms": [5.0, 120.0],
    }
)
TRAINING = placement.Work(training_hours=5000, serving_hours=0, data_gb=2000)


@pytest.fixture(scope="module")
def real():
    tables = (facts.load(name) for name in ("cpu_cloud_prices", "countries", "places"))
    return placement.sites(*tables, market="CHN", rtt_ms_per_1000_km=16, vcpu_watts=2.4)


def cost(table, train, serve):
    return table[(table["train"] == train) & (table["serve"] == serve)].iloc[0]


def test_check_value_of_training_abroad():
    table = placement.choices(TWO, TRAINING, placement.Limits(), egress_usd_gb=0.09)
    at_home = placement.choices(TWO, TRAINING, placement.Limits(data_home="AAA"), egress_usd_gb=0.09)
    assert cost(table, "away", "home")["usd"] == pytest.approx(6_180)
    assert cost(table, "home", "home")["usd"] == pytest.approx(12_500)
    assert at_home.iloc[0]["train"] == "home"
    assert at_home["allowed"].sum() == 1


def test_limits_name_their_reason():
    table = placement.choices(TWO, TRAINING, placement.Limits(rtt_ms=50), egress_usd_gb=0.09)
    assert set(table.loc[~table["allowed"], "why_not"]) == {"too slow"}
    assert set(table.loc[table["allowed"], "serve"]) == {"home"}


def test_a_price_on_carbon_moves_the_choice():
    work = placement.Work(1000, 0, 0)
    free = placement.choices(TWO, work, placement.Limits(), 0.09)
    priced = placement.choices(TWO, work, placement.Limits(carbon_usd_per_tonne=10_000), 0.09)
    assert (free.iloc[0]["train"], priced.iloc[0]["train"]) == ("away", "home")


def test_an_unknown_is_refused_where_a_limit_needs_it():
    gap = TWO.assign(rtt_ms=[np.nan, 10.0])
    table = placement.choices(gap, TRAINING, placement.Limits(rtt_ms=50), 0.09)
    assert set(table.loc[table["serve"] == "home", "why_not"]) == {"latency unknown"}
    assert placement.choices(gap, TRAINING, placement.Limits(), 0.09)["allowed"].all()


@given(st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0, 1e4))
def test_the_first_choice_is_the_cheapest_allowed(training, serving, gigabytes):
    table = placement.choices(TWO, placement.Work(training, serving, gigabytes), placement.Limits(rtt_ms=200), 0.09)
    assert table.iloc[0]["usd"] == table["usd"].min()


def test_real_regions_compare_per_machine_of_equal_size(real):
    china = real[real["country_iso3"] == "CHN"].iloc[0]
    assert china["usd_per_hour"] == pytest.approx(0.1)
    assert china["rtt_ms"] == pytest.approx(0)
    assert real.set_index("site").loc["AWS/ap-southeast-1/c7i.large", "usd_per_hour"] == pytest.approx(0.1029)


def test_data_that_must_stay_is_served_and_trained_in_the_country(real):
    table = placement.choices(real, TRAINING, placement.Limits(data_home="CHN"), 0.09)
    allowed = table[table["allowed"]]
    assert len(allowed) == 1
    assert allowed.iloc[0]["train"] == allowed.iloc[0]["serve"]
    assert "Alibaba" in allowed.iloc[0]["serve"]


def test_known_distances():
    assert placement.distance_km(51.51, -0.13, 40.71, -74.01) == pytest.approx(5570, rel=0.01)
    assert placement.distance_km([10.0], [20.0], 10.0, 20.0) == pytest.approx([0.0])


@pytest.mark.parametrize(
    ("table", "limits", "word"),
    [
        (TWO, placement.Limits(data_home="CCC"), "data must stay"),
        (TWO, placement.Limits(rtt_ms=1), "too slow"),
        (TWO.iloc[:0], placement.Limits(), "no sites"),
        (TWO.drop(columns="rtt_ms"), placement.Limits(), "without rtt_ms"),
    ],
)
def test_no_way_to_place_it_is_said(table, limits, word):
    with pytest.raises(MarketError, match=word):
        placement.choices(table, TRAINING, limits, 0.09)


def test_a_market_without_a_place_is_refused():
    tables = (facts.load(name) for name in ("cpu_cloud_prices", "countries", "places"))
    with pytest.raises(MarketError, match=r"places\.csv"):
        placement.sites(*tables, market="XXX", rtt_ms_per_1000_km=16, vcpu_watts=2.4)


@pytest.mark.parametrize("wrong", [-1.0, float("nan")])
@pytest.mark.parametrize("place", range(3))
def test_impossible_work_is_refused(wrong, place):
    amounts = [0.0, 0.0, 0.0]
    amounts[place] = wrong
    with pytest.raises(MarketError, match="zero or more"):
        placement.Work(*amounts)
