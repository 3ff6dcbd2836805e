import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils import facts
from bigmodel_utils.market import MarketError, plan


def task(name, weeks, *after, **more):
    return plan.Task(name, "stage", weeks, weeks, weeks, after, **more)


DIAMOND = [task("start", 2), task("long", 5, "start"), task("short", 3, "start"), task("end", 1, "long", "short")]


def test_critical_path_and_slack_of_a_diamond():
    table = plan.schedule(DIAMOND).set_index("task")
    assert table["finish"].to_dict() == {"start": 2, "long": 7, "short": 5, "end": 8}
    assert table["slack"].to_dict() == {"start": 0, "long": 0, "short": 2, "end": 0}
    assert list(table.index[table["critical"]]) == ["start", "long", "end"]


def test_order_of_the_table_does_not_matter():
    turned = plan.schedule(DIAMOND[::-1]).set_index("task")
    assert turned["finish"].to_dict() == plan.schedule(DIAMOND).set_index("task")["finish"].to_dict()


def test_certain_durations_finish_on_the_day():
    finish, table = plan.simulate(DIAMOND, 50, np.random.default_rng(0))
    assert set(finish) == {8.0}
    assert table.set_index("task")["criticality"].to_dict() == {"start": 1, "long": 1, "short": 0, "end": 1}
    assert (plan.chance_by(finish, 8), plan.chance_by(finish, 7.9)) == (1, 0)


@given(st.floats(0, 5), st.floats(0, 5), st.floats(0, 5))
def test_drawn_durations_have_the_mean_of_the_pert_rule(low, up, more):
    one = plan.Task("a", "s", low, low + up, low + up + more)
    finish, _ = plan.simulate([one], 4000, np.random.default_rng(1))
    assert one.low - 1e-9 <= finish.min()
    assert finish.max() <= one.high + 1e-9
    assert finish.mean() == pytest.approx(one.mean, abs=0.02 * (up + more) + 1e-9)


def test_two_uncertain_paths_end_later_than_the_longer_mean():
    pair = [plan.Task(name, "s", 2, 5, 12) for name in ("a", "b")]
    finish, table = plan.simulate(pair, 20_000, np.random.default_rng(2))
    assert finish.mean() > plan.schedule(pair)["finish"].max() + 0.5
    assert table["criticality"].sum() == pytest.approx(1)


def test_budget_follows_the_weeks():
    paid = [plan.Task("a", "s", 2, 4, 6, usd_per_week=1000)]
    assert plan.schedule(paid)["usd"].iloc[0] == pytest.approx(4000)
    _, table = plan.simulate(paid, 5000, np.random.default_rng(3))
    assert table["usd_low"].iloc[0] < table["usd_mid"].iloc[0] < table["usd_high"].iloc[0]


def test_the_plan_of_the_facts_reads_and_has_one_critical_path():
    work = plan.tasks(facts.load("plan_tasks"))
    table = plan.schedule(work)
    path = table[table["critical"]]
    assert path["finish"].is_monotonic_increasing
    assert path["finish"].iloc[-1] == table["finish"].max()
    finish, drawn = plan.simulate(work, 5000, np.random.default_rng(4))
    assert 0.05 < plan.chance_by(finish, float(np.median(finish))) < 0.95
    assert (drawn["low"] <= drawn["high"]).all()


@pytest.mark.parametrize(
    ("work", "word"),
    [
        ([task("a", 1, "b"), task("b", 1, "a")], "circle"),
        ([task("a", 1, "a")], "circle"),
        ([task("a", 1), task("b", 1, "aa")], "did you mean 'a'"),
        ([task("a", 1), task("a", 2)], "a name for each"),
        ([], "no tasks"),
        ([task("a", 1, due=9), task("b", 0, "a", due=5)], "due in week 5, before 'a'"),
        ([task("a", 1, due=9), task("b", 2, "a"), task("c", 0, "b", due=5)], "'c' due in week 5, before 'a' in week 9"),
    ],
)
def test_impossible_plans_are_refused(work, word):
    with pytest.raises(MarketError, match=word):
        plan.schedule(work)


def test_disordered_weeks_are_refused():
    with pytest.raises(MarketError, match="low <= mid"):
        plan.Task("a", "s", 3, 2, 4)


@pytest.mark.parametrize(
    "change", [{"usd_per_week": -1.0}, {"usd_per_week": float("nan")}, {"due": -2.0}, {"high": float("inf")}]
)
def test_impossible_money_and_dates_are_refused(change):
    with pytest.raises(MarketError, match="a: "):
        plan.Task(**{"name": "a", "stage": "s", "low": 1.0, "mid": 2.0, "high": 3.0} | change)


def test_a_median_task_starts_where_the_median_of_its_only_predecessor_ends():
    work = [plan.Task("first", "s", 1, 2, 6), plan.Task("second", "s", 2, 3, 9, after=("first",))]
    table = plan.simulate(work, 4000, np.random.default_rng(1))[1].set_index("task")
    assert table.loc["second", "start"] == pytest.approx(table.loc["first", "mid"])
    assert (table["start"] <= table["mid"]).all()
    assert table.loc["first", "start"] == 0
