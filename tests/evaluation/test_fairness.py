import numpy as np
import pandas as pd
import pytest

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import fairness

SETTINGS = Evaluation(resamples=400)


def _market(n: int, weak: float, seed: int) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Probabilities, truth and two groups; the second's events score lower by `weak`."""
    rng = np.random.default_rng(seed)
    is_event, second = rng.random(n) < 0.5, np.arange(n) % 2 == 1
    score = 1 / (1 + np.exp(-rng.normal(2 * is_event - 1 - weak * (second & is_event), 1)))
    return score, is_event, {"first": ~second, "second": second}


def test_groups_are_columns_where_the_table_has_any_else_lengths():
    is_event = np.arange(200) % 2 == 0
    plain = pd.DataFrame({"text": ["x" * (1 + i) for i in range(200)]})
    assert list(fairness.groupings(plain, is_event)) == ["length"]
    told = plain.assign(slice_city=np.repeat(["Bern", "Lyon", "Oslo"], [91, 91, 18]), slice_one="same")
    found = fairness.groupings(told, is_event)
    assert list(found) == ["city"]
    assert list(found["city"]) == ["Bern", "Lyon"], "18 rows hold fewer than 10 events"


def test_rates_of_each_group_are_counted():
    flagged, is_event = np.array([1, 1, 0, 0, 1, 0], bool), np.array([1, 0, 1, 0, 1, 0], bool)
    row = fairness.by_group(flagged, is_event, {"all": np.ones(6, bool)}, 0.95).iloc[0]
    assert (row["n"], row["flagged"]) == (6, 0.5)
    assert row["recall"] == pytest.approx(2 / 3)
    assert row["false_alarm_rate"] == pytest.approx(1 / 3)


def test_a_real_gap_is_found_and_named():
    score, is_event, groups = _market(2000, 1.2, 0)
    found = {d.rate: d for d in fairness.disparities(score >= 0.5, is_event, groups, SETTINGS, 7)}
    recall = found["recall"]
    assert (recall.lowest, recall.highest) == ("second", "first")
    assert recall.p_value < 0.01
    assert recall.value.low > 0.1
    assert found["false_alarm_rate"].p_value > 0.01


def test_groups_drawn_by_lot_rarely_look_unfair():
    p_values = []
    for seed in range(60):
        score, is_event, groups = _market(400, 0, seed)
        p_values += [d.p_value for d in fairness.disparities(score >= 0.5, is_event, groups, SETTINGS, seed)]
    assert np.mean(np.array(p_values) < 0.05) < 0.1


def test_equal_recall_closes_the_gap_and_its_cost_is_told():
    score, is_event, groups = _market(6000, 1.0, 1)
    costs = fairness.Costs(event_share=0.1, missed_usd=1.5, needless_usd=0.05)
    table = fairness.trade_off(score, is_event, groups, 0.5, costs, 7).set_index("policy")
    assert table.loc["one line", "recall_gap"] > 0.1
    assert table.loc["equal recall", "recall_gap"] < 0.04
    assert table.loc["equal recall", "false_alarm_gap"] > table.loc["one line", "false_alarm_gap"]
    flagged = score >= 0.5
    missed, needless = (is_event & ~flagged).sum() / is_event.sum(), (~is_event & flagged).sum() / (~is_event).sum()
    assert table.loc["one line", "usd_per_thousand"] == pytest.approx(1000 * (0.1 * missed * 1.5 + 0.9 * needless * 0.05))
