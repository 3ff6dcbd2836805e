import pytest

from bigmodel_utils import facts
from bigmodel_utils.market import MarketError, team

ROLES, COUNTRIES = facts.load("team_roles"), facts.load("countries")


def test_nobody_at_hand_means_everybody_is_missing():
    table = team.gap(ROLES, {})
    assert table["missing"].tolist() == table["needed"].tolist()
    assert (table["uncovered_skills"] != "").all()


def test_people_at_hand_close_the_gap_and_share_their_skills():
    table = team.gap(ROLES, {"Seller": 2}).set_index("role")
    assert table.loc["Seller", "missing"] == 0
    assert "local language" not in table.loc["Support and labelling", "uncovered_skills"]
    assert "support" in table.loc["Support and labelling", "uncovered_skills"]


def test_hiring_follows_the_pay_of_the_country():
    missing = team.gap(ROLES, {})["missing"]
    table = team.hiring_cost(ROLES, missing, COUNTRIES, "USA", "CHN", overhead=0.35, fee=0.2).set_index("role")
    assert table.loc["Service engineer", "usd_per_year"] == pytest.approx(110_140 * 1.35)
    assert table.loc["Seller", "usd_per_year"] == pytest.approx(23_790 * 0.8 * 1.35)
    assert table.loc["Seller", "usd_to_hire"] == pytest.approx(23_790 * 0.8 * 0.2)
    assert table.loc["Counsel and data protection", "people"] == pytest.approx(0.3)


def test_unknown_pay_stays_unknown():
    missing = team.gap(ROLES, {})["missing"]
    table = team.hiring_cost(ROLES, missing, COUNTRIES, "USA", "JPN", overhead=0.35, fee=0.2)
    assert table.loc[table["country_iso3"] == "JPN", "usd_per_year"].isna().all()


@pytest.mark.parametrize(("at_hand", "word"), [({"Sellers": 1}, "did you mean 'Seller'"), ({"Seller": -1}, "zero or more")])
def test_an_impossible_team_is_refused(at_hand, word):
    with pytest.raises(MarketError, match=word):
        team.gap(ROLES, at_hand)


def test_an_unknown_country_is_refused():
    with pytest.raises(MarketError, match="CHN"):
        team.hiring_cost(ROLES, team.gap(ROLES, {})["missing"], COUNTRIES, "USA", "CHM", 0.3, 0.2)
