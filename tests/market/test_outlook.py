import pytest

from bigmodel_utils import facts, scenario
from bigmodel_utils.market import MarketError, outlook, placement


def test_serving_from_abroad_brings_the_transfer_rule(entry):
    assert outlook.operation(entry).data_leaves
    burden, sentence = outlook.rules(entry)
    assert "cross_border" in set(burden.duties["topic"])
    assert "leave the country once" in sentence.read()


def test_serving_in_the_market_does_not(elsewhere):
    burden, sentence = outlook.rules(elsewhere("SGP"))
    assert set(burden.duties["topic"]) == {"data_protection"}
    assert "may be where they are" in sentence.read()


@pytest.mark.parametrize(("country", "word"), [("NGA", "unknown"), ("RUS", "closed")])
def test_unknown_and_closed_markets_say_so(country, word, elsewhere):
    assert word in outlook.rules(elsewhere(country))[1].read()


def test_home_and_closed_markets_are_no_candidates(entry):
    found = outlook.markets(entry)
    assert {"USA", "RUS"}.isdisjoint(found.table.index)
    assert found.closed == ["RUS"]
    assert len(found.table) == 31
    assert list(found.acceptability.index) == list(found.table.index)


def test_a_closed_target_is_refused(elsewhere):
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
    assert even.neighbours["separable"].sum() == 0
    assert even.steadiness(countries).read().startswith("No two neighbours in the ranking can be told apart")
    assert rich.steadiness(countries).read().startswith(f"{rich.neighbours['separable'].sum()} of 30 neighbours")
    assert "China is ahead of" in rich.steadiness(countries).read()
    assert rich.neighbours["separable"].sum() > even.neighbours["separable"].sum()


def test_a_market_that_speaks_the_home_language_gains_by_it(entry):
    spoken = outlook.markets(entry, {"language": 1.0})
    assert set(spoken.table.index[spoken.table["rank"] == 1]) == {"GBR", "CAN", "AUS", "SGP", "NGA"}
    assert spoken.table.loc["CHN", "score"] == 0


def test_places_name_the_cheapest_allowed_pair(entry):
    table, sentence = outlook.places(entry, placement.Work(10, 8760, 1), placement.Limits(rtt_ms=80))
    assert table.iloc[0]["usd"] == table.loc[table["allowed"], "usd"].min()
    assert table.iloc[0]["serve"] in sentence.read()
    with pytest.raises(MarketError, match="too slow"):
        outlook.places(entry, placement.Work(10, 8760, 1), placement.Limits(rtt_ms=-1))


def test_a_rule_that_keeps_the_data_binds_the_choice_of_regions(monkeypatch, elsewhere):
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
