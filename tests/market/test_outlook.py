import numpy as np
import pytest

from bigmodel_utils import facts, scenario
from bigmodel_utils.market import MarketError, outlook, placement


@pytest.fixture(scope="module")
def entry():
    return scenario.load("reviews_us_to_cn", {"decision.draws": 4000})


def elsewhere(country, language="en"):
    return scenario.load(
        "reviews_us_to_cn",
        {"target_market.country": country, "target_market.language": language, "decision.draws": 2000},
    )


def test_serving_from_abroad_brings_the_transfer_rule(entry):
    assert outlook.operation(entry).data_leaves
    burden, sentence = outlook.rules(entry)
    assert "cross_border" in set(burden.duties["topic"])
    assert "leave the country once" in sentence.read()


def test_serving_in_the_market_does_not():
    burden, sentence = outlook.rules(elsewhere("SGP"))
    assert set(burden.duties["topic"]) == {"data_protection"}
    assert "may be where they are" in sentence.read()


@pytest.mark.parametrize(("country", "word"), [("NGA", "unknown"), ("RUS", "closed")])
def test_unknown_and_closed_markets_say_so(country, word):
    assert word in outlook.rules(elsewhere(country))[1].read()


def test_home_and_closed_markets_are_no_candidates(entry):
    found = outlook.markets(entry)
    assert {"USA", "RUS"}.isdisjoint(found.table.index)
    assert found.closed == ["RUS"]
    assert len(found.table) == 31
    assert list(found.acceptability.index) == list(found.table.index)


def test_a_closed_target_is_refused():
    with pytest.raises(MarketError, match="RUS"):
        outlook.markets(elsewhere("RUS"))


def test_weights_decide_the_ranking(entry):
    green = outlook.markets(entry, {"carbon": 1.0})
    assert green.table.index[0] == "SWE"
    assert "Sweden ranks first" in green.finding.read()
    rich = outlook.markets(entry, {"buying_power": 1.0})
    assert "China ranks first of 31 markets, and stays first in 100%" in rich.finding.read()


def test_close_ranks_are_said_to_be_close(entry):
    countries = facts.load("countries")
    even, rich = outlook.markets(entry), outlook.markets(entry, {"buying_power": 1.0})
    assert f"{even.neighbours['separable'].sum()} of 30 neighbours" in even.steadiness(countries).read()
    assert "China is ahead of" in rich.steadiness(countries).read()
    assert rich.neighbours["separable"].sum() > even.neighbours["separable"].sum()


def test_a_market_that_speaks_the_home_language_gains_by_it(entry):
    spoken = outlook.markets(entry, {"language": 1.0})
    assert set(spoken.table.index[spoken.table["rank"] == 1]) == {"GBR", "CAN", "AUS", "SGP", "NGA"}
    assert spoken.table.loc["CHN", "score"] == 0


def test_shares_of_rivals_split_the_choices(entry):
    table = outlook.rivals(entry, 5.0)
    assert table["mid"].sum() == pytest.approx(1, abs=0.15)
    assert (table["low"] <= table["mid"]).all()
    assert (table["mid"] <= table["high"]).all()
    assert set(facts.load("rivals")["rival"]) < set(table["offer"])


def test_a_higher_price_wins_fewer_choices(entry):
    response = outlook.price_response(entry, [1, 2, 5, 10])
    assert response["mid"].is_monotonic_decreasing
    assert list(response["usd_per_thousand"]) == [1, 2, 5, 10]


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan")])
def test_no_price_is_refused(entry, price):
    with pytest.raises(MarketError, match="our price"):
        outlook.rivals(entry, price)


def test_rivals_answer_in_any_market():
    german = outlook.rivals(elsewhere("DEU", "de"), 5.0).set_index("offer")
    chinese = outlook.rivals(elsewhere("CHN", "zh"), 5.0).set_index("offer")
    assert german.loc["Amazon Comprehend", "mid"] > chinese.loc["Amazon Comprehend", "mid"]


def test_own_staff_cost_what_the_scenario_says(entry):
    table = outlook.rivals(entry, 5.0).set_index("offer")
    wage, rate = (entry.assumption(name).mid for name in ("reviewer_wage_usd_hour", "reviews_read_per_hour"))
    assert table.loc[outlook.STAFF, "usd_per_thousand"] == pytest.approx(1000 * wage / rate)


