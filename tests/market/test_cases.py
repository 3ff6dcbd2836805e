import pytest

from bigmodel_utils import facts
from bigmodel_utils.market import MarketError, cases

SCORES, CASES = facts.load("case_factors"), facts.load("cases")


def test_each_company_is_scored_on_each_factor():
    table = cases.compare(SCORES, {})
    assert set(table.columns) == {"question", "venture", *CASES["company"]}
    assert table.drop(columns="venture").notna().all().all()
    assert table["venture"].isna().all()


@pytest.mark.parametrize("company", CASES["company"])
def test_a_venture_like_a_company_is_closest_to_it(company):
    twin = SCORES[SCORES["company"] == company].set_index("factor")["score"].to_dict()
    found = cases.closest(cases.compare(SCORES, twin), CASES)
    assert (found["company"].iloc[0], found["distance"].iloc[0]) == (company, 0)
    assert found["lesson"].iloc[0] == facts.row("cases", company=company)["lesson_for_market_entry"]


def test_unanswered_factors_are_left_out_of_the_distance():
    found = cases.closest(cases.compare(SCORES, {"permission": -1, "fit": None}), CASES)
    assert set(found["answered"]) == {1}
    assert set(found[found["distance"] == 0]["company"]) == {"DeepMind", "Pony.ai"}


@pytest.mark.parametrize(("value", "grade"), [(0.9, 1), (0.8, 1), (0.5, 0), (0.4, -1), (0.1, -1)])
def test_grades(value, grade):
    assert cases.graded(value, bad=0.4, good=0.8) == grade
    assert cases.graded(-value, bad=-0.4, good=-0.8) == grade


@pytest.mark.parametrize(("venture", "word"), [({"chanel": 1}, "channel"), ({"fit": 2}, "-1, 0 or 1")])
def test_unknown_answers_are_refused(venture, word):
    with pytest.raises(MarketError, match=word):
        cases.compare(SCORES, venture)


def test_no_answer_at_all_is_refused():
    with pytest.raises(MarketError, match="no factor"):
        cases.closest(cases.compare(SCORES, {}), CASES)
