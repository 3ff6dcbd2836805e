import numpy as np
import pandas as pd
import pytest
from check_values import CHECK_VALUES as CHECKS
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils.market import MarketError, competition
from bigmodel_utils.messages import Message

values = st.lists(st.floats(-20, 20), min_size=1, max_size=6)


def test_logit_check_values():
    assert competition.shares([1, 0.5, 0]) == pytest.approx(CHECKS["mnl"], abs=1e-6)


@given(values, st.floats(0.05, 1))
def test_shares_are_a_split_of_the_market(utility, dissimilarity):
    for split in (competition.shares(utility), competition.nested_shares(utility, ["a"] * len(utility), dissimilarity)):
        assert split.sum() == pytest.approx(1)
        assert np.all(split >= 0)


@given(values)
def test_nests_at_one_are_the_plain_logit(utility):
    nests = ["a" if i % 2 else "b" for i in range(len(utility))]
    assert competition.nested_shares(utility, nests, 1.0) == pytest.approx(competition.shares(utility), abs=1e-12)


def test_a_clone_takes_half_of_its_original_only_in_a_nest():
    assert competition.shares([1.0])[0] == pytest.approx(0.73106, abs=5e-6)
    assert competition.shares([1.0, 1.0])[:2] == pytest.approx([0.42232, 0.42232], abs=5e-6)
    nested = competition.nested_shares([1.0, 1.0], ["same", "same"], 0.01)
    assert nested[:2] == pytest.approx([0.73106 / 2] * 2, abs=0.002)


def test_utilities_weigh_columns_and_name_what_is_missing():
    offers = pd.DataFrame({"price": [1.0, 2.0], "local": [1.0, None]}, index=["us", "them"])
    assert competition.utilities(offers, {"price": -2.0}) == pytest.approx([-2, -4])
    with pytest.raises(MarketError, match="them"):
        competition.utilities(offers, {"local": 1.0})
    with pytest.raises(MarketError, match="'price'"):
        competition.utilities(offers, {"prise": 1.0})


@pytest.mark.parametrize("dissimilarity", [0.0, 1.1, -1])
def test_an_impossible_nest_is_refused(dissimilarity):
    with pytest.raises(MarketError, match="dissimilarity"):
        competition.nested_shares([1.0], ["a"], dissimilarity)


def compared(name, ours, theirs, higher, internal, spec="number1"):
    return competition.Comparison(name, Message(name.capitalize()), ours, theirs, higher, internal, spec)


def test_swot_lines_carry_their_figures():
    lines = competition.swot(
        [
            compared("price", 0.1, 1.0, False, True, "cents"),
            compared("accuracy", 0.88, 0.91, True, True, "percent"),
            compared("demand", 5.0, 2.0, True, False),
            compared("filing", 6.0, 1.0, False, False),
            compared("same", 1.0, 1.0, True, True),
        ]
    )
    assert dict(zip(lines["figure"], lines["quadrant"], strict=True)) == {
        "price": "strength",
        "accuracy": "weakness",
        "demand": "opportunity",
        "filing": "threat",
    }
    assert lines["figure"].iloc[0] == "price"
    assert lines["line"].iloc[0].read() == "Price: $0.10 against $1.00"


@pytest.mark.parametrize(("ours", "theirs"), [(1.0, 0.0), (-1.0, 2.0), (0.0, 3.0)])
def test_swot_takes_figures_that_have_no_ratio(ours, theirs):
    assert len(competition.swot([compared("odd", ours, theirs, True, True), compared("even", 2.0, 1.0, True, True)])) == 2