def test_places_name_the_cheapest_allowed_pair(entry):
    table, sentence = outlook.places(entry, placement.Work(10, 8760, 1), placement.Limits(rtt_ms=80))
    assert table.iloc[0]["usd"] == table.loc[table["allowed"], "usd"].min()
    assert table.iloc[0]["serve"] in sentence.read()
    with pytest.raises(MarketError, match="too slow"):
        outlook.places(entry, placement.Work(10, 8760, 1), placement.Limits(rtt_ms=-1))


def test_a_rule_that_keeps_the_data_binds_the_choice_of_regions(monkeypatch):
    venture = elsewhere("DEU", "de")
    free, _ = outlook.places(venture, placement.Work(10, 8760, 1), placement.Limits())
    assert not free.iloc[0]["serve"].startswith("AWS/eu-central-1")
    strict = facts.load("policy")
    strict.loc[strict["country_iso3"].str.contains("DEU"), "residency"] = "yes"
    load = facts.load
    monkeypatch.setattr(facts, "load", lambda table: strict if table == "policy" else load(table))
    table, _ = outlook.places(venture, placement.Work(10, 8760, 1), placement.Limits())
    allowed = table[table["allowed"]]
    assert set(allowed["serve"].str.split("/").str[1]) | set(allowed["train"].str.split("/").str[1]) == {"eu-central-1"}


def test_data_that_must_stay_where_no_machine_is_priced_are_refused():
    russia = scenario.load(
        "reviews_us_to_cn", {"source_market.country": "CHN", "target_market.country": "RUS", "target_market.language": "ru"}
    )
    with pytest.raises(MarketError, match="data must stay"):
        outlook.places(russia, placement.Work(10, 8760, 1), placement.Limits())


def test_the_plan_says_when_and_how_surely(entry):
    found = outlook.project(entry)
    assert found.schedule["finish"].max() == pytest.approx(np.mean(found.finish), rel=0.15)
    assert "week 45" in found.finding.read()


def test_the_register_says_what_it_expects(entry):
    total, cures, sentence = outlook.risks(entry)
    assert total["p95"] > total["p80"] > 0
    assert f"{cures['pays'].sum()} of {len(cures)} mitigations" in sentence.read()


def test_the_same_seed_gives_the_same_outlook(entry):
    assert outlook.rivals(entry, 3.0).equals(outlook.rivals(entry, 3.0))
    assert outlook.project(entry).finding == outlook.project(entry).finding


def test_a_team_of_nobody_lacks_everybody(entry):
    table, sentence = outlook.team(entry)
    assert table["missing"].sum() == table["needed"].sum()
    assert "missing in 6 of 6 roles" in sentence.read()
    assert table["usd_per_year"].notna().all()


def test_people_at_hand_cost_nothing_more(entry):
    nobody, seller = outlook.team(entry)[0], outlook.team(entry, {"Seller": 1})[0]
    assert seller["usd_per_year"].sum() < nobody["usd_per_year"].sum()
    assert seller.set_index("role").loc["Seller", "usd_to_hire"] == 0


def test_a_full_team_is_said_to_be_full(entry):
    roles = facts.load("team_roles")
    _, sentence = outlook.team(entry, dict(zip(roles["role"], roles["people"], strict=True)))
    assert "fills every role" in sentence.read()


def test_pay_that_is_not_on_file_is_said_to_be_missing():
    table, sentence = outlook.team(elsewhere("JPN", "ja"))
    assert table["usd_per_year"].isna().sum() == 4
    assert "not on file for 4 roles" in sentence.read()


def test_a_misspelt_role_names_the_nearest(entry):
    with pytest.raises(MarketError, match="did you mean 'Seller'"):
        outlook.team(entry, {"Sellers": 1})


def test_buyers_prefer_the_more_accurate_and_an_unknown_quality_widens_the_share(entry):
    shares = {quality: outlook.rivals(entry, 3.0, quality).set_index("offer") for quality in (None, 0.7, 0.87, 0.95)}
    ours = {quality: table.loc[outlook.US] for quality, table in shares.items()}
    assert ours[0.7]["mid"] < ours[0.87]["mid"] < ours[0.95]["mid"]
    spread = {quality: row["high"] / row["low"] for quality, row in ours.items()}
    assert spread[None] > spread[0.87]
    assert shares[0.95].loc[outlook.STAFF, "mid"] < shares[0.7].loc[outlook.STAFF, "mid"]
