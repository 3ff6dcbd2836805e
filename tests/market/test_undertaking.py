import numpy as np
import pytest

from bigmodel_utils import facts
from bigmodel_utils.market import MarketError, undertaking


def test_the_plan_says_when_and_how_surely(entry):
    found = undertaking.project(entry)
    assert found.schedule["finish"].max() == pytest.approx(np.mean(found.finish), rel=0.15)
    assert "week 45" in found.finding.read()


def test_the_register_says_what_it_expects(entry):
    total, cures, sentence = undertaking.risks(entry)
    assert total["p95"] > total["p80"] > 0
    assert f"{cures['pays'].sum()} of {len(cures)} mitigations" in sentence.read()


def test_a_team_of_nobody_lacks_everybody(entry):
    table, sentence = undertaking.team(entry)
    assert table["missing"].sum() == table["needed"].sum()
    assert "missing in 6 of 6 roles" in sentence.read()
    assert table["usd_per_year"].notna().all()


def test_people_at_hand_cost_nothing_more(entry):
    nobody, seller = undertaking.team(entry)[0], undertaking.team(entry, {"Seller": 1})[0]
    assert seller["usd_per_year"].sum() < nobody["usd_per_year"].sum()
    assert seller.set_index("role").loc["Seller", "usd_to_hire"] == 0


def test_a_full_team_is_said_to_be_full(entry):
    roles = facts.load("team_roles")
    _, sentence = undertaking.team(entry, dict(zip(roles["role"], roles["people"], strict=True)))
    assert "fills every role" in sentence.read()


def test_pay_that_is_not_on_file_is_said_to_be_missing(elsewhere):
    table, sentence = undertaking.team(elsewhere("JPN", "ja"))
    assert table["usd_per_year"].isna().sum() == 4
    assert "not on file for 4 roles" in sentence.read()


def test_a_misspelt_role_names_the_nearest(entry):
    with pytest.raises(MarketError, match="did you mean 'Seller'"):
        undertaking.team(entry, {"Sellers": 1})


def test_the_same_seed_gives_the_same_plan(entry):
    assert undertaking.project(entry).finding == undertaking.project(entry).finding
