import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils import facts
from bigmodel_utils.market import MarketError, selection

EVEN = dict.fromkeys(selection.CRITERIA, 1.0)


@pytest.fixture(scope="module")
def real():
    return selection.min_max(selection.candidates(facts.load("countries"), facts.load("cpu_cloud_prices")))


@pytest.fixture
def small():
    return pd.DataFrame({"a": [1.0, 0.5, 0.0], "b": [0.0, 0.6, 1.0]}, index=["X", "Y", "Z"])


def test_all_countries_stay_with_their_unknowns(real):
    table = selection.rank(real, EVEN)
    assert len(table) == 33
    assert "engineer_cost" in table.loc["FRA", "unknown"]
    assert table.loc["FRA", "best_rank"] < table.loc["FRA", "rank"] < table.loc["FRA", "worst_rank"]


def test_scores_run_from_worst_to_best(real):
    assert real.min().to_numpy() == pytest.approx(0)
    assert real.max().to_numpy() == pytest.approx(1)
    assert real["carbon"].idxmax() == "SWE"
    assert real["buying_power"].idxmax() == "USA"


def test_an_unknown_that_weighs_nothing_leaves_the_rank_sharp(real):
    table = selection.rank(real, {"carbon": 1.0})
    assert (table["best_rank"] == table["rank"]).all()
    assert (table["unknown"] == "").all()


def test_rank_range_is_what_the_unknown_allows(small):
    small.loc["Y", "b"] = np.nan
    table = selection.rank(small, {"a": 1, "b": 1})
    assert (table.loc["Y", "best_rank"], table.loc["Y", "worst_rank"]) == (1, 3)
    assert table.loc["Y", "unknown"] == "b"
    assert table.loc["X", "best_rank"] == 1


@given(st.lists(st.floats(0, 1), min_size=3, max_size=12), st.integers(0, 5))
def test_rank_ranges_hold_every_way_to_fill_the_unknown(column, seed):
    scores = pd.DataFrame({"a": column, "b": [np.nan, *column[1:]]})
    table = selection.rank(scores, {"a": 1, "b": 2})
    filled = scores.fillna(np.random.default_rng(seed).random())
    exact = selection.rank(filled, {"a": 1, "b": 2})["rank"]
    assert all(table.loc[i, "best_rank"] <= exact[i] <= table.loc[i, "worst_rank"] for i in scores.index)


def ranked(scores, weights, draws, seed, spread=0.0):
    return selection.acceptability(scores, selection.score_draws(scores, weights, draws, np.random.default_rng(seed), spread))


def test_acceptability_counts_ranks_as_a_plain_loop_does(small):
    table = ranked(small, {"a": 1, "b": 1}, 4000, 5)
    drawn = selection.weight_draws(np.array([0.5, 0.5]), 4000, np.random.default_rng(5))
    counts = np.zeros((3, 3))
    for weight in drawn:
        for place, row in enumerate(np.argsort(-(small.to_numpy() @ weight), kind="stable")):
            counts[row, place] += 1
    assert table.to_numpy() == pytest.approx(counts / 4000)
    assert table.sum(axis=0).to_numpy() == pytest.approx(1)
    assert table.sum(axis=1).to_numpy() == pytest.approx(1)


def test_a_country_better_in_all_is_always_first():
    scores = pd.DataFrame({"a": [1.0, 0.4], "b": [1.0, 0.7]}, index=["best", "rest"])
    drawn = selection.score_draws(scores, {"a": 1, "b": 1}, 500, np.random.default_rng(0))
    assert selection.acceptability(scores, drawn).loc["best", 1] == 1
    pair = selection.neighbours(scores, {"a": 1, "b": 1}, drawn).iloc[0]
    assert (pair["first"], pair["chance"], pair["separable"]) == ("best", 1.0, True)


def test_close_scores_are_not_separable(small):
    drawn = selection.score_draws(small, {"a": 1, "b": 1}, 4000, np.random.default_rng(1))
    assert not selection.neighbours(small, {"a": 1, "b": 1}, drawn)["separable"].any()


def test_certain_weights_give_certain_ranks(small):
    table = ranked(small, {"a": 3, "b": 1}, 2000, 2, spread=0.01)
    assert table.loc["X", 1] == 1


def test_drawn_weights_stay_around_the_given_ones():
    drawn = selection.weight_draws(np.array([0.6, 0.4, 0.0]), 20_000, np.random.default_rng(3), spread=0.2)
    assert drawn.mean(axis=0) == pytest.approx([0.6, 0.4, 0.0], abs=0.005)
    assert drawn[:, 0].std() == pytest.approx(0.2 * np.sqrt(0.24), rel=0.03)
    assert not drawn[:, 2].any()


def test_topsis_by_hand():
    scores = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 1.0]}, index=["X", "Y"])
    closeness = selection.topsis(scores, {"a": 3, "b": 1})
    assert closeness["X"] == pytest.approx(0.75)
    assert closeness["Y"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("weights", "word"),
    [
        ({"a": 0.0, "b": 0.0}, "all zero"),
        ({}, "all zero"),
        ({"a": -1.0}, "zero or more"),
        ({"a": float("nan")}, "zero or more"),
        ({"aaa": 1.0}, "did you mean"),
    ],
)
def test_weights_that_say_nothing_are_refused(small, weights, word):
    with pytest.raises(MarketError, match=word):
        selection.rank(small.rename(columns={"a": "aa"}).assign(a=0.5), weights)


def test_a_column_without_a_criterion_is_refused(small):
    with pytest.raises(MarketError, match="column 'a'"):
        selection.min_max(small)


@pytest.mark.parametrize(("draws", "spread"), [(0, 0.0), (10, 1.0), (10, -0.1), (10, float("nan"))])
def test_impossible_draws_of_weights_are_refused(small, draws, spread):
    with pytest.raises(MarketError, match="draws"):
        ranked(small, {"a": 1}, draws, 0, spread)
