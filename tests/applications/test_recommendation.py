"""Recommendation: ranks and gains by hand, closed forms against their definition, histories that cannot be used are refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils import scenario as scenarios
from bigmodel_utils.applications import histories, recommendation, recommenders
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.report import recommendation_tables as tables
from bigmodel_utils.report.charts import recommendation as charts
from bigmodel_utils.units import Quantity

COLUMNS = {"user": "user", "item": "item", "time": "time", "rating": None, "title": "title"}


@pytest.fixture
def chosen(workspace: Path) -> scenarios.Scenario:
    """Two tastes: each user likes items of one kind, in their own order."""
    rng, rows = np.random.default_rng(2), []
    for user in range(60):
        liked = rng.permutation(20)[:8] + 20 * (user % 2)
        rows += [{"user": user, "item": int(item), "time": place, "age": 30} for place, item in enumerate(liked)]
    pd.DataFrame(rows).to_csv(workspace / "likes.csv", index=False)
    kinds = ["sea storm ship", "town love letter"]
    items = [{"item": item, "title": f"Number{item} (19{50 + item})", "text": kinds[item // 20]} for item in range(40)]
    pd.DataFrame(items).to_csv(workspace / "items.csv", index=False)
    own = {
        "histories": "file:likes.csv",
        "items": "file:items.csv",
        "texts": None,
        "columns": COLUMNS,
        "top": 5,
        "cold_share": 0.2,
    }
    overrides = {f"application.{key}": value for key, value in own.items()}
    return scenarios.load("recommendation", overrides | {"evaluation.resamples": 200, "decision.draws": 500})


def test_two_tastes_are_told_apart_and_new_items_by_their_text(chosen: scenarios.Scenario) -> None:
    likes = histories.read(chosen)
    judged = recommendation.judge(likes, chosen)
    assert judged.gains["hybrid"].low > 0
    assert judged.ranked["hybrid"].hit_rate.mid > judged.ranked["popularity"].hit_rate.mid
    assert judged.new["content"].low > 0.5
    assert judged.ndcg_twice[0] == pytest.approx(judged.ndcg_twice[1], abs=1e-6)
    money = recommendation.worth(judged, chosen)
    assert money.brings.low <= money.brings.mid <= money.brings.high
    assert "beats" in recommendation.finding(judged, money).read()
    for drawn in (
        charts.scores(judged),
        charts.groups(judged),
        tables.models(judged),
        tables.new_items(judged),
        tables.money(money),
    ):
        assert drawn.html().count("<figure") == 1


def test_the_judged_like_teaches_nothing(chosen: scenarios.Scenario) -> None:
    likes = histories.read(chosen)
    known = likes.matrix(likes.age >= 1)
    last = likes.age == 0
    assert known[likes.user[last], likes.item[last]].sum() == 0
    assert known.sum() == len(likes.item) - likes.users


@given(st.lists(st.integers(0, 4), min_size=2, max_size=12), st.data())
def test_a_rank_counts_what_stands_before_and_half_of_the_ties(scores: list[int], data: st.DataObject) -> None:
    wanted = data.draw(st.integers(0, len(scores) - 1))
    own = scores[wanted]
    expected = sum(s > own for s in scores) + (scores.count(own) - 1) / 2
    assert recommenders.ranks(np.array([scores], dtype=float), np.array([wanted]))[0] == expected


def test_gain_by_hand() -> None:
    assert recommenders.ndcg(np.array([0, 1, 2, 3]), 3).tolist() == pytest.approx([1, 1 / np.log2(3), 0.5, 0])


def test_linear_weights_solve_the_ridge_problem_without_the_item_itself() -> None:
    rng = np.random.default_rng(1)
    known = (rng.random((30, 6)) < 0.4).astype(np.float32)
    found = recommenders.ease_weights(known, np.zeros((6, 6), dtype=np.float32), 5.0, 0.0)
    for item in range(6):
        others = [other for other in range(6) if other != item]
        x = known[:, others].astype(float)
        expected = np.linalg.solve(x.T @ x + 5 * np.eye(5), x.T @ known[:, item])
        assert found[others, item] == pytest.approx(expected, abs=1e-4)
        assert found[item, item] == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"application.columns.item": "itme"}, "'itme'"),
        ({"application.histories": "file:none.csv"}, "a file in the workspace"),
        ({"application.columns.rating": "age", "application.liked_from": 99}, "20 or more"),
        ({"application.histories": "packaged:movielens_ratings", "accept_licence": False}, "accept-licence"),
    ],
)
def test_bad_input_is_refused(workspace: Path, chosen: scenarios.Scenario, change: dict, said: str) -> None:
    given = chosen.application.model_dump(mode="json")
    columns = given.pop("columns")
    overrides = {f"application.{key}": value for key, value in given.items()}
    overrides |= {f"application.columns.{key}": value for key, value in columns.items()}
    with pytest.raises(BigModelError) as refused:
        histories.read(scenarios.load("recommendation", overrides | change))
    assert said in str(refused.value)
    assert str(workspace) not in str(refused.value)


@pytest.mark.parametrize(
    ("ends", "said"), [((1, 2, 3), "brings"), ((-3, -2, -1), "which costs"), ((-1, 1, 3), "may bring or cost")]
)
def test_money_is_told_whichever_way_it_came_out(ends: tuple[float, float, float], said: str) -> None:
    assert said in recommendation._pays(Quantity.estimated(*ends, "USD per 1,000", source="test", method="test")).read()


def test_times_may_be_dates_and_a_missing_one_costs_its_row_only(workspace: Path, chosen: scenarios.Scenario) -> None:
    plain = histories.read(chosen)
    likes = pd.read_csv(workspace / "likes.csv")
    days = pd.Timestamp("2026-03-28") + pd.to_timedelta(likes["time"], unit="D")
    for times in (likes["time"], days.dt.strftime("%Y-%m-%dT12:00:00+01:00")):
        extra = likes.assign(time=times)
        extra = pd.concat([extra, extra.iloc[:1].assign(time=None)], ignore_index=True)
        extra.to_csv(workspace / "likes.csv", index=False)
        found = histories.read(chosen)
        assert np.array_equal(found.age, plain.age)
        assert found.dropped == {"incomplete": 1}
