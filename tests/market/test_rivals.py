import pytest

from bigmodel_utils import facts
from bigmodel_utils.market import MarketError, rivals


def test_shares_of_rivals_split_the_choices(entry):
    table = rivals.shares(entry, 5.0)
    assert table["mid"].sum() == pytest.approx(1, abs=0.15)
    assert (table["low"] <= table["mid"]).all()
    assert (table["mid"] <= table["high"]).all()
    assert set(facts.load("rivals")["rival"]) < set(table["offer"])


def test_a_higher_price_wins_fewer_choices(entry):
    response = rivals.price_response(entry, [1, 2, 5, 10])
    assert response["mid"].is_monotonic_decreasing
    assert list(response["usd_per_thousand"]) == [1, 2, 5, 10]


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan")])
def test_no_price_is_refused(entry, price):
    with pytest.raises(MarketError, match="our price"):
        rivals.shares(entry, price)


def test_rivals_answer_in_any_market(elsewhere):
    german = rivals.shares(elsewhere("DEU", "de"), 5.0).set_index("offer")
    chinese = rivals.shares(elsewhere("CHN", "zh"), 5.0).set_index("offer")
    assert german.loc["Amazon Comprehend", "mid"] > chinese.loc["Amazon Comprehend", "mid"]


def test_own_staff_cost_what_the_scenario_says(entry):
    table = rivals.shares(entry, 5.0).set_index("offer")
    wage, rate = (entry.assumption(name).mid for name in ("reviewer_wage_usd_hour", "reviews_read_per_hour"))
    assert table.loc[rivals.STAFF, "usd_per_thousand"] == pytest.approx(1000 * wage / rate)


def test_buyers_prefer_the_more_accurate_and_an_unknown_quality_widens_the_share(entry):
    shares = {quality: rivals.shares(entry, 3.0, quality).set_index("offer") for quality in (None, 0.7, 0.87, 0.95)}
    ours = {quality: table.loc[rivals.US] for quality, table in shares.items()}
    assert ours[0.7]["mid"] < ours[0.87]["mid"] < ours[0.95]["mid"]
    spread = {quality: row["high"] / row["low"] for quality, row in ours.items()}
    assert spread[None] > spread[0.87]
    assert shares[0.95].loc[rivals.STAFF, "mid"] < shares[0.7].loc[rivals.STAFF, "mid"]


def test_the_same_seed_gives_the_same_shares(entry):
    assert rivals.shares(entry, 3.0).equals(rivals.shares(entry, 3.0))
