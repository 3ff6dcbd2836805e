import pytest

from bigmodel_utils import facts
from bigmodel_utils.market import policy

CLASSIFIER_AT_HOME = policy.Operation("USA", personal_data=True, data_leaves=True, public_generative=False)
CLASSIFIER_THERE = policy.Operation("USA", personal_data=True, data_leaves=False, public_generative=False)
CHATBOT = policy.Operation("USA", personal_data=True, data_leaves=True, public_generative=True)
NOTHING = policy.Operation("USA", personal_data=False, data_leaves=True, public_generative=False)


@pytest.fixture(scope="module")
def rules():
    return facts.load("policy")


def test_each_condition_and_strictness_is_understood(rules):
    assert set(rules["applies_when"]) <= {"any", "personal_data", "export", "public_generative"}
    assert set(rules["residency"]) <= {"yes", "conditional", "no"}


def test_hosting_in_the_market_lifts_the_transfer_rule(rules):
    away, there = (policy.burden(rules, "CHN", operation) for operation in (CLASSIFIER_AT_HOME, CLASSIFIER_THERE))
    assert (away.residency, there.residency) == ("conditional", "no")
    assert set(away.duties["topic"]) - set(there.duties["topic"]) == {"cross_border"}
    assert away.cost_usd[1] > there.cost_usd[1]


def test_generating_for_the_public_adds_the_filing(rules):
    found = policy.burden(rules, "CHN", CHATBOT)
    assert {"model_filing", "content_labels"} <= set(found.duties["topic"])
    assert found.delay_months[1] == found.duties.merge(rules, on="instrument")["delay_months_mid"].max()


def test_costs_add_up_and_delays_overlap(rules):
    here = rules[rules["country_iso3"] == "CHN"]
    found = policy.burden(rules, "CHN", CHATBOT)
    assert found.cost_usd == tuple(here[f"cost_usd_{end}"].sum() for end in ("low", "mid", "high"))
    assert found.delay_months == tuple(here[f"delay_months_{end}"].max() for end in ("low", "mid", "high"))


def test_a_union_rule_reaches_its_members(rules):
    german, french = (policy.burden(rules, country, CLASSIFIER_THERE) for country in ("DEU", "FRA"))
    assert list(german.duties["instrument"]) == list(french.duties["instrument"])
    assert "2016/679" in german.duties["instrument"].iloc[0]


def test_no_row_means_unknown_not_free(rules):
    assert not policy.burden(rules, "NGA", CHATBOT).known
    table = policy.compare(rules, ["NGA", "SGP"], CLASSIFIER_THERE)
    assert table.loc["NGA"].isna().all()
    assert table.loc["SGP", "delay_months"] > 0


def test_without_personal_data_only_unconditional_rules_remain(rules):
    assert policy.burden(rules, "CHN", NOTHING).duties.empty
    assert policy.burden(rules, "RUS", NOTHING).closed


def test_sanctions_close_a_market_only_to_those_who_apply_them(rules):
    from_india = policy.Operation("IND", personal_data=True, data_leaves=False, public_generative=False)
    assert policy.burden(rules, "RUS", CLASSIFIER_THERE).closed
    assert not policy.burden(rules, "RUS", from_india).closed
    assert not policy.burden(rules, "CHN", CLASSIFIER_THERE).closed


def test_localisation_is_the_strictest(rules):
    assert policy.burden(rules, "RUS", CLASSIFIER_THERE).residency == "yes"
